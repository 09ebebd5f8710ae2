"""An anchor that is the reviewers' mailboxes: the signed head as a text that they keep.

Nothing of anybody is in it: a ledger's name, a number, two hashes. A mailbox can't be read
back by the house; a reviewer holds the mail against the ledger with `sealedbook audit verify
--since`. The mail reaches one reviewer at least, or the anchor failed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from audit.anchor import AnchorError, Copy, Trouble
from delivery.message import a_message
from delivery.smtp import MailDeferredError, MailError, MailRoad

_BODY = """\
The audit ledger's head, signed. Keep this mail: what it says can't be taken
back, and whoever rewrites the ledger can't rewrite your copy.

{checkpoint}
To check a later bundle of evidence against it, save the lines from the
ledger's name to the last one that begins with a dash as a file OLD and run
  sealedbook audit verify BUNDLE --vkey VKEY --since OLD

{exchange}
"""


@dataclass(frozen=True, kw_only=True)
class MailAnchor:
    """Copies as mails to everybody whom `recipients` finds."""

    road: MailRoad
    sender: str
    exchange: str
    origin: str
    recipients: Callable[[], Sequence[str]]
    name: str = "mail"

    def put(self, copy: Copy) -> None:
        """Send a copy to each; one who took it is enough."""
        addresses = self.recipients()
        if not addresses:
            raise AnchorError(Trouble.NOBODY)
        troubles = [trouble for each in addresses if (trouble := self._send(copy, each))]
        if len(troubles) == len(addresses):
            raise AnchorError(troubles[0])

    def newest(self, known: int) -> Copy | None:  # noqa: ARG002 - mailboxes aren't ours to read
        """Return None: nothing is read back."""
        return None

    def _send(self, copy: Copy, address: str) -> Trouble | None:
        try:
            with self.road.address(self.sender, address) as addressed:
                addressed.send(self._compose(copy, address))
        except MailDeferredError:
            return Trouble.UNREACHABLE
        except MailError:
            return Trouble.REFUSED
        return None

    def _compose(self, copy: Copy, address: str) -> bytes:
        to_whom = sha256(address.encode()).hexdigest()[:16]
        return a_message(
            sender=self.sender,
            recipient=address,
            subject=f"Signed head of the audit ledger: {copy.size} entries",
            at=copy.at,
            about=f"{copy.name}.{to_whom}",
            origin=self.origin,
            body=_BODY.format(checkpoint=copy.note, exchange=self.exchange),
        ).as_bytes()
