"""Webhooks for programs: what owners do on their pages, by the same form and functions.

Addresses, secrets and logs are nobody's to read but Attune's own (see :mod:`practice.webhooks`), so the views look at
them as Attune itself, behind the owners' door. In the browser they ask for a fresh sign-in as the pages do; a token was
made after one.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from practice import limits, tenancy, webhooks
from practice.access import for_owners
from practice.api.middleware import dear
from practice.api.problems import Conflict, of_form
from practice.api.schema import example
from practice.api.scopes import Scope
from practice.api.views import ApiView
from practice.fresh import is_fresh
from practice.models import Webhook, WebhookDelivery
from practice.webhook_form import WebhookForm

for name in ("api_webhooks", "api_webhook_secret", "api_webhook_test"):
    dear("POST", name, *limits.OWN.rates)
dear("PATCH", "api_webhook", *limits.OWN.rates)

HOOK = {
    "id": "0199c2d4-3e5f-7a6b-8c7d-9e0f1a2b3c4d",
    "address": "https://hooks.example.org/attune",
    "events": ["couple.closed", "report.ready"],
    "made_at": "2026-03-02T09:10:00Z",
    "paused": False,
    "switched_off_at": None,
    "failing_since": None,
    "readable": True,
    "two_secrets_until": None,
}
SECRET = "whsec_dGhpcyBpcyBub3QgYSBzZWNyZXQsIGl0IGlzIGFuIGV4YW1wbGU="  # noqa: S105 an example
#: Events that somebody can choose, known once all apps are loaded.
EVENTS = [(one.name, one.words) for one in webhooks.events()]
ALL_EVENTS = [(webhooks.TEST, webhooks.event_of(webhooks.TEST).words), *EVENTS]


@example(**HOOK)
class WebhookSerializer(serializers.Serializer):
    """An address that is told of events. Its secret is not in it."""

    id = serializers.UUIDField()
    address = serializers.CharField(help_text="Empty where it can not be read any more.")
    events = serializers.ListField(child=serializers.ChoiceField(EVENTS))
    made_at = serializers.DateTimeField()
    paused = serializers.SerializerMethodField(help_text="Somebody paused it: it is told of nothing.")
    switched_off_at = serializers.DateTimeField(
        source="off_at", allow_null=True, help_text="Since when it is called no more, because it could not be reached."
    )
    failing_since = serializers.DateTimeField(allow_null=True)
    readable = serializers.BooleanField(
        source="is_readable", help_text="False: address or secret do not open any more. Set both anew, or delete it."
    )
    two_secrets_until = serializers.DateTimeField(
        source="former_until",
        allow_null=True,
        help_text="Until then calls are signed by the former one, too.",
    )

    def get_paused(self, hook: Webhook) -> bool:
        return hook.paused_at is not None


@example(**HOOK, secret=SECRET)
class WithSecretSerializer(WebhookSerializer):
    """An address and its new secret."""

    secret = serializers.SerializerMethodField(help_text="What calls are signed with. It is said in this answer only.")

    def get_secret(self, hook: Webhook) -> str:
        return self.context["secret"]


@example(address=HOOK["address"], events=HOOK["events"])
class NewWebhookSerializer(serializers.Serializer):
    """Where, and of what."""

    address = serializers.CharField(
        max_length=500, help_text="It begins with https:// and stands on the public internet, on port 443."
    )
    events = serializers.ListField(
        child=serializers.ChoiceField(EVENTS), min_length=1, max_length=50, help_text="Of what it is told."
    )


@example(events=["report.ready"], paused=False)
class WebhookChangeSerializer(serializers.Serializer):
    """What may be changed of it. What is left out stays."""

    address = serializers.CharField(max_length=500, required=False)
    events = serializers.ListField(child=serializers.ChoiceField(EVENTS), min_length=1, max_length=50, required=False)
    paused = serializers.BooleanField(
        required=False,
        help_text="True: it is told of nothing, and what waits is not sent. False: it is told again of what happens "
        "from now on, also after it was switched off.",
    )


@example(
    id="0199c2d5-4f60-7b7c-8d8e-0f1a2b3c4d5e",
    event_id="5b0e6b0a-7c51-5d8e-9a55-0f6f1f7f2c11",
    event="report.ready",
    happened_at="2026-03-09T19:42:10Z",
    state="waiting",
    reason="no answer: TimeoutError",
    attempts=2,
    status=None,
    last_at="2026-03-09T19:43:12Z",
    next_at="2026-03-09T19:44:15Z",
    finished_at=None,
)
class DeliverySerializer(serializers.Serializer):
    """One event for this address, and what became of it. What was answered is not kept."""

    id = serializers.UUIDField()
    event_id = serializers.UUIDField(help_text="As in the call's webhook-id.")
    event = serializers.ChoiceField(ALL_EVENTS)
    happened_at = serializers.DateTimeField()
    state = serializers.ChoiceField(WebhookDelivery.State.choices)
    reason = serializers.CharField(help_text="Why it did not arrive, or was not sent.")
    attempts = serializers.IntegerField(help_text="Calls so far.")
    status = serializers.IntegerField(allow_null=True, help_text="Of the last call; null where nothing came back.")
    last_at = serializers.DateTimeField(allow_null=True)
    next_at = serializers.SerializerMethodField(help_text="When it is called next, where it waits.")
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_next_at(self, one: WebhookDelivery) -> str | None:
        waits = one.state == WebhookDelivery.State.WAITING
        return serializers.DateTimeField().to_representation(one.next_at) if waits else None


class DeliveryFilter(django_filters.FilterSet):
    """Which lines."""

    state = django_filters.MultipleChoiceFilter(choices=WebhookDelivery.State.choices, distinct=False)
    event = django_filters.ChoiceFilter(choices=ALL_EVENTS)

    class Meta:
        model = WebhookDelivery
        fields: list[str] = []


def is_there(webhook_id: UUID) -> bool:
    """Tell whether the bound practice has this address."""
    with tenancy.elevated():
        return Webhook.objects.filter(pk=webhook_id).exists()


class _ForOwners(ApiView):
    """What all of them have in common."""

    tag = "webhooks"
    door = staticmethod(for_owners)
    serializer_class = WebhookSerializer

    def must_be_fresh(self) -> None:
        """Raise in the browser unless whoever asks has signed in once more, as the pages want it."""
        if self.request.auth is None and not is_fresh(self.request._request):
            raise PermissionDenied("Sign in once more for this.", "sign_in_again")

    def found(self, webhook_id: UUID) -> Webhook:
        """Return the address, held until the answer is given where something is written."""
        try:
            hook = webhooks.one_of(webhook_id, lock=self.request.method not in ("GET", "HEAD"))
        except Webhook.DoesNotExist:
            raise Http404 from None
        self.must_be_fresh()
        return hook

    def judged(self, said: dict[str, Any]) -> dict[str, Any]:
        """Judge what was sent as the page's form does."""
        form = WebhookForm(said)
        if not form.is_valid():
            raise of_form(form)
        return form.said()

    def with_secret(self, hook: Webhook, secret: str) -> Any:
        return WithSecretSerializer(hook, context={**self.get_serializer_context(), "secret": secret}).data


class Webhooks(_ForOwners):
    """All addresses of the practice."""

    is_list = True
    scopes = {"GET": Scope.WEBHOOKS_READ, "POST": Scope.WEBHOOKS_WRITE}
    queryset = Webhook.objects.none()

    @extend_schema(operation_id="webhooks_list", summary="List the addresses that are told of events")
    def get(self, request: Request) -> Response:
        """Where, of what, and how each stands. At most ten."""
        self.must_be_fresh()
        with tenancy.elevated():
            page = self.paginate_queryset(self.filter_queryset(Webhook.objects.all()))
            return self.get_paginated_response(self.shown([webhooks.opened(one) for one in page], many=True))

    @extend_schema(
        operation_id="webhooks_create",
        summary="Add an address",
        request=NewWebhookSerializer,
        responses={201: WithSecretSerializer},
    )
    def post(self, request: Request) -> Response:
        """The secret is in this answer and nowhere else. 409 where there are as many as there may be."""
        self.must_be_fresh()
        said = self.judged(self.sent(NewWebhookSerializer))
        try:
            hook, secret = webhooks.add(**said, by=request.membership)
        except webhooks.TooMany:
            raise Conflict("There are as many as there may be. Delete one first.", "too_many") from None
        here = reverse("api_webhook", args=[hook.pk])
        return Response(self.with_secret(hook, secret), status=201, headers={"Location": here})


class OneWebhook(_ForOwners):
    """One address."""

    scopes = {"GET": Scope.WEBHOOKS_READ, "PATCH": Scope.WEBHOOKS_WRITE, "DELETE": Scope.WEBHOOKS_WRITE}

    @extend_schema(operation_id="webhooks_read", summary="Read an address")
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """Where, of what, and how it stands."""
        return self.answer_with(self.shown(self.found(webhook_id)))

    @extend_schema(
        operation_id="webhooks_change",
        summary="Change an address",
        request=WebhookChangeSerializer,
        responses={200: WebhookSerializer},
    )
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        """Where and of what it is told, and whether it is paused. What waits goes to the new address."""
        hook = self.found(webhook_id)
        self.must_match(self.shown(hook))
        said = self.sent(WebhookChangeSerializer)
        if "address" in said or "events" in said:
            webhooks.change(hook, **self.judged({"address": hook.address, "events": hook.events, **said}))
        if "paused" in said:
            (webhooks.pause if said["paused"] else webhooks.resume)(hook)
        return self.answer_with(self.shown(webhooks.one_of(hook.pk)))

    @extend_schema(operation_id="webhooks_end", summary="Delete an address", responses={204: None})
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """The address, its secret and its log are forgotten at once."""
        hook = self.found(webhook_id)
        self.must_match(self.shown(hook))
        webhooks.delete(hook)
        return Response(status=204)


class Secret(_ForOwners):
    """Its secret."""

    scopes = {"POST": Scope.WEBHOOKS_WRITE}

    @extend_schema(
        operation_id="webhooks_renew",
        summary="Make a new secret",
        request=None,
        responses={200: WithSecretSerializer},
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """It is in this answer and nowhere else. For a day calls are signed with the former one as well."""
        hook = self.found(webhook_id)
        secret = webhooks.renew(hook)
        return Response(self.with_secret(webhooks.one_of(hook.pk), secret))


class Test(_ForOwners):
    """Trying it."""

    scopes = {"POST": Scope.WEBHOOKS_WRITE}

    @extend_schema(
        operation_id="webhooks_test", summary="Send a test", request=None, responses={202: WebhookSerializer}
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """It is called within seconds, also while it is paused or off. The deliveries say what became of it."""
        hook = self.found(webhook_id)
        webhooks.test(hook)
        return self.answer_with(self.shown(webhooks.one_of(hook.pk)), status=202)


class Deliveries(_ForOwners):
    """What became of calls."""

    is_list = True
    scopes = {"GET": Scope.WEBHOOKS_READ}
    queryset = WebhookDelivery.objects.none()
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter

    @extend_schema(operation_id="webhooks_deliveries", summary="List what became of calls")
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """The newest first; lines are kept for 30 days after a call ended."""
        hook = self.found(webhook_id)
        with tenancy.elevated():
            rows: QuerySet[WebhookDelivery] = WebhookDelivery.objects.filter(webhook=hook)
            return self.page_of(rows)
