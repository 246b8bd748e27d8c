"""How somebody is reached, chosen on a phone: with and without scripts, and stopped from a mail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from clients import proving, reach, stopping
from clients.models import AddressProof, Contact
from practice import suppression
from practice.models import Message
from tests.exercises.given import as_attune
from tests.factories import signed_in, user_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _gateway(settings: Any) -> None:
    settings.ATTUNE_SMS_URL = "http://gateway.invalid"
    settings.ATTUNE_SMS_FROM = "+447000000001"


def goes_on(client: Any, *states: str) -> None:
    """What the outbox does with the newest message of a person."""
    with as_attune(client):
        newest = Message.objects.filter(person_id=client.pk).order_by("-planned_for")[0]
        for state in states:
            Message.objects.filter(pk=newest.pk).update(state=state, handed_off_at=timezone.now())


def test_a_number_is_proved_switched_on_tried_out_and_forgotten(
    couple, mara, page: Page, sign_in: Callable, axe: Callable, fits: Callable
):
    sign_in(mara)
    page.goto("/you/")
    page.get_by_role("link", name="How we reach you").click()
    expect(page.get_by_text("On a locked phone it shows:").first).to_be_visible()
    axe(page)
    fits(page)
    page.get_by_role("link", name="Add a number").click()
    axe(page)
    page.get_by_label("Your mobile number").fill("nonsense")
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_label("Your mobile number")).to_have_value("nonsense")
    axe(page)
    page.get_by_label("Your mobile number").fill("07911 123456")
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("heading", name="Type in the code")).to_be_visible()
    axe(page)
    fits(page)
    with as_attune(couple):
        code = proving.code_of(AddressProof.objects.get())
    page.get_by_label("The code").fill(code)
    page.get_by_role("button", name="This is it").click()
    expect(page.get_by_text("+44 7911 123456")).to_be_visible()
    texts = page.get_by_role("group", name="By text message")
    texts.get_by_role("switch", name="Something is due").press("Space")
    page.get_by_label("Remind me at").fill("19:15")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(texts.get_by_role("switch", name="Something is due")).to_be_checked()
    expect(texts.get_by_role("switch", name="Something was said or changed")).not_to_be_checked()
    axe(page)

    page.get_by_role("button", name="Send a test By text message").click()
    expect(page.get_by_text("On its way")).to_be_visible()
    goes_on(mara, "claimed", "handing_off", "accepted")
    expect(page.get_by_text("Handed over")).to_be_visible()
    page.get_by_role("link", name="Why did I get this?").click()
    expect(page.get_by_text("A test that you asked for")).to_be_visible()
    axe(page)
    fits(page)

    page.goto("/you/reach/number/")
    page.get_by_role("button", name="Forget this number").click()
    expect(page.get_by_text("The number is forgotten.")).to_be_visible()
    with as_attune(couple):
        assert Contact.objects.get(client=mara).phone == ""
        assert reach.chosen(mara) == {("email", "reminders"), ("email", "news")}


def test_everything_works_without_scripts(chromium, live_server, couple, mara, axe):
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    cookie = signed_in(mara).cookies["session"]
    context.add_cookies([{"name": "session", "value": cookie.value, "url": live_server.url}])
    page = context.new_page()
    page.goto("/you/reach/")
    page.get_by_role("switch", name="Something was said or changed").uncheck()
    page.get_by_label("Nothing after").fill("21:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("button", name="Send a test On these pages").click()
    expect(page.get_by_text("On its way")).to_be_visible()
    goes_on(mara, "claimed", "handing_off", "accepted")
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("It is on your first page")).to_be_visible()
    page.goto("/today/")
    expect(page.get_by_text("The test that you asked for arrived here")).to_be_visible()
    page.goto("/you/reach/")
    page.get_by_role("button", name="Send nothing, show it here").click()
    expect(page.get_by_text("This is what you have chosen.")).to_be_visible()
    context.close()
    with as_attune(couple):
        assert reach.chosen(mara) == set()


def test_an_address_that_came_back_is_mended_with_a_code(couple, mara, page: Page, sign_in: Callable, axe: Callable):
    with as_attune(couple):
        suppression.suppress("email", "hello@attune.invalid", user_of(mara).email, "bounce")
    sign_in(mara)
    page.goto("/you/reach/")
    expect(page.get_by_text("Messages to this address came back")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Send a code to this address").click()
    with as_attune(couple):
        code = proving.code_of(AddressProof.objects.get())
    page.get_by_label("The code").fill(code)
    page.get_by_role("button", name="This is it").click()
    expect(page.get_by_text("Thank you, that works.")).to_be_visible()
    expect(page.get_by_text("Messages to this address came back")).to_have_count(0)


def test_a_stop_from_a_mail_asks_which_and_then_it_is_done(couple, mara, page: Page, axe: Callable, fits: Callable):
    token = stopping.token(stopping.Stop(couple.practice_id, mara.pk, "email", "reminders"))
    page.goto(f"/stop/{token}/")
    axe(page)
    fits(page)
    page.get_by_role("radio", name="Messages like this one").check()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    axe(page)
    with as_attune(couple):
        assert reach.chosen(mara) == {("email", "news")}
