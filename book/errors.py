"""What can go wrong with a book, by whose fault it is.

`BookError`            the table or the notice can't be written as a workbook
`SealBrokenError`      a sealed file is damaged, altered, or not of the form that we write
`WrongPassphraseError` the passphrase does not open this file
`CopyError`            somebody's copy of a book can't be read

Law: no message carries a value of consumers' data, a passphrase or a key; places (row, column)
and reasons only.
"""

from __future__ import annotations


class BookError(Exception):
    """The book can't be made; the message names the place and the reason."""


class SealBrokenError(BookError):
    """A sealed file is not what a seal must be; the message says which part."""


class WrongPassphraseError(BookError):
    """The passphrase does not open this book."""

    def __init__(self, message: str = "the passphrase does not open this book") -> None:
        super().__init__(message)


class CopyError(BookError):
    """The file can't be read as a copy of a book; the message says why."""
