"""What the exchange says of the files that it hands over: the manifest.

Format: one JSON object with `v` 1, `as_of` (RFC 3339), `files` (name to `sha256` in hex and
`rows`), `federal_tax_information` (false, or nothing is taken) and `confidential_communications`
(ids of consumers whose contact data are masked in every book); more may stand there for people.
Outside demo it stands in a signed note (c2sp.org/signed-note) by the exchange's pinned key, as
canonical JSON (RFC 8785) on the note's one line.

Laws: a manifest is believed whole or not at all; a file is the one of its digest, whatever its
name. No message repeats a value of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audit.canonical import CanonicalError, decode, encode
from audit.note import NoteError, SigningKey, VerifierKey, open_note, sign_note
from snapshot.checks import parse_moment
from snapshot.findings import Finding, FindingCode, at_file

MANIFEST = "(manifest)"
_SHA256 = r"^[0-9a-f]{64}$"


class ManifestError(Exception):
    """The manifest can't be believed; the message says why and what to do."""


class _File(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    sha256: str = Field(pattern=_SHA256)
    rows: int = Field(ge=0)


class _Document(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")
    v: int = Field(ge=1, le=1)
    as_of: str
    files: dict[str, _File]
    federal_tax_information: bool
    confidential_communications: list[str]


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A manifest that is believed. `rows` has each file's rows by its digest."""

    as_of: datetime
    rows: Mapping[str, int]
    has_federal_tax_information: bool
    confidential: frozenset[str]
    is_signed: bool

    def findings(self, sha256: str, rows: int, as_of: datetime) -> list[Finding]:
        """Return what is wrong with a file of this digest and number of rows."""
        wrong = {
            FindingCode.MANIFEST_DIGEST: sha256 not in self.rows,
            FindingCode.MANIFEST_ROWS: self.rows.get(sha256, rows) != rows,
            FindingCode.MANIFEST_AS_OF: self.as_of != as_of,
            FindingCode.FEDERAL_TAX_INFORMATION: self.has_federal_tax_information,
        }
        return [at_file(code, MANIFEST) for code, is_wrong in wrong.items() if is_wrong]


def read_manifest(text: str, exchange: VerifierKey | None) -> Manifest:
    """Read a manifest; with the exchange's key only what that key signed. Raises ManifestError."""
    if exchange is None:
        return _read(_loads(text), is_signed=False)
    try:
        body = open_note(text, exchange)
        document = decode(body.removesuffix("\n").encode())
    except NoteError as error:
        raise ManifestError(
            f"the manifest isn't signed by the exchange's pinned key ({error}); "
            "ask the exchange for it, or pin the right key with: sealedbook snapshot trust"
        ) from None
    except CanonicalError as error:
        raise ManifestError(f"the manifest's line is {error}") from None
    return _read(document, is_signed=True)


def sign_manifest(document: Mapping[str, Any], key: SigningKey) -> str:
    """Return a manifest as the signed note of an exchange's key."""
    return sign_note(encode(document).decode() + "\n", key.name, key.private)


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ManifestError("the manifest is not JSON; a signed one needs the exchange's key") from None


def _read(document: Any, *, is_signed: bool) -> Manifest:
    try:
        read = _Document.model_validate(document)
        as_of = parse_moment(read.as_of)
    except ValidationError as error:
        places = {".".join(map(str, each["loc"][:1])) or "the whole" for each in error.errors()}
        raise ManifestError(f"the manifest is wrong at: {', '.join(sorted(places))}") from None
    except ValueError:
        raise ManifestError("the manifest's as_of is no moment with its offset") from None
    return Manifest(
        as_of=as_of,
        rows={file.sha256: file.rows for file in read.files.values()},
        has_federal_tax_information=read.federal_tax_information,
        confidential=frozenset(read.confidential_communications),
        is_signed=is_signed,
    )
