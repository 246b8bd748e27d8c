"""All metrics by name, each with its formula in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reports.metrics.facts import Facts
from reports.metrics.figures import Figure, Words

Formula = Callable[[Facts], Iterable[Figure]]


@dataclass(frozen=True)
class Metric:
    """One metric. ``formula`` says how it is worked out, ``caveat`` what it does not say.

    A ``clinical`` one speaks of safety, of what was not done, or of the space between partners: for therapists alone.
    """

    key: str
    label: Words
    formula: Words
    caveat: Words
    clinical: bool
    figures: Formula


@dataclass(frozen=True)
class Result:
    """A metric with its figures for one edition."""

    metric: Metric
    figures: tuple[Figure, ...]

    @property
    def is_early(self) -> bool:
        return all(one.is_early for one in self.figures)


METRICS: dict[str, Metric] = {}


def metric(
    key: str, label: Words, formula: Words, caveat: Words = "", *, clinical: bool = False
) -> Callable[[Formula], Formula]:
    """Register the function that counts one metric."""

    def registered(figures: Formula) -> Formula:
        if key in METRICS:
            raise ValueError(f"There is a metric {key!r} already.")
        METRICS[key] = Metric(key, label, formula, caveat, clinical, figures)
        return figures

    return registered
