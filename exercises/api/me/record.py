"""What one sent, for oneself to read. Open whatever became of one's care or consent, as the portal's page is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response as Answered

from exercises import kept_own
from exercises.api.me.person import ID, Mine
from exercises.languages import language_of, spoken
from exercises.models import Response
from exercises.refill import raw_of
from exercises.saying import SaidAnswer
from exercises.vocabulary import Lane
from practice.access import for_clients
from practice.api.schema import example

SENT = {
    "id": ID,
    "title": "Check-in",
    "occurrence_id": "0199a8c0-8c1b-7c2d-8e3f-0a1b2c3d4e5f",
    "sent_at": "2026-11-23T20:15:00Z",
    "revision": 1,
    "lane": "private",
    "copy": True,
}
SAID = {"key": "near", "label": "How close I felt", "words": "7 of 10", "answer": ["7"]}


@example(**SENT)
class MyOwnSerializer(serializers.Serializer):
    """Something that one sent; of what was changed, what stands now."""

    id = serializers.UUIDField()
    title = serializers.SerializerMethodField(help_text="Neutral, as in lists.")
    occurrence_id = serializers.UUIDField()
    sent_at = serializers.DateTimeField(source="submitted_at")
    revision = serializers.IntegerField(help_text="1 for what was sent first.")
    lane = serializers.ChoiceField(Lane.choices, help_text="The widest of its answers.")
    copy = serializers.BooleanField(
        source="author_keeps", help_text="False: sent so that only the therapist reads it. Its answers are not here."
    )

    def get_title(self, one: Response) -> str:
        return spoken(one.edition, self.context["language"]).neutral_title


@example(**SAID)
class MySaidSerializer(serializers.Serializer):
    """One answer."""

    key = serializers.CharField()
    label = serializers.SerializerMethodField(help_text="What was asked.")
    words = serializers.CharField(help_text="As one would say it; empty where one would rather not.")
    answer = serializers.SerializerMethodField(help_text="As it was sent: see a draft's `answers`. Empty for a grid.")

    def get_label(self, one: SaidAnswer) -> str:
        return f"{one.head}: {one.label}" if one.head else one.label

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_answer(self, one: SaidAnswer) -> list[str]:
        return raw_of(one.question, one.value)


@example(**SENT, answers=[SAID])
class MyOwnInFullSerializer(MyOwnSerializer):
    """Something that one sent, with one's answers."""

    answers = MySaidSerializer(many=True)


class OwnFilter(django_filters.FilterSet):
    """Which of one's own."""

    lane = django_filters.MultipleChoiceFilter(choices=Lane.choices)

    class Meta:
        model = Response
        fields = ["lane"]


class _Kept(Mine):
    """Readable by their author, whatever else they agreed to."""

    door = staticmethod(for_clients)

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        person = getattr(self.request, "person", None)
        return {**context, "language": language_of(person, self.request.practice)} if person else context


class Responses(_Kept):
    """Everything one sent."""

    is_list = True
    queryset = Response.objects.none()
    serializer_class = MyOwnSerializer
    filterset_class = OwnFilter

    @extend_schema(operation_id="me_responses_list", summary="List what you sent")
    def get(self, request: Request) -> Answered:
        """Your own, the newest first, whatever the lane."""
        return self.page_of(kept_own.sent_by(request.person))


class OneResponse(_Kept):
    """One of them."""

    serializer_class = MyOwnInFullSerializer

    @extend_schema(operation_id="me_responses_read", summary="Read what you sent")
    def get(self, request: Request, response_id: UUID) -> Answered:
        """Your answers in words. Without a copy, there are none here."""
        response = get_object_or_404(kept_own.sent_by(request.person), pk=response_id)
        own = kept_own.read(response, request.person, request.practice)
        return self.answer_with(
            {**self.shown(response, MyOwnSerializer), "answers": self.shown(own.answers, MySaidSerializer, many=True)}
        )


BEGUN = {"id": ID, "title": "Check-in", "occurrence_id": SENT["occurrence_id"], "saved_at": "2026-11-23T20:12:00Z"}


@example(**BEGUN)
class MyBegunDraftSerializer(serializers.Serializer):
    """Something that one typed and never sent."""

    id = serializers.UUIDField(source="draft.pk")
    title = serializers.CharField(help_text="Neutral, as in lists.")
    occurrence_id = serializers.UUIDField(source="draft.occurrence_id")
    saved_at = serializers.DateTimeField(source="draft.saved_at")


@example(drafts=[BEGUN])
class MyBegunDraftsSerializer(serializers.Serializer):
    """Everything one typed and never sent, what was saved last first."""

    drafts = MyBegunDraftSerializer(many=True)


@example(**BEGUN, answers=[SAID])
class MyBegunDraftInFullSerializer(MyBegunDraftSerializer):
    """Something that one typed and never sent, with one's answers as far as they can be put in words."""

    answers = MySaidSerializer(many=True)


class Drafts(_Kept):
    """Everything one began."""

    serializer_class = MyBegunDraftsSerializer

    @extend_schema(operation_id="me_drafts", summary="See what you began and never sent")
    def get(self, request: Request) -> Answered:
        """Your own, whatever became of it. What is still open is answered at its occurrence."""
        language = language_of(request.person, request.practice)
        told = [
            {"draft": draft, "title": spoken(edition, language).neutral_title}
            for draft, edition in kept_own.begun_by(request.person)
        ]
        return self.answer_with(self.shown({"drafts": told}))


class OneDraft(_Kept):
    """One of them."""

    serializer_class = MyBegunDraftInFullSerializer

    @extend_schema(operation_id="me_drafts_read", summary="Read what you began and never sent")
    def get(self, request: Request, draft_id: UUID) -> Answered:
        """Your answers in words."""
        found = kept_own.draft_of(request.person, draft_id)
        if found is None:
            raise Http404
        own = kept_own.read_draft(*found, request.person, request.practice)
        return self.answer_with(self.shown({"draft": found[0], "title": own.title, "answers": own.answers}))
