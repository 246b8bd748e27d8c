"""Whose record has to be kept until when, what forbids erasing it, and what waits for a decision."""

from __future__ import annotations

import datetime
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clients.models import Appointment, Client, Couple, ErasureRequest, KeptLonger, LegalHold, Partner
from practice import outbox, retention, tenancy
from practice.models import Membership, Practice
from practice.retention import Term

Answer = ErasureRequest.Answer
IN_CARE = (Couple.Status.ACTIVE, Couple.Status.PAUSED)


@dataclass(frozen=True)
class Standing:
    """How it stands with what is kept of one client, on one day.

    ``ended_on``: when care ended, or the last session was, whichever is later; None while it goes on. ``until``: when
    the time is over for which the practice keeps it; ``law_until``: until when a law makes it.
    """

    client: Client
    today: datetime.date
    term: Term
    couples: tuple[uuid.UUID, ...] = ()
    ended_on: datetime.date | None = None
    holds: tuple[LegalHold, ...] = ()
    request: ErasureRequest | None = None
    kept_until: datetime.date | None = None

    @property
    def until(self) -> datetime.date | None:
        return retention.years_after(self.ended_on, self.term.years) if self.ended_on else None

    @property
    def law_until(self) -> datetime.date | None:
        if self.ended_on is None or self.term.rule is None or not self.term.rule.is_law:
            return None
        return retention.years_after(self.ended_on, self.term.rule.years)

    @property
    def answer_by(self) -> datetime.date | None:
        """The last day on which an open request is answered in time."""
        return timezone.localdate(self.request.asked_at + retention.ANSWER_WITHIN) if self.request else None

    @property
    def is_late(self) -> bool:
        return self.answer_by is not None and self.answer_by < self.today

    @property
    def is_over(self) -> bool:
        """Whether the time is over for which it is kept."""
        return self.until is not None and self.until <= self.today

    @property
    def is_due(self) -> bool:
        """Whether somebody has to decide now: keep, hold or erase."""
        looked_at = self.kept_until is not None and self.kept_until > self.today
        return self.is_over and not self.holds and not looked_at

    @property
    def against(self) -> list[str]:
        """Return what speaks against erasing all of it today, in words; nothing when it may be erased."""
        if self.client.erased_at:
            return [_("It was erased before.")]
        if self.ended_on is None:
            return [_("They are in care. Let their care end first.")]
        found = [_("It is on hold. A hold always goes first.")] if self.holds else []
        if self.law_until and self.law_until > self.today and not self._may_ask_for_less:
            day = date_format(self.law_until, "j F Y")
            found.append(_("The law makes you keep it until %(day)s.") % {"day": day})
        elif self.request is None and not self.is_over:
            day = date_format(self.until, "j F Y") if self.until else ""
            found.append(_("You keep it until %(day)s, and nobody asked for an earlier end.") % {"day": day})
        return found

    @property
    def _may_ask_for_less(self) -> bool:
        return self.request is not None and self.term.rule is not None and self.term.rule.asks_for_less


def standing_of(client: Client, practice: Practice, *, today: datetime.date | None = None) -> Standing:
    """Return how it stands with one client. Needs Attune itself, or an owner."""
    return standings([client], practice, today=today)[0]


def standings(clients: Sequence[Client], practice: Practice, *, today: datetime.date | None = None) -> list[Standing]:
    """Return how it stands with each of them, in a fixed number of queries."""
    ids = [one.pk for one in clients]
    today = today or timezone.localdate(timezone=practice.zone)
    ended, couples = _ends(ids, practice)
    holds = _holds(ids, couples)
    requests = {one.client_id: one for one in ErasureRequest.objects.filter(client_id__in=ids, answer="")}
    kept = dict(
        KeptLonger.objects.filter(client_id__in=ids)
        .values("client_id")
        .annotate(last=Max("until"))
        .values_list("client_id", "last")
    )
    return [
        Standing(
            client=one,
            today=today,
            term=retention.term_of(practice),
            couples=tuple(couples.get(one.pk, ())),
            ended_on=ended.get(one.pk),
            holds=tuple(holds.get(one.pk, ())),
            request=requests.get(one.pk),
            kept_until=kept.get(one.pk),
        )
        for one in clients
    ]


def _ends(
    ids: Iterable[uuid.UUID], practice: Practice
) -> tuple[dict[uuid.UUID, datetime.date], dict[uuid.UUID, list[uuid.UUID]]]:
    """When care ended for each of those for whom it did, and in which couples each was."""
    rows = list(
        Partner.objects.filter(client_id__in=ids)
        .order_by("pk")
        .values_list("client_id", "couple_id", "left_at", "couple__ended_at", "couple__status")
    )
    sessions = Appointment.objects.filter(
        couple_id__in={row[1] for row in rows}, cancelled_at=None, starts_at__lte=timezone.now()
    )
    last = dict(
        sessions.order_by().values("couple_id").annotate(last=Max("starts_at")).values_list("couple_id", "last")
    )
    couples: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    moments: dict[uuid.UUID, list[datetime.datetime | None]] = defaultdict(list)
    for client_id, couple_id, left_at, ended_at, status in rows:
        couples[client_id].append(couple_id)
        over = left_at or (None if status in IN_CARE else ended_at)
        moments[client_id].append(max(filter(None, (over, last.get(couple_id)))) if over else None)
    ended = {
        client_id: max(timezone.localdate(one, practice.zone) for one in found if one)
        for client_id, found in moments.items()
        if all(found)
    }
    return ended, couples


def _holds(ids: Iterable[uuid.UUID], couples: dict[uuid.UUID, list[uuid.UUID]]) -> dict[uuid.UUID, list[LegalHold]]:
    every = {couple for found in couples.values() for couple in found}
    rows = LegalHold.objects.filter(Q(client_id__in=ids) | Q(couple_id__in=every), lifted_at=None)
    found: dict[uuid.UUID, list[LegalHold]] = defaultdict(list)
    for hold in rows.select_related("set_by").order_by("set_at", "pk"):
        for client_id in ids:
            if hold.client_id == client_id or hold.couple_id in couples.get(client_id, ()):
                found[client_id].append(hold)
    return found


# ── what waits for the practice ──────────────────────────────────────────────


@dataclass(frozen=True)
class Queue:
    """What waits for an owner: requests, the soonest deadline first; records whose time is over; and what is held."""

    requests: list[Standing]
    due: list[Standing]
    held: list[Standing]


def queue(practice: Practice, *, today: datetime.date | None = None) -> Queue:
    """Return what waits for a decision in the bound practice. Needs Attune itself, or an owner."""
    there = Partner.objects.filter(client__erased_at=None, left_at=None, couple__status__in=IN_CARE)
    asked = ErasureRequest.objects.filter(answer="").values("client_id")
    held = LegalHold.objects.filter(lifted_at=None, client__isnull=False).values("client_id")
    in_care = Client.objects.filter(pk__in=there.values("client_id")).exclude(Q(pk__in=asked) | Q(pk__in=held))
    clients = list(Client.objects.filter(erased_at=None).exclude(pk__in=in_care.values("pk")).order_by("pk"))
    every = standings(clients, practice, today=today)
    return Queue(
        requests=sorted((one for one in every if one.request), key=lambda one: (one.answer_by, one.client.pk)),
        due=sorted(
            (one for one in every if one.is_due and not one.request), key=lambda one: (one.until, one.client.pk)
        ),
        held=[one for one in every if one.holds],
    )


# ── requests ─────────────────────────────────────────────────────────────────


def ask(client: Client, *, noted_by: Membership | None = None) -> ErasureRequest:
    """Write down that a person asks for erasure, and tell the owners. An open request stays the one it is."""
    with transaction.atomic(), tenancy.elevated():
        Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        known = ErasureRequest.objects.filter(client=client, answer="").first()
        if known is not None:
            return known
        request = ErasureRequest.objects.create(client=client, noted_by=noted_by)
        for owner in Membership.objects.filter(role=Membership.Role.OWNER, ended_at=None):
            outbox.plan(
                KIND,
                person_id=owner.pk,
                about_id=request.pk,
                couple_id=None,
                occasion=f"erasure-request:{request.pk}",
                due_at=timezone.now(),
                fresh_for=retention.ANSWER_WITHIN,
            )
    return request


def take_back(client: Client) -> bool:
    """Take an open request back; return whether there was one."""
    return _answer(client.pk, Answer.WITHDRAWN)


def answer_kept(standing: Standing, *, by: Membership) -> bool:
    """Answer a request: the record of care is kept until a law or the practice's own time allows to erase it.

    On hold no day is named: nobody knows how long a hold lasts.
    """
    until = None if standing.holds else standing.law_until or standing.until
    return _answer(standing.client.pk, Answer.KEPT, by=by, keeps_until=until)


def answer_erased(client_id: uuid.UUID, *, by: Membership | None) -> bool:
    """Close a request with its being done."""
    return _answer(client_id, Answer.ERASED, by=by)


def _answer(
    client_id: uuid.UUID, answer: str, *, by: Membership | None = None, keeps_until: datetime.date | None = None
) -> bool:
    with transaction.atomic(), tenancy.elevated():
        request = ErasureRequest.objects.select_for_update(of=("self",)).filter(client_id=client_id, answer="").first()
        if request is None:
            return False
        request.answer, request.answered_at, request.answered_by = answer, timezone.now(), by
        request.keeps_until = keeps_until
        request.save(update_fields=["answer", "answered_at", "answered_by", "keeps_until"])
        outbox.cancel(request.pk, reason="answered")
    return True


# ── holds, and keeping it longer ─────────────────────────────────────────────


def hold(client: Client, why: str, *, by: Membership, couple_id: uuid.UUID | None = None) -> LegalHold:
    """Put a hold on what is kept of a client, or of everybody in one of their couples; the one in force stays."""
    on = {"couple_id": couple_id, "client": None} if couple_id else {"client": client, "couple": None}
    with transaction.atomic(), tenancy.elevated():
        Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        known = LegalHold.objects.filter(lifted_at=None, **on).first()
        return known or LegalHold.objects.create(why=why, set_by=by, **on)


def lift(hold_id: uuid.UUID, *, by: Membership) -> bool:
    """Lift a hold; return whether one was in force."""
    with transaction.atomic(), tenancy.elevated():
        found = LegalHold.objects.select_for_update(of=("self",)).filter(pk=hold_id, lifted_at=None).first()
        if found is None:
            return False
        found.lifted_at, found.lifted_by = timezone.now(), by
        found.save(update_fields=["lifted_at", "lifted_by"])
    return True


def keep_longer(client: Client, until: datetime.date, why: str, *, by: Membership) -> KeptLonger:
    """Keep a record whose time is over until a later day."""
    with tenancy.elevated():
        return KeptLonger.objects.create(client=client, until=until, why=why, decided_by=by)


KIND = "erasure_request"
