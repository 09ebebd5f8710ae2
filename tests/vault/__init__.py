"""Tests of the vault: its files, its laws as a model, its process."""

import pytest

for module in ("adversary", "machine", "tries", "witness"):
    pytest.register_assert_rewrite(f"tests.vault.{module}")
