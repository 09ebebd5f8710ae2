"""Lines of a bundle: entries and redactions, never mistaken for each other."""

from __future__ import annotations

import pytest

from audit.entry import EntryError
from audit.evidence import read_line, redact
from audit.strict import look
from audit.tree import leaf_hash
from tests.audit.factories import AT, a_draft

ENTRY = a_draft().settle(AT, None)
REDACTED = redact(ENTRY.encode())


def test_an_entry_and_its_redaction_have_one_leaf() -> None:
    """A redaction counts by the hash of the entry that it stands for."""
    shown, hidden = read_line(ENTRY.encode()), read_line(REDACTED)

    assert look(ENTRY.encode()) == shown.entry
    assert hidden.entry is None
    assert leaf_hash(ENTRY.encode()) == shown.leaf == hidden.leaf


@pytest.mark.parametrize(
    "line",
    [
        b'{"redacted_leaf":""}',
        b'{"redacted_leaf":5}',
        b'{"redacted_leaf":null}',
        b'{"redacted_leaf":["' + b"ab" * 32 + b'"]}',
        b'{"redacted_leaf":"' + b"AB" * 32 + b'"}',
        b'{"redacted_leaf":"' + b"ab" * 31 + b'"}',
        b'{"redacted_leaf": "' + b"ab" * 32 + b'"}',
        b'{"redacted_leaf":"' + b"ab" * 32 + b'","v":1}',
        b'{"redacted_leaf":"' + b"ab" * 32 + b'"} ',
        b'{ "redacted_leaf":"' + b"ab" * 32 + b'"}',
        b'{"at":"","redacted_leaf":"' + b"ab" * 32 + b'"}',
        b"",
    ],
)
def test_what_is_neither(line: bytes) -> None:
    """A line that is almost a redaction is an error."""
    with pytest.raises(EntryError):
        read_line(line)
