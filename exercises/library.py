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
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import StrIndex, Upper
from django.db.models.lookups import GreaterThan
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.models import Exercise
from exercises.shelves import Shelves
from exercises.translations import language_name
from exercises.vocabulary import Kind, Lane, Level, Participation, Theme
from practice.written import Asked, Written, together

LONGEST_SEARCH = 200
WORDS_TRIED = 8
MINUTES = (5, 15, 30, 60)
_WORD = re.compile(r"[^\W_]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
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

Choices = list[tuple[str, str | Promise]]

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


#: Where an exercise comes from or stands, besides the shelves that a practice names itself.
OWN, ADAPTED, FAVOURITES, HIDDEN = "own", "adapted", "favourites", "hidden"
PLACES: Choices = [
    (FAVOURITES, _("My favourites")),
    (OWN, _("Written here")),
    (ADAPTED, _("Adapted here")),
    (HIDDEN, _("Hidden")),
]


def facets_with(shelves: Shelves) -> Mapping[str, tuple[str | Promise, Choices]]:
    """All facets, those of the shelves first. Which languages there are, only the rows know."""
    named: Choices = [(str(shelf.pk), shelf.name) for shelf in shelves.named]
    return {"place": (_("Shelf"), [*PLACES[:1], *named, *PLACES[1:]]), **FACETS, "language": (_("Language"), [])}


def places_of(one: Exercise, shelves: Shelves) -> list[str]:
    """Where an exercise comes from, and the shelves it stands on."""
    made = [str(pk) for pk, ids in shelves.on.items() if one.pk in ids]
    if one.practice_id is not None:
        made.append(ADAPTED if one.adapted_from_id else OWN)
    made += [name for name, ids in ((FAVOURITES, shelves.favourites), (HIDDEN, shelves.hidden)) if one.pk in ids]
    return made


def languages_in(one: Exercise) -> list[str]:
    """The languages an exercise of a list can be read in."""
    return [str(getattr(one, "written_in", None) or "en"), *(getattr(one, "words", None) or {})]


def words_of(query: QueryDict) -> str:
    """Return the words of an address that somebody looks for."""
    return query.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]


def wish_of(query: QueryDict, shelves: Shelves | None = None) -> Wish:
    """Read a wish from an address. What no facet knows is left out, so that old links keep working."""
    words = words_of(query)
    chosen = {
        name: tuple(value for value, _label in options if value in query.getlist(name))
        for name, (_title, options) in (facets_with(shelves) if shelves else FACETS).items()
    }
    if shelves:
        chosen["language"] = tuple(tag for tag in query.getlist("language")[:20] if _LANGUAGE.fullmatch(tag))
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


Readers = Mapping[str, Callable[[Exercise], Iterable[str]]]


def find(wish: Wish, shelves: Shelves | None = None) -> Found:
    """Return what fits a wish, in one query. With ``shelves`` there are facets for them, and the hidden is hidden."""
    [rows] = together(matching(wish.words))
    facets, readers = FACETS, _READ
    if shelves is not None:
        facets, readers = _with_shelves(shelves, rows)
        if HIDDEN not in wish.chosen.get("place", ()):
            rows = [one for one in rows if one.pk not in shelves.hidden]
    fits = {name: [_fits(one, read, wish.chosen.get(name, ())) for one in rows] for name, read in readers.items()}
    return Found(
        exercises=[one for index, one in enumerate(rows) if all(fits[name][index] for name in facets)],
        facets=[_facet(name, facets[name], rows, readers, fits, wish.chosen.get(name, ())) for name in facets],
    )


def _with_shelves(
    shelves: Shelves, rows: list[Exercise]
) -> tuple[Mapping[str, tuple[str | Promise, Choices]], Readers]:
    tags = sorted({tag for one in rows for tag in languages_in(one)})
    # With one language alone there is nothing to choose.
    languages: Choices = [(tag, language_name(tag)) for tag in tags] if len(tags) > 1 else []
    facets = {**facets_with(shelves), "language": (_("Language"), languages)}
    readers = {"place": lambda one: places_of(one, shelves), **_READ, "language": languages_in}
    return facets, readers


def _fits(exercise: Exercise, read: Callable[[Exercise], Iterable[str]], values: tuple[str, ...]) -> bool:
    return not values or not set(values).isdisjoint(read(exercise))


def _facet(
    name: str,
    facet: tuple[str | Promise, Choices],
    rows: list[Exercise],
    readers: Readers,
    fits: dict[str, list[bool]],
    chosen: tuple[str, ...],
) -> Facet:
    counts: dict[str, int] = {}
    for index, one in enumerate(rows):
        if all(fits[other][index] for other in fits if other != name):
            for value in readers[name](one):
                counts[str(value)] = counts.get(str(value), 0) + 1
    title, options = facet
    return Facet(
        name,
        title,
        [
            Option(value, label, counts.get(value, 0), value in chosen)
            for value, label in options
            if counts.get(value) or value in chosen
        ],
    )


_IN_CONTENT = {"written_in": "language", "words": "translations"}


def shelf() -> QuerySet[Exercise]:
    """Everything on offer to the bound practice, without what a list does not show."""
    rows = Exercise.objects.filter(retired_at=None, newest__isnull=False).defer("search")
    said = {name: KeyTransform(key, "newest__content") for name, key in _IN_CONTENT.items()}
    return rows.annotate(**said).order_by("title", "pk")


def _ranked(words: str, begun: str = "") -> QuerySet[Exercise]:
    exact = SearchQuery(words, search_type="websearch", config="english")
    found = Q(search=exact)
    rank: Combinable = SearchRank(F("search"), exact)
    in_title = GreaterThan(StrIndex(Upper("title"), Upper(Value(words))), 0)
    if begun:
        prefix = SearchQuery(begun, search_type="raw", config="english")
        found |= Q(search=prefix) | Q(in_title)
        rank = rank + SearchRank(F("search"), prefix) * Value(0.5)
    of_title = Case(When(in_title, then=Value(1.0)), default=Value(0.0), output_field=FloatField())
    return shelf().filter(found).annotate(rank=rank + of_title).order_by("-rank", "title", "pk")


_SHELF: Written[Exercise] = Written(shelf)
_BY_WORDS: Written[Exercise] = Written(_ranked, words=str)
_BY_BEGINNINGS: Written[Exercise] = Written(_ranked, words=str, begun=str)


def matching(words: str) -> Asked[list[Exercise]]:
    """Return what asks for what full text finds for ``words``, best first; for the whole shelf for none.

    Understands quotes, ``or`` and a leading minus. Without those, the beginning of a word will do, so that
    a search answers while it is typed.
    """
    words = words.strip()[:LONGEST_SEARCH]
    if not words:
        return _SHELF.of()
    begun = [] if _OPERATORS.search(words) else _WORD.findall(words)[:WORDS_TRIED]
    if not begun:
        return _BY_WORDS.of(words=words)
    return _BY_BEGINNINGS.of(words=words, begun=" & ".join(f"{word}:*" for word in begun))


def find_exercise(slug: str) -> Exercise | None:
    """Return the exercise of that name with its newest edition; a practice's own before the catalogue's."""
    rows = Exercise.objects.filter(slug=slug, retired_at=None, newest__isnull=False)
    return rows.select_related("newest").defer("search").order_by(F("practice").asc(nulls_last=True)).first()


def by_slug(slugs: Iterable[str]) -> dict[str, Exercise]:
    """Return the exercises of these names in one query, for programs."""
    rows: Any = shelf().filter(slug__in=list(slugs)).order_by(F("practice").desc(nulls_first=True))
    return {one.slug: one for one in rows}
