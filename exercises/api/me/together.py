"""What has opened for everybody in a couple, and one's own word on opening it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Partner
from exercises import attachments, comparing, revealing
from exercises import today as first_page
from exercises import together as opening
from exercises.api.files import FILE, FileSerializer
from exercises.api.me.doing import OfOne
from exercises.api.me.person import ID, Mine, MyWaitingSerializer
from exercises.api.me.telling import MyStandsSerializer
from exercises.comparing import Compared, SideBySide
from exercises.lane_words import circles
from exercises.templatetags import portal as words
from exercises.views.portal import own_couples
from exercises.vocabulary import Lane
from practice.api.schema import example

#: So many answers are looked through, as on the page.
REACH = 400
GROUP = {
    "id": ID,
    "title": "Seeing you",
    "lane": "reveal",
    "opened_at": "2026-11-20T18:00:00Z",
    "unfolded": True,
    "words": "Opened on 20 November",
}
PARTS = ("first", "close", "different", "words", "alone", "agreed")
VOICE = {"name": "Mara", "position": 0, "words": "7 of 10", "number": 7}
COMPARED = {"part": "close", "key": "near", "label": "How close I felt", "voices": [VOICE]}


@example(**GROUP)
class MyGroupSerializer(serializers.Serializer):
    """One round that opened."""

    id = serializers.UUIDField(source="at", help_text="The occurrence that stands for it.")
    title = serializers.CharField(source="edition.neutral_title")
    lane = serializers.ChoiceField(Lane.choices)
    opened_at = serializers.DateTimeField(source="moment")
    unfolded = serializers.BooleanField(help_text="False while you have not looked: then unfold it to read it.")
    words = serializers.SerializerMethodField()

    def get_words(self, group: opening.Opened) -> str:
        return words.opened_on(group)


@example(opened=[GROUP], waiting=[{"id": ID, "title": "Seeing you", "words": "Sealed. Opens on Thursday"}])
class MyTogetherSerializer(serializers.Serializer):
    """What has opened, and what of one's own is sealed."""

    opened = MyGroupSerializer(many=True, help_text="What opened last stands first.")
    waiting = MyWaitingSerializer(many=True, help_text="Your own. Nothing here tells of anybody else.")


@example(**VOICE)
class MyVoiceSerializer(serializers.Serializer):
    """What one person said. Left out and 'rather not say' look the same: no words."""

    name = serializers.CharField()
    position = serializers.IntegerField()
    words = serializers.CharField()
    number = serializers.FloatField(allow_null=True)


@example(**COMPARED)
class MyComparedSerializer(serializers.Serializer):
    """One question, and what each said."""

    part = serializers.ChoiceField(
        PARTS, help_text="Where the page has it: words first, where people are close, where they differ."
    )
    key = serializers.CharField(source="compared.question.key")
    label = serializers.CharField(source="compared.label")
    voices = MyVoiceSerializer(source="compared.voices", many=True)


@example(name="Theo", files=[FILE])
class MySentAlongSerializer(serializers.Serializer):
    """What one person sent along."""

    name = serializers.CharField()
    files = FileSerializer(many=True)


@example(**GROUP, answers=[COMPARED], files=[{"name": "Theo", "files": [FILE]}])
class MyOpenedSerializer(MyGroupSerializer):
    """One round side by side."""

    answers = MyComparedSerializer(many=True, help_text="Empty until you unfold it.")
    files = MySentAlongSerializer(many=True, help_text="What was sent along. Empty until you unfold it.")


class Together(Mine):
    """Everything that has opened."""

    serializer_class = MyTogetherSerializer

    @extend_schema(operation_id="me_together", summary="See what has opened")
    def get(self, request: Request) -> Response:
        """The rounds that you may read together, and what of your own is still sealed."""
        now, couples = timezone.now(), own_couples()
        around = circles(request.person, request.practice, couples)
        waiting = opening.sealed(request.person, couples, now)
        told = {
            "opened": opening.opened(request.person, couples, now, limit=REACH),
            "waiting": [first_page.Waiting(one, around[one.couple_id]) for one in waiting],
        }
        return self.answer_with(MyTogetherSerializer(told, context={"now": now}).data)


class _OfRound(Mine):
    """What is about one round that opened."""

    serializer_class = MyOpenedSerializer

    def told(self, group: opening.Opened) -> Response:
        answers = list(_compared(group)) if group.unfolded else []
        compared = self.shown(answers, MyComparedSerializer, many=True)
        along = self.shown(_sent_along(group) if group.unfolded else [], MySentAlongSerializer, many=True)
        return self.answer_with({**self.shown(group, MyGroupSerializer), "answers": compared, "files": along})

    def group(self, occurrence_id: UUID) -> opening.Opened:
        """Return a round with something in it for this person. Everything else is the same 404."""
        return opening.one(self.request.person, own_couples(), occurrence_id, timezone.now())


def _compared(group: opening.Opened) -> Iterator[dict[str, Any]]:
    partners = Partner.objects.filter(couple=group.assignment.couple_id).select_related("client").order_by("position")
    page = comparing.side_by_side(group, list(partners))
    for part in PARTS:
        yield from ({"part": part, "compared": one} for one in _of(page, part))


def _sent_along(group: opening.Opened) -> list[dict[str, Any]]:
    files = attachments.of_responses(group.responses)
    return [{"name": one.author.name, "files": files[one.pk]} for one in group.responses if one.pk in files]


def _of(page: SideBySide, part: str) -> tuple[Compared, ...]:
    found = getattr(page, part)
    return found if isinstance(found, tuple) else (found,) if found else ()


class OneOpened(_OfRound):
    """One round."""

    @extend_schema(operation_id="me_together_read", summary="Read one round side by side")
    def get(self, request: Request, occurrence_id: UUID) -> Response:
        """What each of you sent, once it is open and you have unfolded it."""
        return self.told(self.group(occurrence_id))


class Unfold(_OfRound):
    """Looking at what opened."""

    repeats = False

    @extend_schema(operation_id="me_unfold", summary="Look at what has opened", request=None)
    def post(self, request: Request, occurrence_id: UUID) -> Response:
        """Open it for yourself. Nobody is told that you looked; doing it twice changes nothing."""
        revealing.unfold(self.group(occurrence_id), request.person)
        return self.told(self.group(occurrence_id))


@example(ready=True)
class MyReadySerializer(serializers.Serializer):
    """One's own word."""

    ready = serializers.BooleanField(default=True, help_text="False: not yet after all.")


class Ready(OfOne):
    """Being ready to open it, where the partners decide."""

    @extend_schema(
        operation_id="me_ready",
        summary="Say that you are ready to open it",
        request=MyReadySerializer,
        responses=MyStandsSerializer,
    )
    def post(self, request: Request, occurrence_id: UUID) -> Response:
        """Say so, or take it back. It opens for all at once when all have sent and said so, and never says who has."""
        doing = self.doing(occurrence_id)
        if doing.sent is None or not revealing.by_their_own_yes(doing.assignment):
            raise Http404
        revealing.say_ready(doing.occurrence, request.person, ready=self.sent(MyReadySerializer)["ready"])
        return self.told(occurrence_id)
