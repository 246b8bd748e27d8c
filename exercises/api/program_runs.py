"""A program with a couple: begun, opened week by week, rested, changed and ended, as on the desk's pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Couple
from exercises import library, program_page, programs
from exercises.access import couple_or_404
from exercises.api import giving
from exercises.api.fields import DayField
from exercises.api.programs import DAYS, PROGRAM, by_their_names, named, slugs_field
from exercises.assigning import Refused
from exercises.giving import LONGEST_WHY
from exercises.models import ProgramRun
from exercises.program_forms import UNLOCKS, BeginForm, PauseForm
from exercises.views.desk_program import run_or_404
from practice import audit
from practice.access import for_clinicians
from practice.api.problems import Conflict, of_form
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView

STATES = [("running", "Running"), ("paused", "Resting"), ("ended", "Ended")]
PARTNERS = ["0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e8f", "0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e90"]
RUN = {
    "id": "0199a8e4-3c4d-7e5f-8a6b-7c8d9e0f1a2b",
    "couple_id": "0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e6f",
    "program": PROGRAM["slug"],
    "title": PROGRAM["title"],
    "state": "running",
    "partner_ids": PARTNERS,
    "why": "So that you find each other again, a little each week.",
    "starts_on": "2026-11-24",
    "at": "18:00:00",
    "unlock": "day",
    "week": 2,
    "weeks": 6,
    "next_on": "2026-12-08",
    "resumes_on": None,
    "given_at": "2026-11-23T09:12:00Z",
    "given_by_id": "0199a8a0-1a2b-7c3d-8e4f-5a6b7c8d9e0f",
    "ended_at": None,
}
CELL = {"partner_id": PARTNERS[0], "kind": "done", "words": "done"}
ROW = {
    "title": "Gratitude log",
    "assignment_id": "0199a8d0-2b3c-7d4e-8f5a-6b7c8d9e0f1a",
    "partners": [CELL],
    "refused": [],
}
WEEK = {"number": 1, "focus": "Noticing", "days": 7, "is_open": False, "is_over": True, "exercises": [ROW]}


@example(**RUN)
class RunSerializer(serializers.Serializer):
    """A program that was begun with a couple."""

    id = serializers.UUIDField()
    couple_id = serializers.UUIDField()
    program = serializers.CharField(source="program.slug", help_text="Its slug.")
    title = serializers.CharField(source="content.title")
    state = serializers.SerializerMethodField()
    partner_ids = serializers.ListField(source="audience", child=serializers.UUIDField())
    why = serializers.CharField(source="content.why", help_text="The therapist's line above each exercise of it.")
    starts_on = serializers.DateField(help_text="The first day, by the couple's clocks.")
    at = serializers.TimeField()
    unlock = serializers.ChoiceField(UNLOCKS, source="content.unlock", help_text="What opens the next week.")
    week = serializers.IntegerField(help_text="The week that is open now, from 1; 0 before the first.")
    weeks = serializers.SerializerMethodField(help_text="How many weeks it has for this couple.")
    next_on = serializers.SerializerMethodField(help_text="The day on which the next week may open; null when none is.")
    resumes_on = serializers.DateField(allow_null=True, help_text="While it rests: the day on which it goes on.")
    given_at = serializers.DateTimeField()
    given_by_id = serializers.UUIDField(help_text="The member who began it.")
    ended_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(STATES))
    def get_state(self, run: ProgramRun) -> str:
        return "ended" if run.ended_at else "paused" if run.paused_at else "running"

    def get_weeks(self, run: ProgramRun) -> int:
        return len(run.content["weeks"])

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_next_on(self, run: ProgramRun) -> str | None:
        day = programs.next_day(run)
        return day.isoformat() if day else None


@example(**CELL)
class RunPartnerSerializer(serializers.Serializer):
    """How one partner stands with one exercise."""

    partner_id = serializers.UUIDField(source="client.pk")
    kind = serializers.CharField(help_text="In one word; empty while it is not asked yet.")
    words = serializers.CharField()


@example(**ROW)
class RunExerciseSerializer(serializers.Serializer):
    """One exercise of one week."""

    title = serializers.CharField()
    assignment_id = serializers.UUIDField(
        source="assignment.pk", default=None, allow_null=True, help_text="Null while it was not given."
    )
    partners = RunPartnerSerializer(source="cells", many=True)
    refused = serializers.ListField(child=serializers.CharField(), help_text="Why it could not be given, in words.")


@example(**WEEK)
class RunWeekSerializer(serializers.Serializer):
    """One week. Number 0 is the look before it begins, the one after the last the look back."""

    number = serializers.IntegerField()
    focus = serializers.CharField()
    days = serializers.IntegerField()
    is_open = serializers.BooleanField()
    is_over = serializers.BooleanField()
    exercises = RunExerciseSerializer(source="rows", many=True)


@example(**RUN, standing_still=False, plan=[WEEK])
class RunInFullSerializer(RunSerializer):
    """A program that was begun, with each week and how they stand."""

    standing_still = serializers.SerializerMethodField(help_text="Whether nothing was sent for days.")
    plan = serializers.SerializerMethodField()

    def get_standing_still(self, run: ProgramRun) -> bool:
        return bool(programs.standing_still([run], timezone.now()))

    @extend_schema_field(RunWeekSerializer(many=True))
    def get_plan(self, run: ProgramRun) -> Any:
        weeks = program_page.weeks(run, timezone.now())
        for week in weeks:
            week.rows = program_page.openly(week.rows)
        return RunWeekSerializer(weeks, many=True).data


@example(exercises=["gratitude-log"], days=14)
class WeekToBeginSerializer(serializers.Serializer):
    """What stays in one week."""

    exercises = serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, max_length=programs.MOST_EACH_WEEK,
        help_text="Slugs of this week of the program: those that stay. An empty list leaves the week out.",
    )  # fmt: skip
    days = serializers.ChoiceField(DAYS, required=False, help_text="How long it lasts.")


@example(program=PROGRAM["slug"], why=RUN["why"], starts_on="2026-11-24", plan=[{"days": 14}])
class NewRunSerializer(serializers.Serializer):
    """A program to begin. What is left out is as the program proposes it, for all partners."""

    program = serializers.SlugField(max_length=80, help_text="Its slug.")
    why = serializers.CharField(
        max_length=LONGEST_WHY, help_text="One line in your own words: they read it above every exercise of it."
    )
    partner_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, min_length=1, max_length=6, help_text="Ids of people."
    )
    starts_on = DayField(required=False, help_text="The first day, by the couple's clocks. Tomorrow.")
    at = serializers.TimeField(required=False, help_text="The time of day; 18:00.")
    unlock = serializers.ChoiceField(UNLOCKS, required=False, help_text="What opens the next week.")
    plan = WeekToBeginSerializer(
        many=True, required=False, max_length=programs.MOST_WEEKS,
        help_text="In the order of the program's own plan. Weeks that are not named stay as they are.",
    )  # fmt: skip
    baseline = slugs_field("Of the program's baseline: what stays.")
    outcome = slugs_field("Of the program's outcome: what stays.")


@example(until="2026-12-20")
class RestOfRunSerializer(serializers.Serializer):
    """Until when it rests."""

    until = DayField(required=False, allow_null=True, help_text="It goes on on this day. Left out: when you say so.")


@example(weeks=[5, 6])
class DropSerializer(serializers.Serializer):
    """What is left out."""

    weeks = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=programs.MOST_WEEKS), min_length=1,
        max_length=programs.MOST_WEEKS, help_text="Numbers of weeks that have not opened yet.",
    )  # fmt: skip


@example(with_outcome=True)
class EndSerializer(serializers.Serializer):
    """How it ends."""

    with_outcome = serializers.BooleanField(default=False, help_text="Ask now what is asked at its end.")


class RunFilter(django_filters.FilterSet):
    """Which programs of a couple."""

    state = django_filters.ChoiceFilter(choices=STATES, method="in_state")

    class Meta:
        model = ProgramRun
        fields: list[str] = []

    def in_state(self, rows: QuerySet[ProgramRun], name: str, state: str) -> QuerySet[ProgramRun]:
        """Return those that stand as the serializer says."""
        if state == "ended":
            return rows.exclude(ended_at=None)
        return rows.filter(ended_at=None, paused_at__isnull=state == "running")


class Runs(ApiView):
    """The programs of a couple."""

    tag, is_list = "programs", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.ASSIGNMENTS_READ, "POST": Scope.ASSIGNMENTS_WRITE}
    queryset = ProgramRun.objects.none()
    serializer_class = RunSerializer
    filterset_class = RunFilter

    @extend_schema(operation_id="program_runs_list", summary="List the programs of a couple")
    def get(self, request: Request, couple_id: UUID) -> Response:
        """Those that run and those that have ended."""
        couple = couple_or_404(couple_id)
        audit.looked("opened", audit.COUPLES, couple.pk)
        return self.page_of(ProgramRun.objects.filter(couple=couple).select_related("couple", "program"))

    @extend_schema(
        operation_id="program_runs_begin",
        summary="Begin a program",
        request=NewRunSerializer,
        responses={201: RunInFullSerializer},
    )
    def post(self, request: Request, couple_id: UUID) -> Response:
        """The baseline is given at once, the first week on its day, each further week when it opens."""
        couple = couple_or_404(couple_id)
        said = self.sent(NewRunSerializer)
        try:
            run = programs.begin(_filled(couple, said).start(), by=request.membership)
        except Refused as refused:
            giving.refuse(refused)
        shown = self.shown(run_or_404(couple, run.pk), RunInFullSerializer)
        return self.answer_with(shown, status=201, location=reverse("api_program_run", args=[couple.pk, run.pk]))


def _filled(couple: Couple, said: dict[str, Any]) -> BeginForm:
    """Return the form of the page, filled in with what was said, and for the rest with what it proposes."""
    program = named(said["program"], "program")
    known = library.by_slug(programs.named(programs.plan_of(program)))
    blank = BeginForm(None, couple=couple, program=program, known=known)
    made = {name: blank.get_initial_for_field(field, name) for name, field in blank.fields.items()}
    made |= {name: said[name] for name in ("why", "starts_on", "at", "unlock", "baseline", "outcome") if name in said}
    if "partner_ids" in said:
        made["who"] = [str(pk) for pk in said["partner_ids"]]
    if len(said.get("plan", ())) > len(blank.plan["weeks"]):
        raise serializers.ValidationError({"plan": ["The program has fewer weeks."]})
    for number, week in enumerate(said.get("plan", ())):
        if "exercises" in week:
            made[f"week{number}"] = week["exercises"]
        if "days" in week:
            made[f"days{number}"] = str(week["days"])
    form = BeginForm(made, couple=couple, program=program, known=known)
    if not form.is_valid():
        raise serializers.ValidationError(by_their_names(form))
    return form


class OneRun(ApiView):
    """One program of a couple."""

    tag = "programs"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.ASSIGNMENTS_READ}
    serializer_class = RunInFullSerializer

    @extend_schema(operation_id="program_runs_read", summary="Read how a program goes")
    def get(self, request: Request, couple_id: UUID, run_id: UUID) -> Response:
        """Each week with what was given and how each partner stands. Nothing that one of them has alone."""
        couple = couple_or_404(couple_id)
        run = run_or_404(couple, run_id)
        audit.looked("opened", audit.COUPLES, couple.pk)
        return self.answer_with(self.shown(run))


class _Act(ApiView):
    """Something done to what is ahead of one program; what was done stays."""

    tag = "programs"
    door = staticmethod(for_clinicians)
    scopes = {"POST": Scope.ASSIGNMENTS_WRITE}
    serializer_class = RunInFullSerializer

    def do(self, couple_id: UUID, run_id: UUID, act: Callable[[ProgramRun], object]) -> Response:
        couple = couple_or_404(couple_id)
        run = run_or_404(couple, run_id)
        if run.ended_at is not None:
            raise Conflict("This program has ended: nothing of it is ahead.", "over")
        act(run)
        return self.answer_with(self.shown(run_or_404(couple, run_id)))


class Open(_Act):
    """Opening the next week."""

    @extend_schema(operation_id="program_runs_open", summary="Open the next week now", request=None)
    def post(self, request: Request, couple_id: UUID, run_id: UUID) -> Response:
        """Give what the next week holds. After the last week it is what is asked at the end, and the program ends."""
        return self.do(couple_id, run_id, programs.open_now)


class Pause(_Act):
    """Resting."""

    @extend_schema(operation_id="program_runs_pause", summary="Let a program rest", request=RestOfRunSerializer)
    def post(self, request: Request, couple_id: UUID, run_id: UUID) -> Response:
        """Nothing of it falls due meanwhile, open weeks included. Done again, it changes nothing."""

        def pause(run: ProgramRun) -> None:
            form = PauseForm({"until": self.sent(RestOfRunSerializer).get("until")}, couple=run.couple)
            if not form.is_valid():
                raise of_form(form)
            programs.pause(run, by=request.membership, until=form.cleaned_data["until"])

        return self.do(couple_id, run_id, pause)


class Resume(_Act):
    """Going on."""

    @extend_schema(operation_id="program_runs_resume", summary="Let a program go on", request=None)
    def post(self, request: Request, couple_id: UUID, run_id: UUID) -> Response:
        """Go on where it was: the week that is open gets the days back that it rested."""
        return self.do(couple_id, run_id, programs.resume)


class Repeat(_Act):
    """Once more."""

    @extend_schema(operation_id="program_runs_repeat", summary="Repeat the week that is open", request=None)
    def post(self, request: Request, couple_id: UUID, run_id: UUID) -> Response:
        """It comes once more before the next one opens. Sent twice, it comes twice: use an Idempotency-Key."""
        return self.do(couple_id, run_id, programs.repeat_week)


class Stretch(_Act):
    """More time."""

    @extend_schema(operation_id="program_runs_stretch", summary="Give the open week a week more", request=None)
    def post(self, request: Request, couple_id: UUID, run_id: UUID) -> Response:
        """The next one opens that much later. Sent twice, it is two weeks: use an Idempotency-Key."""
        return self.do(couple_id, run_id, programs.stretch)


class Drop(_Act):
    """Leaving weeks out."""

    @extend_schema(operation_id="program_runs_drop", summary="Leave weeks out", request=DropSerializer)
    def post(self, request: Request, couple_id: UUID, run_id: UUID) -> Response:
        """Leave out weeks that are ahead. Those that follow move up, and are counted anew."""

        def drop(run: ProgramRun) -> None:
            numbers = self.sent(DropSerializer)["weeks"]
            if not set(numbers) <= set(range(run.week + 1, len(run.content["weeks"]) + 1)):
                raise serializers.ValidationError({"weeks": ["Only weeks that are there and have not opened yet."]})
            programs.drop_weeks(run, numbers)

        return self.do(couple_id, run_id, drop)


class End(_Act):
    """Ending."""

    @extend_schema(operation_id="program_runs_end", summary="End a program", request=EndSerializer)
    def post(self, request: Request, couple_id: UUID, run_id: UUID) -> Response:
        """Nothing more of it comes. What is open may still be finished, and what was done stays."""

        def end(run: ProgramRun) -> None:
            programs.end(run, with_outcome=self.sent(EndSerializer)["with_outcome"])

        return self.do(couple_id, run_id, end)
