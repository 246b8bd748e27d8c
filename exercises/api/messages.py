"""What was sent because of what was given, as the page of a plan's reminders shows it. No words and no addresses.

As with answers there are two lists: reminders of what all partners have stand at the couple, those of what one of
them has alone stand under that partner.
"""

from __future__ import annotations

import datetime
from uuid import UUID

import django_filters
from django.db.models import OuterRef, QuerySet, Subquery
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response as Answered

from exercises import reminder_ledger
from exercises.access import couple_or_404, partner_or_404
from exercises.caseload import APART
from exercises.models import Occurrence
from practice import audit
from practice.access import for_clinicians
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView
from practice.models import Message

State = Message.State

#: Those that have gone to somebody else's hands.
LEFT = (State.ACCEPTED, State.DELIVERED, State.BOUNCED, State.COMPLAINED, State.UNKNOWN)
MESSAGE = {
    "id": "0199c2e3-5d6e-7f80-9a1b-2c3d4e5f6a7b",
    "kind": "reminder",
    "step": "due",
    "channel": "email",
    "partner_id": "0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e8f",
    "assignment_id": "0199ae31-22aa-7b0c-9f10-5d6e7f8a9b0c",
    "occurrence_id": "0199ae31-22ab-7c1d-8e2f-6a7b8c9d0e1f",
    "state": "skipped",
    "words": "not needed: answered",
    "why_not": "answered",
    "planned_for": "2026-03-09T18:00:00Z",
    "left_at": None,
    "arrived": False,
    "finished_at": "2026-03-09T18:00:04Z",
}


@example(**MESSAGE)
class MessageSerializer(serializers.Serializer):
    """One message to one person through one channel."""

    id = serializers.UUIDField()
    kind = serializers.CharField(help_text="What it is, such as reminder.")
    step = serializers.CharField(help_text="Which of a reminder's steps: opens, due, follow_up and others.")
    channel = serializers.ChoiceField(Message.Channel.choices)
    partner_id = serializers.UUIDField(source="person_id", help_text="To whom.")
    assignment_id = serializers.UUIDField()
    occurrence_id = serializers.UUIDField(source="about_id")
    state = serializers.ChoiceField(State.choices)
    words = serializers.SerializerMethodField(help_text="How it stands, as people read it.")
    why_not = serializers.SerializerMethodField(help_text="Why it was not needed or was cancelled; else empty.")
    planned_for = serializers.DateTimeField(allow_null=True, help_text="When it was meant to leave.")
    left_at = serializers.SerializerMethodField(help_text="When it was handed to whoever carries it.")
    arrived = serializers.SerializerMethodField(help_text="Whether whoever carries it said that it arrived.")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When nothing more was left to do.")

    def get_words(self, message: Message) -> str:
        return reminder_ledger.in_words(message)

    def get_why_not(self, message: Message) -> str:
        return reminder_ledger.why_not(message)

    def get_left_at(self, message: Message) -> datetime.datetime | None:
        return message.begun_at or (message.handed_off_at if message.state in LEFT else None)

    def get_arrived(self, message: Message) -> bool:
        return message.state == State.DELIVERED


class MessageFilter(django_filters.FilterSet):
    """Which messages."""

    assignment = django_filters.UUIDFilter("assignment_id", help_text="About one thing that was given.")
    partner = django_filters.UUIDFilter("person_id", help_text="To one partner.")
    channel = django_filters.MultipleChoiceFilter(choices=Message.Channel.choices, distinct=False)
    state = django_filters.MultipleChoiceFilter(choices=State.choices, distinct=False)
    since = django_filters.IsoDateTimeFilter("planned_for", "gte", help_text="Planned for this moment or later.")

    class Meta:
        model = Message
        fields = ["assignment", "partner", "channel", "state", "since"]


class _Messages(ApiView):
    tag, is_list = "messages", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.MESSAGES_READ}
    queryset = Message.objects.none()
    serializer_class = MessageSerializer
    filterset_class = MessageFilter

    def page_about(self, occurrences: QuerySet[Occurrence]) -> Answered:
        """One page of the messages about these: what lies behind a wall names nothing here either."""
        asked = occurrences.exclude(state=Occurrence.State.WITHDRAWN)
        of = Occurrence.objects.filter(pk=OuterRef("about_id")).values("assignment_id")[:1]
        rows = Message.objects.filter(about_id__in=asked.values("pk")).annotate(assignment_id=Subquery(of))
        return self.page_of(rows)


class Messages(_Messages):
    """What was sent because of what all partners have."""

    @extend_schema(operation_id="messages_list", summary="List what was sent")
    def get(self, request: Request, couple_id: UUID) -> Answered:
        """Each message with its time and its end. Nothing about what one partner has alone."""
        couple = couple_or_404(couple_id)
        audit.looked("opened", audit.COUPLES, couple.pk)
        return self.page_about(Occurrence.objects.filter(couple=couple).exclude(assignment__lane__in=APART))


class PrivateMessages(_Messages):
    """What was sent because of what one partner has alone."""

    @extend_schema(operation_id="messages_private_list", summary="List what was sent to one partner alone")
    def get(self, request: Request, couple_id: UUID, client_id: UUID) -> Answered:
        """For the therapist alone: the other partners must not learn that it exists."""
        couple = couple_or_404(couple_id)
        client = partner_or_404(couple, client_id)
        audit.looked("opened", audit.CLIENTS, client.pk)
        theirs = Occurrence.objects.filter(couple=couple, assignment__lane__in=APART, client=client)
        return self.page_about(theirs)
