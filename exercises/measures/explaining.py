"""How a measure's numbers are worked out, in words for the therapist. Nothing uncertain is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exercises.measures.definition import BandSet, Cut, Item, Measure, Reliable
from exercises.measures.scoring import SHORT
from exercises.vocabulary import Direction

Line = tuple[str, str]
"""A heading and what is true of it."""


def explained(measure: Measure) -> list[Line]:
    """Everything that decides over a band, a range or a change, and where it comes from."""
    return [
        (_("Range"), _range(measure)),
        (_("Formula"), _formula()),
        *((part.name, _part(part.items, part.low, part.high)) for part in measure.subscales),
        *((one.name, _bands(one)) for one in measure.band_sets),
        *([(_("Cut-off"), cut_words(measure.cut))] if measure.cut else []),
        (_("Change"), change_words(measure.reliable)),
        *([(_("Standard error"), _error(measure.sem))] if measure.sem else []),
        (_("Items left out"), _missing(measure)),
        (_("How often"), measure.rhythm),
        (_("Sources"), "; ".join(_sources(measure))),
        (_("Definition"), _("version %(n)s") % {"n": measure.version}),
    ]


def figure(value: Decimal) -> str:
    """A number without idle zeros: 12.50 is 12.5."""
    return f"{value.normalize():f}"


def cut_words(cut: Cut) -> str:
    """'Clinical range: 10 and more'."""
    names = {
        "clinical": _("Clinical range: %(limit)s"),
        "positive": _("Asks for a closer look: %(limit)s"),
        "concern": _("Something to talk about: %(limit)s"),
    }
    return names[cut.kind] % {"limit": limit_words(cut)}


def past_words(cut: Cut, past: bool) -> str:
    """What a score beyond the cut-off, or short of it, is called. A screen never says that all is well."""
    if not past:
        return {"clinical": _("Outside the clinical range")}.get(cut.kind, "")
    return {
        "clinical": _("In the clinical range"),
        "positive": _("Asks for a closer look"),
        "concern": _("Something to talk about"),
    }[cut.kind]


def change_words(reliable: Reliable | None) -> str:
    """From which size on a change is more than chance."""
    if reliable is None:
        return _("No threshold is known well enough, so only the difference is shown.")
    if reliable.inclusive:
        words = _("A change counts as reliable from %(n)s points on, as published.")
    else:
        words = _(
            "A change counts as reliable beyond %(n)s points: 1.96 times the standard error of a difference, which is "
            "√2 times that of one score (Jacobson and Truax 1991)."
        )
    after = _(
        "Reliable and better is improved, or recovered when it also led out of the clinical range; reliable and "
        "worse is worsened. Later scores are compared with the first complete one, or with the first from the day on "
        "that was set as a baseline."
    )
    return f"{words % {'n': figure(reliable.threshold)}} {after}"


def limit_words(cut: Cut) -> str:
    """'10 and more'."""
    if cut.at_least is not None:
        return _("%(n)s and more") % {"n": figure(cut.at_least)}
    if cut.at_most is not None:
        return _("%(n)s and less") % {"n": figure(cut.at_most)}
    return _("below %(n)s") % {"n": figure(cut.below or Decimal(0))}


def _range(measure: Measure) -> str:
    better = measure.direction is Direction.HIGHER_BETTER
    way = _("Higher is better.") if better else _("Lower is better.")
    count = ngettext("%(n)d item", "%(n)d items", len(measure.items)) % {"n": len(measure.items)}
    if measure.total is None:
        return _("%(items)s, no total. %(way)s") % {"items": count, "way": way}
    ends = {"low": figure(measure.total.low), "high": figure(measure.total.high), "items": count, "way": way}
    parts = [_("%(items)s, from %(low)s to %(high)s. %(way)s") % ends]
    reverse = [str(item.number) for item in measure.items if item.reverse]
    if reverse:
        parts.append(_("Items %(items)s are reversed.") % {"items": ", ".join(reverse)})
    return " ".join(parts)


def _formula() -> str:
    """One formula brings every measure to its range, complete or not."""
    return _(
        "S = L + Σ(x − l) / Σ(u − l) · (U − L), rounded half up: the sums go over the items that were answered, x is "
        "the weight of an answer, l and u the lowest and highest of its item, L and U those of the score."
    )


def _part(items: Iterable[int], low: Decimal, high: Decimal) -> str:
    words = _("items %(items)s, from %(low)s to %(high)s")
    return words % {"items": runs(items), "low": figure(low), "high": figure(high)}


def _bands(one: BandSet) -> str:
    return ", ".join(f"{figure(band.low)}–{figure(band.high)} {band.name}" for band in one.bands)


def _error(sem: Decimal) -> str:
    words = _("%(n)s: a single score lies within ± %(wide)s of the true one 95 times in 100.")
    wide = (sem * Decimal("1.96")).quantize(Decimal("0.1"))
    return words % {"n": figure(sem), "wide": figure(wide)}


def _missing(measure: Measure) -> str:
    items = list(measure.items)
    if measure.person_only or len(items) <= SHORT:
        return _("With an item left out there is no score.")
    most = measure.most_missing if measure.most_missing is not None else len(items) // 5
    words = ngettext(
        "%(n)d may be left out; the rest then stands for it, and the score is marked.",
        "Up to %(n)d may be left out; the rest then stands for them, and the score is marked.",
        most,
    ) % {"n": most}
    return " ".join([words, *_safety_words(items)])


def _safety_words(items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        if item.safety:
            yield _("Item %(n)d is looked at by itself, and without it there is no score.") % {"n": item.number}


def _sources(measure: Measure) -> Iterator[str]:
    for fact in measure.shown_facts:
        yield f"{fact.about}: {fact.text} ({fact.confidence.label})"


def runs(numbers: Iterable[int]) -> str:
    """'1–6' or '1, 2, 10, 12'."""
    there = sorted(numbers)
    if len(there) > 2 and there == list(range(there[0], there[-1] + 1)):
        return f"{there[0]}–{there[-1]}"
    return ", ".join(map(str, there))
