"""Pseudonyms: keyed, by kind, with their year."""

from __future__ import annotations

import hashlib
import hmac

from vault.pseudonyms import PseudonymKind, derive_pseudonyms, write_pseudonyms

KEY = bytes(range(32))


def test_a_pseudonym_is_the_first_half_of_an_hmac() -> None:
    """The form is HMAC-SHA256(year key, kind ‖ 0x00 ‖ id) cut to 128 bits."""
    expected = hmac.new(KEY, b"consumer\x00C-1", hashlib.sha256).hexdigest()[:32]

    packed = derive_pseudonyms(KEY, PseudonymKind.CONSUMER, ["C-1"])

    assert [f"2026:{expected}"] == write_pseudonyms(2026, packed)


def test_kinds_keys_and_ids_do_not_share_pseudonyms() -> None:
    """The same id under another kind or key, and another id, give other pseudonyms."""
    made = {
        derive_pseudonyms(key, kind, [one])
        for key in (KEY, KEY[::-1])
        for kind in PseudonymKind
        for one in ("1", "2")
    }

    assert len(made) == 8


def test_order_is_kept() -> None:
    """Packed pseudonyms stand in the ids' order."""
    both = derive_pseudonyms(KEY, PseudonymKind.CASE, ["a", "b"])

    assert derive_pseudonyms(KEY, PseudonymKind.CASE, ["a"]) == both[:16]
    assert derive_pseudonyms(KEY, PseudonymKind.CASE, ["b"]) == both[16:]
