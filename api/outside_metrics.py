"""Numbers of what leaves the house: how old anchors' copies and witnesses' lines are, the stream's lag.

An outpost's age is left out before its first copy; `…_overdue` says that it should have one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from house.anchoring import Look
from house.outside import Outside
from house.streaming import StreamLook


def told_outside(outside: Outside) -> Iterator[Metric]:
    """Yield the numbers; nothing of what isn't configured."""
    yield from _outposts("anchor", "An anchor's newest copy", outside.anchors)
    yield from _outposts("witness", "A witness's newest line", outside.witnesses)
    if outside.stream is not None:
        yield from _stream(outside.stream)


def _outposts(kind: str, what: str, looks: Iterable[Look]) -> Iterator[Metric]:
    age = GaugeMetricFamily(f"sealedbook_{kind}_age_seconds", f"{what}: how old", labels=[kind])
    size = GaugeMetricFamily(f"sealedbook_{kind}_entries", f"{what}: over how many entries", labels=[kind])
    late = GaugeMetricFamily(f"sealedbook_{kind}_overdue", f"{what}: older than its limit", labels=[kind])
    for look in looks:
        name = look.post.name
        if look.age_seconds is not None:
            age.add_metric([name], look.age_seconds)
        size.add_metric([name], look.standing.size)
        late.add_metric([name], int(look.is_overdue))
    yield from (each for each in (age, size, late) if each.samples)


def _stream(look: StreamLook) -> Iterator[Metric]:
    told = {
        "waiting_entries": ("Entries that didn't go out yet", look.waiting),
        "lag_seconds": ("How long the oldest of them waits", look.lag_seconds),
        "late": ("Whether that, or the silence, is longer than its limit", int(look.is_late)),
        "paused": ("Whether the stream is paused", int(look.standing.paused)),
        "failures": ("Tries that failed since the last batch", look.standing.tries),
    }
    for name, (meaning, value) in told.items():
        yield GaugeMetricFamily(f"sealedbook_stream_{name}", meaning, value=value)
    if look.silent_seconds is not None:
        yield GaugeMetricFamily(
            "sealedbook_stream_silent_seconds", "Since the last batch", value=look.silent_seconds
        )
