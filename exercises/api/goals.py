"""Goals in a couple's own words, and how near they feel: those of all, and what one partner has alone, apart."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Client, Couple
from exercises import goals, threads
from exercises.access import couple_or_404, partner_or_404
from exercises.api.fields import DayField
from exercises.models import Goal
from exercises.review_forms import EVERYBODY, GoalForm, PhaseForm, audience_of
from exercises.vocabulary import Lane
from practice import audit
from practice.access import for_clinicians
from practice.api.paging import by
from practice.api.problems import of_form
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView

STATES = [("running", "Wanted"), ("reached", "Reached"), ("dropped", "Let go")]
PARTNERS = ["0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e8f", "0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e90"]
RATING = {"value": 4, "rated_at": "2026-11-20T19:02:00Z"}
COURSE = {"partner_id": PARTNERS[0], "first": 4, "now": 6, "ratings": [RATING, {**RATING, "value": 6}]}
GOAL = {
    "id": "0199a8e8-4c5d-7e6f-8a7b-8c9d0e1f2a3b",
    "couple_id": "0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e6f",
    "words": "One evening a week that is ours",
    "state": "running",
    "lane": "shared",
    "partner_ids": PARTNERS,
    "started_on": "2026-11-20",
    "review_on": "2026-12-20",
    "courses": [COURSE],
    "assignment_ids": ["0199a8d0-2b3c-7d4e-8f5a-6b7c8d9e0f1a"],
}


@example(**RATING)
class RatingSerializer(serializers.Serializer):
    """How near it felt, once."""

    value = serializers.IntegerField(help_text="From 0 to 10.")
    rated_at = serializers.DateTimeField()


@example(**COURSE)
class GoalCourseSerializer(serializers.Serializer):
    """One partner's way with a goal."""

    partner_id = serializers.UUIDField(source="partner.client_id")
    first = serializers.IntegerField(allow_null=True, help_text="Where they began; null while they have not rated.")
    now = serializers.IntegerField(allow_null=True, help_text="Where they are.")
    ratings = RatingSerializer(many=True, help_text="The oldest first.")


@example(**GOAL)
class GoalSerializer(serializers.Serializer):
    """A goal, how near it feels to those whose it is, and what was given for it."""

    id = serializers.UUIDField(source="goal.pk")
    couple_id = serializers.UUIDField(source="goal.couple_id")
    words = serializers.CharField(source="goal.words")
    state = serializers.SerializerMethodField()
    lane = serializers.ChoiceField(
        Lane.choices, source="goal.lane",
        help_text="shared, or private: one partner's own, and the others know of neither the goal nor a number.",
    )  # fmt: skip
    partner_ids = serializers.ListField(source="goal.audience", child=serializers.UUIDField(), help_text="Whose it is.")
    started_on = serializers.DateField(source="goal.started_on")
    review_on = serializers.DateField(source="goal.review_on", allow_null=True, help_text="From then they are asked.")
    courses = GoalCourseSerializer(many=True)
    assignment_ids = serializers.SerializerMethodField(help_text="What was given for it.")

    def get_state(self, one: goals.Standing) -> str:
        return "reached" if one.goal.reached_at else "dropped" if one.goal.dropped_at else "running"

    def get_assignment_ids(self, one: goals.Standing) -> list[UUID]:
        return [assignment.pk for assignment in one.served_by]


class _Words(serializers.Serializer):
    words = serializers.CharField(max_length=goals.LONGEST, help_text="In their own words.")
    review_on = DayField(required=False, allow_null=True, help_text="From then on they are asked how near it feels.")


@example(words=GOAL["words"], review_on="2026-12-20")
class NewGoalSerializer(_Words):
    """A goal to write down."""

    partner_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="One partner's own, in private. Left out: all partners'."
    )


@example(words=GOAL["words"])
class NewPrivateGoalSerializer(_Words):
    """A goal that one partner has alone."""


@example(review_on="2027-01-20")
class GoalChangeSerializer(_Words):
    """What may be changed of a goal. Whose it is stays."""

    words = serializers.CharField(max_length=goals.LONGEST, required=False)


@example(reached=True)
class EndGoalSerializer(serializers.Serializer):
    """How it ends."""

    reached = serializers.BooleanField(help_text="False: let go.")


@example(phase="skills")
class PhaseSerializer(serializers.Serializer):
    """Where the work stands."""

    phase = serializers.ChoiceField(Couple.Phase.choices)


class GoalFilter(django_filters.FilterSet):
    """Which goals."""

    state = django_filters.ChoiceFilter(choices=STATES, method="in_state")

    class Meta:
        model = Goal
        fields: list[str] = []

    def in_state(self, rows: QuerySet[Goal], name: str, state: str) -> QuerySet[Goal]:
        """Return those that stand as the serializer says."""
        if state == "reached":
            return rows.exclude(reached_at=None)
        return rows.filter(reached_at=None, dropped_at__isnull=state == "running")


class _Goals(ApiView):
    tag, is_list = "goals", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.ASSIGNMENTS_READ, "POST": Scope.ASSIGNMENTS_WRITE}
    queryset = Goal.objects.none()
    serializer_class = GoalSerializer
    filterset_class = GoalFilter
    pagination_class = by("-started_on", "-pk")

    def page_for(self, couple: Couple, rows: QuerySet[Goal]) -> Response:
        page = self.paginate_queryset(self.filter_queryset(rows)) or []
        return self.get_paginated_response(self.shown(goals.standings(couple, page), many=True))

    def written(self, couple: Couple, said: dict[str, Any], to: UUID | None) -> Response:
        """Write a goal down, by the form of the page."""
        partners = threads.present(couple)
        whose = EVERYBODY if to is None and len(partners) > 1 else str(to or partners[0].client_id)
        form = GoalForm({**said, "to": whose}, partners=partners)
        if not form.is_valid():
            named = {"to": "partner_id"}
            raise serializers.ValidationError({named.get(name, name): list(one) for name, one in form.errors.items()})
        made = goals.set_goal(
            couple,
            audience_of(whose, partners),
            form.cleaned_data["words"],
            by=self.request.membership,
            review_on=form.cleaned_data["review_on"],
            key=form.cleaned_data["key"],
        )
        return _told(self, couple, made, status=201, location=reverse("api_goal", args=[couple.pk, made.pk]))


def _found(view: ApiView, couple: Couple, goal_id: UUID) -> Goal:
    """Return a goal; what one partner has alone needs a scope of its own."""
    goal = goals.goal_or_404([couple.pk], goal_id)
    if goal.lane == Lane.PRIVATE:
        view.needs(Scope.PRIVATE_RESPONSES_READ)
    return goal


def _told(view: ApiView, couple: Couple, goal: Goal, **more: Any) -> Response:
    return view.answer_with(_shown(view, couple, goal), **more)


def _shown(view: ApiView, couple: Couple, goal: Goal) -> Any:
    return view.shown(goals.standings(couple, [goal])[0], GoalSerializer)


class Goals(_Goals):
    """The goals that nobody keeps from anybody."""

    @extend_schema(operation_id="goals_list", summary="List the goals of a couple")
    def get(self, request: Request, couple_id: UUID) -> Response:
        """What all partners want, with how near it feels to each. What one has alone stands under that partner."""
        couple = couple_or_404(couple_id)
        audit.looked("opened", audit.COUPLES, couple.pk)
        return self.page_for(couple, goals.for_all(couple))

    @extend_schema(
        operation_id="goals_create",
        summary="Write a goal down",
        request=NewGoalSerializer,
        responses={201: GoalSerializer},
    )
    def post(self, request: Request, couple_id: UUID) -> Response:
        """In their own words, for all partners or for one of them. They are asked how near it feels."""
        couple = couple_or_404(couple_id)
        said = self.sent(NewGoalSerializer)
        return self.written(couple, said, said.pop("partner_id", None))


class PrivateGoals(_Goals):
    """What one partner has as a goal, between themselves and the therapist."""

    scopes = {"GET": Scope.PRIVATE_RESPONSES_READ, "POST": Scope.ASSIGNMENTS_WRITE}

    @extend_schema(operation_id="goals_private_list", summary="List the goals that one partner has alone")
    def get(self, request: Request, couple_id: UUID, client_id: UUID) -> Response:
        """The other partners must not learn of them."""
        couple = couple_or_404(couple_id)
        client: Client = partner_or_404(couple, client_id)
        audit.looked("opened", audit.CLIENTS, client.pk)
        return self.page_for(couple, goals.private_of(couple, client))

    @extend_schema(
        operation_id="goals_private_create",
        summary="Write down a goal that one partner has alone",
        request=NewPrivateGoalSerializer,
        responses={201: GoalSerializer},
    )
    def post(self, request: Request, couple_id: UUID, client_id: UUID) -> Response:
        """Between that partner and the therapist."""
        couple = couple_or_404(couple_id)
        client = partner_or_404(couple, client_id)
        return self.written(couple, self.sent(NewPrivateGoalSerializer), client.pk)


class OneGoal(ApiView):
    """One goal."""

    tag = "goals"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.ASSIGNMENTS_READ, "PATCH": Scope.ASSIGNMENTS_WRITE}
    serializer_class = GoalSerializer

    @extend_schema(operation_id="goals_read", summary="Read a goal")
    def get(self, request: Request, couple_id: UUID, goal_id: UUID) -> Response:
        """Its words, how near it feels, and what was given for it.

        What one partner has alone needs `private-responses:read` as well.
        """
        couple = couple_or_404(couple_id)
        goal = _found(self, couple, goal_id)
        audit.looked_at("opened", goal)
        return _told(self, couple, goal)

    @extend_schema(
        operation_id="goals_change",
        summary="Change a goal",
        request=GoalChangeSerializer,
        responses={200: GoalSerializer},
    )
    def patch(self, request: Request, couple_id: UUID, goal_id: UUID) -> Response:
        """Other words, or another day to look again. Their ratings stay."""
        couple = couple_or_404(couple_id)
        goal = Goal.objects.select_for_update(of=("self",)).get(pk=_found(self, couple, goal_id).pk)
        self.must_match(_shown(self, couple, goal))
        said = {"words": goal.words, "review_on": goal.review_on, **self.sent(GoalChangeSerializer)}
        form = GoalForm({**said, "was": goal.words}, partners=[], known=True)
        if not form.is_valid():
            raise of_form(form)
        changed = goals.change(goal, form.cleaned_data["words"], form.cleaned_data["review_on"], was=goal.words)
        return _told(self, couple, changed)


class _Act(ApiView):
    """Done again, it changes nothing."""

    tag = "goals"
    repeats = False
    door = staticmethod(for_clinicians)
    scopes = {"POST": Scope.ASSIGNMENTS_WRITE}
    serializer_class = GoalSerializer


class EndGoal(_Act):
    """Closing a goal."""

    @extend_schema(operation_id="goals_end", summary="Close a goal", request=EndGoalSerializer)
    def post(self, request: Request, couple_id: UUID, goal_id: UUID) -> Response:
        """As reached, or as let go. It stays in the record."""
        couple = couple_or_404(couple_id)
        goals.end(_found(self, couple, goal_id), reached=self.sent(EndGoalSerializer)["reached"])
        return _told(self, couple, goals.goal_or_404([couple.pk], goal_id))


class TakeUpGoal(_Act):
    """Wanting it again."""

    @extend_schema(operation_id="goals_take_up", summary="Take a goal up again", request=None)
    def post(self, request: Request, couple_id: UUID, goal_id: UUID) -> Response:
        """Undo closing it."""
        couple = couple_or_404(couple_id)
        goals.take_up_again(_found(self, couple, goal_id))
        return _told(self, couple, goals.goal_or_404([couple.pk], goal_id))


class Phase(_Act):
    """Where the work stands."""

    serializer_class = PhaseSerializer

    @extend_schema(operation_id="couples_phase", summary="Say where the work stands", request=PhaseSerializer)
    def post(self, request: Request, couple_id: UUID) -> Response:
        """One of the phases. For the practice: no partner reads it."""
        couple = couple_or_404(couple_id)
        form = PhaseForm(self.sent(PhaseSerializer))
        if not form.is_valid():
            raise of_form(form)
        goals.set_phase(couple, form.cleaned_data["phase"])
        return self.answer_with(self.shown(couple))
