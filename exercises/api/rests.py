"""Rests: a time in which everything of a couple, its deep talks, or one thing given asks for nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Couple
from exercises import pausing, record
from exercises.access import couple_or_404
from exercises.api.assignments import given_or_404
from exercises.api.fields import DayField
from exercises.models import Pause
from exercises.pause_form import DEEP, EVERYTHING, PauseForm
from practice import audit
from practice.access import for_clinicians
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView

REST = {
    "id": "0199a8e0-3c4d-7e5f-8a6b-7c8d9e0f1a2b",
    "couple_id": "0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e6f",
    "assignment_id": None,
    "kind": "holiday",
    "deep_only": False,
    "starts_on": "2026-12-20",
    "ends_on": "2027-01-03",
    "reason": "With her parents.",
    "asked_by_id": None,
    "ended_at": None,
}


@example(**REST)
class RestSerializer(serializers.Serializer):
    """A time in which things rest. To the partners it rests, no more."""

    id = serializers.UUIDField()
    couple_id = serializers.UUIDField()
    assignment_id = serializers.UUIDField(allow_null=True, help_text="Null: it is about all that they were given.")
    kind = serializers.ChoiceField(Pause.Kind.choices)
    deep_only = serializers.BooleanField(help_text="Only deep talks rest.")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True, help_text="Null: until somebody ends it.")
    reason = serializers.CharField(help_text="For the practice alone.")
    asked_by_id = serializers.UUIDField(
        allow_null=True, help_text="The partner who asked for it. The others must not learn who it was."
    )
    ended_at = serializers.DateTimeField(source="lifted_at", allow_null=True, help_text="When somebody ended it.")


@example(kind="holiday", starts_on="2026-12-20", ends_on="2027-01-03", reason="With her parents.")
class NewRestSerializer(serializers.Serializer):
    """Something to let rest: all that they were given, deep talks, or one thing."""

    assignment_id = serializers.UUIDField(required=False, help_text="One thing given. Left out: all of it.")
    deep_only = serializers.BooleanField(default=False, help_text="Only deep talks.")
    kind = serializers.ChoiceField(Pause.Kind.choices, default=Pause.Kind.HOLIDAY)
    starts_on = DayField(help_text="A day of the couple's zone, today or later.")
    ends_on = DayField(required=False, allow_null=True, help_text="The last day.")
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        if "assignment_id" in said and said["deep_only"]:
            raise serializers.ValidationError({"deep_only": ["Let one thing rest, or deep talks: one of both."]})
        return said


class RestFilter(django_filters.FilterSet):
    """Which rests."""

    assignment = django_filters.UUIDFilter("assignment_id", help_text="Of one thing given.")

    class Meta:
        model = Pause
        fields: list[str] = []


class Rests(ApiView):
    """The rests of a couple."""

    tag, is_list = "assignments", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.ASSIGNMENTS_READ, "POST": Scope.ASSIGNMENTS_WRITE}
    queryset = Pause.objects.none()
    serializer_class = RestSerializer
    filterset_class = RestFilter

    @extend_schema(operation_id="rests_list", summary="List the rests of a couple")
    def get(self, request: Request, couple_id: UUID) -> Response:
        """What rests, rested or will rest. Of what one partner has alone, only with the filter that names it."""
        couple = couple_or_404(couple_id)
        audit.looked("opened", audit.COUPLES, couple.pk)
        rows: QuerySet[Pause] = Pause.objects.filter(couple=couple)
        if "assignment" not in request.query_params:
            rows = rows.filter(Q(assignment=None) | ~Q(assignment__lane__in=record.APART))
        return self.page_of(rows)

    @extend_schema(
        operation_id="rests_create",
        summary="Let something rest",
        request=NewRestSerializer,
        responses={201: RestSerializer},
    )
    def post(self, request: Request, couple_id: UUID) -> Response:
        """Nothing is asked in that time, and nothing of it counts as left undone. They find that it rests, not why."""
        couple = couple_or_404(couple_id)
        said = self.sent(NewRestSerializer)
        assignment = given_or_404(couple, said["assignment_id"]) if "assignment_id" in said else None
        what = str(assignment.pk) if assignment else DEEP if said["deep_only"] else EVERYTHING
        form = PauseForm({**said, "what": what}, couple=couple, assignment=assignment)
        if not form.is_valid():
            raise serializers.ValidationError({name: list(found) for name, found in form.errors.items()})
        chosen = form.cleaned_data
        made = pausing.pause(
            couple,
            by=request.membership,
            kind=chosen["kind"],
            starts_on=chosen["starts_on"],
            ends_on=chosen["ends_on"],
            reason=chosen["reason"],
            assignment=assignment,
            deep_only=chosen["what"] == DEEP,
        )
        here = reverse("api_rest", args=[couple.pk, made.pk])
        return self.answer_with(self.shown(made), status=201, location=here)


def _rest_or_404(couple: Couple, pause_id: UUID) -> Pause:
    return get_object_or_404(Pause.objects.select_related("couple", "assignment"), couple=couple, pk=pause_id)


class OneRest(ApiView):
    """One rest."""

    tag = "assignments"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.ASSIGNMENTS_READ}
    serializer_class = RestSerializer

    @extend_schema(operation_id="rests_read", summary="Read a rest")
    def get(self, request: Request, couple_id: UUID, pause_id: UUID) -> Response:
        """From when to when, and what for."""
        one = _rest_or_404(couple_or_404(couple_id), pause_id)
        audit.looked_at("opened", one, lane=one.assignment.lane if one.assignment else audit.STAFF)
        return self.answer_with(self.shown(one))


class _Act(ApiView):
    tag = "assignments"
    door = staticmethod(for_clinicians)
    scopes = {"POST": Scope.ASSIGNMENTS_WRITE}
    serializer_class = RestSerializer

    def now(self, couple: Couple, pause_id: UUID) -> Response:
        return self.answer_with(self.shown(_rest_or_404(couple, pause_id)))


class EndRest(_Act):
    """Ending a rest."""

    @extend_schema(operation_id="rests_end", summary="End a rest", request=None, responses={200: RestSerializer})
    def post(self, request: Request, couple_id: UUID, pause_id: UUID) -> Response:
        """It is over now: what still has time is asked again. Done again, it changes nothing."""
        couple = couple_or_404(couple_id)
        pausing.lift(_rest_or_404(couple, pause_id))
        return self.now(couple, pause_id)


class ResumeRest(_Act):
    """Taking back that a rest ended."""

    @extend_schema(
        operation_id="rests_resume", summary="Let it rest again", request=None, responses={200: RestSerializer}
    )
    def post(self, request: Request, couple_id: UUID, pause_id: UUID) -> Response:
        """Undo ending it."""
        couple = couple_or_404(couple_id)
        pausing.resume(_rest_or_404(couple, pause_id))
        return self.now(couple, pause_id)
