"""`seal_book`: the room's main act, and the only maker of a SealedBook.

Laws (DESIGN.md, contract 9):
1. A book counts only after our own reader has opened it again: the verifier holds, the HMAC holds, the
   decrypted bytes are those that went in, and the Notice in them says what it must. Every row's agent is
   checked before anything is written.
2. What a SealedBook says of itself was read out of the sealed bytes, so that the store can compare
   it with the permit: export, agent's licence, recipient's licence, rows.
3. Clear bytes live in this function's memory and nowhere else, and no more than three times the size of
   the book is held at once.
4. Inflating the sheets again would cost as much as deflating them did, so only one book in SAMPLE has its
   rows counted in the sealed file; its digest chooses it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from book.agile import MintedKey, encrypt_package
from book.container import write_container
from book.encryption_info import write_info
from book.errors import SealBrokenError
from book.notice import Notice
from book.readback import check_agent, check_workbook
from book.reopen import reopen_minted
from book.workbook import write_workbook
from policies.columns import Catalogue
from policies.table import PermittedTable

SAMPLE = 64


@dataclass(frozen=True, kw_only=True)
class SealedBook:
    """A protected workbook that our own reader has opened again.

    `data` is the compound file, `sha256` its digest in hex; `export`, `agent` and `recipient`
    (licence numbers) and `rows` are what the book itself says. Only `seal_book` makes one.
    """

    data: bytes = field(repr=False)
    sha256: str
    export: str
    agent: str
    recipient: str
    rows: int


def seal(clear: bytes, minted: MintedKey) -> bytes:
    """Encrypt an xlsx under a minted key; returns the compound file that Office opens."""
    info, package = encrypt_package(clear, minted)
    return write_container(write_info(info), package)


def seal_book(
    table: PermittedTable, notice: Notice, catalogue: Catalogue, minted: MintedKey, *, pure: bool = False
) -> SealedBook:
    """Write, seal and re-open one book; `pure` leaves the kernel out.

    BookError when the book can't be written without loss; SealBrokenError (or
    WrongPassphraseError) when what was sealed does not open to what went in.
    """
    check_agent(table)
    clear = write_workbook(table, notice, catalogue, pure=pure)
    sealed = seal(clear, minted)
    if reopen_minted(sealed, minted) != clear:
        raise SealBrokenError("the sealed book does not open to what went in")
    digest = hashlib.sha256(sealed)
    # What was opened equals `clear`, of which a zip can be read without another copy.
    said = check_workbook(clear, table, notice, counting=digest.digest()[0] % SAMPLE == 0)
    return SealedBook(
        data=sealed,
        sha256=digest.hexdigest(),
        export=said.export,
        agent=said.agent,
        recipient=said.recipient,
        rows=said.rows,
    )
