"""Fill a book's Notice from what the house knows."""

from __future__ import annotations

from datetime import datetime

from book.notice import Changes, Notice, Party
from exports.export import Export
from identity.people import Person
from policies.table import PermittedTable
from runtime.settings import Settings
from snapshot.calendar import next_cutoff
from snapshot.published import PublishedSnapshot


def notice_of(
    settings: Settings,
    export: Export,
    agent: Person,
    requester: Person,
    snapshot: PublishedSnapshot,
    table: PermittedTable,
    *,
    access_ends: datetime,
    changes: Changes | None,
) -> Notice:
    """Return the Notice of one book; the recipient is who asked, at their registered address.

    `changes` are those since their last book, None where there was none.
    """
    asker = _party(requester)
    return Notice(
        request_id=export.id,
        agent=_party(agent),
        requested_by=asker,
        recipient=asker,
        purpose=export.purpose,
        profile=export.profile,
        as_of=snapshot.as_of,
        next_as_of=next_cutoff(snapshot.as_of),
        snapshot_digest=snapshot.ref.digest,
        revision=snapshot.ref.revision,
        rows=table.data.num_rows,
        withheld=table.withheld,
        access_ends=access_ends,
        changes=changes,
        report_to=f"Tell {settings.exchange} at once, and don't pass the file on. "
        "In the portal, open My Books and choose: This isn't my book.",
    )


def _party(person: Person) -> Party:
    return Party(name=person.papers.name, license_number=person.papers.licence)
