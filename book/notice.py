"""The Notice: the sheet that tells what this book is, whose it is, and how to handle it.

Laws:
1. Everything in it is words; each fact stands in one cell beside its name, so that people and
   our own read-back find it.
2. It claims no more than is so: a delivered book can't be recalled, and the service destroys only
   its own copy.
3. Moments are told in Pacific time and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from runtime.clock import PACIFIC, rfc3339

HEADER = ("About this book", "What it says")
WIDTHS = (34, 96)

REQUEST_ID = "Request id"
AGENT_LICENSE = "Agent license number"
RECIPIENT_LICENSE = "Recipient license number"
ROWS = "Rows"
CHANGED = "Since your last book"
MORE_THAN_ONE_SHEET = "More than one sheet"

DUTIES = (
    (
        "This book is for the recipient named above alone, to serve consumers who have delegated the agent "
        "named above. Use it for the purpose named above and for nothing else."
    ),
    (
        "Keep it in encrypted, password-protected storage. Keep its passphrase apart from it, and never send "
        "the two by the same way."
    ),
    (
        "Do not sell, publish or pass on names, addresses or anything else in it, unless the consumer has "
        "authorized it or a law asks for it (Civil Code 1798.60, Insurance Code 791.13)."
    ),
    (
        "Use Medi-Cal information only for purposes directly connected with administering Medi-Cal, and "
        "never publish who receives it (Welfare and Institutions Code 14100.2)."
    ),
    "Do not share your sign-in, and let nobody else open this book in your name.",
    (
        "Destroy copies and print-outs that you no longer need, beyond the records that the law asks an "
        "agent to keep (10 CCR 2190.2)."
    ),
    "Report at once when this book was lost, opened by somebody else, or sent to the wrong person.",
)
"""The agreement's handling duties, in plain words."""


@dataclass(frozen=True, kw_only=True)
class Party:
    """A person as a book names them."""

    name: str
    license_number: str


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How a book differs from the one before, `export`, whose data were of `as_of`: consumers counted."""

    export: str
    as_of: datetime
    new: int
    gone: int
    changed: int


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What the caller knows of one book. Moments are aware; `snapshot_digest` is SHA-256 in hex.

    `request_id` is the export's id. `agent` is whose consumers these are, `requested_by` who asked,
    `recipient` the person whom the permit names; for an agent's own book the three are one.
    `rows` and `withheld` must be those of the table. `report_to` says where a wrong book is
    reported, as an agent would read it. `changes` is None where there's no book before to compare with.
    """

    request_id: str
    agent: Party
    requested_by: Party
    recipient: Party
    purpose: str
    profile: str
    as_of: datetime
    next_as_of: datetime
    snapshot_digest: str
    revision: int
    rows: int
    withheld: int
    access_ends: datetime
    report_to: str
    changes: Changes | None = None


def moment_in_words(moment: datetime) -> str:
    """Tell a moment as `Friday, November 20, 2026, 9:00 PM Pacific (2026-11-21T05:00:00.000000Z)`."""
    local = moment.astimezone(PACIFIC)
    day = f"{local:%A}, {local:%B} {local.day}, {local.year}"
    return f"{day}, {local.hour % 12 or 12}:{local:%M %p} Pacific ({rfc3339(moment)})"


def on_sheets(sheets: tuple[str, ...]) -> str:
    """Tell on which sheets the rows stand, where one is too small for them."""
    return f"The rows go on over {len(sheets)} sheets: {', '.join(sheets)}."


def _changes_in_words(changes: Changes | None) -> str:
    if changes is None:
        return "There is no earlier book with the same columns to compare this one with."
    return (
        f"New consumers: {changes.new}. Gone: {changes.gone}. Changed: {changes.changed}. Compared with "
        f"request {changes.export}, data as of {moment_in_words(changes.as_of)}."
    )


def notice_lines(
    notice: Notice, *, blanked: tuple[str, ...], sheets: tuple[str, ...]
) -> list[tuple[str, str]]:
    """Write the Notice as pairs of name and words.

    `blanked` are the labels of columns emptied since the purpose does not cover them, `sheets` the
    names of the sheets that hold the rows.
    """
    lines = [
        ("Book", "Book of Business"),
        (REQUEST_ID, notice.request_id),
        ("Agent", notice.agent.name),
        (AGENT_LICENSE, notice.agent.license_number),
        ("Requested by", notice.requested_by.name),
        ("Requester license number", notice.requested_by.license_number),
        ("Recipient", notice.recipient.name),
        (RECIPIENT_LICENSE, notice.recipient.license_number),
        ("Purpose", notice.purpose),
        ("Columns as for", notice.profile),
        ("Data as of", moment_in_words(notice.as_of)),
        ("Next data as of", moment_in_words(notice.next_as_of)),
        ("Snapshot revision", str(notice.revision)),
        ("Snapshot digest (SHA-256)", notice.snapshot_digest),
        (ROWS, str(notice.rows)),
        ("Consumers withheld", str(notice.withheld)),
        ("Why withheld", "Consumers whose delegation ended after the data's moment are left out."),
        (CHANGED, _changes_in_words(notice.changes)),
        ("Blank cells", "A blank cell means not applicable or not provided. Times are Pacific."),
    ]
    if len(sheets) > 1:
        lines.append((MORE_THAN_ONE_SHEET, on_sheets(sheets)))
    if blanked:
        words = f"The purpose does not cover these columns, so they are blank: {', '.join(blanked)}."
        lines.append(("Medi-Cal columns", words))
    lines += [(f"Your duty {number}", duty) for number, duty in enumerate(DUTIES, 1)]
    lines += [
        ("Access ends", moment_in_words(notice.access_ends)),
        (
            "After that",
            "The service destroys its copy. It can't recall yours: that is for you to keep safe or destroy.",
        ),
        ("A wrong book", notice.report_to),
    ]
    return lines
