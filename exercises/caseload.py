"""The caseload in one table: what each partner has done, what is asked of them, what is next.

A fixed number of queries, for one couple or for sixty.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, Max, Min, OuterRef, Q
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import Appointment, Client, Couple, Partner
from exercises import adherence, programs
from exercises.adherence import Adherence
from exercises.desk import QueueItem, asking, register_queue
from exercises.load import Piece, minutes_a_week, piece_of
from exercises.models import Answer, Assignment, Occurrence, ProgramRun, Reading, Response
from exercises.models.response import ResponseQuerySet
from exercises.vocabulary import Lane
from practice.links import address_of
from practice.models import Membership
from practice.written import Written, together

State = Occurrence.State

#: What one person keeps from the others.
APART = (Lane.OWN, Lane.PRIVATE)


@dataclass(frozen=True)
class PartnerState:
    """One partner and how things stand: a state of the design with its words; no kind when nothing is due.

    ``adherence`` is of the last weeks (:data:`exercises.adherence.DAYS`).
    """

    client: Client
    position: int
    kind: str
    words: str
    adherence: Adherence


@dataclass(frozen=True)
class LastScores:
    """The newest score of each partner on one scale: by client, as it is read."""

    name: str
    values: Mapping[uuid.UUID, str]


#: Given couples and the moment, returns what is new enough to stand on the caseload, by couple, in a fixed number of
#: queries. Nothing that one partner keeps from the others is in it.
ScoresProvider = Callable[[Collection[uuid.UUID], datetime], Mapping[uuid.UUID, list[LastScores]]]
_scores_from: list[ScoresProvider] = []


def register_scores(provider: ScoresProvider) -> ScoresProvider:
    """Let the app that keeps scores say the newest ones; use it as a decorator."""
    if provider not in _scores_from:
        _scores_from.append(provider)
    return provider


@dataclass
class Row:
    """One couple of the caseload. ``people`` are all who were ever part of it, ``partners`` those who are now."""

    couple: Couple
    people: list[Client] = field(default_factory=list)
    partners: list[PartnerState] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    minutes: int = 0
    programs: list[str] = field(default_factory=list)
    next_due: datetime | None = None
    session: Appointment | None = None
    unread: int = 0
    scores: list[LastScores] = field(default_factory=list)

    @property
    def last_scores(self) -> list[tuple[str, list[tuple[PartnerState, str]]]]:
        """Each scale with what is newest of the partners who are here, in their order."""
        named = [
            (one.name, [(who, one.values[who.client.pk]) for who in self.partners if who.client.pk in one.values])
            for one in self.scores
        ]
        return [(name, values) for name, values in named if values]

    @property
    def practice(self) -> str:
        """What is given now, in a few words."""
        if len(self.titles) <= 2:
            return ", ".join(self.titles)
        more = len(self.titles) - 2
        return _("%(first)s and %(n)s more") % {"first": ", ".join(self.titles[:2]), "n": more}


_NEXT_DUE: Written[tuple[uuid.UUID, datetime]] = Written(
    lambda couples, now: (
        Occurrence.objects.open()
        .filter(couple_id__in=couples, due_at__gt=now)
        .values_list("couple_id")
        .annotate(soonest=Min("due_at"))
    ),
    couples=[uuid.UUID],
    now=datetime,
)
#: How much nobody of a couple's staff has read, and since when it waits at most.
_UNREAD: Written[tuple[uuid.UUID, int, datetime]] = Written(
    lambda member, couples: (
        unread_responses(member, couples).values_list("couple_id").annotate(n=Count("pk"), last=Max("submitted_at"))
    ),
    member=uuid.UUID,
    couples=[uuid.UUID],
)
_SESSIONS: Written[Appointment] = Written(
    lambda couples, now: (
        Appointment.objects.filter(couple_id__in=couples, cancelled_at=None, starts_at__gte=now)
        .order_by("couple_id", "starts_at")
        .distinct("couple_id")
    ),
    couples=[uuid.UUID],
    now=datetime,
)
_CURRENT: Written[Occurrence] = Written(
    lambda couples, now: Occurrence.objects.filter(
        couple_id__in=couples,
        opens_at__lte=now,
        closes_at__gt=now,
        state__in=[State.OPEN, State.DONE, State.SKIPPED],
    ).only("couple_id", "client_id", "audience", "state", "started_at"),
    couples=[uuid.UUID],
    now=datetime,
)
#: What asks for something now or soon, with its title and minutes.
_RUNNING: Written[Any] = Written(
    lambda couples, now: (
        Assignment.objects.running()
        .filter(couple_id__in=couples)
        .filter(Exists(Occurrence.objects.filter(assignment=OuterRef("pk"), closes_at__gt=now)))
        .annotate(title=F("edition__title"), minutes=KeyTextTransform("minutes", "edition__content"))
        .only("couple_id", "audience", "rule", "reviews", "starts_on", "due")
    ),
    couples=[uuid.UUID],
    now=datetime,
)


def rows(couples: Collection[Couple], waiting: Iterable[QueueItem], now: datetime) -> list[Row]:
    """Return a row for each couple, the next session first. ``couples`` come ``with_partners``.

    ``waiting`` is the queue of whoever looks: what they have not read yet stands in it already.
    """
    ids = [couple.pk for couple in couples]
    of = {"couples": ids, "now": now}
    sessions_ahead, current, soonest, running, counted, runs = together(
        _SESSIONS.of(**of),
        _CURRENT.of(**of),
        _NEXT_DUE.of(**of),
        _RUNNING.of(**of),
        adherence.asked(ids, now),
        programs.RUNNING.of(couples=ids),
    )
    sessions = {one.couple_id: one for one in sessions_ahead}
    open_now, given, programs_of = _by_couple(current), _given(running), _programs(runs, now)
    next_due = dict(soonest)
    sent = adherence.by_partner(counted)
    scores = {couple: found for provider in _scores_from for couple, found in provider(ids, now).items()}
    unread = {item.couple_id: item.unread for item in waiting if item.unread}
    made = []
    for couple in couples:
        every = couple.partners.all()
        made.append(
            Row(
                couple=couple,
                people=[one.client for one in every],
                partners=[
                    _partner_state(one, open_now[couple.pk], sent[couple.pk, one.client_id])
                    for one in every
                    if one.left_at is None
                ],
                titles=sorted({title for title, _piece in given[couple.pk]}),
                minutes=_heaviest(couple, [one.client_id for one in every], given[couple.pk], now),
                programs=programs_of[couple.pk],
                next_due=next_due.get(couple.pk),
                session=sessions.get(couple.pk),
                unread=unread.get(couple.pk, 0),
                scores=scores.get(couple.pk, []),
            )
        )
    return sorted(made, key=_by_next_session)


def _by_next_session(row: Row) -> tuple[bool, bool, float, str]:
    session = row.session.starts_at.timestamp() if row.session else 0.0
    named = " & ".join(person.name for person in row.people)
    return row.couple.status != Couple.Status.ACTIVE, row.session is None, session, named


def next_sessions(couples: Collection[uuid.UUID], now: datetime) -> dict[uuid.UUID, Appointment]:
    """Return each couple's next kept appointment."""
    return {one.couple_id: one for one in _SESSIONS.all(couples=couples, now=now)}


def kept_apart() -> Combinable:
    """Responses with something in them that only its author and the therapists read."""
    private = Answer.objects.filter(response=OuterRef("pk"), practice_id=OuterRef("practice_id"), lane=Lane.PRIVATE)
    return Q(lane=Lane.PRIVATE) | Exists(private)


def unread_responses(member: uuid.UUID, couples: Collection[uuid.UUID]) -> ResponseQuerySet:
    """Return what this member of staff has not read: for both (``new_open``), kept apart (``new_apart``)."""
    read = Reading.objects.filter(response=OuterRef("pk"), practice_id=OuterRef("practice_id"), membership=member)
    return (
        Response.objects.newest()
        .filter(couple_id__in=couples)
        .annotate(
            new_open=ExpressionWrapper(~Q(lane__in=APART) & ~Exists(read.filter(apart=False)), BooleanField()),
            new_apart=ExpressionWrapper(kept_apart() & ~Exists(read.filter(apart=True)), BooleanField()),
        )
        .filter(Q(new_open=True) | Q(new_apart=True))
    )


def _by_couple(current: Iterable[Occurrence]) -> dict[uuid.UUID, list[Occurrence]]:
    found: dict[uuid.UUID, list[Occurrence]] = defaultdict(list)
    for one in current:
        found[one.couple_id].append(one)
    return found


def _given(running: Iterable[Any]) -> dict[uuid.UUID, list[tuple[str, Piece]]]:
    """What asks for something now or soon, by couple."""
    found: dict[uuid.UUID, list[tuple[str, Piece]]] = defaultdict(list)
    for one in running:
        found[one.couple_id].append((one.title, piece_of(one, int(one.minutes or 0))))
    return found


def _programs(runs: list[ProgramRun], now: datetime) -> dict[uuid.UUID, list[str]]:
    """Where each couple is in its programs, in a few words."""
    still = {run.pk for run in programs.standing_still(runs, now)}
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for run in runs:
        at = {"week": min(run.week, len(run.content["weeks"])), "of": len(run.content["weeks"])}
        if run.paused_at is not None:
            words = _("program rests")
        elif run.pk in still:
            words = _("program stands still in week %(week)s of %(of)s") % at
        else:
            words = _("program, week %(week)s of %(of)s") % at if run.week else _("program begins soon")
        found[run.couple_id].append(words)
    return found


def _heaviest(couple: Couple, people: Iterable[uuid.UUID], given: Iterable[tuple[str, Piece]], now: datetime) -> int:
    return minutes_a_week([piece for _title, piece in given], people, timezone.localtime(now, couple.zone).date())


def _partner_state(partner: Partner, current: list[Occurrence], sent: Adherence) -> PartnerState:
    theirs = [one for one in current if partner.client_id in one.audience]
    kind, words = _state_words(partner.client, theirs)
    return PartnerState(partner.client, partner.position, kind, words, sent)


def _state_words(client: Client, theirs: list[Occurrence]) -> tuple[str, str]:
    if client.user_id is None:
        return "ask", _("Not joined yet")
    if not theirs:
        return "", _("Nothing due")
    still_open = [one for one in theirs if one.state == State.OPEN]
    if any(one.started_at for one in still_open):
        return "started", _("Started")
    if still_open:
        return "open", _("Still open")
    if all(one.state == State.SKIPPED for one in theirs):
        return "skipped", _("Left out")
    return "done", _("All sent")


@register_queue
@asking(lambda membership, couples: _UNREAD.of(member=membership.pk, couples=couples))
def new_answers(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """One item for each couple with answers that this member of staff has not read."""
    what, action = _("New answers"), _("Read")
    return [
        QueueItem(
            kind="new",
            what=what,
            couple_id=couple,
            detail=ngettext("%(n)s answer to read", "%(n)s answers to read", n) % {"n": n},
            since=last,
            url=address_of("couple", couple),
            action=action,
            unread=n,
        )
        for couple, n, last in _UNREAD.all(member=membership.pk, couples=couples)
    ]
