"""Acts that need two different people: one asks, another one confirms, and only then it is done.

An act is declared where it is done, and done as Attune itself inside the practice, in the transaction that
confirms it::

    @two_people.does(TwoPersonAct.Act.PRACTICE_EXPORT)
    def begin_export(act: TwoPersonAct) -> None: ...

    two_people.ask(Act.PRACTICE_EXPORT, by=membership, why="…")     # the first one
    two_people.confirm(act, by=colleague)                           # the second one

Who confirms was there before it was asked for: nobody is invited in order to confirm. Where nobody else may, in a
practice of one, the operator of the installation is the second one (``manage.py second_person``).
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from practice import envelopes, outbox, tenancy
from practice.models import Membership, Message, TwoPersonAct

Act, Outcome, Role = TwoPersonAct.Act, TwoPersonAct.Outcome, Membership.Role
Doer = Callable[[TwoPersonAct], None]

KIND = "second_person"
FRESH_FOR = datetime.timedelta(days=3)

_doers: dict[str, Doer] = {}


class NotTheirs(Exception):
    """This person may not decide: they asked for it, came later, or do not run the practice."""


class CannotBeDone(Exception):
    """What was agreed on cannot be done as things stand now; the message says why. Nothing was decided."""


class NotWaiting(Exception):
    """It was decided, withdrawn, or has run out; or the same is waiting already."""


def does(act: str) -> Callable[[Doer], Doer]:
    """Declare what is done when an act is confirmed. What it raises undoes the confirmation, too."""

    def register(doer: Doer) -> Doer:
        _doers[act] = doer
        return doer

    return register


def declared() -> list[str]:
    """Return the acts that something does here."""
    return [act for act in Act.values if act in _doers]


def ask(
    act: str,
    *,
    by: Membership,
    why: str,
    about_id: uuid.UUID | None = None,
    details: dict[str, Any] | None = None,
) -> TwoPersonAct:
    """Ask for an act, and tell those who may confirm it. Raises :class:`NotWaiting` when the same waits already.

    Only owners ask. ``why`` is read by whoever confirms and is sealed; ``details`` hold ids and choices alone.
    """
    if act not in _doers:
        raise LookupError(f"Nothing does {act!r} here.")
    if not by.runs_practice or by.ended_at:
        raise NotTheirs
    with tenancy.elevated():
        TwoPersonAct.objects.filter(act=act, about_id=about_id, outcome="", expires_at__lte=timezone.now()).update(
            outcome=Outcome.WITHDRAWN, decided_at=timezone.now()
        )
    try:
        with transaction.atomic():
            asked = TwoPersonAct.objects.create(act=act, about_id=about_id, details=details or {}, why=why, asked_by=by)
    except IntegrityError as error:
        raise NotWaiting from error
    for member in deciders(asked):
        outbox.plan(
            KIND,
            person_id=member.pk,
            about_id=asked.pk,
            couple_id=None,
            occasion=f"second-person:{asked.pk}",
            due_at=timezone.now(),
            fresh_for=FRESH_FOR,
        )
    return asked


def deciders(act: TwoPersonAct) -> list[Membership]:
    """Return who may confirm: other owners who were there when it was asked for, else supervisors who were."""
    there = Membership.objects.filter(ended_at=None, joined_at__lt=act.asked_at).exclude(pk=act.asked_by_id)
    return list(there.filter(role=Role.OWNER)) or list(there.filter(role=Role.SUPERVISOR))


def may_decide(act: TwoPersonAct, member: Membership) -> bool:
    return act.is_waiting and member.pk in {one.pk for one in deciders(act)}


def confirm(act: TwoPersonAct, *, by: Membership) -> TwoPersonAct:
    """Confirm and do it, in one transaction. Raises :class:`NotTheirs` or :class:`NotWaiting`."""
    return _decide(act, Outcome.DONE, by=by)


def decline(act: TwoPersonAct, *, by: Membership) -> TwoPersonAct:
    """Say no. Raises :class:`NotTheirs` or :class:`NotWaiting`."""
    return _decide(act, Outcome.DECLINED, by=by)


def confirm_as_operator(act: TwoPersonAct, *, operator: str) -> TwoPersonAct:
    """Confirm from the command line of the installation, where nobody of the practice could.

    Raises :class:`NotTheirs` where somebody of the practice can, or without a name.
    """
    if not operator.strip():
        raise NotTheirs
    return _decide(act, Outcome.DONE, operator=operator.strip())


def withdraw(act: TwoPersonAct, *, by: Membership) -> None:
    """Take back what one asked for oneself. Raises :class:`NotTheirs` or :class:`NotWaiting`."""
    with tenancy.elevated():
        held = _held(act)
        if held.asked_by_id != by.pk:
            raise NotTheirs
        _settle(held, Outcome.WITHDRAWN)


def waiting() -> QuerySet[TwoPersonAct]:
    """What waits for a second person in the bound practice, the oldest first."""
    return TwoPersonAct.objects.waiting().select_related("asked_by").order_by("asked_at", "pk")


def _decide(act: TwoPersonAct, outcome: str, *, by: Membership | None = None, operator: str = "") -> TwoPersonAct:
    with transaction.atomic(), tenancy.elevated():
        held = _held(act)
        who = deciders(held)
        if who if by is None else by.pk not in {one.pk for one in who}:
            raise NotTheirs
        held.decided_by, held.operator = by, operator[:60]
        _settle(held, outcome)
        if outcome == Outcome.DONE:
            _doers[held.act](held)
    return held


def _held(act: TwoPersonAct) -> TwoPersonAct:
    held = TwoPersonAct.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=act.pk)
    if not held.is_waiting:
        raise NotWaiting
    # Who asked and left since has asked for nothing any more.
    if held.asked_by.ended_at:
        raise NotWaiting
    return held


def _settle(act: TwoPersonAct, outcome: str) -> None:
    act.outcome, act.decided_at = outcome, timezone.now()
    act.save(update_fields=["outcome", "decided_at", "decided_by", "operator"])
    outbox.cancel(act.pk, reason="decided")


class SecondPersonLetter(outbox.Handler):
    """That something waits for a second person: neutral, as long as it waits."""

    repeats = True

    def wanted(self, message: Message) -> str:
        act = TwoPersonAct.objects.filter(pk=message.about_id).first()
        member = Membership.objects.filter(pk=message.person_id).first()
        return "" if act and member and may_decide(act, member) else "decided"

    def compose(self, message: Message) -> outbox.Letter:
        return envelopes.to_review(message, reverse("second_person"))


outbox.register(KIND, SecondPersonLetter())
