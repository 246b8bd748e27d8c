"""Conversations with partners: with all of a couple, or with one of them alone, as the desk's pages of messages.

Who reads one is chosen when it begins, and for good. What is said is never changed.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Couple
from exercises import thread_reading, threads
from exercises.access import couple_or_404, partner_or_404, response_or_404
from exercises.models import Thread
from exercises.review_forms import EVERYBODY, BeginForm, CommentForm, SayForm, audience_choices, audience_of
from exercises.views.desk_couple import event_of
from exercises.vocabulary import Lane
from practice import audit
from practice.access import for_clinicians
from practice.api.paging import by
from practice.api.problems import Conflict
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView

NOT_IN_CARE = "This couple is in care no more: nobody would read it."
OVER = "This conversation is closed. Open it again first."
PARTNERS = ["0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e8f", "0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e90"]
LINE = {
    "id": "0199a8ea-5d6e-7f70-8b8c-9d0e1f2a3b4c",
    "partner_id": None,
    "name": "Dr Ines Karlsen",
    "text": "How was Sunday?",
    "said_at": "2026-11-23T09:12:00Z",
    "mine": True,
    "unread": False,
}
CONVERSATION = {
    "id": "0199a8ea-4c5d-5e6f-8a7b-8c9d0e1f2a3b",
    "couple_id": "0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e6f",
    "partner_ids": PARTNERS,
    "lane": "shared",
    "title": "Weekly state of us",
    "assignment_id": "0199a8d0-2b3c-7d4e-8f5a-6b7c8d9e0f1a",
    "response_id": None,
    "latest_at": "2026-11-23T09:12:00Z",
    "unread": False,
    "closed": False,
}


@example(**LINE)
class CommentLineSerializer(serializers.Serializer):
    """Something that was said."""

    id = serializers.UUIDField(source="comment.pk")
    partner_id = serializers.UUIDField(source="comment.author_id", allow_null=True, help_text="Null: the practice.")
    name = serializers.CharField()
    text = serializers.CharField(source="comment.text")
    said_at = serializers.DateTimeField(source="comment.said_at")
    mine = serializers.BooleanField()
    unread = serializers.BooleanField(source="is_new")


@example(**CONVERSATION)
class ConversationSerializer(serializers.Serializer):
    """A conversation, without what was said in it."""

    id = serializers.UUIDField(source="thread.pk")
    couple_id = serializers.UUIDField(source="thread.couple_id")
    partner_ids = serializers.ListField(source="thread.audience", child=serializers.UUIDField(), help_text="Who is in.")
    lane = serializers.ChoiceField(Lane.choices, help_text="shared, or private: with one alone.")
    title = serializers.CharField(help_text="What it is about, in words that all in it may read; else empty.")
    assignment_id = serializers.UUIDField(source="thread.assignment_id", allow_null=True)
    response_id = serializers.UUIDField(source="thread.response_id", allow_null=True)
    latest_at = serializers.DateTimeField(source="thread.latest_at", help_text="When something was said last.")
    unread = serializers.BooleanField(help_text="Whether others have spoken since you read it.")
    closed = serializers.BooleanField(help_text="Whether nothing more can be said in it.")


@example(**CONVERSATION, comments=[LINE])
class ConversationInFullSerializer(ConversationSerializer):
    """A conversation with what was said, the oldest first: the last 200."""

    comments = CommentLineSerializer(source="lines", many=True)


class _Text(serializers.Serializer):
    text = serializers.CharField(max_length=threads.LONGEST, trim_whitespace=False)


@example(text="How was Sunday?")
class SaySerializer(_Text):
    """Something to say."""


@example(text="How was Sunday?", partner_id=None)
class NewConversationSerializer(_Text):
    """The first words, and who reads them."""

    partner_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="With one partner alone. Left out: with all of them."
    )


@example(text="Thank you for this.", to_all=False)
class CommentSerializer(_Text):
    """Words about an answer."""

    to_all = serializers.BooleanField(default=False, help_text="To all partners. Else to the one who sent it, alone.")
    sure = serializers.BooleanField(
        required=False, help_text="To all about something private or sealed: nothing in these words gives it away."
    )


class _Conversations(ApiView):
    tag, is_list = "conversations", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.CONVERSATIONS_READ, "POST": Scope.CONVERSATIONS_WRITE}
    queryset = Thread.objects.none()
    serializer_class = ConversationSerializer
    pagination_class = by("-latest_at", "-pk")

    def page_for(self, couple: Couple, rows: QuerySet[Thread]) -> Response:
        page = self.paginate_queryset(self.filter_queryset(rows)) or []
        listed = thread_reading.listed(self.request.membership, page, [couple])
        return self.get_paginated_response(self.shown(listed, many=True))

    def begun(self, couple: Couple, text: str, to: UUID | None) -> Response:
        """Begin one, by the form of the page."""
        partners = threads.present(couple)
        form = BeginForm(
            {"text": text, "to": EVERYBODY if to is None else str(to)}, choices=audience_choices(partners, partners)
        )
        said = _judged(form)
        try:
            thread = threads.begin(
                couple,
                audience_of(said["to"], partners),
                by=self.request.membership,
                text=said["text"],
                key=said["key"],
                about=threads.About(),
            )
        except threads.Closed:
            raise Conflict(NOT_IN_CARE, "not_in_care") from None
        return _told(self, couple, thread.pk, status=201)


def _judged(form: SayForm) -> dict[str, Any]:
    if form.is_valid():
        return form.cleaned_data
    errors = {"partner_id" if name == "to" else name: list(found) for name, found in form.errors.items()}
    raise serializers.ValidationError(errors)


def _told(view: ApiView, couple: Couple, thread_id: UUID, status: int = 200) -> Response:
    """Answer a write: with nothing that was said, since answers to writes are kept for a day."""
    by_whom = view.request.membership
    thread = thread_reading.thread_or_404(by_whom, [couple.pk], thread_id)
    shown = view.shown(thread_reading.in_full(by_whom, thread, couple), ConversationSerializer)
    location = reverse("api_conversation", args=[couple.pk, thread_id]) if status == 201 else ""
    return view.answer_with(shown, status=status, location=location)


class Conversations(_Conversations):
    """Those with all partners of a couple."""

    @extend_schema(operation_id="conversations_list", summary="List the conversations with a couple")
    def get(self, request: Request, couple_id: UUID) -> Response:
        """Those with several partners, the latest first. Those with one alone stand under that partner."""
        couple = couple_or_404(couple_id)
        audit.looked("opened", audit.COUPLES, couple.pk)
        return self.page_for(couple, thread_reading.of_couple(request.membership, couple))

    @extend_schema(
        operation_id="conversations_begin",
        summary="Begin a conversation",
        request=NewConversationSerializer,
        responses={201: ConversationSerializer},
    )
    def post(self, request: Request, couple_id: UUID) -> Response:
        """With all partners, or with one of them alone. They are told that something waits, never what."""
        couple = couple_or_404(couple_id)
        said = self.sent(NewConversationSerializer)
        return self.begun(couple, said["text"], said.get("partner_id"))


class PrivateConversations(_Conversations):
    """Those with one partner alone."""

    scopes = {"GET": Scope.PRIVATE_RESPONSES_READ, "POST": Scope.CONVERSATIONS_WRITE}

    @extend_schema(operation_id="conversations_private_list", summary="List the conversations with one partner alone")
    def get(self, request: Request, couple_id: UUID, client_id: UUID) -> Response:
        """The other partners must not learn of them."""
        couple = couple_or_404(couple_id)
        client = partner_or_404(couple, client_id)
        audit.looked("opened", audit.CLIENTS, client.pk)
        return self.page_for(couple, thread_reading.of_couple(request.membership, couple, client))

    @extend_schema(
        operation_id="conversations_private_begin",
        summary="Begin a conversation with one partner alone",
        request=SaySerializer,
        responses={201: ConversationSerializer},
    )
    def post(self, request: Request, couple_id: UUID, client_id: UUID) -> Response:
        """Between that partner and the practice."""
        couple = couple_or_404(couple_id)
        client = partner_or_404(couple, client_id)
        return self.begun(couple, self.sent(SaySerializer)["text"], client.pk)


def _found(view: ApiView, couple_id: UUID, thread_id: UUID) -> tuple[Couple, Thread]:
    """Return a conversation; one with a partner alone needs a scope of its own, to write in it too."""
    couple = couple_or_404(couple_id)
    one = thread_reading.thread_or_404(view.request.membership, [couple.pk], thread_id)
    if len(one.audience) == 1:
        view.needs(Scope.PRIVATE_RESPONSES_READ)
    return couple, one


class OneConversation(ApiView):
    """One conversation."""

    tag = "conversations"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.CONVERSATIONS_READ}
    serializer_class = ConversationInFullSerializer

    @extend_schema(operation_id="conversations_read", summary="Read a conversation")
    def get(self, request: Request, couple_id: UUID, thread_id: UUID) -> Response:
        """What was said in it. That you read it is noted only when you say so.

        One with a partner alone needs `private-responses:read` as well.
        """
        couple, one = _found(self, couple_id, thread_id)
        audit.looked_at("opened", one)
        return self.answer_with(self.shown(thread_reading.in_full(request.membership, one, couple)))


class _Act(ApiView):
    """A write answers with the conversation as it stands: what may not be read is not written in."""

    tag = "conversations"
    door = staticmethod(for_clinicians)
    scopes = {"POST": Scope.CONVERSATIONS_WRITE}
    serializer_class = ConversationSerializer


class Say(_Act):
    """Saying something."""

    @extend_schema(
        operation_id="conversations_say",
        summary="Say something in a conversation",
        request=SaySerializer,
        responses={201: ConversationSerializer},
    )
    def post(self, request: Request, couple_id: UUID, thread_id: UUID) -> Response:
        """All in it can read it at once. It cannot be changed later."""
        couple, one = _found(self, couple_id, thread_id)
        said = _judged(SayForm(self.sent(SaySerializer)))
        try:
            threads.say(one, by=request.membership, text=said["text"], key=said["key"])
        except threads.Closed:
            raise Conflict(OVER, "closed") from None
        return _told(self, couple, one.pk, status=201)


class SeeConversation(_Act):
    """Having read it."""

    @extend_schema(operation_id="conversations_seen", summary="Note that you have read a conversation", request=None)
    def post(self, request: Request, couple_id: UUID, thread_id: UUID) -> Response:
        """Up to now. Nobody else learns of it."""
        couple, one = _found(self, couple_id, thread_id)
        threads.see(one, request.membership)
        return _told(self, couple, one.pk)


class CloseConversation(_Act):
    """Closing."""

    @extend_schema(operation_id="conversations_close", summary="Close a conversation", request=None)
    def post(self, request: Request, couple_id: UUID, thread_id: UUID) -> Response:
        """Nothing more can be said in it. Everybody in it can still read it."""
        couple, one = _found(self, couple_id, thread_id)
        threads.close(one)
        return _told(self, couple, one.pk)


class ReopenConversation(_Act):
    """Opening again."""

    @extend_schema(operation_id="conversations_reopen", summary="Open a conversation again", request=None)
    def post(self, request: Request, couple_id: UUID, thread_id: UUID) -> Response:
        """Undo closing it."""
        couple, one = _found(self, couple_id, thread_id)
        threads.reopen(one)
        return _told(self, couple, one.pk)


class Comment(_Act):
    """Words about an answer, as far as it is for all partners."""

    apart = False

    @extend_schema(
        operation_id="responses_comment",
        summary="Say something about an answer",
        request=CommentSerializer,
        responses={201: ConversationSerializer},
    )
    def post(self, request: Request, couple_id: UUID, response_id: UUID) -> Response:
        """To the one who sent it, or to all: in the conversation about it, if there is one.

        To one alone needs `private-responses:read` as well.
        """
        return self.commented(couple_or_404(couple_id), response_id, None)

    def commented(self, couple: Couple, response_id: UUID, client_id: UUID | None) -> Response:
        author = partner_or_404(couple, client_id) if client_id else None
        sent = response_or_404(couple, response_id, author=author)
        event = event_of(self.request, couple, sent, self.apart)
        partners = threads.present(couple)
        alone = [one for one in partners if one.client_id == sent.author_id]
        if not alone:
            raise Http404
        said = self.sent(CommentSerializer)
        to = EVERYBODY if said["to_all"] else str(sent.author_id)
        form = CommentForm({**said, "to": to}, alone=alone, partners=partners, delicate=self.apart or event.sealed)
        if not form.is_valid():
            raise _about_comment(form)
        cleaned = form.cleaned_data
        audience = audience_of(cleaned["to"], partners)
        if len(audience) == 1:
            self.needs(Scope.PRIVATE_RESPONSES_READ)
        try:
            made = threads.answer_to(
                sent, audience, by=self.request.membership, text=cleaned["text"], key=cleaned["key"]
            )
        except threads.Closed:
            raise Conflict(NOT_IN_CARE, "not_in_care") from None
        return _told(self, couple, made.pk, status=201)


def _about_comment(form: CommentForm) -> serializers.ValidationError:
    errors = {"to_all" if name == "to" else name: list(found) for name, found in form.errors.items()}
    return serializers.ValidationError(errors)


class PrivateComment(Comment):
    """Words about what one partner told the therapist alone."""

    apart = True

    @extend_schema(
        operation_id="responses_private_comment",
        summary="Say something about what one partner told you alone",
        request=CommentSerializer,
        responses={201: ConversationSerializer},
    )
    def post(self, request: Request, couple_id: UUID, client_id: UUID, response_id: UUID) -> Response:  # type: ignore[override]
        """To that partner alone, unless you say to all and are sure that it gives nothing away.

        Needs `private-responses:read` as well.
        """
        self.needs(Scope.PRIVATE_RESPONSES_READ)
        return self.commented(couple_or_404(couple_id), response_id, client_id)
