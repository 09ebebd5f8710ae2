"""What the vault's tests share: tokens, one each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vault.tokens import Token, make_tokens


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    """Tokens that nobody had."""
    return make_tokens(tmp_path_factory.mktemp("softhsm"))


@pytest.fixture
def token(tokens: Iterator[Token]) -> Token:
    """A fresh token, or a skip where SoftHSM is missing."""
    return next(tokens)
