"""The people of a couple, one by one: what the desk's page about a partner does, and their invitations.

By which way somebody may be reached safely is asked in person, and written down on its page alone: no program reads or
changes it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients import inviting
from clients.api.couples import PARTNER, PartnerSerializer, ZoneField
from clients.correcting import correct
from clients.forms import TAKEN, ClientForm
from clients.models import Client, ClientInvitation, Contact, Couple, Partner
from practice.access import for_office
from practice.api import problems
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView

FIXED = "They sign in with this address: only they can change it."
NOBODY_TO_INVITE = "There is nobody to invite: an address is missing, or they have joined."
NOT_IN_CARE = "This couple is not in care any more: nobody is invited."


@example(**PARTNER, email="mara@example.org", time_zone="Europe/London")
class OnePartnerSerializer(PartnerSerializer):
    """A partner with what the office knows of them."""

    email = serializers.EmailField(source="contact.email", help_text="Empty where there is none.")
    time_zone = serializers.CharField(source="contact.time_zone", help_text="Reminders come at their local time.")


@example(name="Mara", pronouns="she/her", email="mara@example.org", time_zone="Europe/Lisbon")
class PartnerChangeSerializer(serializers.Serializer):
    """What may be corrected of a partner. What is left out stays."""

    name = serializers.CharField(max_length=80, required=False)
    pronouns = serializers.CharField(max_length=40, required=False, allow_blank=True)
    email = serializers.EmailField(
        max_length=254,
        required=False,
        allow_blank=True,
        help_text="Their own, and nobody else's; fixed once they sign in with it. A new one needs a new invitation.",
    )
    time_zone = ZoneField(required=False)


@example(email="mara@example.org", invited_at="2026-11-20T09:12:00Z", expires_at="2026-12-04T09:12:00Z")
class InvitationSerializer(serializers.Serializer):
    """A door that stands open for a partner. Its link is in their letter, and nowhere else."""

    email = serializers.EmailField()
    invited_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


def partners_of(couple: Couple) -> QuerySet[Partner]:
    """Return the partners of a couple that were not erased, each with how they are written to."""
    contacts = Prefetch("client__contacts", Contact.objects.all())
    return Partner.objects.of_the_kept().filter(couple=couple).prefetch_related(contacts)


def with_contact(partner: Partner) -> Partner:
    """Put a partner's one contact where the serializer looks for it."""
    partner.contact = partner.client.contacts.all()[0]  # type: ignore[attr-defined]
    return partner


def partner_or_404(couple_id: UUID, client_id: UUID) -> Partner:
    """Return a partner with contact and couple."""
    couple = get_object_or_404(Couple, pk=couple_id)
    partner = get_object_or_404(partners_of(couple), client_id=client_id)
    partner.couple = couple
    return with_contact(partner)


class Partners(ApiView):
    """All partners of a couple."""

    tag, is_list = "couples", True
    door = staticmethod(for_office)
    scopes = {"GET": Scope.COUPLES_READ}
    queryset = Partner.objects.none()
    serializer_class = OnePartnerSerializer

    @extend_schema(operation_id="partners_list", summary="List the partners of a couple")
    def get(self, request: Request, couple_id: UUID) -> Response:
        """Names, addresses and zones. By which way it is safe to reach somebody stands on their page alone."""
        couple = get_object_or_404(Couple, pk=couple_id)
        page = self.paginate_queryset(self.filter_queryset(partners_of(couple))) or []
        return self.get_paginated_response(self.shown([with_contact(one) for one in page], many=True))


class OnePartner(ApiView):
    """One partner."""

    tag = "couples"
    door = staticmethod(for_office)
    scopes = {"GET": Scope.COUPLES_READ, "PATCH": Scope.COUPLES_WRITE}
    serializer_class = OnePartnerSerializer

    @extend_schema(operation_id="partners_read", summary="Read a partner")
    def get(self, request: Request, couple_id: UUID, client_id: UUID) -> Response:
        """Somebody's name, pronouns, address and zone."""
        return self.answer_with(self.shown(partner_or_404(couple_id, client_id)))

    @extend_schema(
        operation_id="partners_change",
        summary="Correct a partner",
        request=PartnerChangeSerializer,
        responses={200: OnePartnerSerializer},
    )
    def patch(self, request: Request, couple_id: UUID, client_id: UUID) -> Response:
        """Correct a name, pronouns, an address or a time zone. Another address ends an open invitation."""
        get_object_or_404(Client.objects.select_for_update(), pk=client_id)
        partner = partner_or_404(couple_id, client_id)
        client, contact = partner.client, partner.contact  # type: ignore[attr-defined]
        self.must_match(self.shown(partner))
        said = self.sent(PartnerChangeSerializer)
        if client.user_id and said.get("email", contact.email) != contact.email:
            raise serializers.ValidationError({"email": [FIXED]}, "fixed")
        now = {
            "name": client.name,
            "pronouns": client.pronouns,
            "email": contact.email,
            "time_zone": contact.time_zone,
        }
        form = ClientForm({**now, **said}, client=client)
        if not form.is_valid():
            raise problems.of_form(form)
        try:
            with transaction.atomic():
                correct(client, contact, form.cleaned_data)
        except IntegrityError:
            # Somebody else has just begun to use this address.
            raise serializers.ValidationError({"email": [str(TAKEN)]}, "in_use") from None
        return self.answer_with(self.shown(partner_or_404(couple_id, client_id)))


class Invitation(ApiView):
    """The open invitation of a partner."""

    tag = "couples"
    door = staticmethod(for_office)
    scopes = {"GET": Scope.COUPLES_READ, "POST": Scope.COUPLES_WRITE, "DELETE": Scope.COUPLES_WRITE}
    serializer_class = InvitationSerializer

    @extend_schema(operation_id="partners_invitation", summary="Read a partner's invitation")
    def get(self, request: Request, couple_id: UUID, client_id: UUID) -> Response:
        """The invitation that stands open; 404 where none does."""
        return self.answer_with(self.shown(self._open(couple_id, client_id)))

    @extend_schema(
        operation_id="partners_invite",
        summary="Invite a partner",
        request=None,
        responses={201: InvitationSerializer},
    )
    def post(self, request: Request, couple_id: UUID, client_id: UUID) -> Response:
        """Send somebody their own link, in neutral words. A link that was sent earlier no longer works."""
        partner = partner_or_404(couple_id, client_id)
        if not Couple.objects.in_care().filter(pk=couple_id).exists():
            raise problems.Conflict(NOT_IN_CARE, "not_in_care")
        made = inviting.invite(partner.client, partner.couple, by=request.membership)
        if made is None:
            raise problems.Conflict(NOBODY_TO_INVITE, "nobody_to_invite")
        here = reverse("api_invitation", args=[couple_id, client_id])
        return self.answer_with(self.shown(made), status=201, location=here)

    @extend_schema(operation_id="partners_withdraw_invitation", summary="Withdraw an invitation", responses={204: None})
    def delete(self, request: Request, couple_id: UUID, client_id: UUID) -> Response:
        """Close the door: the link no longer works, and a letter that has not left stays here."""
        invitation = self._open(couple_id, client_id, lock=True)
        self.must_match(self.shown(invitation))
        inviting.withdraw(invitation)
        return Response(status=204)

    def _open(self, couple_id: UUID, client_id: UUID, *, lock: bool = False) -> Any:
        partner = partner_or_404(couple_id, client_id)
        rows = ClientInvitation.objects.select_for_update(of=("self",)) if lock else ClientInvitation.objects.all()
        return get_object_or_404(
            rows, couple=partner.couple, client=partner.client, accepted_at=None, withdrawn_at=None
        )
