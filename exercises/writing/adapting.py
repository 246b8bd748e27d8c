"""When the original of an adapted exercise moves on: what is new is offered part by part, never taken by itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from exercises.models import Edition, Exercise, Manuscript
from exercises.writing.differences import Change, changes
from exercises.writing.parts import OUTLINE, parts_of
from exercises.writing.saving import Saved, change
from practice import tenancy
from practice.models import Membership


@dataclass(frozen=True)
class Offer:
    """A newer edition of the original. ``mine``: the parts that the practice has changed itself."""

    edition: Edition
    since: Edition
    changes: list[Change]
    mine: frozenset[str]


def offered(exercise: Exercise) -> Edition | None:
    """Return the original's newest edition, when there is one that was neither taken nor declined."""
    began = exercise.adapted_from
    if began is None:
        return None
    newest = began.exercise.newest
    if newest is None or newest.pk in (began.pk, exercise.update_declined_id) or newest.number <= began.number:
        return None
    return newest


def offer(exercise: Exercise, manuscript: Manuscript) -> Offer | None:
    """Return what the original changed since this copy was made, with what was changed here."""
    newest = offered(exercise)
    if newest is None or exercise.adapted_from is None:
        return None
    began = exercise.adapted_from
    then, here = parts_of(began.content), parts_of(manuscript.content)
    theirs = changes(began.content, newest.content)
    mine = frozenset(one.part for one in theirs if here.get(one.part) != then.get(one.part))
    return Offer(newest, began, theirs, mine)


def take(exercise: Exercise, manuscript: Manuscript, offer: Offer, parts: Collection[str], by: Membership) -> Saved:
    """Put the chosen parts of the original into the manuscript; from now on this edition is what it began as.

    What was not chosen stays as it is here. A new question that is taken comes to the end, unless the order is
    taken, too.
    """
    theirs = parts_of(offer.edition.content)
    known = {one.part for one in offer.changes}
    chosen = {name: theirs.get(name) for name in parts if name in known}
    here = parts_of(manuscript.content)
    if OUTLINE not in chosen:
        chosen = {name: value for name, value in chosen.items() if value is not None or name in here}
    saved = change(manuscript, chosen, by=by)
    with tenancy.elevated():
        Exercise.objects.filter(pk=exercise.pk).update(adapted_from=offer.edition, update_declined=None)
    exercise.adapted_from = offer.edition
    return saved


def decline(exercise: Exercise, edition: Edition) -> None:
    """Leave everything as it is, and do not ask about this edition again."""
    with tenancy.elevated():
        Exercise.objects.filter(pk=exercise.pk).update(update_declined=edition)
    exercise.update_declined = edition
