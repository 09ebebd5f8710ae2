"""Checks of what leaves the house: copies of heads, witnesses, the outgoing stream.

An anchor is read back: a head in it that the ledger doesn't extend is the loudest finding there is.
"""

from __future__ import annotations

from audit.anchor import Anchor, AnchorError, Trouble
from house.anchoring import Look, look_at_anchors
from house.anchors import ledger_keys, read_back, readable_anchors
from house.doctor.findings import Finding, failed, warned, well
from house.outside import look_outside
from house.streaming import sink_of
from house.wiring import House
from house.witnesses import read_witnesses
from runtime.database import reading
from runtime.settings import SettingsError

_ANCHORS, _WITNESSES, _STREAM = "anchors", "witnesses", "stream"
_KEEP = "stop the house and keep everything as it is: somebody or something rewrote it or rolled it back"


def check_anchors(house: House) -> Finding:
    """Read each anchor back, hold its newest head against the ledger, and look at its age."""
    with reading(house.engine) as connection:
        looks = look_at_anchors(connection, house.settings, house.clock.now())
    if not looks:
        said = "no copies of signed heads leave this installation"
        advice = "set SEALEDBOOK_ANCHOR_FOLDER, _BUCKET or _MAIL"
        return well(_ANCHORS, said) if house.settings.mode == "demo" else warned(_ANCHORS, said, advice)
    known = {look.post.name: look.standing.size for look in looks}
    readable = readable_anchors(house.settings)
    read = [(anchor, _wrong(house, anchor, known[anchor.name])) for anchor in readable]
    wrong = [(anchor, trouble) for anchor, trouble in read if trouble]
    rewritten = [anchor.name for anchor, trouble in wrong if trouble is Trouble.NOT_EXTENDED]
    if rewritten:
        return failed(
            _ANCHORS, f"{', '.join(rewritten)}: holds a head that this ledger doesn't extend", _KEEP
        )
    late = [look.post.name for look in looks if look.is_overdue]
    if late or wrong:
        said = "; ".join(
            [
                *(f"{anchor.name}: {trouble.value}" for anchor, trouble in wrong),
                *(f"{name}: overdue" for name in late),
            ]
        )
        advice = "see that the worker runs and reaches them: sealedbook audit anchors"
        if late and house.settings.anchor_overdue == "stop":
            return failed(_ANCHORS, f"{said}: access has stopped", advice)
        return warned(_ANCHORS, said, advice)
    return well(_ANCHORS, "; ".join(map(_aged, looks)))


def check_witnesses(house: House) -> Finding:
    """Look at what the witnesses signed last, and when."""
    try:
        known = read_witnesses(house.settings.witnesses_file)
    except SettingsError as error:
        return failed(_WITNESSES, str(error), "mend the file")
    with reading(house.engine) as connection:
        looks = look_outside(connection, house.settings, house.clock.now()).witnesses
    if not known:
        return well(_WITNESSES, "none is configured")
    if any(look.standing.reason == Trouble.NOT_EXTENDED.value for look in looks):
        return failed(_WITNESSES, "one has seen a ledger that this one doesn't extend", _KEEP)
    late = [look.post.name for look in looks if look.is_overdue]
    if late:
        return warned(_WITNESSES, f"overdue: {', '.join(late)}", "see that they run and can be reached")
    return well(_WITNESSES, "; ".join(map(_aged, looks)))


def check_stream(house: House) -> Finding:
    """Look at the outgoing stream's lag and silence."""
    with reading(house.engine) as connection:
        look = look_outside(connection, house.settings, house.clock.now()).stream
    if look is None:
        return well(_STREAM, "none is configured")
    try:
        sink_of(house.settings)
    except SettingsError as error:
        return failed(_STREAM, str(error), "set it as it says")
    said = f"{look.waiting} entries wait, the oldest for {look.lag_seconds:.0f} s"
    if look.standing.reason == Trouble.NOT_EXTENDED.value:
        return failed(_STREAM, "what went out is no part of this ledger any more", _KEEP)
    if look.standing.paused:
        return warned(_STREAM, f"paused; {said}", "let it go on: sealedbook audit stream resume")
    if look.is_late:
        why = f" ({look.standing.reason})" if look.standing.reason else ""
        return warned(
            _STREAM, f"{said}{why}", "see that the sink takes batches: sealedbook audit stream test"
        )
    return well(_STREAM, said)


def _wrong(house: House, anchor: Anchor, known: int) -> Trouble | None:
    try:
        read_back(house.reader, anchor, known, ledger_keys(house))
    except AnchorError as error:
        return error.trouble
    return None


def _aged(look: Look) -> str:
    if look.age_seconds is None:
        return f"{look.post.name}: none yet"
    return f"{look.post.name}: {look.standing.size} entries, {look.age_seconds / 3600:.1f} h ago"
