"""Tests of the vault: its files, its laws as a model, its process."""

import pytest

for module in ("adversary", "batch_tries", "machine", "recovering", "tries", "witness"):
    pytest.register_assert_rewrite(f"tests.vault.{module}")
