"""The owner's page about how messages leave: on a phone and on a desk, by day and by night."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from practice import circuits, dispatch, tenancy
from practice.models import Provider
from tests.browser.conftest import DESK, PHONE
from tests.factories import inside, make_member
from tests.practice.mail_server import free_port

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def ways(practice, settings) -> list[Provider]:
    """A broken server, a service, and a gateway."""
    settings.ATTUNE_SMS_URL, settings.ATTUNE_SMS_FROM = "https://texts.invalid", "+447700900000"
    server = {"host": "127.0.0.1", "port": free_port(), "username": "post", "password": "x"}
    service = {"service": "resend", "api_key": "k", "hook_secret": "attune:s"}
    gateway = {"url": "https://texts.example.org", "token": "t", "secret": "s"}
    with inside(practice):
        made = [
            Provider.objects.create(channel=channel, kind=kind, rank=rank, sender=sender, access=json.dumps(access))
            for channel, kind, rank, sender, access in (
                ("email", "smtp", 1, "post@linden-house-couples-practice.example", server),
                ("email", "service", 2, "post@linden.example", service),
                ("sms", "gateway", 1, "+447700900123", gateway),
            )
        ]
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        circuits.failed(str(made[0].pk), "no connection: SMTPAuthenticationError")
    return made


def test_the_pages_fit_and_pass_axe(page, sign_in, axe_day_and_night, fits, practice, ways):
    sign_in(make_member(practice, "owner"))
    paths = ["", "server/", "service/", "gateway/", *(f"{one.pk}/" for one in ways)]
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        for number, path in enumerate(paths):
            page.goto(f"/desk/practice/delivery/{path}")
            axe_day_and_night(page)
            fits(page)
            if shots := os.environ.get("SHOTS"):
                page.screenshot(path=Path(shots) / f"{number}-{size['width']}.png", full_page=True)


def test_an_owner_tries_a_server_and_reads_what_is_wrong(page, sign_in, axe, practice, ways):
    sign_in(make_member(practice, "owner"))
    page.goto("/desk/practice/")
    page.get_by_role("link", name="How messages leave").click()
    page.get_by_role("button", name="Try it post@linden-house").click()
    page.get_by_text("Nothing listens on this port.").wait_for()
    axe(page)


def test_an_owner_gets_a_hook_address_once(page, sign_in, axe, practice, ways):
    sign_in(make_member(practice, "owner"))
    page.goto(f"/desk/practice/delivery/{ways[1].pk}/")
    page.get_by_role("button", name="Make a new address").click()
    shown = page.get_by_label("Address", exact=True).input_value()
    assert "@" in shown
    assert f"/hooks/mail/{ways[1].pk}/" in shown
    axe(page)
    if shots := os.environ.get("SHOTS"):
        page.screenshot(path=Path(shots) / "hook.png", full_page=True)
    page.goto(f"/desk/practice/delivery/{ways[1].pk}/")
    assert page.get_by_label("Address", exact=True).count() == 0
