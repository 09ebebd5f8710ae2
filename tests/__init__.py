"""Tests of Sealed Book: one folder a room, one file a file."""
