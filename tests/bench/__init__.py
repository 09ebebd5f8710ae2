"""Tests of what draws and prints a bench."""
