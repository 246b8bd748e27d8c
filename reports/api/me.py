"""One partner's own scores and documents, as their pages of the portal show them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Couple
from exercises.api.me.person import ID, Mine
from exercises.views.portal import own_couples
from practice.api.files import WhateverIsAccepted
from practice.api.paging import by
from practice.api.schema import example
from reports import lately
from reports.models import Report
from reports.views.portal import handed_out, handed_to

ROW = {"on": "2026-11-16", "values": ["6", "7"]}
CARD = {
    "key": "closeness",
    "title": "How close I felt",
    "said": ["Your last answers lie between 5 and 7."],
    "scale": "0 is not at all, 10 is very much.",
    "people": ["Mara", "Theo"],
    "rows": [ROW],
    "shows": None,
    "together": True,
    "credit": "",
}


@example(**ROW)
class MyRowSerializer(serializers.Serializer):
    """One day: what each of the card's people answered, in their order; empty where nothing was."""

    on = serializers.DateField()
    values = serializers.ListField(child=serializers.CharField(allow_blank=True))


@example(**CARD)
class MyCardSerializer(serializers.Serializer):
    """One line over the weeks: your own, or everybody's where all show theirs."""

    key = serializers.CharField()
    title = serializers.CharField()
    said = serializers.ListField(child=serializers.CharField(), help_text="What it comes to, in sentences.")
    scale = serializers.CharField()
    people = serializers.SerializerMethodField(help_text="Whose numbers stand in the rows.")
    rows = MyRowSerializer(many=True)
    shows = serializers.BooleanField(
        allow_null=True, help_text="Whether you let the others see yours; null where that is not on offer."
    )
    together = serializers.BooleanField(help_text="Whether the others' numbers stand here as well: all show theirs.")
    credit = serializers.CharField()

    def get_people(self, card: lately.Card) -> list[str]:
        return [one.name for one in card.people]


@example(couple_id=ID, since="2026-09-01", own=[CARD], together=[CARD])
class MyPageSerializer(serializers.Serializer):
    """How it has been going in one couple."""

    couple_id = serializers.UUIDField()
    since = serializers.DateField(help_text="Your first answer on it.")
    own = MyCardSerializer(many=True)
    together = MyCardSerializer(many=True)


@example(pages=[{"couple_id": ID, "since": "2026-09-01", "own": [CARD], "together": [CARD]}])
class MyLatelySerializer(serializers.Serializer):
    """One page for each couple that you are in: nearly always one."""

    pages = MyPageSerializer(many=True)


class Lately(Mine):
    """Scores."""

    serializer_class = MyLatelySerializer

    @extend_schema(operation_id="me_lately", summary="See how it has been going")
    def get(self, request: Request) -> Response:
        """Your own scores, and side by side only what was released and what all of you show."""
        now = timezone.now()
        couples = Couple.objects.with_partners().filter(pk__in=own_couples()).order_by("started_on", "pk")
        pages = [_page(one, lately.page_of(one, request.person, now)) for one in couples]
        return self.answer_with(self.shown({"pages": pages}))


def _page(couple: Couple, page: lately.Page) -> dict[str, Any]:
    return {"couple_id": couple.pk, "since": page.since, "own": page.own, "together": page.together}


DOCUMENT = {
    "id": ID,
    "released_at": "2026-11-20T09:00:00Z",
    "begins_on": "2026-09-01",
    "ends_on": "2026-11-20",
    "pages": 6,
    "for_you_alone": False,
    "reference": "LH-2026-7KQ3M",
}


@example(**DOCUMENT)
class MyDocumentSerializer(serializers.Serializer):
    """Something on paper that your therapist handed to you."""

    id = serializers.UUIDField()
    released_at = serializers.DateTimeField(help_text="When it was handed over.")
    begins_on = serializers.DateField(help_text="The first day that it tells of.")
    ends_on = serializers.DateField()
    pages = serializers.IntegerField(allow_null=True)
    for_you_alone = serializers.SerializerMethodField(help_text="False: all of you have it.")
    reference = serializers.CharField(help_text="As it is printed on each page.")

    def get_for_you_alone(self, report: Report) -> bool:
        return report.audience == Report.Audience.PARTNER


class Documents(Mine):
    """What was handed to one."""

    is_list = True
    queryset = Report.objects.none()
    serializer_class = MyDocumentSerializer
    pagination_class = by("-released_at", "-pk")

    @extend_schema(operation_id="me_documents", summary="List your documents")
    def get(self, request: Request) -> Response:
        """What lies there while everybody it may speak of is in care together, and what it tells may be told."""
        return self.page_of(handed_to(request.person.pk).defer("pdf", "summary"))


class Document(Mine):
    """One file."""

    serializer_class = MyDocumentSerializer
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        operation_id="me_documents_download",
        summary="Fetch a document",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, report_id: UUID) -> HttpResponse:
        """The PDF. Each time is written down as a download."""
        return handed_out(request.person.pk, report_id)
