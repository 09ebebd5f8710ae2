"""The reviewers' pages: the desk, an entry, an export's story, verify now, the evidence."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from io import BytesIO

import pytest

from api.event_words import ACTIONS, OUTCOMES
from audit.archive import FOLDER
from audit.events import Event
from runtime.clock import PACIFIC, parse_rfc3339
from tests.api.callers import ASKED, Desk, a_licence
from tests.api.fakes import FailingVault
from tests.api.reviewers import NAME, a_member
from tests.api.surfing import Surfer, signed_in_surfer
from tests.api.test_audit import an_export
from vault.errors import Code, VaultForkError


def a_reviewing_surfer(desk: Desk) -> Surfer:
    """Return a reviewer with a browser without script."""
    return Surfer(desk, a_member(desk).client)


def a_refusal(desk: Desk) -> tuple[str, int]:
    """Let an agent be refused an export; return their licence and the entry's index."""
    licence = a_licence(desk, licence_status="lapsed")
    decision: int = desk.with_session(licence).post("/v1/exports", ASKED).json()["decision"]
    return licence, decision


def test_the_desk_shows_the_newest_entries(desk: Desk) -> None:
    """Words, outcome and name stand in the table; the first row is this very look."""
    surfer = a_reviewing_surfer(desk)
    page = surfer.open("/desk")

    assert (200, "/desk") == (surfer.status, surfer.path)
    size = len(desk.entries())
    assert f"reaches {size:,} of {size:,} entries" in page.text
    assert f"/desk/entries/{size - 1}" == page.links[str(size - 1)]
    for words in ("Asked to read the ledger", "Permitted", NAME, "Reviewer"):
        assert words in page.text
    form = page.form("/desk", "outcome")
    assert {"person", "action", "outcome", "rule", "export", "from", "to", "csrf"} == set(form.fields)


def test_a_search_is_posted_and_goes_on(desk: Desk) -> None:
    """Filters narrow the table and stay typed; older pages keep them; all by POST."""
    surfer = a_reviewing_surfer(desk)
    for _ in range(51):
        surfer.open("/desk")
    surfer.send("/desk", "outcome", action="ReadLedger", outcome="permit")
    newest = len(desk.entries()) - 1
    assert str(newest) in surfer.page.links
    assert "ReadLedger" == surfer.page.form("/desk", "outcome").fields["action"]

    surfer.send("/desk", "cursor")

    assert (200, "/desk") == (surfer.status, surfer.path)
    assert str(newest) not in surfer.page.links
    assert str(newest - 50) in surfer.page.links


def test_a_refused_agent_is_found_by_licence_rule_and_day(desk: Desk) -> None:
    """Who was refused, by which rule, on which Californian day."""
    licence, decision = a_refusal(desk)
    day = parse_rfc3339(desk.entry(decision).at).astimezone(PACIFIC).date()
    surfer = a_reviewing_surfer(desk)
    surfer.open("/desk")

    asked = {"person": licence, "rule": "R01", "from": day.isoformat(), "to": day.isoformat()}
    surfer.send("/desk", "outcome", **asked)
    assert str(decision) in surfer.page.links
    assert licence in surfer.page.text

    surfer.send("/desk", "outcome", **(asked | {"to": (day - timedelta(days=1)).isoformat()}))
    assert "No entry fits that search" in surfer.page.text


@pytest.mark.parametrize("typed", [{"from": "soon"}, {"rule": "R" * 50}, {"outcome": "maybe"}])
def test_what_cant_be_read_is_said_at_the_field(desk: Desk, typed: dict[str, str]) -> None:
    """A wrong field is named on top and at its place, and what was typed stays."""
    surfer = a_reviewing_surfer(desk)
    surfer.open("/desk")

    page = surfer.send("/desk", "outcome", **typed)

    assert 422 == surfer.status
    assert "There is a problem" in page.text


def test_an_entry_is_shown_with_its_proof(desk: Desk) -> None:
    """What it says in words, its bytes as they stand, and what proves it."""
    _licence, decision = a_refusal(desk)
    surfer = a_reviewing_surfer(desk)

    page = surfer.open(f"/desk/entries/{decision}")

    assert f"Entry {decision}" in page.text
    assert desk.entry(decision).encode().decode() in page.text
    for words in ("Asked to export a Book of Business", "Refused", "R01", "Root"):
        assert words in page.text


def test_an_exports_story_is_a_timeline(desk: Desk, published: object) -> None:
    """From the request on, in words; a refusal with its clause and advice."""
    assert published is desk.home
    _agent, export = an_export(desk, a_licence(desk))
    surfer = a_reviewing_surfer(desk)
    assert "Asked to export a Book of Business: permitted" in surfer.open(f"/desk/exports/{export}").text

    _licence, decision = a_refusal(desk)
    page = surfer.open(f"/desk/exports/{desk.entry(decision).export}")
    assert "Asked to export a Book of Business: refused" in page.text
    assert "Active state licence" in page.text
    assert "Renew the licence" in page.text


def test_verify_now_says_what_it_found(desk: Desk) -> None:
    """By the button: size, root and trust mode; with one's own key PINNED."""
    surfer = a_reviewing_surfer(desk)
    surfer.open("/desk/verify")
    surfer.send("/desk/verify")
    assert "Verified" in surfer.page.text
    assert f"{len(desk.entries()):,}" in surfer.page.text
    assert "UNPINNED" in surfer.page.text

    surfer.send("/desk/verify", vkey=(desk.house.settings.data / "vkey").read_text())
    assert "PINNED: by the key that you gave" in surfer.page.text


def test_a_rewritten_ledger_is_said_plainly(desk: Desk) -> None:
    """Not verified, why, and what to do."""
    desk.replace_vault(FailingVault(VaultForkError(Code.FORK)))
    surfer = a_reviewing_surfer(desk)
    surfer.open("/desk/verify")
    surfer.send("/desk/verify")

    assert "Not verified" in surfer.page.text
    assert "rewritten or replaced" in surfer.page.text


def test_the_evidence_comes_by_a_button(desk: Desk) -> None:
    """The form hands the archive out, and it is recorded; its address alone leads to the button."""
    surfer = a_reviewing_surfer(desk)
    surfer.open("/desk/bundle")
    assert "/desk/verify" == surfer.path

    answer = surfer.post("/desk/bundle", surfer.page.form("/desk/bundle").fields)

    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        assert f"{FOLDER}/checkpoint" in archive.namelist()
    assert Event.LEDGER_EXPORTED is desk.entries()[-1].event


@pytest.mark.parametrize("path", ["/desk", "/desk/verify", "/desk/entries/0"])
def test_an_agent_has_no_desk(desk: Desk, path: str) -> None:
    """For whoever isn't a reviewer there is no such page, and nothing of the ledger on it."""
    surfer = signed_in_surfer(desk, a_licence(desk))
    page = surfer.open(path)

    assert surfer.status in {403, 404}
    assert "installation.started" not in page.text


def test_a_form_without_its_token_does_nothing(desk: Desk) -> None:
    """Search, verification and evidence by a forged form are refused, and no entry is made."""
    surfer = a_reviewing_surfer(desk)
    before = len(desk.entries())
    for path in ("/desk", "/desk/verify", "/desk/bundle"):
        assert 403 == surfer.post(path, {"csrf": "wrong"}).status_code
    assert before == len(desk.entries())


def test_the_tables_of_choices_are_the_filters(desk: Desk) -> None:
    """Each action and outcome can be chosen by its words."""
    page = a_reviewing_surfer(desk).open("/desk")

    for words in (*ACTIONS.values(), *OUTCOMES.values()):
        assert words in page.text
