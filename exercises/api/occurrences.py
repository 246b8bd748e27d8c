"""When something given falls due, and how each of them stands with it: what the desk's plan of it shows."""

from __future__ import annotations

import datetime
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from exercises.access import assignment_or_404, couple_or_404
from exercises.models import Occurrence
from practice import audit
from practice.access import for_clinicians
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView

State = Occurrence.State
#: What was taken back stands on no page either.
STATES = [(value, label) for value, label in State.choices if value != State.WITHDRAWN]


@example(
    id="0199a8d1-4c5d-7e6f-8a7b-8c9d0e1f2a3b",
    couple="0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e6f",
    assignment="0199a8d0-2b3c-7d4e-8f5a-6b7c8d9e0f1a",
    slot="2026-11-29T18:00",
    partner="0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e8f",
    state="open",
    started=False,
    late=False,
    opens_at="2026-11-29T00:00:00Z",
    due_at="2026-11-29T18:00:00Z",
    closes_at="2026-12-06T18:00:00Z",
    moved=False,
    left_out_by_practice=False,
    reason="",
)
class OccurrenceSerializer(serializers.Serializer):
    """One due date of something given, for one person, or for all of them together."""

    id = serializers.UUIDField()
    couple = serializers.UUIDField(source="couple_id")
    assignment = serializers.UUIDField(source="assignment_id")
    slot = serializers.CharField(help_text="The round it stands for: those of one slot belong together.")
    partner = serializers.UUIDField(source="client_id", allow_null=True, help_text="Null: they answer together.")
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
        """Rounds of all that the couples you may read were given. It is written down that you looked."""
        rows: QuerySet[Occurrence] = Occurrence.objects.exclude(state=State.WITHDRAWN)
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
