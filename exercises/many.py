"""The same for many couples at once: judged for each of them, so that every exception is seen before it counts."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.http import QueryDict
from django.utils.translation import gettext as _

from clients.models import Couple
from exercises.assigning import Refused, give
from exercises.forms import EACH, TOGETHER, AssignForm
from exercises.giving import Giving, deep_too_early, partners_of, refusals
from exercises.models import Assignment, Edition
from exercises.preview import preview
from practice.models import Membership, Practice


@dataclass
class Judged:
    """One couple, what giving it to them would mean, and what speaks against it or asks for a second look."""

    couple: Couple
    giving: Giving | None = None
    against: list[str] = field(default_factory=list)
    to_consider: list[str] = field(default_factory=list)

    @property
    def can_be_given(self) -> bool:
        return self.giving is not None and not self.against

    @property
    def is_plain(self) -> bool:
        """Whether nothing about it needs a second look."""
        return self.can_be_given and not self.to_consider


def for_all(who: str) -> bool:
    """Tell whether a choice of people means something for another couple, too."""
    return who in (EACH, TOGETHER)


class NotLikeThis(Exception):
    """What was chosen cannot be given to a couple as it is; ``reasons`` are sentences."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("not like this")
        self.reasons = reasons


def judge(
    chosen: QueryDict, couples: Iterable[Couple], edition: Edition, practice: Practice, now: datetime
) -> list[Judged]:
    """Put one filled-in form to every couple; names, goals and keys are each couple's own."""

    def filled(couple: Couple) -> Giving:
        form = AssignForm(_own(chosen, couple), couple=couple, edition=edition, practice=practice)
        form.is_valid()
        giving = form.giving()
        if giving is None or form.errors:
            raise NotLikeThis(_sentences(form.errors.values()))
        return giving

    return look_at(filled, couples, edition, practice, now)


def look_at(
    giving_for: Callable[[Couple], Giving],
    couples: Iterable[Couple],
    edition: Edition,
    practice: Practice,
    now: datetime,
) -> list[Judged]:
    """Say for every couple what ``giving_for`` it would mean, which may raise :class:`NotLikeThis`."""
    couples = list(couples)
    running = set(
        Assignment.objects.running().filter(couple__in=couples, edition=edition).values_list("couple_id", flat=True)
    )
    return [_judged(one, giving_for, practice, now, one.pk in running) for one in couples]


def _judged(
    couple: Couple, giving_for: Callable[[Couple], Giving], practice: Practice, now: datetime, runs: bool
) -> Judged:
    try:
        giving = giving_for(couple)
    except NotLikeThis as wrong:
        return Judged(couple, None, wrong.reasons)
    against = [str(text) for text in refusals(giving, practice, now).values()]
    return Judged(couple, giving, against, [] if against else _to_consider(giving, practice, now, runs))


def _to_consider(giving: Giving, practice: Practice, now: datetime, runs: bool) -> list[str]:
    found = []
    if runs:
        found.append(_("They have this already."))
    if deep_too_early(giving):
        found.append(_("This goes deep, and they have done nothing of a middle level here yet."))
    return [*found, *preview(giving, now, practice.weekly_minutes).advice]


def _own(chosen: QueryDict, couple: Couple) -> QueryDict:
    """The same choice, said of these people."""
    data = chosen.copy()
    data.setlist("people", [str(one.pk) for one in partners_of(couple)])
    data["goal"] = ""
    data["key"] = str(key_for(chosen.get("key", ""), couple))
    return data


def key_for(key: str, couple: Couple) -> uuid.UUID:
    """One act of giving for each couple, the same however often the page is sent."""
    return uuid.uuid5(couple.pk, key)


def _sentences(errors: Iterable[Iterable]) -> list[str]:
    return [str(one) for many in errors for one in many]


@dataclass
class Done:
    """What came of it."""

    given: list[Couple] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    left_out: list[Judged] = field(default_factory=list)


def give_to(judged: Iterable[Judged], *, by: Membership) -> Done:
    """Give to each couple by itself: one that can't have it takes nothing from the others."""
    done = Done()
    for one in judged:
        if one.giving is None or one.against:
            done.left_out.append(one)
            continue
        try:
            given = give(one.giving, by=by)
        except Refused as refused:
            one.against = [str(text) for text in refused.errors.values()]
            done.left_out.append(one)
        else:
            done.given.append(one.couple)
            done.assignments += given
    return done
