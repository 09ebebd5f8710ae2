"""Tests of the vault: its files, its laws as a model, its process."""

import pytest

pytest.register_assert_rewrite("tests.vault.machine", "tests.vault.tries", "tests.vault.witness")
