"""A reviewer reads the ledger, follows one export, verifies, and takes the evidence home."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from audit.verify import verify_bundle
from cli.demo_data import clear_files
from tests.browser.codes import Codes
from tests.browser.conftest import Shoot
from tests.browser.guests import a_guest, seat
from tests.browser.test_access import look_over
from tests.browser.walker import PHONE, WIDE, Walker, a_walker
from tests.cli.serving import Served


@pytest.mark.parametrize("is_scripted", [True, False], ids=["script", "forms"])
def test_reviewer_reads_verifies_and_takes_the_evidence(
    served: Served,
    browser: Browser,
    codes: Codes,
    shoot: Shoot,
    book: str,
    tmp_path: Path,
    *,
    is_scripted: bool,
) -> None:
    """Desk, filters, one export's story, an entry, verify now, evidence that verifies offline."""
    key = (served.data / "vkey").read_text()
    with a_walker(browser, served.url, is_scripted=is_scripted) as walker:
        walker.open("/")
        walker.sign_in(served.sign_in("reviewer"), codes)
        assert ("/desk", "Desk") == (walker.path, walker.heading)
        filter_entries(walker)

        walker.page.get_by_label("Export").fill(book)
        walker.press("Search")
        if is_scripted:
            shoot(walker, "desk")
            walker.resize(PHONE)
            shoot(walker, "desk-phone")
            walker.resize(WIDE)
        walker.page.locator(f'a[href="/desk/exports/{book}"]').first.click()
        assert "Story of an export" == walker.heading
        assert "The book was made and sealed" in walker.words
        if is_scripted:
            shoot(walker, "story")
        walker.page.get_by_role("link", name="Entry").first.click()
        assert walker.heading.startswith("Entry ")
        assert book in walker.words

        walker.follow("Desk", "nav")
        walker.follow("Verify the ledger")
        walker.press("Verify now")
        assert "UNPINNED" in walker.words
        walker.page.get_by_label("The ledger’s key").fill(key.strip())
        walker.press("Verify now")
        assert "PINNED: by the key that you gave" in walker.words
        if is_scripted:
            shoot(walker, "verify")
        evidence = walker.save(walker.button("Download evidence"))
        verdict = verify_bundle(unpack(evidence, tmp_path), key)
        assert (True, 0) == (verdict.pinned, verdict.redacted)
        walker.press("Sign out")


@pytest.mark.parametrize("is_scripted", [True, False], ids=["script", "forms"])
def test_reviewer_accounts_for_a_consumers_disclosures(
    served: Served,
    browser: Browser,
    codes: Codes,
    shoot: Shoot,
    book: str,
    tmp_path: Path,
    *,
    is_scripted: bool,
) -> None:
    """An agent's page and book are found by the consumer's id, on a page for everybody and as JSON."""
    consumer = show_consumer(served, codes, tmp_path)
    with (
        a_guest(served, "reviewer", codes) as reviewer,
        a_walker(browser, served.url, is_scripted=is_scripted) as walker,
    ):
        seat(walker.page, reviewer)
        walker.open("/desk")
        walker.follow("Disclosures", "nav")
        walker.page.get_by_label("Consumer’s id").fill(consumer["consumer_id"])
        walker.press("Look up")
        assert ("/disclosures", "Disclosures of one consumer") == (walker.path, walker.heading)
        for words in (
            "Page of the list Active Consumers",
            "Still delegated",
            consumer["agent_license_number"],
        ):
            assert words in walker.words
        assert walker.page.locator(f'a[href="/desk/exports/{book}"]').count()
        assert (
            walker.page.locator(".disclosed .tag").count()
            == walker.page.get_by_text("Proved", exact=True).count()
        )
        if is_scripted:
            shoot(walker, "disclosures", at="#disclosed-title")
            walker.resize(PHONE)
            shoot(walker, "disclosures-phone", at="#disclosed-title")
            assert [] == look_over(walker)
        told = json.loads(walker.save(walker.button("Download as JSON")))
        assert {"book", "page"} == {one["kind"] for one in told["items"]}
        walker.page.get_by_label("Consumer’s id").fill("nobody-77")
        walker.press("Look up")
        assert "one wrong character finds nobody" in walker.words


def show_consumer(served: Served, codes: Codes, folder: Path) -> dict[str, str]:
    """Show a page with one of the agent's consumers to the agent; return the consumer's row."""
    with clear_files(None, folder) as material, material.extract.open(encoding="utf-8", newline="") as file:
        licence = served.sign_in("agent").username
        mine = [row for row in csv.DictReader(file) if row["agent_license_number"] == licence]
    row = next(row for row in mine if row["delegation_status"] == "active" and row["last_name"].isalpha())
    with a_guest(served, "agent", codes) as agent:
        found = agent.post("/v1/consumers/search", json={"query": row["last_name"]}).json()
    assert row["first_name"] in {one["first_name"] for one in found["items"]}
    return row


def filter_entries(walker: Walker) -> None:
    """Filter by outcome and by rule; what is searched for stays out of the address."""
    rows = walker.page.locator("tbody tr")
    walker.page.get_by_label("Outcome").select_option(label="Refused")
    walker.press("Search")
    assert {"Refused"} == set(rows.locator('[data-label="Outcome"]').all_inner_texts())
    walker.page.get_by_label("Rule").fill("R21")
    walker.press("Search")
    assert rows.count()
    assert all("R21" in one for one in rows.locator('[data-label="Rules"]').all_inner_texts())
    walker.follow("Show all")
    assert "/desk" == walker.path


def unpack(evidence: bytes, folder: Path) -> Path:
    """Unpack the evidence; return the folder with the bundle."""
    with zipfile.ZipFile(io.BytesIO(evidence)) as archive:
        archive.extractall(folder)
    return next(folder.rglob("checkpoint")).parent
