"""What one and the therapist write to each other. Never a chat between partners."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Couple
from exercises import thread_reading, threads
from exercises.api.me.person import ID, Mine
from exercises.api.me.shapes import LANE, MyLaneSerializer
from exercises.lane_words import circles, said
from exercises.models import Thread
from exercises.review_forms import EVERYBODY, BeginForm, SayForm
from exercises.views.portal import own_couples_in_order
from exercises.views.portal_talk import ALONE, begin, choices_for, subject_of
from practice.api.paging import by
from practice.api.problems import Conflict, of_form
from practice.api.schema import example

LINE = {
    "name": "Dr Karlsen",
    "mine": False,
    "unread": True,
    "text": "How was Sunday?",
    "said_at": "2026-11-23T09:12:00Z",
}
CONVERSATION = {
    "id": ID,
    "title": "Check-in",
    "lane": LANE,
    "latest_at": "2026-11-23T09:12:00Z",
    "unread": True,
    "closed": False,
}


@example(**LINE)
class MyLineSerializer(serializers.Serializer):
    """Something that was said."""

    name = serializers.CharField()
    mine = serializers.BooleanField()
    unread = serializers.BooleanField(source="is_new")
    text = serializers.CharField(source="comment.text")
    said_at = serializers.DateTimeField(source="comment.said_at")


@example(**CONVERSATION)
class MyConversationSerializer(serializers.Serializer):
    """A conversation, without what was said in it."""

    id = serializers.UUIDField(source="thread.pk")
    title = serializers.CharField(help_text="What it is about, neutral; empty where it is about nothing in particular.")
    lane = serializers.SerializerMethodField(help_text="Who reads it.")
    latest_at = serializers.DateTimeField(source="thread.latest_at")
    unread = serializers.BooleanField()
    closed = serializers.BooleanField(help_text="Whether nothing more can be said in it.")

    @extend_schema_field(MyLaneSerializer)
    def get_lane(self, one: thread_reading.Shown) -> Any:
        circle = self.context["circles"][one.thread.couple_id]
        return MyLaneSerializer(said(one.lane, circle)).data


@example(**CONVERSATION, comments=[LINE])
class MyConversationInFullSerializer(MyConversationSerializer):
    """A conversation with what was said, the oldest first."""

    comments = MyLineSerializer(source="lines", many=True)


class _MyText(serializers.Serializer):
    text = serializers.CharField(max_length=threads.LONGEST, trim_whitespace=False)


@example(text="May I bring the money up on Friday?")
class MySaySerializer(_MyText):
    """Something to say."""


@example(text="May I bring the money up on Friday?", alone=True)
class MyNewConversationSerializer(_MyText):
    """The first words, and who reads them. That cannot be changed later."""

    alone = serializers.BooleanField(default=True, help_text="Only you and your therapist. False: all of you.")
    assignment_id = serializers.UUIDField(required=False, help_text="What it is about: something that you were given.")
    response_id = serializers.UUIDField(required=False, help_text="What it is about: something that you sent.")


@example(id=ID)
class MySaidInSerializer(serializers.Serializer):
    """Where it was said. Answers to writes are kept for a day, so no words are in it."""

    id = serializers.UUIDField(help_text="Of the conversation.")


class _Talk(Mine):
    serializer_class = MyConversationSerializer

    def couples(self) -> list[Couple]:
        return own_couples_in_order()

    def found(self, thread_id: UUID) -> Thread:
        return thread_reading.thread_or_404(self.request.person, [one.pk for one in self.couples()], thread_id)

    def told(self, shown: Any, kind: type[serializers.BaseSerializer], couples: list[Couple], **more: Any) -> Any:
        around = circles(self.request.person, self.request.practice, [one.pk for one in couples])
        return kind(shown, context={**self.get_serializer_context(), "circles": around}, **more).data

    def written(self, thread: Thread) -> Response:
        here = reverse("api_me_conversation", args=[thread.pk])
        return self.answer_with(self.shown({"id": thread.pk}, MySaidInSerializer), status=201, location=here)


class Conversations(_Talk):
    """One's conversations."""

    is_list = True
    queryset = Thread.objects.none()
    pagination_class = by("-latest_at", "-pk")

    @extend_schema(operation_id="me_conversations", summary="List what you and your therapist write to each other")
    def get(self, request: Request) -> Response:
        """The latest first."""
        couples = self.couples()
        rows = thread_reading.with_subject(threads.threads_for(request.person, [one.pk for one in couples]))
        page = self.paginate_queryset(self.filter_queryset(rows)) or []
        listed = thread_reading.listed(request.person, page, couples)
        return self.get_paginated_response(self.told(listed, MyConversationSerializer, couples, many=True))

    @extend_schema(
        operation_id="me_conversations_begin",
        summary="Write to your therapist",
        request=MyNewConversationSerializer,
        responses={201: MySaidInSerializer},
    )
    def post(self, request: Request) -> Response:
        """Between the two of you, or with all partners. Nobody reads it at once: not for emergencies."""
        wanted = self.sent(MyNewConversationSerializer)
        about = {name: str(wanted[f"{name}_id"]) for name in ("assignment", "response") if f"{name}_id" in wanted}
        couple, assignment, response = subject_of(request.person, about)
        choices = choices_for(circles(request.person, request.practice, [couple.pk])[couple.pk])
        form = BeginForm({"text": wanted["text"], "to": ALONE if wanted["alone"] else EVERYBODY}, choices=choices)
        if not form.is_valid():
            named = {"to": "alone"}
            raise serializers.ValidationError({named.get(name, name): list(one) for name, one in form.errors.items()})
        return self.written(begin(request.person, couple, form, response=response, assignment=assignment))


class OneConversation(_Talk):
    """One conversation."""

    serializer_class = MyConversationInFullSerializer

    @extend_schema(operation_id="me_conversations_read", summary="Read a conversation")
    def get(self, request: Request, thread_id: UUID) -> Response:
        """What was said in it. That you have read it is noted only when you say so."""
        couples = self.couples()
        thread = thread_reading.thread_or_404(request.person, [one.pk for one in couples], thread_id)
        couple = next(one for one in couples if one.pk == thread.couple_id)
        shown = thread_reading.in_full(request.person, thread, couple)
        return self.answer_with(self.told(shown, MyConversationInFullSerializer, [couple]))


class Say(_Talk):
    """Saying something."""

    serializer_class = MySaidInSerializer

    @extend_schema(
        operation_id="me_conversations_say",
        summary="Say something in a conversation",
        request=MySaySerializer,
        responses={201: MySaidInSerializer},
    )
    def post(self, request: Request, thread_id: UUID) -> Response:
        """Everybody in it can read it. It cannot be changed later."""
        thread = self.found(thread_id)
        form = SayForm(self.sent(MySaySerializer))
        if not form.is_valid():
            raise of_form(form)
        try:
            threads.say(thread, by=request.person, text=form.cleaned_data["text"], key=form.cleaned_data["key"])
        except threads.Closed:
            raise Conflict(_("This conversation is closed. You can begin a new one."), "closed") from None
        return self.written(thread)


class Seen(_Talk):
    """Having read it."""

    @extend_schema(
        operation_id="me_conversations_seen",
        summary="Note that you have read a conversation",
        request=None,
        responses={204: None},
    )
    def post(self, request: Request, thread_id: UUID) -> Response:
        """Up to now. Nobody else learns of it."""
        threads.see(self.found(thread_id), request.person)
        return Response(status=204)
