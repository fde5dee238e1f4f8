"""The metrics of all workers, summed in memory.

Not prometheus-client's files: they keep gauges of dead processes and make every scrape fail once one is
cut short. Counters of workers that ended are kept here, so that no total ever goes down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.metrics_core import Metric

if TYPE_CHECKING:
    from collections.abc import Iterable

_Key = tuple[str, tuple[tuple[str, str], ...]]

_KEPT = frozenset({"counter", "histogram", "summary"})


class Totals:
    """What ended workers have counted, to be added to what the living ones have."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._retired: list[Metric] = []

    def retire(self, families: Iterable[Metric]) -> None:
        """Keep the counters of a worker that has ended; its gauges end with it."""
        self._retired = _sum([*self._retired, *(family for family in families if family.type in _KEPT)])

    def with_living(self, snapshots: Iterable[Iterable[Metric]]) -> list[Metric]:
        """One family of each name, summed over the ended and the living."""
        return _sum([*self._retired, *(family for families in snapshots for family in families)])


def _sum(families: Iterable[Metric]) -> list[Metric]:
    merged: dict[str, Metric] = {}
    values: dict[str, dict[_Key, float]] = {}
    for family in families:
        merged.setdefault(family.name, Metric(family.name, family.documentation, family.type, family.unit))
        samples = values.setdefault(family.name, {})
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            samples[key] = _combine(sample.name, samples[key], sample.value) if key in samples else sample.value
    for name, samples in values.items():
        for (sample_name, labels), value in samples.items():
            merged[name].add_sample(sample_name, dict(labels), value)
    return list(merged.values())


def _combine(name: str, one: float, other: float) -> float:
    if name.endswith(("_created", "_start_time_seconds")):
        return min(one, other)
    if name.endswith("_info"):
        return max(one, other)
    return one + other
