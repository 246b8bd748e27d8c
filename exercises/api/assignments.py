"""What was given: listed, given, changed from the next time on, ended, taken back, as on the desk's pages.

Lists never mix: what one partner has alone stands under that partner, and in no list of the couple or the caseload.
"""

from __future__ import annotations

from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Couple
from exercises import assigning, plans, record, stops, when_words
from exercises.access import couple_or_404, partner_or_404
from exercises.api import giving, giving_many
from exercises.api.giving import ChangeSerializer, GiveSerializer
from exercises.api.giving_many import COUPLE, GiveManySerializer, JudgedSerializer
from exercises.assign_filling import fill_from
from exercises.assigning import Refused
from exercises.forms import AssignForm
from exercises.models import Assignment
from exercises.vocabulary import Lane
from practice import audit
from practice.access import for_clinicians
from practice.api.problems import Conflict
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView
from practice.models import Step

STATES = [("running", "Running"), ("ended", "Ended: nothing more comes"), ("withdrawn", "Taken back")]
#: Lanes under which all for whom something is know of each other, and those under which nobody does.
OPEN = [(one.value, one.label) for one in Lane if one not in record.APART]
APART = [(one.value, one.label) for one in Lane if one in record.APART]
CARRIED_ON = "Something else carries it on already: change that."
OVER = "This has ended already. Give it anew."
ASSIGNMENT = {
    "id": "0199a8d0-2b3c-7d4e-8f5a-6b7c8d9e0f1a",
    "couple_id": "0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e6f",
    "state": "running",
    "exercise": "weekly-state-of-us",
    "edition_id": "0199a8b0-3c4d-7e5f-8a6b-7c8d9e0f1a2c",
    "title": "Weekly state of us",
    "partner_ids": ["0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e8f", "0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e90"],
    "lane": "reveal",
    "why": "You both feel unseen at home.",
    "words": "Every Sunday at 18:00, for 6 weeks",
    "due": "rhythm",
    "rule": "FREQ=WEEKLY;BYDAY=SU;COUNT=6",
    "starts_on": "2026-11-29",
    "at": "18:00:00",
    "due_hours_before": None,
    "opens_hours_before": None,
    "grace_hours": 0,
    "closes_hours_after": None,
    "accept_late": True,
    "opens_by": "appointment",
    "opens_at": None,
    "reminders": None,
    "whole_page": False,
    "smaller": False,
    "adaptations": [],
    "left_out": [],
    "follow_up": None,
    "follow_up_when": "each",
    "follow_up_hours": 24,
    "goal_id": None,
    "given_at": "2026-11-23T09:12:00Z",
    "given_by_id": "0199a8a0-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
    "continues_id": None,
}


@example(**ASSIGNMENT)
class AssignmentSerializer(serializers.Serializer):
    """An edition that was given to a couple. Times of day are each partner's own."""

    id = serializers.UUIDField()
    couple_id = serializers.UUIDField()
    state = serializers.SerializerMethodField()
    exercise = serializers.CharField(source="edition.exercise.slug", help_text="The exercise's slug.")
    edition_id = serializers.UUIDField()
    title = serializers.CharField(source="edition.title")
    partner_ids = serializers.ListField(
        source="audience", child=serializers.UUIDField(), help_text="Ids of the people it is for."
    )
    lane = serializers.ChoiceField(Lane.choices, help_text="Who reads the answers.")
    why = serializers.CharField(help_text="The therapist's line above it.")
    words = serializers.SerializerMethodField(help_text="When it comes, in words.")
    due = serializers.ChoiceField(Assignment.Due.choices)
    rule = serializers.SerializerMethodField(help_text="once, or a rule of RFC 5545.")
    starts_on = serializers.DateField()
    at = serializers.TimeField()
    due_hours_before = serializers.IntegerField(allow_null=True)
    opens_hours_before = serializers.IntegerField(allow_null=True)
    grace_hours = serializers.IntegerField()
    closes_hours_after = serializers.IntegerField(allow_null=True)
    accept_late = serializers.BooleanField()
    opens_by = serializers.CharField(help_text="For the lane reveal: when it opens. Else empty.")
    opens_at = serializers.DateTimeField(allow_null=True)
    reminders = serializers.SerializerMethodField(help_text="Null: as the practice does. An empty list: never.")
    whole_page = serializers.BooleanField()
    smaller = serializers.SerializerMethodField(help_text="A little of it is enough.")
    adaptations = serializers.SerializerMethodField()
    left_out = serializers.SerializerMethodField(help_text="Cards of the deck that they do not get, counted from 0.")
    follow_up = serializers.CharField(
        source="follow_up.exercise.slug", default=None, allow_null=True, help_text="The slug of what comes afterwards."
    )
    follow_up_when = serializers.ChoiceField(Assignment.FollowUp.choices)
    follow_up_hours = serializers.IntegerField()
    goal_id = serializers.UUIDField(allow_null=True)
    given_at = serializers.DateTimeField()
    given_by_id = serializers.UUIDField(help_text="The member who gave it.")
    continues_id = serializers.UUIDField(allow_null=True, help_text="The assignment that this one carries on.")

    @extend_schema_field(serializers.ChoiceField(STATES))
    def get_state(self, one: Assignment) -> str:
        return state_of(one)

    def get_words(self, one: Assignment) -> str:
        return when_words.said(one)

    def get_rule(self, one: Assignment) -> str:
        return one.rule or "once"

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(Step.choices), allow_null=True))
    def get_reminders(self, one: Assignment) -> list[str] | None:
        return one.reminder_steps if one.remind else []

    def get_smaller(self, one: Assignment) -> bool:
        return bool(one.tailoring.get("smaller"))

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_adaptations(self, one: Assignment) -> list[str]:
        return list(one.tailoring.get("adaptations", ()))

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_left_out(self, one: Assignment) -> list[int]:
        return list(one.tailoring.get("left_out", ()))


@example(assignments=[ASSIGNMENT])
class GivenSerializer(serializers.Serializer):
    """What one act of giving made: one for all, or one for each where they must not learn of each other."""

    assignments = AssignmentSerializer(many=True)


@example(couples=[COUPLE], assignments=[ASSIGNMENT])
class GivenToManySerializer(serializers.Serializer):
    """What it means for each couple, and what was given."""

    couples = JudgedSerializer(many=True, help_text="In the order in which they were named.")
    assignments = AssignmentSerializer(many=True)


@example(how="less")
class LightenSerializer(serializers.Serializer):
    """How something becomes lighter."""

    how = serializers.ChoiceField([("less", "About half as often"), ("smaller", "A little of it is enough")])


def state_of(one: Assignment) -> str:
    """Return how something given stands."""
    return "withdrawn" if one.withdrawn_at else "ended" if one.ended_at else "running"


class _Filter(django_filters.FilterSet):
    """Which of what was given."""

    state = django_filters.ChoiceFilter(choices=STATES, method="in_state")
    exercise = django_filters.CharFilter("edition__exercise__slug", help_text="An exercise's slug.")

    class Meta:
        model = Assignment
        fields: list[str] = []

    def in_state(self, rows: QuerySet[Assignment], name: str, state: str) -> QuerySet[Assignment]:
        """Return those that stand as the serializer says."""
        if state == "withdrawn":
            return rows.exclude(withdrawn_at=None)
        return rows.filter(withdrawn_at=None, ended_at__isnull=state == "running")


class AssignmentFilter(_Filter):
    """Which of what all partners know of."""

    lane = django_filters.MultipleChoiceFilter(choices=OPEN)
    partner = django_filters.UUIDFilter(method="for_partner", help_text="What is for this person.")

    def for_partner(self, rows: QuerySet[Assignment], name: str, pk: UUID) -> QuerySet[Assignment]:
        """Return what somebody has."""
        return rows.filter(audience__contains=[pk])


class PrivateAssignmentFilter(_Filter):
    """Which of what one partner has alone."""

    lane = django_filters.MultipleChoiceFilter(choices=APART)


class CaseloadAssignmentFilter(AssignmentFilter):
    """Which of what was given, of all couples."""

    couple = django_filters.UUIDFilter("couple_id")


def shown_rows() -> QuerySet[Assignment]:
    """Return all that was given, with what the serializer needs."""
    rows = Assignment.objects.select_related("edition__exercise", "follow_up__exercise")
    whole = ("edition__content", "edition__exercise__search", "follow_up__content", "follow_up__exercise__search")
    return rows.defer(*whole)


def given_or_404(couple: Couple, assignment_id: UUID, *, lock: bool = False) -> Assignment:
    """Return one of the couple's assignments."""
    rows = shown_rows().select_for_update(of=("self",)) if lock else shown_rows()
    assignment = rows.filter(couple=couple, pk=assignment_id).first()
    if assignment is None:
        raise Http404
    assignment.couple = couple
    return assignment


class AllAssignments(ApiView):
    """All that was given, over the caseload."""

    tag, is_list = "assignments", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.ASSIGNMENTS_READ, "POST": Scope.ASSIGNMENTS_WRITE}
    queryset = Assignment.objects.none()
    serializer_class = AssignmentSerializer
    filterset_class = CaseloadAssignmentFilter

    @extend_schema(operation_id="assignments_list_all", summary="List what all couples were given")
    def get(self, request: Request) -> Response:
        """What the couples that you may read were given, without what one partner has alone.

        It is written down that you looked.
        """
        rows = shown_rows().exclude(lane__in=record.APART)
        page = self.paginate_queryset(self.filter_queryset(rows)) or []
        audit.looked_at_couples("opened", [one.couple_id for one in page])
        return self.get_paginated_response(self.shown(page, many=True))

    @extend_schema(
        operation_id="assignments_give_many",
        summary="Give the same to many couples",
        request=GiveManySerializer,
        responses={200: GivenToManySerializer, 201: GivenToManySerializer},
    )
    def post(self, request: Request) -> Response:
        """Give an exercise to many couples, each judged by itself: one that cannot have it takes nothing from others.

        Where something is to be considered (they have it already, it goes deep, it makes their week full), it is given
        only if you are sure. 200 instead of 201 where nothing was given.
        """
        judged, done = giving_many.give_to_all(request, self.sent(GiveManySerializer))
        rows = list(shown_rows().filter(pk__in=[one.pk for one in done.assignments]).order_by("pk"))
        told = {"couples": giving_many.as_told(judged, done), "assignments": rows}
        return self.answer_with(self.shown(told, GivenToManySerializer), status=201 if rows else 200)


class Assignments(ApiView):
    """What a couple was given."""

    tag, is_list = "assignments", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.ASSIGNMENTS_READ, "POST": Scope.ASSIGNMENTS_WRITE}
    queryset = Assignment.objects.none()
    serializer_class = AssignmentSerializer
    filterset_class = AssignmentFilter

    @extend_schema(operation_id="assignments_list", summary="List what a couple was given")
    def get(self, request: Request, couple_id: UUID) -> Response:
        """What all for whom it is know of. What one partner has alone stands under that partner."""
        couple = couple_or_404(couple_id)
        audit.looked("opened", audit.COUPLES, couple.pk)
        return self.page_of(shown_rows().filter(couple=couple).exclude(lane__in=record.APART))

    @extend_schema(
        operation_id="assignments_give",
        summary="Give practice",
        request=GiveSerializer,
        responses={201: GivenSerializer},
    )
    def post(self, request: Request, couple_id: UUID) -> Response:
        """Give an exercise. What you leave out is as the exercise proposes it; what speaks against it is said."""
        couple = couple_or_404(couple_id)
        said = self.sent(GiveSerializer)
        draft = giving.chosen(giving.offered_for(couple, giving.edition_of(said), request), said)
        try:
            given = assigning.give(draft, by=request.membership)
        except Refused as refused:
            giving.refuse(refused)
        rows = list(shown_rows().filter(pk__in=[one.pk for one in given]).order_by("pk"))
        shown = self.shown({"assignments": rows}, GivenSerializer)
        return self.answer_with(shown, status=201, location=_path(rows[0]))


class PrivateAssignments(ApiView):
    """What one partner was given alone."""

    tag, is_list = "assignments", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.ASSIGNMENTS_READ}
    queryset = Assignment.objects.none()
    serializer_class = AssignmentSerializer
    filterset_class = PrivateAssignmentFilter

    @extend_schema(operation_id="assignments_private_list", summary="List what one partner was given alone")
    def get(self, request: Request, couple_id: UUID, client_id: UUID) -> Response:
        """Under the lanes own and private. The other partners must not learn that it exists."""
        couple = couple_or_404(couple_id)
        client = partner_or_404(couple, client_id)
        audit.looked("opened", audit.CLIENTS, client.pk)
        alone = shown_rows().filter(couple=couple, lane__in=record.APART, audience__contains=[client.pk])
        return self.page_of(alone)


class OneAssignment(ApiView):
    """One thing that was given."""

    tag = "assignments"
    door = staticmethod(for_clinicians)
    scopes = {
        "GET": Scope.ASSIGNMENTS_READ,
        "PATCH": Scope.ASSIGNMENTS_WRITE,
        "DELETE": Scope.ASSIGNMENTS_WRITE,
    }
    serializer_class = AssignmentSerializer

    @extend_schema(operation_id="assignments_read", summary="Read what was given")
    def get(self, request: Request, couple_id: UUID, assignment_id: UUID) -> Response:
        """One thing given: to whom, when, who reads."""
        assignment = given_or_404(couple_or_404(couple_id), assignment_id)
        audit.looked_at("opened", assignment)
        return self.answer_with(self.shown(assignment))

    @extend_schema(
        operation_id="assignments_change",
        summary="Change it from the next time on",
        request=ChangeSerializer,
        responses={200: AssignmentSerializer},
    )
    def patch(self, request: Request, couple_id: UUID, assignment_id: UUID) -> Response:
        """Carry it on with other words or another rhythm. What is done or open stays as it was given.

        The answer is what carries it on: another id, at the address in Location.
        """
        couple = couple_or_404(couple_id)
        assignment = given_or_404(couple, assignment_id, lock=True)
        self.must_match(self.shown(assignment))
        said = self.sent(ChangeSerializer)
        if Assignment.objects.filter(continues=assignment).exists():
            raise Conflict(CARRIED_ON, "carried_on")
        if state_of(assignment) != "running":
            raise Conflict(OVER, "over")
        offered = AssignForm(
            None, couple=couple, edition=assignment.edition, practice=request.practice, continues=assignment
        )
        fill_from(offered, plans.draft_of(assignment))
        draft = giving.chosen(offered, said)
        try:
            following = plans.carry_on(assignment, draft, by=request.membership)
        except Refused as refused:
            giving.refuse(refused)
        return _carried_on(self, couple, following)

    @extend_schema(operation_id="assignments_take_back", summary="Take it back", responses={204: None})
    def delete(self, request: Request, couple_id: UUID, assignment_id: UUID) -> Response:
        """Nobody is asked or reminded any more, nor of what follows it. What was sent stays."""
        assignment = given_or_404(couple_or_404(couple_id), assignment_id, lock=True)
        self.must_match(self.shown(assignment))
        assigning.withdraw(assignment, request.membership)
        return Response(status=204)


class _Act(ApiView):
    """Something done to one thing given by one call; done again, it changes nothing."""

    tag = "assignments"
    door = staticmethod(for_clinicians)
    scopes = {"POST": Scope.ASSIGNMENTS_WRITE}
    serializer_class = AssignmentSerializer

    def now(self, assignment: Assignment) -> Response:
        return self.answer_with(self.shown(given_or_404(assignment.couple, assignment.pk)))


class End(_Act):
    """Ending."""

    @extend_schema(
        operation_id="assignments_end", summary="End it", request=None, responses={200: AssignmentSerializer}
    )
    def post(self, request: Request, couple_id: UUID, assignment_id: UUID) -> Response:
        """Nothing more comes. What is open now may still be answered."""
        assignment = given_or_404(couple_or_404(couple_id), assignment_id)
        plans.end(assignment)
        return self.now(assignment)


class GoOn(_Act):
    """Taking back that it ended."""

    @extend_schema(
        operation_id="assignments_go_on", summary="Let it go on", request=None, responses={200: AssignmentSerializer}
    )
    def post(self, request: Request, couple_id: UUID, assignment_id: UUID) -> Response:
        """Undo ending it, where nothing else carries it on and it was not taken back."""
        assignment = given_or_404(couple_or_404(couple_id), assignment_id)
        if not plans.go_on(assignment):
            raise Conflict("It was taken back, or something else carries it on already.", "carried_on")
        return self.now(assignment)


class Lighten(_Act):
    """Asking for less."""

    @extend_schema(
        operation_id="assignments_lighten",
        summary="Make it lighter",
        request=LightenSerializer,
        responses={200: AssignmentSerializer},
    )
    def post(self, request: Request, couple_id: UUID, assignment_id: UUID) -> Response:
        """Let it come less often, or a little of it be enough. The answer is what carries it on."""
        couple = couple_or_404(couple_id)
        assignment = given_or_404(couple, assignment_id)
        how = self.sent(LightenSerializer)["how"]
        try:
            lighter = plans.lighten(assignment, by=request.membership, how=how)
        except Refused as refused:
            giving.refuse(refused)
        return _carried_on(self, couple, lighter)


class RemindAgain(_Act):
    """Reminding again."""

    @extend_schema(
        operation_id="assignments_remind",
        summary="Remind again",
        request=None,
        responses={200: AssignmentSerializer},
    )
    def post(self, request: Request, couple_id: UUID, assignment_id: UUID) -> Response:
        """Let reminders leave again that ended by themselves, after two weeks without a sign."""
        assignment = given_or_404(couple_or_404(couple_id), assignment_id)
        stops.start_again(assignment, by=request.membership)
        return self.now(assignment)


def _carried_on(view: ApiView, couple: Couple, following: Assignment) -> Response:
    shown = view.shown(given_or_404(couple, following.pk))
    return view.answer_with(shown, location=_path(following))


def _path(one: Assignment) -> str:
    return reverse("api_assignment", args=[one.couple_id, one.pk])
