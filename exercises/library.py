"""Finding an exercise: words, ranked by PostgreSQL, and facets that combine.

The shelf is a few hundred small rows, so one query fetches what the words find and the facets are counted
here, each as if its own choice were not made: the number beside an option is what choosing it would show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Case, F, FloatField, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.models import Exercise
from exercises.vocabulary import Kind, Lane, Level, Participation, Theme

LONGEST_SEARCH = 200
WORDS_TRIED = 8
MINUTES = (5, 15, 30, 60)
_WORD = re.compile(r"[^\W_]+")
_OPERATORS = re.compile(r'["-]|\bor\b', re.IGNORECASE)

#: How to read a facet's values off an exercise.
_READ: Mapping[str, Callable[[Exercise], Iterable[str]]] = {
    "theme": lambda one: one.themes,
    "kind": lambda one: [one.kind],
    "level": lambda one: [one.level],
    "minutes": lambda one: [str(most) for most in MINUTES if one.minutes <= most],
    "who": lambda one: [one.participation],
    "lane": lambda one: [one.lane],
}

FACETS: Mapping[str, tuple[str | Promise, list[tuple[str, str | Promise]]]] = {
    "theme": (_("Theme"), list(Theme.choices)),
    "kind": (_("Kind"), list(Kind.choices)),
    "level": (_("Depth"), list(Level.choices)),
    "minutes": (
        _("Time"),
        [(str(most), format_lazy(_("Up to {n} minutes"), n=most)) for most in MINUTES],
    ),
    "who": (_("Who does it"), list(Participation.choices)),
    "lane": (_("Who reads"), list(Lane.choices)),
}


@dataclass(frozen=True)
class Wish:
    """What somebody looks for. ``chosen`` maps a facet to the values ticked; within a facet any will do."""

    words: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Tell whether nothing was asked for, so that the whole shelf is shown."""
        return not self.words and not any(self.chosen.values())


def wish_of(query: QueryDict) -> Wish:
    """Read a wish from an address. What no facet knows is left out, so that old links keep working."""
    words = query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    chosen = {
        name: tuple(value for value, _label in options if value in query.getlist(name))
        for name, (_title, options) in FACETS.items()
    }
    return Wish(words, chosen)


@dataclass(frozen=True)
class Option:
    """One tick of a facet: how many exercises it would show beside what else is chosen."""

    value: str
    label: str | Promise
    count: int
    on: bool


@dataclass(frozen=True)
class Facet:
    name: str
    title: str | Promise
    options: list[Option]

    @property
    def used(self) -> bool:
        return any(option.on for option in self.options)


@dataclass(frozen=True)
class Found:
    """What fits, best first, and the facets with their counts."""

    exercises: list[Exercise]
    facets: list[Facet]


def find(wish: Wish) -> Found:
    """Return what fits a wish, in one query."""
    rows = list(matching(wish.words))
    fits = {name: [_fits(one, name, wish.chosen.get(name, ())) for one in rows] for name in FACETS}
    return Found(
        exercises=[one for index, one in enumerate(rows) if all(fits[name][index] for name in FACETS)],
        facets=[_facet(name, rows, fits, wish.chosen.get(name, ())) for name in FACETS],
    )


def _fits(exercise: Exercise, name: str, values: tuple[str, ...]) -> bool:
    return not values or not set(values).isdisjoint(_READ[name](exercise))


def _facet(name: str, rows: list[Exercise], fits: dict[str, list[bool]], chosen: tuple[str, ...]) -> Facet:
    counts: dict[str, int] = {}
    for index, one in enumerate(rows):
        if all(fits[other][index] for other in FACETS if other != name):
            for value in _READ[name](one):
                counts[str(value)] = counts.get(str(value), 0) + 1
    title, options = FACETS[name]
    return Facet(
        name,
        title,
        [
            Option(value, label, counts.get(value, 0), value in chosen)
            for value, label in options
            if counts.get(value) or value in chosen
        ],
    )


def shelf() -> QuerySet[Exercise]:
    """Everything on offer to the bound practice, without what a list does not show."""
    return Exercise.objects.filter(retired_at=None).defer("search").order_by("title", "pk")


def matching(words: str) -> QuerySet[Exercise]:
    """Return what full text finds for ``words``, best first; the whole shelf for none.

    Understands quotes, ``or`` and a leading minus. Without those, the beginning of a word will do, so that
    a search answers while it is typed.
    """
    rows = shelf()
    words = words.strip()[:LONGEST_SEARCH]
    if not words:
        return rows
    exact = SearchQuery(words, search_type="websearch", config="english")
    found = Q(search=exact)
    rank: Combinable = SearchRank(F("search"), exact)
    begun = [] if _OPERATORS.search(words) else _WORD.findall(words)[:WORDS_TRIED]
    if begun:
        query = " & ".join(f"{word}:*" for word in begun)
        prefix = SearchQuery(query, search_type="raw", config="english")
        found |= Q(search=prefix) | Q(title__icontains=words)
        rank = rank + SearchRank(F("search"), prefix) * Value(0.5)
    in_title = Case(When(title__icontains=words, then=Value(1.0)), default=Value(0.0), output_field=FloatField())
    return rows.filter(found).annotate(rank=rank + in_title).order_by("-rank", "title", "pk")


def find_exercise(slug: str) -> Exercise | None:
    """Return the exercise of that name with its newest edition; a practice's own before the catalogue's."""
    rows = Exercise.objects.filter(slug=slug, retired_at=None, newest__isnull=False)
    return rows.select_related("newest").defer("search").order_by(F("practice").asc(nulls_last=True)).first()


def by_slug(slugs: Iterable[str]) -> dict[str, Exercise]:
    """Return the exercises of these names in one query, for programs."""
    rows: Any = shelf().filter(slug__in=list(slugs)).order_by(F("practice").desc(nulls_first=True))
    return {one.slug: one for one in rows}
