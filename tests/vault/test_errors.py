"""Codes and errors: each code has its advice and its error."""

from __future__ import annotations

from vault.errors import ADVICE, ERROR_OF, Code


def test_every_code_has_advice_and_every_refusal_an_error() -> None:
    """No code reaches a caller without words, and none but `opened` without an error."""
    assert set(Code) == ADVICE.keys()
    assert set(Code) - {Code.OPENED} == ERROR_OF.keys()


def test_a_message_says_what_to_do_and_which_field() -> None:
    """The words, the code and the field stand in the message."""
    error = ERROR_OF[Code.MISFIT](Code.MISFIT, "agent")

    assert str(error) == "the permit doesn't fit what was asked (misfit: agent)"
