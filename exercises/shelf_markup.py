"""What a page of the library says of each exercise and of each choice: rendered once for all alike, filled for each."""

from __future__ import annotations

from collections.abc import Sized
from functools import lru_cache

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from exercises.library import Facet
from exercises.models import Exercise
from exercises.usefulness import Usefulness
from exercises.vocabulary import Kind, Level, Participation
from practice.markup import Markup, Open, shortened

ROW, CHOICE = "exercises/desk/_on_shelf.html", "exercises/desk/_facet_choice.html"
#: What differs from row to row, and from choice to choice.
_OF_A_ROW = ("address", "title", "facts", "summary")
_OF_A_CHOICE = ("name", "value", "label", "count")
#: Of a summary, in characters.
A_GLANCE = 150


def row(exercise: Exercise, *, favourite: bool, couples: Sized, rated: Usefulness | None) -> SafeString:
    """Return the entry of an exercise in a list. ``couples`` are those of the reader's that use it."""
    texts = {
        "address": reverse("exercise", args=(exercise.slug,)),
        "title": exercise.title,
        "facts": facts(exercise),
        "summary": shortened(exercise.summary, A_GLANCE),
    }
    looks = (exercise.lane, favourite, exercise.needs_clearance, _origin(exercise))
    if couples or rated:
        known = {"couples": len(couples), "rated": rated}
        return render_to_string(ROW, {**texts, **_looks(*looks), **known})
    return _row(get_language(), *looks).filled(texts.__getitem__)


def choices(facet: Facet) -> SafeString:
    """Return the choices of a facet, each to be ticked."""
    language = get_language()
    texts = (
        (one.on, {"name": facet.name, "value": one.value, "label": str(one.label), "count": str(one.count)})
        for one in facet.options
    )
    return format_html_join("", "{}", ((_choice(language, on).filled(each.__getitem__),) for on, each in texts))


def facts(exercise: Exercise) -> str:
    """'Self-assessment · each alone · 15 min · moderate'."""
    return _facts(get_language(), exercise.kind, exercise.participation, exercise.minutes, exercise.level)


@lru_cache(maxsize=1024)
def _facts(_language: str | None, kind: str, participation: str, minutes: int, level: str) -> str:
    parts = [
        Kind(kind).label,
        Participation(participation).label.lower(),
        _("%(n)s min") % {"n": minutes},
        Level(level).label.lower(),
    ]
    return " · ".join(str(part) for part in parts)


@lru_cache(maxsize=256)
def _row(_language: str | None, lane: str, favourite: bool, careful: bool, origin: str) -> Markup:
    texts = {name: Open(name) for name in _OF_A_ROW}
    return Markup.of(render_to_string(ROW, {**texts, **_looks(lane, favourite, careful, origin)}))


@lru_cache(maxsize=16)
def _choice(_language: str | None, on: bool) -> Markup:
    return Markup.of(render_to_string(CHOICE, {**{name: Open(name) for name in _OF_A_CHOICE}, "on": on}))


def _looks(lane: str, favourite: bool, careful: bool, origin: str) -> dict[str, object]:
    return {"lane": lane, "favourite": favourite, "careful": careful, "origin": origin}


def _origin(exercise: Exercise) -> str:
    if exercise.practice_id is None:
        return ""
    return "adapted" if exercise.adapted_from_id else "written"
