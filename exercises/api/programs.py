"""Programs: the plans over several weeks that there are, and those of the practice's own, as on the desk's pages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

import django_filters
from django.forms import Form
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from exercises import library, programs
from exercises.models import Program
from exercises.program_forms import LENGTHS, UNLOCKS, ProgramForm
from exercises.views.desk_program import program_or_404
from practice import tenancy
from practice.access import for_clinicians
from practice.api.problems import Conflict
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView

SHIPS = "It ships with Attune. Write one of your own that is adapted_from it."
WEEK_FIELD = re.compile(r"(week|days|focus)([0-9]+)")
WEEK_NAMES = {"week": "exercises", "days": "days", "focus": "focus"}
DAYS = [(int(days), words) for days, words in LENGTHS]
PROGRAM = {
    "slug": "reconnect-after-drift",
    "title": "Finding each other again",
    "for_whom": "Couples who live side by side and miss each other.",
    "weeks": 6,
    "needs_clearance": False,
    "own": False,
}
PLANNED: dict[str, Any] = {"focus": "Noticing", "exercises": ["gratitude-log", "compliment-minute"], "days": 7}
PLAN = {
    "unlock": "day",
    "baseline": ["weekly-state-of-us"],
    "plan": [PLANNED],
    "outcome": ["weekly-state-of-us"],
}


@example(**PROGRAM)
class ProgramSerializer(serializers.Serializer):
    """A plan over several weeks, made of exercises."""

    slug = serializers.CharField()
    title = serializers.CharField()
    for_whom = serializers.CharField()
    weeks = serializers.IntegerField(help_text="How many it has.")
    needs_clearance = serializers.BooleanField(help_text="Whether it needs a record that joint work is safe.")
    own = serializers.SerializerMethodField(help_text="Whether the practice wrote it.")

    def get_own(self, one: Program) -> bool:
        return one.practice_id is not None


@example(**PLANNED)
class PlannedWeekSerializer(serializers.Serializer):
    """What one week holds."""

    focus = serializers.CharField()
    exercises = serializers.ListField(child=serializers.CharField(), help_text="Slugs of the library.")
    days = serializers.ChoiceField(DAYS, help_text="How long the week lasts.")


@example(**PROGRAM, **PLAN)
class ProgramInFullSerializer(ProgramSerializer):
    """A program with what each of its weeks holds."""

    unlock = serializers.ChoiceField(UNLOCKS, help_text="What opens the next week, unless you say otherwise.")
    baseline = serializers.ListField(child=serializers.CharField(), help_text="Slugs: what is asked before it begins.")
    plan = PlannedWeekSerializer(many=True)
    outcome = serializers.ListField(child=serializers.CharField(), help_text="Slugs: what is asked at its end.")


def slugs_field(words: str) -> serializers.ListField:
    """Return a field for slugs of the library."""
    return serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, max_length=50, help_text=words
    )


@example(focus="Noticing", exercises=["gratitude-log", "compliment-minute"])
class WrittenWeekSerializer(serializers.Serializer):
    """One week of a program of one's own."""

    focus = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    exercises = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=programs.MOST_EACH_WEEK, help_text="Slugs."
    )


WRITTEN = {
    "title": "Our own six weeks",
    "for_whom": "Couples with small children.",
    "plan": [{"focus": "Noticing", "exercises": ["gratitude-log", "compliment-minute"]}],
    "outcome": ["weekly-state-of-us"],
}


class _WordsSerializer(serializers.Serializer):
    needs_clearance = serializers.BooleanField(required=False, help_text="A record that joint work is safe.")
    baseline = slugs_field("Slugs of what is asked before it begins.")
    outcome = slugs_field("Slugs of what is asked at its end.")


def _plan_field(required: bool) -> WrittenWeekSerializer:
    return WrittenWeekSerializer(many=True, required=required, min_length=1, max_length=programs.MOST_WEEKS)


@example(**WRITTEN, adapted_from=PROGRAM["slug"])
class NewProgramSerializer(_WordsSerializer):
    """A program of the practice's own."""

    title = serializers.CharField(max_length=160)
    for_whom = serializers.CharField(max_length=400)
    plan = _plan_field(True)
    adapted_from = serializers.SlugField(max_length=80, required=False, help_text="The program that it began as.")


@example(plan=WRITTEN["plan"])
class ProgramChangeSerializer(_WordsSerializer):
    """What may be changed of a program of the practice's own. What is left out stays."""

    title = serializers.CharField(max_length=160, required=False)
    for_whom = serializers.CharField(max_length=400, required=False)
    plan = _plan_field(False)


class ProgramFilter(django_filters.FilterSet):
    """Which programs."""

    own = django_filters.BooleanFilter("practice", lookup_expr="isnull", exclude=True, help_text="The practice's own.")

    class Meta:
        model = Program
        fields: list[str] = []


class Programs(ApiView):
    """The programs that ship, and the practice's own."""

    tag, is_list = "programs", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.LIBRARY_READ, "POST": Scope.LIBRARY_WRITE}
    queryset = Program.objects.none()
    serializer_class = ProgramSerializer
    filterset_class = ProgramFilter

    @extend_schema(operation_id="programs_list", summary="List programs")
    def get(self, request: Request) -> Response:
        """Those that ship, and those that the practice wrote. None that was taken off the list."""
        return self.page_of(Program.objects.filter(retired_at=None))

    @extend_schema(
        operation_id="programs_create",
        summary="Write a program",
        request=NewProgramSerializer,
        responses={201: ProgramInFullSerializer},
    )
    def post(self, request: Request) -> Response:
        """Write one of the practice's own, from nothing or from another one."""
        said = self.sent(NewProgramSerializer)
        origin = named(said["adapted_from"], "adapted_from") if "adapted_from" in said else None
        kept = _kept(said, None, origin)
        here = reverse("api_program", args=[kept.slug])
        return self.answer_with(_in_full(self, kept), status=201, location=here)


class OneProgram(ApiView):
    """One program."""

    tag = "programs"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.LIBRARY_READ, "PATCH": Scope.LIBRARY_WRITE, "DELETE": Scope.LIBRARY_WRITE}
    serializer_class = ProgramInFullSerializer

    @extend_schema(operation_id="programs_read", summary="Read a program")
    def get(self, request: Request, slug: str) -> Response:
        """What each week of it holds, as far as the library has it."""
        return self.answer_with(_in_full(self, program_or_404(slug)))

    @extend_schema(
        operation_id="programs_change",
        summary="Change a program of the practice's own",
        request=ProgramChangeSerializer,
        responses={200: ProgramInFullSerializer},
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Couples who are in it go on with the weeks that they began with."""
        one = self._own(slug)
        self.must_match(_in_full(self, one))
        return self.answer_with(_in_full(self, _kept(self.sent(ProgramChangeSerializer), one, one)))

    @extend_schema(operation_id="programs_retire", summary="Take a program off the list", responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        """One of the practice's own is offered no more. Couples who are in it go on."""
        one = self._own(slug)
        self.must_match(_in_full(self, one))
        programs.retire(one)
        return Response(status=204)

    def _own(self, slug: str) -> Program:
        one = program_or_404(slug)
        if one.practice_id is None:
            raise Conflict(SHIPS, "ships")
        with tenancy.elevated():
            return Program.objects.select_for_update().get(pk=one.pk, practice_id=self.request.practice.pk)


def _in_full(view: ApiView, one: Program) -> dict[str, Any]:
    return {**view.shown(one, ProgramSerializer), **_plan(one)}


def _plan(one: Program) -> dict[str, Any]:
    plan = programs.plan_of(one)
    there = library.by_slug(programs.named(plan))
    return {
        "unlock": plan["unlock"],
        "baseline": _of(there, plan["baseline"]),
        "plan": [
            {"focus": week["focus"], "exercises": _of(there, week["slugs"]), "days": week["days"]}
            for week in plan["weeks"]
        ],
        "outcome": _of(there, plan["outcome"]),
    }


def _of(there: Collection[str], slugs: list[str]) -> list[str]:
    return [slug for slug in slugs if slug in there]


def named(slug: str, field: str) -> Program:
    """Return the program that ``field`` names; a mistake there when there is none."""
    try:
        return program_or_404(slug)
    except Http404:
        raise serializers.ValidationError({field: ["There is no such program."]}) from None


def _kept(said: dict[str, Any], program: Program | None, source: Program | None) -> Program:
    """Write a program as its page does: by the form that judges it, with slugs where people write titles."""
    content = source.content if source else None
    form = ProgramForm(_as_page(said, program), titles={slug: slug for slug in _all_slugs()}, content=content)
    if not form.is_valid():
        raise serializers.ValidationError(by_their_names(form))
    cleaned = form.cleaned_data
    return programs.write(
        cleaned["title"],
        cleaned["for_whom"],
        cleaned["needs_clearance"],
        form.written(),
        program=program,
        adapted_from=None if program else source,
    )


def _all_slugs() -> Iterable[str]:
    return library.shelf().values_list("slug", flat=True)


def _as_page(said: dict[str, Any], program: Program | None) -> dict[str, Any]:
    there: dict[str, Any] = {}
    if program is not None:
        content = program.content
        plan = [{"focus": week["focus"], "exercises": week["slugs"]} for week in content["weeks"]]
        there = {"title": program.title, "for_whom": program.for_whom, "needs_clearance": program.needs_clearance}
        there |= {"plan": plan, "baseline": content["baseline"], "outcome": content["outcome"]}
    whole = {"needs_clearance": False, "baseline": [], "outcome": [], **there, **said}
    made = {name: whole[name] for name in ("title", "for_whom", "needs_clearance")}
    made |= {name: "\n".join(whole[name]) for name in ("baseline", "outcome")}
    for number, week in enumerate(whole["plan"]):
        made |= {f"focus{number}": week["focus"], f"week{number}": "\n".join(week["exercises"])}
    return {**made, "length": len(whole["plan"])}


def by_their_names(form: Form) -> dict[str, Any]:
    """Return what is wrong by the names that programs have; a form's ``week2`` is the third of the plan."""
    found: dict[str, Any] = {}
    for name, wrong in form.errors.items():
        of_week = WEEK_FIELD.fullmatch(name)
        if of_week:
            found.setdefault("plan", {})[of_week[2]] = {WEEK_NAMES[of_week[1]]: list(wrong)}
        else:
            found[{"who": "partner_ids", "__all__": "plan", "length": "plan"}.get(name, name)] = list(wrong)
    return found
