"""Tests of room `audit`."""
