"""Verify now, and the evidence as an archive that an outsider verifies."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from api import evidence
from audit.archive import FOLDER
from audit.checkpoint import VerifierKey, read_checkpoint
from audit.events import Event
from audit.verify import verify_bundle
from tests.api.callers import Desk
from tests.api.fakes import FailingVault
from tests.api.reviewers import a_member
from vault.errors import Code, VaultForkError, VaultRolledBackError, VaultUnavailableError

PROBLEM = "urn:sealedbook:problem:"
VERIFY = "/v1/audit/verify"


def own_key(desk: Desk) -> str:
    """Return the ledger's key as somebody has it who noted it down."""
    return (desk.house.settings.data / "vkey").read_text()


def test_a_true_ledger_is_verified(desk: Desk) -> None:
    """Size and root are those of the signed checkpoint, which covers this very look."""
    found = a_member(desk).post(VERIFY, {}).json()

    _origin, head = read_checkpoint(found["checkpoint"], VerifierKey.parse(own_key(desk).strip()))
    assert (True, None, "UNPINNED") == (found["verified"], found["wrong"], found["mode"])
    assert (len(desk.entries()), head.size) == (found["size"], found["size"])
    assert any("completeness" in said for said in found["unchecked"])


def test_with_ones_own_key_it_is_pinned(desk: Desk) -> None:
    """The key and an older checkpoint that a reviewer kept are held against the ledger."""
    reviewer = a_member(desk)
    kept = reviewer.get("/v1/audit/checkpoint").json()

    found = reviewer.post(VERIFY, {"vkey": own_key(desk), "since": kept["checkpoint"]}).json()

    assert (True, "PINNED", kept["size"]) == (found["verified"], found["mode"], found["extends"])


@pytest.mark.parametrize(
    "vkey", ["no key", "ledger.example/x+725184c9+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"]
)
def test_another_key_doesnt_verify(desk: Desk, vkey: str) -> None:
    """A key that isn't this ledger's is a finding, not an error of the call."""
    answer = a_member(desk).post(VERIFY, {"vkey": vkey})

    assert (200, False) == (answer.status_code, answer.json()["verified"])
    assert "key" in answer.json()["wrong"]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (VaultRolledBackError(Code.ROLLED_BACK), "rolled back"),
        (VaultForkError(Code.FORK), "rewritten or replaced"),
    ],
)
def test_what_the_vault_wont_sign_is_a_finding(desk: Desk, error: Exception, why: str) -> None:
    """A ledger that doesn't extend what the vault saw is not verified, and the answer says why."""
    desk.replace_vault(FailingVault(error))

    found = a_member(desk).post(VERIFY, {}).json()

    assert (False, None) == (found["verified"], found["root"])
    assert why in found["wrong"]


def test_without_the_vault_nothing_is_verified_or_taken(desk: Desk) -> None:
    """A vault that doesn't answer is 503."""
    desk.replace_vault(FailingVault(VaultUnavailableError(Code.UNAVAILABLE)))
    reviewer = a_member(desk)

    for path in (VERIFY, "/v1/audit/bundle"):
        answer = reviewer.post(path, {})
        assert (503, PROBLEM + "unprovable") == (answer.status_code, answer.json()["type"])


def test_one_verification_at_a_time(desk: Desk) -> None:
    """While one runs another is told to wait, and is no look."""
    reviewer, before = a_member(desk), len(desk.entries())
    with evidence.one_at_a_time:
        answer = reviewer.post(VERIFY, {})

    assert (409, PROBLEM + "busy") == (answer.status_code, answer.json()["type"])
    assert before == len(desk.entries())
    assert 200 == reviewer.post(VERIFY, {}).status_code


def test_the_evidence_verifies_offline(desk: Desk, tmp_path: Path) -> None:
    """The archive is a bundle that holds, PINNED, with the taking of it inside."""
    answer = a_member(desk).post("/v1/audit/bundle")

    assert (200, "application/zip") == (answer.status_code, answer.headers["content-type"])
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path)
    verdict = verify_bundle(tmp_path / FOLDER, vkey=own_key(desk))
    assert (True, 0) == (verdict.pinned, verdict.strangers)
    permit, exported = desk.entries()[verdict.head.size - 2 : verdict.head.size]
    assert (Event.LEDGER_REQUESTED, Event.LEDGER_EXPORTED) == (permit.event, exported.event)
    assert verdict.head.size - 2 == exported.because
    assert f'filename="sealed-book-evidence-{verdict.head.size}.zip"' in answer.headers["content-disposition"]
