"""The exchange's word on its files: believed by its pinned key only, and compared with what came."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.note import SigningKey
from snapshot.findings import FindingCode
from snapshot.manifest import ManifestError, read_manifest, sign_manifest
from tests.snapshot.extracts import AS_OF, DATA, data_rows, inspected

EXCHANGE = SigningKey("exchange.example/extracts", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = SigningKey("exchange.example/extracts", Ed25519PrivateKey.from_private_bytes(bytes(32)))
DIGEST = hashlib.sha256(DATA.read_bytes()).hexdigest()


def _document(**changed: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "as_of": "2026-11-20T21:00:00-08:00",
        "files": {"extract.csv": {"sha256": DIGEST, "rows": len(data_rows())}},
        "federal_tax_information": False,
        "confidential_communications": [],
        **changed,
    }


def test_a_manifest_of_the_pinned_key_is_believed() -> None:
    """What the exchange signed comes back, and the extract that it describes has no finding."""
    manifest = read_manifest(sign_manifest(_document(), EXCHANGE), EXCHANGE.verifier)
    assert manifest.is_signed
    assert () == inspected(DATA, manifest=manifest).findings


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(_document()),
        sign_manifest(_document(), OTHER),
        sign_manifest(_document(), EXCHANGE).replace("2026-11-20", "2026-11-13"),
        "",
        sign_manifest(_document(), EXCHANGE)[:-1],
    ],
    ids=["unsigned", "another key", "changed", "empty", "cut"],
)
def test_nothing_else_is_believed_where_a_key_is_pinned(text: str) -> None:
    """Without the pinned key's signature over exactly these bytes there is no manifest."""
    with pytest.raises(ManifestError, match="isn't signed by the exchange's pinned key"):
        read_manifest(text, EXCHANGE.verifier)


def test_a_demo_takes_plain_json() -> None:
    """Without a pinned key plain JSON is read, and counts as unsigned."""
    assert not read_manifest(json.dumps(_document()), None).is_signed
    with pytest.raises(ManifestError, match="needs the exchange's key"):
        read_manifest(sign_manifest(_document(), EXCHANGE), None)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"files": {"extract.csv": {"sha256": "ab" * 32, "rows": 208}}}, FindingCode.MANIFEST_DIGEST),
        ({"files": {"extract.csv": {"sha256": DIGEST, "rows": 207}}}, FindingCode.MANIFEST_ROWS),
        ({"as_of": "2026-11-13T21:00:00-08:00"}, FindingCode.MANIFEST_AS_OF),
        ({"federal_tax_information": True}, FindingCode.FEDERAL_TAX_INFORMATION),
    ],
)
def test_what_the_manifest_contradicts_is_refused(changed: dict[str, Any], code: FindingCode) -> None:
    """Another digest, count or moment, or federal tax information, refuses the extract."""
    manifest = read_manifest(json.dumps(_document(**changed)), None)
    assert [code] == [each.code for each in inspected(DATA, manifest=manifest).findings]


@pytest.mark.parametrize("name", sorted(_document()))
def test_a_manifest_lacks_nothing(name: str) -> None:
    """Each field must be there, and the message names the one that isn't."""
    document = _document()
    del document[name]
    with pytest.raises(ManifestError, match=name):
        read_manifest(json.dumps(document), None)


def test_a_moment_has_its_offset() -> None:
    """A moment without an offset is none."""
    with pytest.raises(ManifestError, match="as_of"):
        read_manifest(json.dumps(_document(as_of="2026-11-20T21:00:00")), None)


def test_a_manifest_of_another_week_fits_no_import() -> None:
    """The manifest's moment is compared with the operator's."""
    manifest = read_manifest(json.dumps(_document()), None)
    assert [] == manifest.findings(DIGEST, 208, AS_OF)
    later = manifest.findings(DIGEST, 208, AS_OF + timedelta(weeks=1))
    assert [FindingCode.MANIFEST_AS_OF] == [each.code for each in later]
