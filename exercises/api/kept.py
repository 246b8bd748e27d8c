"""What partners keep besides their answers, as their therapist reads it: pages handed over, and agreements."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Couple
from exercises import agreements, attachments, journal
from exercises.access import couple_or_404, partner_or_404
from exercises.api.files import FileSerializer
from exercises.models import AgreementVersion, JournalEntry
from exercises.vocabulary import Lane
from practice import audit
from practice.access import for_clinicians
from practice.api.paging import by
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView

PARTNERS = ["0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e8f", "0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e90"]
PAGE = {
    "id": "0199a8ee-4c5d-7e6f-8a7b-8c9d0e1f2a3b",
    "author_id": PARTNERS[0],
    "lane": "shared",
    "released_at": "2026-11-23T20:20:00Z",
    "opened": True,
    "text": "We laughed today.",
    "files": [],
}
WORDS = {
    "number": 1,
    "text": "No phones at table.",
    "proposed_by_id": PARTNERS[1],
    "waits_for": [],
}
AGREEMENT = {
    "id": "0199a8ef-4c5d-7e6f-8a7b-8c9d0e1f2a3b",
    "title": "Phones",
    "partner_ids": PARTNERS,
    "review_on": "2027-01-20",
    "holds": WORDS,
    "proposed": None,
}


@example(**PAGE)
class HandedPageSerializer(serializers.Serializer):
    """A page of somebody's journal that they handed over."""

    id = serializers.UUIDField()
    author_id = serializers.UUIDField()
    lane = serializers.ChoiceField(Lane.choices, help_text="shared, or private: for the therapist alone.")
    released_at = serializers.DateTimeField()
    opened = serializers.SerializerMethodField(help_text="Once somebody has opened it, it can not be taken back.")
    text = serializers.SerializerMethodField(help_text="Empty until somebody has opened it.")
    files = serializers.SerializerMethodField(help_text="Empty until somebody has opened it.")

    def get_opened(self, page: JournalEntry) -> bool:
        return page.first_read_at is not None

    def get_text(self, page: JournalEntry) -> str:
        return page.text if page.first_read_at else ""

    @extend_schema_field(FileSerializer(many=True))
    def get_files(self, page: JournalEntry) -> Any:
        there = self.context["files"].get(page.pk, []) if page.first_read_at else []
        return FileSerializer(there, many=True).data


@example(**WORDS)
class WordsSerializer(serializers.Serializer):
    """One wording of an agreement."""

    number = serializers.IntegerField()
    text = serializers.CharField()
    proposed_by_id = serializers.UUIDField(allow_null=True, help_text="Null: the practice wrote it down.")
    waits_for = serializers.ListField(child=serializers.UUIDField(), help_text="Who has not said yes.")


@example(**AGREEMENT)
class AgreementSerializer(serializers.Serializer):
    """Something that partners agreed on, or that one of them proposes."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    partner_ids = serializers.ListField(child=serializers.UUIDField())
    review_on = serializers.DateField(allow_null=True, help_text="When they wanted to look at it again.")
    holds = WordsSerializer(allow_null=True, help_text="What all of them say yes to now.")
    proposed = WordsSerializer(allow_null=True, help_text="Other words, that wait for somebody's yes.")


@example(agreements=[AGREEMENT])
class AgreementsSerializer(serializers.Serializer):
    """All of a couple's."""

    agreements = AgreementSerializer(many=True)


class _Pages(ApiView):
    tag, is_list = "responses", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.RESPONSES_READ}
    queryset = JournalEntry.objects.none()
    serializer_class = HandedPageSerializer
    pagination_class = by("-released_at", "-pk")

    def page_for(self, rows: QuerySet[JournalEntry]) -> Response:
        page = self.paginate_queryset(self.filter_queryset(rows)) or []
        return self.get_paginated_response(_shown(page))


def _shown(pages: list[JournalEntry]) -> Any:
    return HandedPageSerializer(pages, many=True, context={"files": attachments.of_journal_entries(pages)}).data


class HandedPages(_Pages):
    """Pages that were handed to everybody."""

    @extend_schema(operation_id="pages_list", summary="List the pages that partners handed over")
    def get(self, request: Request, couple_id: UUID) -> Response:
        """To all partners and the practice. What one handed to the therapist alone stands under that partner."""
        couple = couple_or_404(couple_id)
        audit.looked("opened", audit.COUPLES, couple.pk)
        return self.page_for(journal.released_to_staff(couple))


class PrivateHandedPages(_Pages):
    """Pages that one partner handed to the therapist alone."""

    scopes = {"GET": Scope.PRIVATE_RESPONSES_READ}

    @extend_schema(operation_id="pages_private_list", summary="List the pages that one partner handed to you alone")
    def get(self, request: Request, couple_id: UUID, client_id: UUID) -> Response:
        """The other partners must not learn that they exist."""
        couple = couple_or_404(couple_id)
        client = partner_or_404(couple, client_id)
        audit.looked("opened", audit.CLIENTS, client.pk)
        return self.page_for(journal.released_to_staff(couple, private_of=client))


class OpenPage(ApiView):
    """Opening a page."""

    tag = "responses"
    door = staticmethod(for_clinicians)
    scopes = {"POST": Scope.RESPONSES_WRITE}
    serializer_class = HandedPageSerializer
    repeats = False

    @extend_schema(operation_id="pages_open", summary="Open a page that was handed over", request=None)
    def post(self, request: Request, couple_id: UUID, entry_id: UUID) -> Response:
        """From then on its author can not take it back. Done again, it changes nothing.

        Its answer is the page, so it needs `responses:read` as well; what was handed to you alone,
        `private-responses:read`.
        """
        rows = JournalEntry.objects.filter(couple=couple_or_404(couple_id))
        page = get_object_or_404(rows, pk=entry_id)
        self.needs(Scope.PRIVATE_RESPONSES_READ if page.lane == Lane.PRIVATE else Scope.RESPONSES_READ)
        journal.mark_read(page)
        audit.looked_at("opened", page)
        return self.answer_with(_shown([rows.get(pk=entry_id)])[0])


class Agreements(ApiView):
    """What partners agreed on."""

    tag = "responses"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.RESPONSES_READ}
    serializer_class = AgreementsSerializer

    @extend_schema(operation_id="agreements_list", summary="See what a couple agreed on")
    def get(self, request: Request, couple_id: UUID) -> Response:
        """What holds, and what is proposed. Nothing of it is the practice's to change."""
        couple: Couple = couple_or_404(couple_id)
        audit.looked("opened", audit.COUPLES, couple.pk)
        found = [_agreement(one) for one in agreements.of(agreements.of_couple(couple))]
        return self.answer_with(self.shown({"agreements": found}))


def _agreement(kept: agreements.Kept) -> dict[str, Any]:
    return {
        "id": kept.agreement.pk,
        "title": kept.agreement.title,
        "partner_ids": kept.agreement.audience,
        "review_on": kept.agreement.review_on,
        "holds": _words(kept, kept.holding),
        "proposed": _words(kept, kept.proposal),
    }


def _words(kept: agreements.Kept, version: AgreementVersion | None) -> dict[str, Any] | None:
    if version is None:
        return None
    return {
        "number": version.number,
        "text": version.text,
        "proposed_by_id": version.proposed_by_id,
        "waits_for": sorted(kept.waits_for(version)),
    }
