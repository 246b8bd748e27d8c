"""What one wants to reach, and how near it feels."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from exercises import goals
from exercises.api.me.person import ID, Mine
from exercises.api.me.shapes import LANE, MyLaneSerializer
from exercises.lane_words import circles, said
from exercises.review_forms import EVERYBODY, OwnGoalForm, RateForm
from exercises.views.portal import own_couples_in_order
from exercises.views.portal_goals import choices_for, goal_to_rate, standings_of
from practice.api.problems import of_form
from practice.api.schema import example

COURSE = {"name": "Mara", "position": 0, "first": 4, "now": 6}
GOAL = {
    "id": ID,
    "words": "One evening a week that is ours",
    "lane": LANE,
    "over": False,
    "asked": True,
    "courses": [COURSE],
}


@example(**COURSE)
class MyCourseSerializer(serializers.Serializer):
    """How near it feels to one person, as far as it is yours to read."""

    name = serializers.CharField(source="partner.client.name")
    position = serializers.IntegerField(source="partner.position")
    first = serializers.IntegerField(allow_null=True)
    now = serializers.IntegerField(allow_null=True)


@example(**GOAL)
class MyGoalSerializer(serializers.Serializer):
    """A goal that is yours, alone or together."""

    id = serializers.UUIDField(source="standing.goal.pk")
    words = serializers.CharField(source="standing.goal.words")
    lane = MyLaneSerializer(help_text="Who knows of it, and reads how near it feels.")
    over = serializers.BooleanField(source="standing.is_over", help_text="Reached, or let go.")
    asked = serializers.BooleanField(help_text="Whether you are asked now how near it feels.")
    courses = MyCourseSerializer(source="standing.courses", many=True)


@example(goals=[GOAL])
class MyGoalsSerializer(serializers.Serializer):
    """The goals that you may know of."""

    goals = MyGoalSerializer(many=True)


@example(words="To say no without a knot in my stomach", alone=True)
class MyNewGoalSerializer(serializers.Serializer):
    """Something you would like to reach."""

    words = serializers.CharField(max_length=goals.LONGEST)
    alone = serializers.BooleanField(
        default=True, help_text="Between you and your therapist. False: for all of you, who read it at once."
    )


@example(value=6)
class MyRatingSerializer(serializers.Serializer):
    """How near it feels."""

    value = serializers.IntegerField(min_value=goals.LOWEST, max_value=goals.HIGHEST, help_text="10: it is there.")


@example(id=ID)
class MyWrittenSerializer(serializers.Serializer):
    """What was written down. Answers to writes are kept for a day, so no words are in it."""

    id = serializers.UUIDField()


class _OfGoals(Mine):
    serializer_class = MyGoalsSerializer

    def all(self) -> list[dict[str, Any]]:
        """Return one's goals, those of all partners first."""
        couples = own_couples_in_order()
        around = circles(self.request.person, self.request.practice, [one.pk for one in couples])
        due = {one.pk for one in goals.due_for(self.request.person, [one.pk for one in couples])}
        standings = sorted(standings_of(self.request.person, couples), key=lambda one: one.is_private)
        return [
            {
                "standing": one,
                "lane": said(one.goal.lane, around[one.goal.couple_id]),
                "asked": one.goal.pk in due,
            }
            for one in standings
        ]


class Goals(_OfGoals):
    """One's goals."""

    @extend_schema(operation_id="me_goals", summary="See what you want to reach")
    def get(self, request: Request) -> Response:
        """Those of all of you, and your own."""
        return self.answer_with(self.shown({"goals": self.all()}))

    @extend_schema(
        operation_id="me_goals_create",
        summary="Write down what you would like to reach",
        request=MyNewGoalSerializer,
        responses={201: MyWrittenSerializer},
    )
    def post(self, request: Request) -> Response:
        """In your own words: between you and your therapist, or for all of you."""
        wanted = self.sent(MyNewGoalSerializer)
        couples = own_couples_in_order()
        if not couples:
            raise Http404
        choices = choices_for(circles(request.person, request.practice, [couples[0].pk])[couples[0].pk])
        to = choices[0][0] if wanted["alone"] else EVERYBODY
        form = OwnGoalForm({"words": wanted["words"], "to": to}, choices=choices)
        if not form.is_valid():
            raise of_form(form)
        written = form.cleaned_data
        goal = goals.propose(request.person, couples[0], written["words"], alone=wanted["alone"], key=written["key"])
        return self.answer_with(self.shown({"id": goal.pk}, MyWrittenSerializer), status=201)


class Rate(_OfGoals):
    """Saying how near it feels."""

    serializer_class = MyGoalSerializer
    repeats = False

    @extend_schema(operation_id="me_goals_rate", summary="Say how near a goal feels", request=MyRatingSerializer)
    def post(self, request: Request, goal_id: UUID) -> Response:
        """From 0 to 10, read by those whom the goal's lane names. The same number twice on one day is one."""
        goal = goal_to_rate(request.person, own_couples_in_order(), goal_id)
        form = RateForm({"value": str(self.sent(MyRatingSerializer)["value"])})
        if not form.is_valid():
            raise of_form(form)
        goals.rate(goal, request.person, form.cleaned_data["value"], key=form.cleaned_data["key"])
        now = next(one for one in self.all() if one["standing"].goal.pk == goal.pk)
        return self.answer_with(self.shown(now))
