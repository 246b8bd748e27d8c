"""How far partners' scores of the same occasions agree. For the therapist alone, from five joint occasions on.

ICC(A,1) asks whether they give the same numbers, ICC(C,1) whether they go up and down together (McGraw and Wong
1996, two-way model, single scores); weighted kappa asks the same of ordered categories (Cohen 1968). The mean
squares are those of a two-way analysis of variance without repeats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from exercises.measures import Measure, MeasureScore

#: Fewer joint occasions than this say nothing.
FEWEST = 5
#: Scores of two people further apart than this are not of one occasion.
SAME_OCCASION = timedelta(days=7)

Weights = Literal["none", "quadratic"]

Scored = tuple[date, MeasureScore]


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Between occasions (rows), between people (columns), and what is left."""

    rows: float
    columns: float
    error: float
    #: How many occasions and how many people.
    n: int
    k: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """What several occasions say. A number is None where the scores do not vary enough for it.

    ``kappa`` is of the measure's bands, with quadratic weights; None for a measure without bands.
    """

    n: int
    absolute: float | None
    consistent: float | None
    kappa: float | None


def agreement(measure: Measure, lines: Sequence[Sequence[Scored]]) -> Agreement | None:
    """Return how far partners agree on a measure; ``lines`` are each one's scores with their days.

    None below five joint occasions, and for a screen that is for one person alone.
    """
    if measure.person_only or len(lines) < 2:
        return None
    together = joint_occasions(lines)
    if len(together) < FEWEST:
        return None
    table = [[float(one.total or 0) for one in row] for row in together]
    squares = mean_squares(table)
    return Agreement(len(together), icc_agreement(squares), icc_consistency(squares), _kappa(measure, together))


def joint_occasions(lines: Sequence[Sequence[Scored]]) -> list[list[MeasureScore]]:
    """Return the occasions on which everybody has a total: at most a week apart, each score used once.

    What lies closest together belongs together. With three people and more the first one's scores set the occasions.
    """
    first, *others = [sorted((one for one in line if one[1].total is not None), key=lambda s: s[0]) for line in lines]
    with_first = [_pairs(first, other) for other in others]
    return [
        [score, *(other[place] for other in with_first)]
        for place, (_day, score) in enumerate(first)
        if all(place in other for other in with_first)
    ]


def _pairs(first: Sequence[Scored], other: Sequence[Scored]) -> dict[int, MeasureScore]:
    """Which score of ``other`` belongs to which place in ``first``; the same whoever is called the first."""
    near: list[tuple[timedelta, date, date, int, int]] = [
        (abs(one[0] - two[0]), min(one[0], two[0]), max(one[0], two[0]), i, j)
        for i, one in enumerate(first)
        for j, two in enumerate(other)
        if abs(one[0] - two[0]) <= SAME_OCCASION
    ]
    found: dict[int, MeasureScore] = {}
    taken: set[int] = set()
    for _apart, _from, _to, i, j in sorted(near):
        if i not in found and j not in taken:
            found[i] = other[j][1]
            taken.add(j)
    return found


# ── the formulas ─────────────────────────────────────────────────────────────


def mean_squares(table: Sequence[Sequence[float]]) -> MeanSquares:
    """Return the mean squares of a table with a row for each occasion and a column for each person.

    Needs two of each.
    """
    import numpy as np

    values: Any = np.asarray(table, dtype=float)
    n, k = values.shape
    middle = values.mean()
    by_row, by_column = values.mean(axis=1), values.mean(axis=0)
    left = values - by_row[:, None] - by_column[None, :] + middle
    return MeanSquares(
        rows=float(k * ((by_row - middle) ** 2).sum() / (n - 1)),
        columns=float(n * ((by_column - middle) ** 2).sum() / (k - 1)),
        error=float((left**2).sum() / ((n - 1) * (k - 1))),
        n=n,
        k=k,
    )


def icc_agreement(of: MeanSquares) -> float | None:
    """Return ICC(A,1): (MSR - MSE) / (MSR + (k-1) MSE + k (MSC - MSE) / n)."""
    below = of.rows + (of.k - 1) * of.error + of.k * (of.columns - of.error) / of.n
    return _ratio(of.rows - of.error, below)


def icc_consistency(of: MeanSquares) -> float | None:
    """Return ICC(C,1): (MSR - MSE) / (MSR + (k-1) MSE)."""
    return _ratio(of.rows - of.error, of.rows + (of.k - 1) * of.error)


def weighted_kappa(
    first: Sequence[int], second: Sequence[int], categories: int, weights: Weights = "quadratic"
) -> float | None:
    """Return 1 - sum(w O) / sum(w E) of two ratings in categories 0, 1, … ``categories`` - 1.

    quadratic: w = (i - j)² / (k - 1)²; none: every disagreement weighs the same. None where chance alone would
    agree altogether: when both always chose one and the same category.
    """
    import numpy as np

    observed: Any = np.zeros((categories, categories))
    np.add.at(observed, (np.asarray(first), np.asarray(second)), 1)
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    place = np.arange(categories)
    apart = (place[:, None] - place[None, :]) ** 2 / (categories - 1) ** 2
    weight = apart if weights == "quadratic" else (apart > 0).astype(float)
    by_chance = float((weight * expected).sum())
    return None if by_chance == 0 else 1 - float((weight * observed).sum()) / by_chance


def _ratio(above: float, below: float) -> float | None:
    """No number where nothing varies: the difference of two roundings is no scatter."""
    return None if below < 1e-12 else above / below


def _kappa(measure: Measure, together: Sequence[Sequence[MeasureScore]]) -> float | None:
    """The bands of the set that is shown first, of two people."""
    if len(together[0]) != 2 or not measure.band_sets or len(measure.band_sets[0].bands) < 2:
        return None
    bands = measure.band_sets[0]
    if bands.bands[-1].high < (measure.high or Decimal(0)):
        return None  # the bands leave a part of the range without a name
    place = {band.key: number for number, band in enumerate(bands.bands)}
    first, second = (
        [place[band.key] for row in together if (band := bands.of(row[who].total or Decimal(0)))] for who in (0, 1)
    )
    return weighted_kappa(first, second, len(bands.bands))
