"""Webhooks for tests: an address that is told of everything, and another side that answers as it is told to."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from practice import calling_out, tenancy, webhooks
from practice.channels.wire import Answer
from practice.models import Practice, Webhook, WebhookDelivery
from tests.factories import inside

ADDRESS = "https://hooks.example.org/in"


class OtherSide:
    """Stands where the wire would be. ``says``: a status, an error to raise, or a function that is called first."""

    def __init__(self) -> None:
        self.says: int | Exception | Callable[[], int] = 204
        self.headers: dict[str, str] = {}
        self.calls: list[tuple[str, bytes, Mapping[str, str]]] = []

    def __call__(self) -> OtherSide:
        return self

    def post(self, url: str, data: bytes, headers: Mapping[str, str]) -> Answer:
        self.calls.append((url, data, headers))
        says = self.says() if callable(self.says) else self.says
        if isinstance(says, Exception):
            raise says
        message = http.client.HTTPMessage()
        for name, value in self.headers.items():
            message[name] = value
        return Answer(says, "", message, b"what it answers is nobody's business")

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _url, body, _headers in self.calls]


@pytest.fixture
def other_side(monkeypatch) -> OtherSide:
    there = OtherSide()
    monkeypatch.setattr(calling_out, "Wire", there)
    return there


def make_hook(practice: Practice, *events: str) -> tuple[Webhook, str]:
    """An address of the practice, told of these events, or of all."""
    with inside(practice):
        return webhooks.add(address=ADDRESS, events=events or [one.name for one in webhooks.events()])


def told(practice: Practice) -> list[tuple[str, str]]:
    """Events and how each stands, in order."""
    with inside(practice):
        return list(WebhookDelivery.objects.order_by("pk").values_list("event", "state"))


def lines(practice: Practice) -> list[WebhookDelivery]:
    with inside(practice):
        return list(WebhookDelivery.objects.order_by("pk"))


def again(hook: Webhook) -> Webhook:
    with tenancy.acting(tenancy.as_system(hook.practice_id)):
        found = Webhook.objects.get(pk=hook.pk)
        str(found.address), str(found.former_secret)  # opened here
        return found


def due_now(practice: Practice) -> None:
    """As if the pauses were over."""
    with inside(practice):
        WebhookDelivery.objects.filter(state="waiting").update(next_at=webhooks.clock.now())
        Webhook.objects.update(rests_until=None)
