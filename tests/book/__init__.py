"""Tests of the room `book`."""
