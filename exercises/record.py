"""A couple's record as the desk shows it: what is given now, and what came back, in order.

Two views that never mix. The view of both partners holds nothing that one of them kept for themselves; each
partner's private view holds that, and nothing of the other.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client, Couple
from exercises import caseload, saying, when_words
from exercises.caseload import APART
from exercises.languages import spoken
from exercises.models import Answer, Assignment, Attachment, Edition, Occurrence, Reading, Response
from exercises.vocabulary import Lane
from practice.models import Membership
from practice.written import Asked, Written, together

State = Occurrence.State

#: How many things of the past a page shows at once.
A_PAGE = 25

STATE_WORDS: dict[str, tuple[str, Any]] = {
    State.DONE: ("done", State.DONE.label),
    State.SKIPPED: ("skipped", gettext_lazy("Left out")),
    State.MISSED: ("hold", gettext_lazy("Not sent")),
    State.WITHDRAWN: ("hold", State.WITHDRAWN.label),
    State.PAUSED: ("hold", State.PAUSED.label),
}


@dataclass(frozen=True)
class Cell:
    """How one partner stands with one assignment."""

    client: Client
    position: int
    kind: str
    words: str


@dataclass
class Given:
    """One assignment that runs: a row of the table of current practice."""

    assignment: Assignment
    cells: list[Cell]
    rhythm: str
    due_at: datetime | None
    slot: str
    sealed: bool
    reveals_at: datetime | None

    @property
    def title(self) -> str:
        return self.assignment.edition.title


@dataclass(frozen=True)
class Said:
    """One answer in words, with its question."""

    label: str
    words: str
    is_text: bool
    lane: str
    #: The rows of a grid, each with its own words.
    rows: tuple[tuple[str, str], ...] = ()
    #: The question's key and the answer itself, for programs.
    answer: saying.SaidAnswer | None = None


@dataclass
class Event:
    """One thing that happened: a response, or something left out with a reason."""

    at: datetime
    client: Client | None
    position: int
    title: str
    lane: str
    response: Response | None = None
    said: list[Said] = field(default_factory=list)
    reason: str = ""
    is_new: bool = False
    opens_at: datetime | None = None
    #: Whether the others cannot read it yet, whenever that may be.
    sealed: bool = False
    #: What was sent along, where somebody asked for it.
    files: list[Attachment] = field(default_factory=list)

    @property
    def quotes(self) -> list[Said]:
        return [one for one in self.said if one.is_text and one.words]

    @property
    def figures(self) -> list[Said]:
        return [one for one in self.said if not one.is_text and one.words]


def _running(couple: uuid.UUID, now: datetime) -> QuerySet[Assignment]:
    # What was ended is still here while something of it is open.
    left = Occurrence.objects.open().filter(assignment=OuterRef("pk"), practice_id=OuterRef("practice_id"))
    return (
        Assignment.objects.filter(Q(ended_at=None) | Exists(left.filter(closes_at__gt=now)), withdrawn_at=None)
        .filter(couple=couple)
        .select_related("edition")
        .order_by("-given_at", "pk")
    )


RUNNING: Written[Assignment] = Written(
    lambda couple, now: _running(couple, now).exclude(lane__in=APART), couple=uuid.UUID, now=datetime
)
_RUNNING_APART: Written[Assignment] = Written(
    lambda couple, client, now: _running(couple, now).filter(lane__in=APART, audience__contains=[client]),
    couple=uuid.UUID,
    client=uuid.UUID,
    now=datetime,
)
#: What is open, ahead or still sealed.
_ROUNDS: Written[Occurrence] = Written(
    lambda assignments, now: (
        Occurrence.objects.filter(assignment__in=assignments)
        .exclude(state=State.WITHDRAWN)
        .filter(
            Q(closes_at__gt=now)
            | Q(Q(reveals_at=None) | Q(reveals_at__gt=now), state=State.DONE, assignment__lane=Lane.REVEAL)
        )
        .defer("skip_reason")
    ),
    assignments=[uuid.UUID],
    now=datetime,
)
#: The last one of everybody, were it long over.
_LAST: Written[Occurrence] = Written(
    lambda assignments: (
        Occurrence.objects.filter(assignment__in=assignments)
        .exclude(state=State.WITHDRAWN)
        .defer("skip_reason")
        .order_by("assignment_id", "client_id", "-due_at")
        .distinct("assignment_id", "client_id")
    ),
    assignments=[uuid.UUID],
)


def current_practice(couple: Couple, now: datetime, *, private_of: Client | None = None) -> list[Given]:
    """Return what runs: for both partners, or what is one partner's alone."""
    if private_of is None:
        given = RUNNING.all(couple=couple.pk, now=now)
    else:
        given = _RUNNING_APART.all(couple=couple.pk, client=private_of.pk, now=now)
    rounds = _rounds([one.pk for one in given], now)
    return [_given(one, rounds[one.pk], couple, now) for one in given if _is_current(one, rounds[one.pk], now)]


def _rounds(assignments: list[uuid.UUID], now: datetime) -> Mapping[uuid.UUID, list[Occurrence]]:
    """The rounds of each assignment that say how it stands now, in order; of a year's past ones the last alone."""
    here, last = together(_ROUNDS.of(assignments=assignments, now=now), _LAST.of(assignments=assignments))
    rounds: dict[uuid.UUID, list[Occurrence]] = defaultdict(list)
    for one in sorted({one.pk: one for one in [*here, *last]}.values(), key=lambda one: one.due_at):
        rounds[one.assignment_id].append(one)
    return rounds


def _is_current(assignment: Assignment, rows: list[Occurrence], now: datetime) -> bool:
    """Whether anything of it is open, ahead, or still sealed; what is over stands among what happened."""
    waits = assignment.lane == Lane.REVEAL and any(
        one.state == State.DONE and (not one.reveals_at or one.reveals_at > now) for one in rows
    )
    if not rows:
        return assignment.due != Assignment.Due.FOLLOW_UP
    return assignment.due == Assignment.Due.ON_DEMAND or waits or any(one.closes_at > now for one in rows)


def _given(assignment: Assignment, rows: list[Occurrence], couple: Couple, now: datetime) -> Given:
    slot = _present_slot(rows, now)
    present = [one for one in rows if one.slot == slot]
    sealed_rounds = [one for one in rows if one.state == State.DONE and (not one.reveals_at or one.reveals_at > now)]
    sealed = assignment.lane == Lane.REVEAL and bool(sealed_rounds)
    shown = sealed_rounds[0] if sealed else present[0] if present else None
    return Given(
        assignment=assignment,
        cells=cells(assignment, rows, couple, now),
        rhythm=when_words.said(assignment),
        due_at=min((one.due_at for one in present if not one.has_no_date), default=None),
        slot=shown.slot if shown else "",
        sealed=sealed,
        reveals_at=shown.reveals_at if shown else None,
    )


def cells(assignment: Assignment, rows: list[Occurrence], couple: Couple, now: datetime) -> list[Cell]:
    """Return how each partner it was given to stands with the round that matters now, by position."""
    slot = _present_slot(rows, now)
    present = [one for one in rows if one.slot == slot]
    return [
        _cell(partner.client, partner.position, present, now)
        for partner in couple.partners.all()
        if partner.client_id in assignment.audience
    ]


def _present_slot(rows: list[Occurrence], now: datetime) -> str:
    """The round that matters now: the one that is open, else the next, else the last."""
    for one in rows:
        if one.opens_at <= now < one.closes_at:
            return one.slot
    ahead = [one.slot for one in rows if one.opens_at > now]
    return ahead[0] if ahead else rows[-1].slot if rows else ""


def _cell(client: Client, position: int, present: Iterable[Occurrence], now: datetime) -> Cell:
    for one in present:
        if client.pk in one.audience:
            return Cell(client, position, *_state(one, now))
    return Cell(client, position, "", _("Not planned yet"))


def _state(one: Occurrence, now: datetime) -> tuple[str, str]:
    if one.state in STATE_WORDS:
        kind, said = STATE_WORDS[one.state]
        return kind, str(said)
    if one.started_at:
        return "started", _("Started")
    if one.opens_at > now:
        return "", _("Not open yet")
    return "open", _("Still open")


# ── what happened ────────────────────────────────────────────────────────────


def _responses(couple: uuid.UUID) -> QuerySet[Response]:
    rows = Response.objects.newest().filter(couple=couple).select_related("edition", "author")
    return rows.order_by("-submitted_at", "-pk")


def openly(couple: uuid.UUID) -> QuerySet[Response]:
    """Return what came back to both, newest first."""
    return _responses(couple).exclude(lane__in=APART)


def responses_of(couple: Couple, *, private_of: Client | None = None) -> QuerySet[Response]:
    """Return what came back, newest first: to both, or what one partner told the therapist alone."""
    if private_of is None:
        return openly(couple.pk)
    return _responses(couple.pk).filter(caseload.kept_apart(), author=private_of)


NEWEST: Written[Response] = Written(lambda couple: openly(couple)[:A_PAGE], couple=uuid.UUID)
SO_MANY: Written[tuple[uuid.UUID, int]] = Written(
    lambda couple: openly(couple).order_by().values_list("couple_id").annotate(n=Count("pk")), couple=uuid.UUID
)


class CameBack(Sequence[Response]):
    """What came back to both, newest first, for a Paginator. The first page is what is looked at most."""

    def __init__(self, couple: Couple) -> None:
        self.couple = couple

    def __len__(self) -> int:
        return dict(SO_MANY.all(couple=self.couple.pk)).get(self.couple.pk, 0)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice) and not at.start:
            return NEWEST.all(couple=self.couple.pk)[at]
        return responses_of(self.couple)[at]


def _skipped(couple: uuid.UUID) -> QuerySet[Occurrence]:
    rows = Occurrence.objects.filter(couple=couple, state=State.SKIPPED)
    return rows.select_related("assignment__edition", "client").order_by("-due_at")


SKIPPED: Written[Occurrence] = Written(
    lambda couple: _skipped(couple).exclude(assignment__lane__in=APART)[:A_PAGE], couple=uuid.UUID
)
_SKIPPED_APART: Written[Occurrence] = Written(
    lambda couple, client: _skipped(couple).filter(assignment__lane__in=APART, client=client)[:A_PAGE],
    couple=uuid.UUID,
    client=uuid.UUID,
)


def skips_of(couple: Couple, *, private_of: Client | None = None) -> list[Event]:
    """Return what was left out lately, with the reason somebody gave."""
    if private_of is None:
        rows = SKIPPED.all(couple=couple.pk)
    else:
        rows = _SKIPPED_APART.all(couple=couple.pk, client=private_of.pk)
    places = positions(couple)
    ours: dict[tuple[uuid.UUID, str], Occurrence] = {}
    theirs = []
    for one in rows:
        # What the practice left out was left out for all of them at once.
        if one.skipped_by_id is None or ours.setdefault((one.assignment_id, one.slot), one) is one:
            theirs.append(one)
    return [
        Event(
            at=one.done_at or min(one.due_at, timezone.now()),
            client=None if one.skipped_by_id else one.client,
            position=places.get(one.client_id, 0),
            title=one.assignment.edition.title,
            lane=one.assignment.lane,
            reason=one.skip_reason,
        )
        for one in theirs
    ]


def events(
    responses: Collection[Response],
    couple: Couple,
    membership: Membership,
    *,
    apart: bool = False,
    marks: bool = True,
) -> list[Event]:
    """Return responses with their answers in the order of the form; ``apart`` chooses which of the two views.

    Without ``marks`` nobody asks which of them the member of staff has read.
    """
    places = positions(couple)
    return events_of(responses, lambda one: places.get(one.author_id, 0), membership, apart=apart, marks=marks)


_READ: Written[tuple[uuid.UUID, bool]] = Written(
    lambda responses, member: Reading.objects.filter(response__in=responses, membership=member).values_list(
        "response_id", "apart"
    ),
    responses=[uuid.UUID],
    member=uuid.UUID,
)
_ANSWERS: Written[Answer] = Written(
    lambda responses: Answer.objects.filter(response__in=responses).defer("readers", "opens_at", "author_keeps"),
    responses=[uuid.UUID],
)


def asking_for_answers(responses: list[uuid.UUID]) -> Asked[list[Answer]]:
    """Return what :func:`events` asks for the answers, for :func:`practice.written.ahead`."""
    return _ANSWERS.of(responses=responses)


def events_of(
    responses: Collection[Response],
    position: Callable[[Response], int],
    membership: Membership,
    *,
    apart: bool = False,
    marks: bool = True,
) -> list[Event]:
    """Return responses of any couples as events; ``position`` tells their authors' places."""
    ids = [one.pk for one in responses]
    marked, given = together(_READ.of(responses=ids if marks else [], member=membership.pk), _ANSWERS.of(responses=ids))
    read = {one for one, read_apart in marked if read_apart == apart}
    answers: dict[uuid.UUID, dict[str, Answer]] = defaultdict(dict)
    for one in given:
        if (one.lane in APART) == apart:
            answers[one.response_id][one.key] = one
    now, language = timezone.now(), membership.practice.language
    editions: dict[uuid.UUID, Edition] = {}
    for response in responses:
        # One object for all of an edition: its form is then read once.
        if response.edition_id not in editions:
            editions[response.edition_id] = spoken(response.edition, language)
        response.edition = editions[response.edition_id]
    return [
        Event(
            at=one.submitted_at,
            client=one.author,
            position=position(one),
            title=one.edition.title,
            lane=Lane.PRIVATE if apart else one.lane,
            response=one,
            said=_said(one, answers[one.pk]),
            is_new=marks and one.pk not in read,
            opens_at=one.opens_at if one.lane == Lane.REVEAL and (one.opens_at or now) > now else None,
            sealed=one.lane == Lane.REVEAL and (one.opens_at is None or one.opens_at > now),
        )
        for one in responses
    ]


def _said(response: Response, answers: Mapping[str, Answer]) -> list[Said]:
    """The answers of one response in the order of the form, each in the lane that its own row carries."""
    form = response.edition.form
    made = []
    for one in saying.said(form, {key: answer.value for key, answer in answers.items()}):
        key = next(key for key in (one.key, *(row.question.key for row in one.rows)) if key in answers)
        label = f"{one.head}: {one.label}" if one.head else one.label
        rows = tuple((row.label, row.words) for row in one.said_rows)
        made.append(Said(label, one.words, one.is_text, answers[key].lane, rows, one))
    return made


def positions(couple: Couple) -> dict[uuid.UUID | None, int]:
    """Return each partner's fixed place, which gives shape and colour."""
    return {partner.client_id: partner.position for partner in couple.partners.all()}


UNREAD: Written[tuple[uuid.UUID, int, int]] = Written(
    lambda member, couples: (
        caseload.unread_responses(member, couples)
        .values_list("author_id")
        .annotate(openly=Count("pk", filter=Q(new_open=True)), alone=Count("pk", filter=Q(new_apart=True)))
    ),
    member=uuid.UUID,
    couples=[uuid.UUID],
)


def unread_by_view(couple: Couple, membership: Membership) -> dict[uuid.UUID | None, int]:
    """Return how many responses are new: under None those for both, under a client's id their private ones."""
    counts: dict[uuid.UUID | None, int] = defaultdict(int)
    for author, openly, alone in UNREAD.all(member=membership.pk, couples=[couple.pk]):
        counts[None] += openly
        counts[author] += alone
    return counts


def mark_read(membership: Membership, responses: Iterable[Response], *, apart: bool = False) -> int:
    """Write down that this member of staff has read one view of them; again changes nothing."""
    fresh = [Reading(couple_id=one.couple_id, response=one, membership=membership, apart=apart) for one in responses]
    Reading.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)
