"""Prometheus' text format, as far as the operator's own /metrics needs it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

Labels = dict[str, str]
_LINE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Sample:
    name: str
    labels: Labels
    value: float


@dataclass(frozen=True)
class Histogram:
    """`buckets` are (upper bound, how many were at most that), rising; the last bound is infinite."""

    buckets: list[tuple[float, float]]
    sum: float
    count: float

    @property
    def mean(self) -> float:
        return self.sum / self.count if self.count else math.nan

    def quantile(self, part: float) -> float:
        """Interpolated within its bucket, as Prometheus' histogram_quantile does."""
        rank, below, lower = part * self.count, 0.0, 0.0
        for bound, at_most in self.buckets:
            if at_most >= rank and at_most > below:
                return lower if math.isinf(bound) else lower + (bound - lower) * (rank - below) / (at_most - below)
            below, lower = at_most, bound
        return math.nan


class Metrics:
    def __init__(self, text: str) -> None:
        self._samples = [sample for line in text.splitlines() if (sample := sample_of(line))]

    def total(self, name: str, **labels: str) -> float:
        return sum(sample.value for sample in self._with(name, labels))

    def values(self, name: str, label: str) -> list[str]:
        return sorted({sample.labels[label] for sample in self._with(name, {}) if label in sample.labels})

    def histogram(self, name: str, **labels: str) -> Histogram:
        counts: dict[float, float] = {}
        for sample in self._with(f"{name}_bucket", labels):
            bound = float(sample.labels["le"])
            counts[bound] = counts.get(bound, 0.0) + sample.value
        return Histogram(sorted(counts.items()), self.total(f"{name}_sum", **labels), self.total(f"{name}_count", **labels))

    def _with(self, name: str, labels: Labels) -> list[Sample]:
        return [one for one in self._samples if one.name == name and all(one.labels.get(key) == value for key, value in labels.items())]


def sample_of(line: str) -> Sample | None:
    found = _LINE.match(line)
    if line.startswith("#") or not found:
        return None
    return Sample(found[1], dict(_LABEL.findall(found[2] or "")), float(found[3]))
