"""Keeping the mail server's 250: whoever holds it may say so, even after the claim was lost."""

from __future__ import annotations

from exports.errors import LostClaimError, WrongStateError
from exports.export import Claim, Export
from exports.states import State
from policies.gate import Transaction
from store.exports import export_by_id, move_export, move_unclaimed, release_claim


def keep_answer(tx: Transaction, claim: Claim, export: Export) -> None:
    """Move an export to `sent`, from `unknown` too; LostClaimError when it moved on otherwise."""
    try:
        move_export(tx.connection, claim, State.SENDING, State.SENT, reason=None)
        release_claim(tx.connection, claim)
    except LostClaimError:
        _keep_late_answer(tx, export)


def _keep_late_answer(tx: Transaction, export: Export) -> None:
    now = export_by_id(tx.connection, export.id)
    if now.state is not State.UNKNOWN or now.built_fencing != export.built_fencing:
        raise LostClaimError("the answer came after the export moved on")
    try:
        move_unclaimed(tx.connection, export.id, State.UNKNOWN, State.SENT, reason=None)
    except WrongStateError:
        raise LostClaimError("the answer came after the export moved on") from None
