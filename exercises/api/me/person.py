"""Who a client is here, and what there is for them today."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.access import for_consenting_callers
from exercises import on_demand
from exercises import today as first_page
from exercises.api.me.shapes import LANE, MyLaneSerializer
from exercises.doing import greeting
from exercises.lane_words import circles
from exercises.languages import language_of
from exercises.models import Assignment
from exercises.templatetags import portal as words
from exercises.views.portal import own_couples
from practice.api.problems import Conflict
from practice.api.schema import example
from practice.api.views import ApiView

ID = "0199a8c0-9a1b-7c2d-8e3f-0a1b2c3d4e5f"


class Mine(ApiView):
    """An address of the portal. No token opens it, whatever it was made for: it is for one person in their browser."""

    tag = "me"
    door = staticmethod(for_consenting_callers)


@example(id=ID, others=["Theo"], therapists=["Dr Karlsen"])
class MyCircleSerializer(serializers.Serializer):
    """A couple that one is in care with."""

    id = serializers.UUIDField()
    others = serializers.ListField(child=serializers.CharField(), help_text="The other partners' names.")
    therapists = serializers.ListField(child=serializers.CharField())


@example(
    name="Mara",
    pronouns="she/her",
    greeting="Good evening, Mara",
    time_zone="Europe/London",
    language="en",
    practice="Linden House",
    reply_hours="on working days",
    couples=[{"id": ID, "others": ["Theo"], "therapists": ["Dr Karlsen"]}],
)
class MeSerializer(serializers.Serializer):
    """The person who is signed in."""

    name = serializers.CharField()
    pronouns = serializers.CharField()
    greeting = serializers.CharField()
    time_zone = serializers.CharField(help_text="The IANA zone that their days are told in.")
    language = serializers.CharField(help_text="The language that they read exercises in.")
    practice = serializers.CharField()
    reply_hours = serializers.CharField(help_text="When somebody of the practice reads what is sent.")
    couples = MyCircleSerializer(many=True, help_text="Empty for those who are in no care now.")


class Me(Mine):
    """Who one is here."""

    serializer_class = MeSerializer

    @extend_schema(operation_id="me_read", summary="See who you are here")
    def get(self, request: Request) -> Response:
        """Your name, your zone and language, and who is in care with you."""
        couples = own_couples()
        around = circles(request.person, request.practice, couples)
        told = {
            "name": request.person.name,
            "pronouns": request.person.pronouns,
            "greeting": greeting(request.person, timezone.now()),
            "time_zone": timezone.get_current_timezone_name(),
            "language": language_of(request.person, request.practice),
            "practice": request.practice.name,
            "reply_hours": request.practice.reply_hours,
            "couples": [
                {"id": one, "others": around[one].others, "therapists": around[one].therapists} for one in couples
            ],
        }
        return self.answer_with(self.shown(told))


OPEN = {
    "id": ID,
    "title": "Check-in",
    "begun": True,
    "late": False,
    "due_at": "2026-11-26T18:00:00Z",
    "when": "best before Thursday 18:00",
    "minutes": 4,
    "lane": LANE,
}


@example(**OPEN)
class MyOpenSerializer(serializers.Serializer):
    """Something that can be answered now."""

    id = serializers.UUIDField(source="occurrence.pk", help_text="Of the occurrence.")
    title = serializers.CharField(source="doing.edition.neutral_title", help_text="Neutral, as on the page.")
    begun = serializers.BooleanField(source="started", help_text="Whether you typed something already.")
    late = serializers.BooleanField(help_text="Whether it stands under 'Still open, if you like'.")
    due_at = serializers.DateTimeField(source="occurrence.due_at")
    when = serializers.SerializerMethodField(help_text="By when, in words.")
    minutes = serializers.IntegerField(source="doing.edition.content.minutes")
    lane = MyLaneSerializer(source="said", help_text="Who reads it; single questions may say less.")

    def get_when(self, item: first_page.Item) -> str:
        return words.when(item, self.context["now"])


@example(id=ID, title="Seeing you", words="Sealed. Opens on Thursday")
class MyWaitingSerializer(serializers.Serializer):
    """Something of one's own that is sealed."""

    id = serializers.UUIDField(source="response.occurrence_id", help_text="Of the occurrence.")
    title = serializers.CharField(source="response.occurrence.assignment.edition.neutral_title")
    words = serializers.SerializerMethodField(help_text="Until when.")

    def get_words(self, one: first_page.Waiting) -> str:
        return words.sealed_until(one, self.context["now"])


@example(title="Check-in", opens_at="2026-11-27T17:00:00Z", when="From Friday", minutes=4)
class MyLaterSerializer(serializers.Serializer):
    """Something that opens later."""

    title = serializers.CharField(source="assignment.edition.neutral_title")
    opens_at = serializers.DateTimeField()
    when = serializers.SerializerMethodField(help_text="From when, in words.")
    minutes = serializers.IntegerField(source="assignment.edition.content.minutes")

    def get_when(self, one: Any) -> str:
        return words.from_when(one, self.context["now"])


@example(assignment_id=ID, title="Twenty minutes apart", minutes=20, rests=False)
class MyOfferedSerializer(serializers.Serializer):
    """Something to begin whenever it is needed."""

    assignment_id = serializers.UUIDField(source="assignment.pk")
    title = serializers.CharField(source="edition.neutral_title")
    minutes = serializers.IntegerField(source="edition.content.minutes")
    rests = serializers.BooleanField(help_text="Whether it rests now, and can not be begun.")


@example(title="Deep talk")
class MyRestingSerializer(serializers.Serializer):
    """Something that rests."""

    title = serializers.CharField(source="assignment.edition.neutral_title")


@example(starts_at="2026-11-27T15:00:00Z", minutes=50, place="Room 2", link="")
class MySessionSerializer(serializers.Serializer):
    """The next session."""

    starts_at = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    place = serializers.CharField()
    link = serializers.CharField(help_text="Of the call; empty where there is none.")


@example(
    open=[OPEN],
    waiting=[{"id": ID, "title": "Seeing you", "words": "Sealed. Opens on Thursday"}],
    later=[{"title": "Check-in", "opens_at": "2026-11-27T17:00:00Z", "when": "From Friday", "minutes": 4}],
    resting=[{"title": "Deep talk"}],
    whenever=[{"assignment_id": ID, "title": "Twenty minutes apart", "minutes": 20, "rests": False}],
    session={"starts_at": "2026-11-27T15:00:00Z", "minutes": 50, "place": "Room 2", "link": ""},
)
class MyTodaySerializer(serializers.Serializer):
    """The first page of the portal."""

    open = MyOpenSerializer(many=True, help_text="In the order of the page: the one to begin with stands first.")
    waiting = MyWaitingSerializer(many=True)
    later = MyLaterSerializer(many=True)
    resting = MyRestingSerializer(many=True)
    whenever = MyOfferedSerializer(many=True)
    session = MySessionSerializer(allow_null=True)


class Today(Mine):
    """What there is to do now."""

    serializer_class = MyTodaySerializer

    @extend_schema(operation_id="me_today", summary="See what there is today")
    def get(self, request: Request) -> Response:
        """What is open, what waits, and what comes: your own, and nothing that tells what anybody else has done."""
        now = timezone.now()
        page = first_page.today(request.person, request.practice, own_couples(), now)
        told = {
            "open": [*([page.lead] if page.lead else []), *page.now, *page.still_open],
            "waiting": page.waiting,
            "later": page.later,
            "resting": page.resting,
            "whenever": page.whenever,
            "session": page.session,
        }
        return self.answer_with(MyTodaySerializer(told, context={"now": now}).data)


@example(id=ID)
class MyBegunSerializer(serializers.Serializer):
    """What was begun."""

    id = serializers.UUIDField(help_text="Of the occurrence, to read and answer.")


class Begin(Mine):
    """Beginning something when it is needed."""

    serializer_class = MyBegunSerializer

    @extend_schema(operation_id="me_begin", summary="Begin something now", request=None)
    def post(self, request: Request, assignment_id: UUID) -> Response:
        """Begin one of ``whenever``. Begun twice, it is one round while that is open."""
        assignment = Assignment.objects.filter(pk=assignment_id, couple__in=own_couples()).first()
        if assignment is None or assignment.due != Assignment.Due.ON_DEMAND:
            raise Http404
        try:
            mine = on_demand.begin(assignment, request.person)
        except on_demand.NotNow:
            raise Conflict(_("This is not there at the moment. Your therapist can tell you more."), "not_now") from None
        return self.answer_with(self.shown({"id": mine.pk}))
