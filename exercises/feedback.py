"""How it went: said by each partner for themselves, after a task, if they like.

Private by default. It goes to the therapist; a partner may show it to the others too, where the task itself
is open to everybody and nothing sealed would be told by it.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Couple
from exercises import lanes
from exercises.models import Feedback, Occurrence, Win
from exercises.vocabulary import Lane
from practice import tenancy
from practice.written import Written

#: What may get in the way. The order is that of the page.
OBSTACLES = {
    "time": _("There was no time"),
    "tired": _("One of us was too tired"),
    "forgot": _("It slipped our mind"),
    "apart": _("We were not in the same place"),
    "unclear": _("It was not clear what to do"),
    "not_for_us": _("It did not fit us"),
    "quarrel": _("We were in the middle of a quarrel"),
    "hard": _("It was too hard just now"),
    "not_free": _("I did not feel free to say what I think"),
}
#: What a therapist should hear of at once.
WEIGHS = frozenset({"not_free"})


@dataclass(frozen=True)
class Said:
    """What one partner says about how it went. Usefulness and difficulty run from 0 to 10."""

    extent: str = ""
    usefulness: int | None = None
    difficulty: int | None = None
    too_much: bool = False
    obstacles: tuple[str, ...] = ()
    words: str = ""
    show: bool = False
    win: str = ""


def may_show(occurrence: Occurrence, now: datetime.datetime) -> bool:
    """Tell whether it may be shown to the others: not while anything is sealed, nor what they do not know of."""
    lane = occurrence.assignment.lane
    if lane in (Lane.SHARED, Lane.JOINT):
        return True
    return lane == Lane.REVEAL and occurrence.reveals_at is not None and occurrence.reveals_at <= now


def given(occurrence: Occurrence, author: Client) -> Feedback | None:
    """What ``author`` said already."""
    return Feedback.objects.filter(occurrence=occurrence, author=author).first()


def win_of(occurrence: Occurrence, author: Client) -> Win | None:
    return Win.objects.filter(occurrence=occurrence, author=author).first()


def give(occurrence: Occurrence, author: Client, what: Said) -> Feedback:
    """Keep what ``author`` says; said again, the newer words stand.

    Raises :class:`tenancy.Closed` where a closed sign-in would write over what was said before it.
    """
    with _writing(occurrence, author):
        return _give(occurrence, author, what)


@contextmanager
def _writing(occurrence: Occurrence, author: Client) -> Iterator[None]:
    """Write as whoever asks. A closed sign-in reads nothing of its own back, not even to change it: Attune does."""
    asker = tenancy.current()
    since = asker.closed if asker is not None else ""
    with tenancy.not_read_back():
        there = given(occurrence, author) if since else None
        if there is not None and there.given_at < datetime.datetime.fromisoformat(since):
            raise tenancy.Closed
        yield


def _give(occurrence: Occurrence, author: Client, what: Said) -> Feedback:
    now = timezone.now()
    lane = _lane(occurrence, what.show, now)
    reach = lanes.readers_of(lane, author=author.pk, audience=occurrence.assignment.audience, now=now)
    fields = {
        "couple_id": occurrence.couple_id,
        "lane": lane,
        "readers": list(reach.readers),
        "opens_at": reach.opens_at,
        "extent": what.extent,
        "usefulness": what.usefulness,
        "difficulty": what.difficulty,
        "too_much": what.too_much,
        "obstacles": list(what.obstacles),
        "words": what.words,
        "noted_at": None,
    }
    row = given(occurrence, author)
    if row is None:
        try:
            with transaction.atomic():
                row = Feedback.objects.create(occurrence=occurrence, author=author, **fields)
        except IntegrityError:  # a second tap was faster by a moment
            row = Feedback.objects.get(occurrence=occurrence, author=author)
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    _mark_win(occurrence, author, what.win, lane, reach)
    return row


def _lane(occurrence: Occurrence, show: bool, now: datetime.datetime) -> Lane:
    if occurrence.assignment.lane == Lane.OWN:
        return Lane.OWN
    return Lane.SHARED if show and may_show(occurrence, now) else Lane.PRIVATE


def _mark_win(occurrence: Occurrence, author: Client, words: str, lane: Lane, reach: lanes.Reach) -> None:
    there = win_of(occurrence, author)
    if not words:
        if there is not None:
            there.delete()
        return
    win = there or Win(couple_id=occurrence.couple_id, occurrence=occurrence, author=author)
    win.words, win.lane, win.readers, win.opens_at = words, lane, list(reach.readers), reach.opens_at
    win.save()


TO_NOTE: Written[Feedback] = Written(
    lambda couples: (
        Feedback.objects.filter(
            Q(too_much=True) | Q(obstacles__overlap=sorted(WEIGHS)), couple__in=couples, noted_at=None
        )
        .select_related("author", "occurrence__assignment__edition")
        .order_by("given_at")
    ),
    couples=[uuid.UUID],
)


def to_note(couples: Collection[uuid.UUID]) -> list[Feedback]:
    """What a therapist should hear of and nobody has noted yet: too much, or not free to speak."""
    return TO_NOTE.all(couples=couples)


def note(couple: Couple, author: Client) -> int:
    """Take note of everything one partner said so far about how it went; return how much was new."""
    with tenancy.elevated():
        rows = Feedback.objects.filter(couple=couple, author=author, noted_at=None).exclude(lane=Lane.OWN)
        return rows.update(noted_at=timezone.now())


def obstacle_words(keys: Iterable[str]) -> list[str]:
    """The obstacles as people read them, in the order of the page."""
    chosen = set(keys)
    return [str(label) for key, label in OBSTACLES.items() if key in chosen]
