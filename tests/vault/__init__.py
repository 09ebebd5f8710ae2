"""Tests of the vault: its files, its laws as a model, its process."""
