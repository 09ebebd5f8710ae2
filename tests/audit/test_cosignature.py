"""Cosignatures: a witness's line verifies through the witness's key alone, and covers text and time."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Head, read_checkpoint, sign_checkpoint
from audit.cosignature import MAX_SECONDS, WitnessKey, WitnessVerifier, cosign, verify_cosignature
from audit.note import NoteError, VerifierKey, open_note, sign_note, split_note
from tests.audit.factories import ORIGIN, a_key

HEAD = Head(42, bytes(range(32)))
KEY = a_key()
CHECKPOINT = sign_checkpoint(ORIGIN, HEAD, KEY)
AT = 1_763_748_000

# A checkpoint of a public log of certificates with the lines of five public witnesses, and two of
# the keys that their operators publish. Other people's code made all of it.
PUBLIC_LOG = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
PUBLIC_WITNESS = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
PUBLIC_CHECKPOINT = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501 - a signature line is one line

# The example of c2sp.org/tlog-cosignature, whose keys aren't published: it shows the form.
PUBLISHED_FORM = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501 - likewise


def a_witness(seed: int = 7, name: str = "compliance.example/w1") -> WitnessKey:
    """Return a witness's key that is the same for the same seed."""
    return WitnessKey(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


WITNESS = a_witness()


def test_a_public_logs_checkpoint_verifies() -> None:
    """A checkpoint in public use opens with its log's key, and its witness's time is read."""
    key, witness = VerifierKey.parse(PUBLIC_LOG), WitnessVerifier.parse(PUBLIC_WITNESS)

    assert 1_432_088_532 == read_checkpoint(PUBLIC_CHECKPOINT, key)[1].size
    assert 1_779_573_024 == verify_cosignature(PUBLIC_CHECKPOINT, witness)
    assert PUBLIC_WITNESS == witness.text()


def test_the_published_form_is_read() -> None:
    """The specification's own example has the time that the specification says."""
    witness = split_note(PUBLISHED_FORM).signatures[1]

    assert "witness.example.com/w1" == witness.name
    assert 1_679_315_147 == int.from_bytes(witness.data[:8], "big")


@given(st.integers(0, MAX_SECONDS), st.integers(0, 255))
def test_a_cosignature_verifies(seconds: int, seed: int) -> None:
    """Every time that can be written is signed and read back, and the ledger's line still verifies."""
    key = a_witness(seed)
    note = cosign(CHECKPOINT, key, seconds)

    assert seconds == verify_cosignature(note, key.verifier)
    assert (ORIGIN, HEAD) == read_checkpoint(note, KEY.verifier)
    assert note.startswith(CHECKPOINT)


def test_the_signed_message() -> None:
    """The signature is over the two lines and the checkpoint's text, exactly."""
    line = cosign(CHECKPOINT, WITNESS, AT).splitlines()[-1]
    name, encoded = line.removeprefix("— ").split(" ")
    raw = base64.b64decode(encoded)
    body = CHECKPOINT.split("\n\n")[0] + "\n"

    assert WITNESS.name == name
    assert (WITNESS.verifier.id, AT.to_bytes(8, "big")) == (raw[:4], raw[4:12])
    WITNESS.private.public_key().verify(raw[12:], f"cosignature/v1\ntime {AT}\n{body}".encode())


def test_several_witnesses_stand_side_by_side() -> None:
    """Each witness's line is found by its own key, whatever stands around it."""
    other = a_witness(8, "auditor.example/w2")
    note = cosign(cosign(CHECKPOINT, WITNESS, AT), other, AT + 5)

    assert (AT, AT + 5) == (
        verify_cosignature(note, WITNESS.verifier),
        verify_cosignature(note, other.verifier),
    )


def test_a_witness_has_one_line() -> None:
    """Cosigning again replaces the witness's own line and leaves the others."""
    note = cosign(cosign(CHECKPOINT, WITNESS, AT), WITNESS, AT + 60)

    assert cosign(CHECKPOINT, WITNESS, AT + 60) == note


def test_the_newest_of_several_lines_counts() -> None:
    """A note that was put together with two lines of one witness says the later time."""
    early, late = cosign(CHECKPOINT, WITNESS, AT), cosign(CHECKPOINT, WITNESS, AT + 60)

    assert AT + 60 == verify_cosignature(late + early.removeprefix(CHECKPOINT), WITNESS.verifier)


def test_who_didnt_cosign_isnt_believed() -> None:
    """The key must be the named one: not another, not the same under another name, not the ledger's."""
    note = cosign(CHECKPOINT, WITNESS, AT)
    for verifier in (
        a_witness(8).verifier,
        a_witness(name="other.example").verifier,
        WitnessVerifier(ORIGIN, KEY.verifier.public),
    ):
        with pytest.raises(NoteError, match="no cosignature of the named witness"):
            verify_cosignature(note, verifier)


def test_a_moved_line_isnt_believed() -> None:
    """A cosignature of one checkpoint doesn't verify under another."""
    other = sign_checkpoint(ORIGIN, Head(43, HEAD.root), KEY)
    line = cosign(CHECKPOINT, WITNESS, AT).removeprefix(CHECKPOINT)
    with pytest.raises(NoteError, match="doesn't verify"):
        verify_cosignature(other + line, WITNESS.verifier)


@given(st.data())
def test_a_flipped_bit_of_time_or_signature_is_found(data: st.DataObject) -> None:
    """Neither the time nor the signature can change unseen."""
    note = split_note(cosign(CHECKPOINT, WITNESS, AT))
    raw = bytearray(note.signatures[1].data)
    place = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[place // 8] ^= 1 << place % 8
    line = base64.b64encode(WITNESS.verifier.id + bytes(raw)).decode()
    with pytest.raises(NoteError):
        verify_cosignature(f"{CHECKPOINT}— {WITNESS.name} {line}\n", WITNESS.verifier)


@pytest.mark.parametrize("data", [b"\x00" * 5, b"\x00" * 8, b"\x00" * 40, b"\xff" * 72])
def test_what_isnt_a_cosignature(data: bytes) -> None:
    """A line of the witness that is too short, or whose time is none, is refused."""
    line = base64.b64encode(WITNESS.verifier.id + data).decode()
    with pytest.raises(NoteError):
        verify_cosignature(f"{CHECKPOINT}— {WITNESS.name} {line}\n", WITNESS.verifier)


def test_a_ledgers_signature_is_no_cosignature() -> None:
    """The same private key under the same name as ledger and as witness: neither line reads as the other."""
    twin = WitnessKey(ORIGIN, KEY.private)
    with pytest.raises(NoteError):
        verify_cosignature(CHECKPOINT, twin.verifier)
    with pytest.raises(NoteError):
        open_note(cosign(CHECKPOINT, twin, AT).replace(CHECKPOINT.splitlines()[-1] + "\n", ""), KEY.verifier)


def test_only_checkpoints_are_cosigned() -> None:
    """A note that isn't a checkpoint, or a time before 1970, gets no cosignature."""
    with pytest.raises(NoteError, match="three lines"):
        cosign(sign_note("sealed book destruction v1\n", ORIGIN, KEY.private), WITNESS, AT)
    with pytest.raises(NoteError, match="no origin"):
        cosign(f"\n42\n{'A' * 43}=\n\n— x AAAAAAAA\n", WITNESS, AT)
    with pytest.raises(NoteError, match="seconds"):
        cosign(CHECKPOINT, WITNESS, -1)


def test_keys_are_told_apart() -> None:
    """A witness's vkey isn't a ledger's, and the other way round."""
    with pytest.raises(NoteError, match="isn't a witness's key"):
        WitnessVerifier.parse(KEY.verifier.text())
    with pytest.raises(NoteError, match="isn't an Ed25519 key"):
        VerifierKey.parse(WITNESS.verifier.text())
    assert WITNESS.verifier == WitnessVerifier.parse(WITNESS.verifier.text())
    assert "private" not in repr(WITNESS)
