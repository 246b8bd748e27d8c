"""The owner's pages about webhooks: on a phone and on a desk, by day and by night."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from practice import calling_out, webhooks
from practice.models import Webhook
from tests.browser.conftest import DESK, PHONE
from tests.factories import inside, make_member
from tests.practice.hooked import make_hook

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_pages_fit_and_pass_axe(page, sign_in, axe_day_and_night, fits, practice, monkeypatch, other_side):
    monkeypatch.setattr("practice.fresh.is_fresh", lambda request: True)
    monkeypatch.setattr("practice.views.webhooks.is_fresh", lambda request: True)
    monkeypatch.setattr("practice.outside._resolved", lambda host, port: ["8.8.8.8"])
    hook, _secret = make_hook(practice)
    with inside(practice):
        webhooks.test(hook)
    calling_out.deliver()
    other_side.says = 503
    with inside(practice):
        webhooks.tell("couple.closed", occasion="x", about={"couple_id": hook.pk})
    calling_out.deliver()
    sign_in(make_member(practice, "owner"))
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        for number, path in enumerate(("", f"{hook.pk}/", "new")):
            page.goto(f"/desk/practice/webhooks/{path.replace('new', '')}")
            if path == "new":
                page.get_by_role("textbox", name="Address").fill(
                    "https://a-rather-long-name.of-another-system.example.org/hooks/in/7"
                )
                page.get_by_label("A report is ready").check()
                page.get_by_role("button", name="Add it").click()
                page.get_by_text("This page shows it once.").wait_for()
            axe_day_and_night(page)
            fits(page)
            if shots := os.environ.get("SHOTS"):
                for colours in ("dark", "light"):
                    page.emulate_media(color_scheme=colours)
                    page.screenshot(path=Path(shots) / f"hooks-{number}-{size['width']}-{colours}.png", full_page=True)
    with inside(practice):
        assert Webhook.objects.count() == 3
