"""Handing one phone over: whoever has sent their part passes the phone to somebody who has one in the same round.

The first sign-in ends before the phone changes hands. What stays is a page that knows two names and nothing
else; the next person proves who they are, by their own code or by one sent to their address, and reaches their
part of this round alone (:mod:`practice.narrow`). Whether they have sent already, what else they have, or whether
they own a code at all, nobody learns before that proof.
"""

from __future__ import annotations

import datetime
import hmac
import secrets
import uuid
from dataclasses import dataclass, replace
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from clients import consents, pins
from clients.models import Client, Couple, Partner
from exercises import answering, lanes
from exercises.doing import Doing
from exercises.models import Occurrence
from exercises.vocabulary import Lane
from practice import narrow, tenancy
from practice.models import User

#: In the session of nobody, between the two.
KEY = "handed_over"
LASTS = datetime.timedelta(minutes=15)
#: Wrong codes before the phone rests.
TRIES = 8
#: Codes by mail in one handing over, and in an hour for one person.
MAILS, MAILS_AN_HOUR = 3, 5

narrow.register(
    narrow.Reach(
        argument="occurrence_id",
        start="do",
        pages=frozenset({"do", "do_question", "do_save", "do_check", "do_send"}),
        closing=frozenset({"do_sent", "portal_today", "portal_opened"}),
        end="pass_end",
    )
)


@dataclass(frozen=True)
class Passed:
    """A phone between two people: ids only, for a quarter of an hour."""

    practice: str
    occurrence: str
    giver: str
    taker: str
    until: float
    tries: int = 0
    mails: int = 0
    #: A keyed hash of the code that was sent by mail.
    mailed: str = ""

    @property
    def is_over(self) -> bool:
        return timezone.now().timestamp() > self.until or self.tries >= TRIES


def takers(doing: Doing) -> list[Partner]:
    """Return to whom the phone may be passed now: everybody else whom this round is for.

    Looks at what was given and at one's own part alone. Whether the others have answered changes nothing.
    """
    assignment = doing.assignment
    has_part = assignment.lane in (Lane.REVEAL, Lane.SHARED) or (
        assignment.is_joint and any(lanes.is_personal(one, assignment.lane) for one in doing.form.questions)
    )
    open_for_all = doing.occurrence.closes_at > doing.now and doing.occurrence.state != Occurrence.State.WITHDRAWN
    if not has_part or not open_for_all or doing.sent is None:
        return []
    others = [one for one in assignment.audience if one != doing.person.pk]
    rows = Partner.objects.filter(couple=doing.occurrence.couple_id, client__in=others, left_at=None)
    return list(rows.select_related("client").order_by("position"))


def give(request: HttpRequest, doing: Doing, taker: Partner) -> None:
    """End this sign-in and leave the phone waiting for ``taker``."""
    passed = Passed(
        practice=str(doing.practice.pk),
        occurrence=str(doing.occurrence.pk),
        giver=str(doing.person.pk),
        taker=str(taker.client_id),
        until=(timezone.now() + LASTS).timestamp(),
    )
    narrow.sign_out(request, {KEY: vars(passed)})


def waiting(request: HttpRequest) -> Passed | None:
    """Return the phone's state between two people; None when there is none, or its time is over."""
    held: dict[str, Any] | None = request.session.get(KEY)
    if held is None or request.user.is_authenticated:
        return None
    passed = Passed(**held)
    return None if passed.is_over else passed


def keep(request: HttpRequest, passed: Passed) -> None:
    request.session[KEY] = vars(passed)


def drop(request: HttpRequest) -> None:
    request.session.pop(KEY, None)


def bound(passed: Passed) -> Any:
    """Work as Attune itself in the practice of the two."""
    return tenancy.acting(tenancy.as_system(uuid.UUID(passed.practice)))


def the_two(passed: Passed) -> tuple[Partner, Partner] | None:
    """Return giver and taker by their place in the couple; None when one of them is there no more."""
    round_ = Occurrence.objects.filter(pk=passed.occurrence).first()
    if round_ is None:
        return None
    rows = Partner.objects.filter(couple=round_.couple_id, left_at=None, client__in=(passed.giver, passed.taker))
    there = {str(one.client_id): one for one in rows.select_related("client")}
    return (there[passed.giver], there[passed.taker]) if len(there) == 2 else None


def proves(passed: Passed, code: str) -> bool:
    """Tell whether a code is the taker's: the one they chose, or the one that was sent to them."""
    digits = "".join(code.split())[:40]
    own = pins.proves(uuid.UUID(passed.taker), digits)
    mailed = hmac.compare_digest(_sealed(passed, digits), passed.mailed or "-" * 64)
    return own or mailed


def _sealed(passed: Passed, digits: str) -> str:
    return salted_hmac("exercises.handover", f"{passed.taker}.{passed.until}.{digits}", algorithm="sha256").hexdigest()


def send_code(request: HttpRequest, passed: Passed) -> Passed:
    """Send the taker a code to their own address, if they have one; a few times at most. Says nothing of it."""
    if passed.mails >= MAILS:
        return passed
    code = f"{secrets.randbelow(10**6):06d}"
    user = _user(passed)
    if user is not None and user.email and _not_too_often(passed.taker):
        get_adapter(request).send_mail("account/email/login_code", user.email, {"code": code, "user": user})
    return replace(passed, mails=passed.mails + 1, mailed=_sealed(passed, code))


def _user(passed: Passed) -> User | None:
    taker = Client.objects.select_related("user").filter(pk=passed.taker).first()
    return taker.user if taker is not None and taker.user is not None and taker.user.is_active else None


def _not_too_often(taker: str) -> bool:
    key = f"handover:{taker}"
    cache.add(key, 0, timeout=3600)
    return cache.incr(key) <= MAILS_AN_HOUR


@dataclass(frozen=True)
class Part:
    """What the taker has to do in this round, and with which account."""

    user: User
    person: uuid.UUID
    occurrence: uuid.UUID


def part_of(passed: Passed) -> Part | None:
    """Return the taker's part, after their proof; None when there is nothing for them to do here now."""
    user = _user(passed)
    taker = Client.objects.filter(pk=passed.taker).first()
    given = Occurrence.objects.select_related("assignment").filter(pk=passed.occurrence).first()
    if user is None or taker is None or given is None or consents.missing(taker):
        return None
    in_care = Couple.objects.in_care().filter(pk=given.couple_id, partners__client=taker, partners__left_at=None)
    same_round = Occurrence.objects.select_related("assignment").filter(assignment=given.assignment_id, slot=given.slot)
    mine = same_round.filter(client=taker).first() or same_round.filter(client=None).first()
    if mine is None or not in_care.exists() or taker.pk not in given.assignment.audience:
        return None
    if not answering.can_answer(mine, timezone.now()) or answering.sent_by(mine, taker) is not None:
        return None
    return Part(user, taker.pk, mine.pk)
