"""Shelves of the library: one person's favourites, what the practice hides, and shelves with a name."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exercises import wording
from exercises.models import Exercise, Shelf, ShelfEntry
from practice.models import Membership
from practice.saying_why import SaysWhy
from practice.written import Asked, Written, together

LONGEST_NAME = 60
MOST_SHELVES = 40


class NotAShelf(SaysWhy):
    """The name cannot be one. ``message`` says why."""


@dataclass(frozen=True)
class Shelves:
    """All that one member sees of shelves: ids of exercises by shelf."""

    favourites: frozenset[uuid.UUID] = frozenset()
    hidden: frozenset[uuid.UUID] = frozenset()
    named: list[Shelf] = field(default_factory=list)
    on: Mapping[uuid.UUID, frozenset[uuid.UUID]] = field(default_factory=dict)

    def named_of(self, exercise: Exercise) -> list[tuple[Shelf, bool]]:
        """Every named shelf, and whether the exercise is on it."""
        return [(shelf, exercise.pk in self.on.get(shelf.pk, frozenset())) for shelf in self.named]


def _seen_by(member: uuid.UUID, shelf: str = "") -> Q:
    """What one member sees: their own, and the practice's."""
    ours = Q(**{f"{shelf}membership": None}) & ~Q(**{f"{shelf}kind": Shelf.Kind.FAVOURITES})
    return Q(**{f"{shelf}membership": member}) | ours


_SHELVES: Written[Shelf] = Written(
    lambda member: Shelf.objects.filter(_seen_by(member)).order_by("name", "pk"), member=uuid.UUID
)
_ENTRIES: Written[tuple[uuid.UUID, uuid.UUID]] = Written(
    lambda member: ShelfEntry.objects.filter(_seen_by(member, "shelf__")).values_list("shelf_id", "exercise_id"),
    member=uuid.UUID,
)


def asking_for_shelves(member: Membership) -> tuple[Asked[Any], ...]:
    """Return what :func:`shelves_of` asks, for :func:`practice.written.ahead`."""
    return _SHELVES.of(member=member.pk), _ENTRIES.of(member=member.pk)


def shelves_of(member: Membership) -> Shelves:
    """Everything about shelves that a page of the library needs, in one trip."""
    rows, entries = together(*asking_for_shelves(member))
    on: dict[uuid.UUID, set[uuid.UUID]] = {one.pk: set() for one in rows}
    for shelf_id, exercise_id in entries:
        on[shelf_id].add(exercise_id)
    first = {one.kind: frozenset(on[one.pk]) for one in rows if one.kind != Shelf.Kind.NAMED}
    return Shelves(
        first.get(Shelf.Kind.FAVOURITES, frozenset()),
        first.get(Shelf.Kind.HIDDEN, frozenset()),
        [one for one in rows if one.kind == Shelf.Kind.NAMED],
        {key: frozenset(value) for key, value in on.items()},
    )


def favour(exercise: Exercise, member: Membership, on: bool) -> None:
    """Put an exercise among one's own favourites, or take it away. Nobody else sees these."""
    _put(_shelf(Shelf.Kind.FAVOURITES, membership=member), exercise, on)


def hide(exercise: Exercise, on: bool) -> None:
    """Keep an exercise out of the whole practice's library, or show it again. What was given goes on."""
    _put(_shelf(Shelf.Kind.HIDDEN), exercise, on)


def put(exercise: Exercise, shelf: Shelf, on: bool) -> None:
    """Put an exercise on a named shelf, or take it down."""
    _put(shelf, exercise, on)


def make_shelf(name: str) -> Shelf:
    """Make a shelf of the practice's own; one that there is already is given back. Raises :class:`NotAShelf`."""
    try:
        name = wording.tidy(name, lines=False)
    except wording.UnkeepableText as refusal:
        raise NotAShelf(refusal.message) from refusal
    if wording.is_blank(name):
        raise NotAShelf(_("A shelf needs a name."))
    if len(name) > LONGEST_NAME:
        raise NotAShelf(_("There is room for %(n)s characters.") % {"n": LONGEST_NAME})
    there = Shelf.objects.filter(kind=Shelf.Kind.NAMED, membership=None)
    same = there.filter(name__iexact=name).first()
    if same is None and there.count() >= MOST_SHELVES:
        raise NotAShelf(_("There is room for %(n)s shelves.") % {"n": MOST_SHELVES})
    return same or _shelf(Shelf.Kind.NAMED, name=name)


def remove_shelf(shelf: Shelf) -> None:
    """Take a named shelf down. The exercises on it stay in the library."""
    ShelfEntry.objects.filter(shelf=shelf).delete()
    shelf.delete()


def _shelf(kind: str, name: str = "", membership: Membership | None = None) -> Shelf:
    rows = Shelf.objects.filter(kind=kind, name=name, membership=membership)
    found = rows.first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return Shelf.objects.create(kind=kind, name=name, membership=membership)
    except IntegrityError:  # another request was faster by a moment
        return rows.get()


def _put(shelf: Shelf, exercise: Exercise, on: bool) -> None:
    if not on:
        ShelfEntry.objects.filter(shelf=shelf, exercise=exercise).delete()
        return
    try:
        with transaction.atomic():
            ShelfEntry.objects.get_or_create(shelf=shelf, exercise=exercise)
    except IntegrityError:  # it is on it already
        return
