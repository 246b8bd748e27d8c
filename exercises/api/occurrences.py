"""When something given falls due, and how each of them stands with it: what the desk's plan of it shows."""

from __future__ import annotations

import datetime
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from exercises import assigning, plans, record
from exercises.access import assignment_or_404, couple_or_404
from exercises.api import giving
from exercises.api.fields import DayField
from exercises.assigning import Refused
from exercises.models import Assignment, Occurrence
from exercises.rounds import SLOT
from exercises.vocabulary import Lane
from practice import audit
from practice.access import for_clinicians
from practice.api.problems import Conflict
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView

State = Occurrence.State
#: What was taken back stands on no page either.
STATES = [(value, label) for value, label in State.choices if value != State.WITHDRAWN]


OCCURRENCE = {
    "id": "0199a8d1-4c5d-7e6f-8a7b-8c9d0e1f2a3b",
    "couple_id": "0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e6f",
    "assignment_id": "0199a8d0-2b3c-7d4e-8f5a-6b7c8d9e0f1a",
    "slot": "2026-11-29T18:00",
    "partner_id": "0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e8f",
    "state": "open",
    "started": False,
    "late": False,
    "opens_at": "2026-11-29T00:00:00Z",
    "due_at": "2026-11-29T18:00:00Z",
    "closes_at": "2026-12-06T18:00:00Z",
    "moved": False,
    "left_out_by_practice": False,
    "reason": "",
}


@example(**OCCURRENCE)
class OccurrenceSerializer(serializers.Serializer):
    """One due date of something given, for one person, or for all of them together."""

    id = serializers.UUIDField()
    couple_id = serializers.UUIDField()
    assignment_id = serializers.UUIDField()
    slot = serializers.CharField(help_text="The round it stands for: those of one slot belong together.")
    partner_id = serializers.UUIDField(source="client_id", allow_null=True, help_text="Null: they answer together.")
    state = serializers.ChoiceField(State.choices)
    started = serializers.SerializerMethodField(help_text="Whether something was begun and not sent yet.")
    late = serializers.SerializerMethodField(help_text="Whether it was sent late, or is late now.")
    opens_at = serializers.DateTimeField()
    due_at = serializers.SerializerMethodField(help_text="Null while it waits for a session that nobody has planned.")
    closes_at = serializers.SerializerMethodField(help_text="Null while it waits for a session.")
    moved = serializers.SerializerMethodField(help_text="Whether it was moved by hand.")
    left_out_by_practice = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField(help_text="Why the practice left it out; not what a partner said.")

    def get_started(self, one: Occurrence) -> bool:
        return one.state == State.OPEN and one.started_at is not None

    def get_late(self, one: Occurrence) -> bool:
        if one.state != State.OPEN:
            return one.came_late
        now: datetime.datetime = self.context["now"]
        return one.opens_at <= now and one.on_time_until < now

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_due_at(self, one: Occurrence) -> str | None:
        return None if one.has_no_date else serializers.DateTimeField().to_representation(one.due_at)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_closes_at(self, one: Occurrence) -> str | None:
        return None if one.has_no_date else serializers.DateTimeField().to_representation(one.closes_at)

    def get_moved(self, one: Occurrence) -> bool:
        return one.moved_at is not None

    def get_left_out_by_practice(self, one: Occurrence) -> bool:
        return one.skipped_by_id is not None

    def get_reason(self, one: Occurrence) -> str:
        return one.skip_reason if one.skipped_by_id is not None else ""


class OccurrenceFilter(django_filters.FilterSet):
    """Which rounds."""

    state = django_filters.MultipleChoiceFilter(choices=STATES)
    partner = django_filters.UUIDFilter("client_id")
    due_from = django_filters.IsoDateTimeFilter("due_at", "gte", help_text="Due then or later.")
    due_before = django_filters.IsoDateTimeFilter("due_at", "lt", help_text="Due earlier.")

    class Meta:
        model = Occurrence
        fields: list[str] = []


class CaseloadOccurrenceFilter(OccurrenceFilter):
    """Which rounds, of all couples."""

    couple = django_filters.UUIDFilter("couple_id")


class _Occurrences(ApiView):
    tag, is_list = "assignments", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.ASSIGNMENTS_READ}
    queryset = Occurrence.objects.none()
    serializer_class = OccurrenceSerializer
    filterset_class = OccurrenceFilter

    def get_serializer_context(self) -> dict[str, object]:
        return {**super().get_serializer_context(), "now": datetime.datetime.now(datetime.UTC)}


class AllOccurrences(_Occurrences):
    """What is due, over the caseload."""

    filterset_class = CaseloadOccurrenceFilter

    @extend_schema(operation_id="occurrences_list_all", summary="List what is due for all couples")
    def get(self, request: Request) -> Response:
        """Rounds of what the couples that you may read were given, without what one partner has alone.

        It is written down that you looked.
        """
        rows: QuerySet[Occurrence] = Occurrence.objects.exclude(state=State.WITHDRAWN)
        rows = rows.exclude(assignment__lane__in=record.APART)
        page = self.paginate_queryset(self.filter_queryset(rows)) or []
        audit.looked_at_couples("opened", [one.couple_id for one in page])
        return self.get_paginated_response(self.shown(page, many=True))


class Occurrences(_Occurrences):
    """The rounds of one thing given."""

    @extend_schema(operation_id="occurrences_list", summary="List the rounds of what was given")
    def get(self, request: Request, couple_id: UUID, assignment_id: UUID) -> Response:
        """When it falls due for each of them, and how they stand: never what they answered."""
        assignment = assignment_or_404(couple_or_404(couple_id), assignment_id)
        audit.looked_at("opened", assignment)
        return self.page_of(Occurrence.objects.filter(assignment=assignment).exclude(state=State.WITHDRAWN))


@example(day="2026-12-01", at="18:00")
class MoveSerializer(serializers.Serializer):
    """Another day and time for one round."""

    day = DayField(help_text="In each partner's own zone.")
    at = serializers.TimeField(help_text="In each partner's own zone.")


@example(reason="They are at a wedding.")
class SkipSerializer(serializers.Serializer):
    """Why one round is left out."""

    reason = serializers.CharField(max_length=300, help_text="For the record: they do not read it.")


@example(occurrences=[OCCURRENCE])
class RoundSerializer(serializers.Serializer):
    """One round: what everybody has of it."""

    occurrences = OccurrenceSerializer(many=True)


class _Round(ApiView):
    """Something done to one round, named by its slot."""

    tag = "assignments"
    door = staticmethod(for_clinicians)
    scopes = {"POST": Scope.ASSIGNMENTS_WRITE}
    serializer_class = RoundSerializer

    def found(self, couple_id: UUID, assignment_id: UUID, slot: str) -> Assignment:
        """Return the assignment, when it has such a round."""
        couple = couple_or_404(couple_id)
        assignment = assignment_or_404(couple, assignment_id)
        assignment.couple = couple
        if not SLOT.fullmatch(slot) or not _rounds(assignment, slot).exists():
            raise Http404
        return assignment

    def now(self, assignment: Assignment, slot: str) -> Response:
        rows = _rounds(assignment, slot).order_by("pk")
        context = {**self.get_serializer_context(), "now": datetime.datetime.now(datetime.UTC)}
        return self.answer_with(RoundSerializer({"occurrences": rows}, context=context).data)


def _rounds(assignment: Assignment, slot: str) -> QuerySet[Occurrence]:
    return Occurrence.objects.filter(assignment=assignment, slot=slot).exclude(state=State.WITHDRAWN)


class Move(_Round):
    """Moving."""

    @extend_schema(
        operation_id="occurrences_move",
        summary="Move one round",
        request=MoveSerializer,
        responses={200: RoundSerializer},
    )
    def post(self, request: Request, couple_id: UUID, assignment_id: UUID, slot: str) -> Response:
        """Let it be due at another time; the other dates stay. Who has sent already is not concerned."""
        assignment = self.found(couple_id, assignment_id, slot)
        said = self.sent(MoveSerializer)
        try:
            moved = plans.move(assignment, slot, said["day"], said["at"])
        except Refused as refused:
            giving.refuse(refused)
        if not moved:
            raise Conflict("This one is over; nothing was moved.", "over")
        return self.now(assignment, slot)


class PutBack(_Round):
    """Taking back that it was moved."""

    @extend_schema(
        operation_id="occurrences_put_back",
        summary="Put one round back",
        request=None,
        responses={200: RoundSerializer},
    )
    def post(self, request: Request, couple_id: UUID, assignment_id: UUID, slot: str) -> Response:
        """Undo moving it: it stands again where its dates or its session put it."""
        assignment = self.found(couple_id, assignment_id, slot)
        plans.put_back(assignment, slot)
        return self.now(assignment, slot)


class Skip(_Round):
    """Leaving out."""

    @extend_schema(
        operation_id="occurrences_skip",
        summary="Leave one round out",
        request=SkipSerializer,
        responses={200: RoundSerializer},
    )
    def post(self, request: Request, couple_id: UUID, assignment_id: UUID, slot: str) -> Response:
        """It is not asked this time, and does not count as left undone."""
        assignment = self.found(couple_id, assignment_id, slot)
        if not plans.skip(assignment, slot, by=request.membership, reason=self.sent(SkipSerializer)["reason"]):
            raise Conflict("This one is over; nothing was left out.", "over")
        return self.now(assignment, slot)


class AskAgain(_Round):
    """Taking back that it was left out."""

    @extend_schema(
        operation_id="occurrences_ask_again",
        summary="Ask one round again",
        request=None,
        responses={200: RoundSerializer},
    )
    def post(self, request: Request, couple_id: UUID, assignment_id: UUID, slot: str) -> Response:
        """Undo leaving it out. What a partner put aside stays put aside."""
        assignment = self.found(couple_id, assignment_id, slot)
        plans.unskip(assignment, slot)
        return self.now(assignment, slot)


class OpenRound(_Round):
    """Opening what is sealed."""

    @extend_schema(
        operation_id="occurrences_open",
        summary="Open one sealed round now",
        request=None,
        responses={200: RoundSerializer},
    )
    def post(self, request: Request, couple_id: UUID, assignment_id: UUID, slot: str) -> Response:
        """Whoever sent reads what the others sent, from now on: it cannot be sealed again.

        For the lane reveal. Who has not sent yet reads nothing before they do. While an answer waits for a look
        because of somebody's safety, nothing sealed opens: 409, `held`. What it answers may say that, so it needs
        `alerts:read` as well, and `responses:write`, since it opens what was sent.
        """
        for scope in (Scope.RESPONSES_WRITE, Scope.ALERTS_READ):  # before a look: the refusal is the same for all
            self.needs(scope)
        assignment = self.found(couple_id, assignment_id, slot)
        if assignment.lane != Lane.REVEAL:
            raise Conflict("Nothing of it is sealed: its lane is not reveal.", "not_sealed")
        try:
            assigning.open_reveal(assignment, slot, request.membership)
        except assigning.Held:
            raise Conflict("An answer waits to be looked at. Until then nothing sealed opens.", "held") from None
        return self.now(assignment, slot)
