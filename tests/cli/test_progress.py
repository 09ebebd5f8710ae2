"""Progress is told on standard error, in plain lines where there is no terminal."""

from __future__ import annotations

import pytest

from cli.progress import progress


def test_stages_are_plain_lines_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Each stage is one line on standard error; standard output stays the command's own."""
    with progress("Importing") as tell:
        tell("reading [and checking]")
        tell("sealing")
    said = capsys.readouterr()
    assert ["Importing: reading [and checking] …", "Importing: sealing …"] == said.err.splitlines()
    assert "" == said.out
