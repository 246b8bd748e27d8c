"""Couples and who is in them: what the desk's list and its form for a new couple do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients import status as statuses
from clients.forms import TAKEN, chooses_therapists, therapists
from clients.models import Couple
from clients.starting import NewPartner, in_use, take_on
from practice import tenancy, zones
from practice.access import for_office, for_whole_office
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView
from practice.mailboxes import mailbox

FEWEST, MOST = 2, 6
PARTNER = {
    "id": "0199a8c0-7d3c-7c7e-9d1e-3a4b5c6d7e8f",
    "name": "Mara",
    "pronouns": "she/her",
    "position": 0,
    "left_at": None,
    "signs_in": True,
}
COUPLE = {
    "id": "0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e6f",
    "status": "active",
    "phase": "skills",
    "started_on": "2026-03-02",
    "time_zone": "Europe/London",
    "partners": [PARTNER],
}


class ZoneField(serializers.CharField):
    """An IANA time zone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, help_text="An IANA time zone, such as Europe/London.", **kwargs)

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if not zones.is_zone(name):
            raise serializers.ValidationError("There is no such time zone.", "invalid_choice")
        return name


@example(**PARTNER)
class PartnerSerializer(serializers.Serializer):
    """A person's place in a couple."""

    id = serializers.UUIDField(source="client_id", help_text="The person's id.")
    name = serializers.CharField(source="client.name")
    pronouns = serializers.CharField(source="client.pronouns")
    position = serializers.IntegerField(help_text="0 to 5; it never changes.")
    left_at = serializers.DateTimeField(allow_null=True)
    signs_in = serializers.SerializerMethodField(help_text="Whether they have a sign-in of their own.")

    def get_signs_in(self, partner: Any) -> bool:
        return partner.client.user_id is not None


@example(**COUPLE)
class CoupleSerializer(serializers.Serializer):
    """A couple: two or more partners in care together."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(Couple.Status.choices)
    phase = serializers.ChoiceField(Couple.Phase.choices, help_text="Where the work stands.")
    started_on = serializers.DateField()
    time_zone = serializers.CharField()
    partners = PartnerSerializer(many=True)


@example(name="Mara", pronouns="she/her", email="mara@example.org", time_zone="Europe/London")
class NewPartnerSerializer(serializers.Serializer):
    """One person of a new couple."""

    name = serializers.CharField(max_length=80)
    pronouns = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    email = serializers.EmailField(
        required=False, default="", allow_blank=True, max_length=254, help_text="Their own, and nobody else's."
    )
    time_zone = ZoneField(required=False)

    def validate_email(self, email: str) -> str:
        if email and in_use(email):
            raise serializers.ValidationError(str(TAKEN), "in_use")
        return email


@example(
    partners=[
        {"name": "Mara", "email": "mara@example.org"},
        {"name": "Theo", "pronouns": "he/him", "email": "theo@example.org", "time_zone": "Europe/Lisbon"},
    ],
    time_zone="Europe/London",
    invite=True,
)
class NewCoupleSerializer(serializers.Serializer):
    """A couple to take on."""

    partners = NewPartnerSerializer(many=True, min_length=FEWEST, max_length=MOST)
    time_zone = ZoneField()
    therapists = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=50,
        help_text="Ids of members who look after them; yourself where it is not yours to say.",
    )
    invite = serializers.BooleanField(default=False, help_text="Send each partner who has an address an invitation.")

    def validate_partners(self, partners: list[dict[str, Any]]) -> list[dict[str, Any]]:
        boxes = [mailbox(one["email"]) for one in partners if one["email"]]
        if len(set(boxes)) < len(boxes):
            raise serializers.ValidationError("Each partner needs an address of their own.", "in_use")
        return partners

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        by = self.context["request"].membership
        chosen = said.pop("therapists", None)
        if chosen is None or not chooses_therapists(by):
            if chosen is not None and chosen != [by.pk]:
                raise serializers.ValidationError({"therapists": ["It is not yours to say."]})
            if not by.is_clinician:
                raise serializers.ValidationError({"therapists": ["Say who looks after them."]})
            return {**said, "therapists": [by]}
        found = list(therapists().filter(pk__in=chosen))
        if not chosen or len(found) < len(set(chosen)):
            raise serializers.ValidationError({"therapists": ["Each must be a clinician of the practice."]})
        return {**said, "therapists": found}


@example(status="paused")
class CoupleChangeSerializer(serializers.Serializer):
    """What may be changed of a couple."""

    status = serializers.ChoiceField(
        Couple.Status.choices, help_text="What separated or closed ends stays ended: reminders, invitations, sessions."
    )


class CoupleFilter(django_filters.FilterSet):
    """Which couples."""

    status = django_filters.MultipleChoiceFilter(choices=Couple.Status.choices)

    class Meta:
        model = Couple
        fields = ["status"]


class Couples(ApiView):
    """All couples that somebody may know of."""

    tag, is_list = "couples", True
    door = staticmethod(for_whole_office)
    scopes = {"GET": Scope.COUPLES_READ, "POST": Scope.COUPLES_WRITE}
    queryset = Couple.objects.none()
    serializer_class = CoupleSerializer
    filterset_class = CoupleFilter

    @extend_schema(operation_id="couples_list", summary="List couples")
    def get(self, request: Request) -> Response:
        """Names, status and who is in them. Owners and the office see all of the practice, therapists their own."""
        return self.page_of(Couple.objects.with_partners())

    @extend_schema(
        operation_id="couples_create",
        summary="Take a couple on",
        request=NewCoupleSerializer,
        responses={201: CoupleSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make a couple of two to six partners, on a caseload, each invited if you say so."""
        said = self.sent(NewCoupleSerializer)
        people = [NewPartner(**{"time_zone": said["time_zone"], **one}) for one in said["partners"]]
        try:
            with transaction.atomic():
                made = take_on(
                    people,
                    time_zone=said["time_zone"],
                    therapists=said["therapists"],
                    by=request.membership,
                    invite=said["invite"],
                )
        except IntegrityError:
            # Somebody else has just begun to use one of these addresses.
            raise serializers.ValidationError({"partners": [str(TAKEN)]}) from None
        with tenancy.elevated():  # it is theirs from the next request on
            shown = self.shown(Couple.objects.with_partners().get(pk=made.pk))
        return self.answer_with(shown, status=201, location=reverse("api_couple", args=[made.pk]))


class OneCouple(ApiView):
    """One couple."""

    tag = "couples"
    door = staticmethod(for_office)
    scopes = {"GET": Scope.COUPLES_READ, "PATCH": Scope.COUPLES_WRITE}
    serializer_class = CoupleSerializer

    @extend_schema(operation_id="couples_read", summary="Read a couple")
    def get(self, request: Request, couple_id: UUID) -> Response:
        """A couple and who is in it."""
        return self.answer_with(self.shown(get_object_or_404(Couple.objects.with_partners(), pk=couple_id)))

    @extend_schema(
        operation_id="couples_change",
        summary="Pause, part or close",
        request=CoupleChangeSerializer,
        responses={200: CoupleSerializer},
    )
    def patch(self, request: Request, couple_id: UUID) -> Response:
        """Change a couple's status, with all that follows from it."""
        rows = Couple.objects.with_partners().select_for_update()
        couple = get_object_or_404(rows, pk=couple_id)
        self.must_match(self.shown(couple))
        said = self.sent(CoupleChangeSerializer)
        statuses.change(couple, said["status"], by=request.membership)
        return self.answer_with(self.shown(couple))
