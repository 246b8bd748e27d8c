"""Addresses for programs. Upper apps bring their own."""

from django.urls import include, path

from practice.api import repeating, webhooks
from practice.api.docs import api_docs, api_schema

HOOK = "v1/webhooks/<uuid:webhook_id>/"

# Their wall lets Attune itself alone in: the owners' door has been passed, and the practice is bound.
repeating.names_behind_a_door("webhook_id", webhooks.is_there)

urlpatterns = [
    path("", api_docs, name="api_docs"),
    path("v1/openapi.json", api_schema, name="api_schema"),
    path("v1/webhooks/", webhooks.Webhooks.as_view(), name="api_webhooks"),
    path(HOOK, webhooks.OneWebhook.as_view(), name="api_webhook"),
    path(f"{HOOK}secret/", webhooks.Secret.as_view(), name="api_webhook_secret"),
    path(f"{HOOK}test/", webhooks.Test.as_view(), name="api_webhook_test"),
    path(f"{HOOK}deliveries/", webhooks.Deliveries.as_view(), name="api_webhook_deliveries"),
    path("v1/", include("clients.api.urls")),
    path("v1/", include("exercises.api.urls")),
    path("v1/", include("reports.api.urls")),
]
