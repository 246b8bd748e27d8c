"""Other sites around ours, and words that are written to do harm: nothing acts, nothing is framed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route

from clients.models import Client
from exercises import answering, drafts, journal
from exercises.models import Occurrence
from practice.ids import uuid7
from tests.browser.conftest import DESK, enter
from tests.exercises.given import EVERY_TYPE, give
from tests.factories import acting_as, inside

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EVIL = "http://evil.localhost:1"
AROUND = """<!doctype html><title>Win a prize</title><iframe id="framed" src="{at}"></iframe>
<button onclick="window.ours = window.open('{at}')">Open</button>"""

#: One text for all places: element, attribute, text area, script, title, comment, address, style.
POLYGLOT = (
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(/* */oNcliCk=hit() )//%0D%0A%0d%0a//"
    "</stYle/</titLe/</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=hit()//>\\x3e"
    "<img src=x onerror=hit()><a href=javascript:hit()>x</a>{{7*7}}${7*7}"
)
WATCH = "window.hits = 0; window.hit = () => { window.hits += 1; }; window.alert = window.hit;"


def test_b90_another_site_can_neither_frame_a_page_nor_hold_on_to_one_that_it_opened(chromium, live_server, mara):
    context = chromium.new_context()
    enter(context, live_server.url, mara)
    page = context.new_page()

    def around(route: Route) -> None:
        route.fulfill(body=AROUND.format(at=f"{live_server.url}/today/"), content_type="text/html")

    page.route(f"{EVIL}/**", around)
    page.goto(f"{EVIL}/")
    framed = page.query_selector("#framed").content_frame()
    assert framed is not None
    assert "data-leave" not in framed.content(), "there is nothing of ours to press or to drag out"
    with context.expect_page() as opening:
        page.click("button")
    opened = opening.value
    opened.wait_for_load_state()
    assert "/today/" in opened.url
    assert "data-leave" in opened.content()
    assert opened.evaluate("window.opener") is None
    assert page.evaluate("window.ours.closed"), "to the other site it is as if it had never been opened"
    context.close()


def test_b65_words_that_mean_harm_are_read_as_words(new_context, live_server, couple, mara, theo, therapist, practice):
    with inside(practice):
        person = Client.objects.get(pk=mara.pk)
        person.name = POLYGLOT[-60:]
        person.save()
    shared, private, begun = (
        give(couple, therapist, lane, EVERY_TYPE, slot=f"2026-11-0{day}T18:00")[0]
        for day, lane in enumerate(("shared", "private", "shared"), start=1)
    )
    raw = {"good": [POLYGLOT], "near": ["7"], "wish": [POLYGLOT[:200]], "note": [POLYGLOT]}
    with acting_as(mara):
        for one in (shared, private):
            answering.submit(Occurrence.objects.get(pk=one.pk), author=mara, raw=raw)
        drafts.save_draft(Occurrence.objects.get(pk=begun.pk), author=mara, raw=raw, base_version=0)
        page_of_hers = journal.begin(mara, couple.pk, POLYGLOT, uuid7())
    hers = [f"/do/{shared.pk}/sent/", f"/do/{begun.pk}/1/", f"/do/{begun.pk}/check/", f"/space/{page_of_hers.pk}/"]
    desk = f"/desk/couples/{couple.pk}/"
    for who, paths in (
        (mara, hers),
        (theo, [f"/together/{shared.pk}/"]),
        (therapist, [desk, f"{desk}clients/{mara.pk}/", "/desk/review/"]),
    ):
        context = new_context(DESK)
        context.add_init_script(WATCH)
        enter(context, live_server.url, who)
        page = context.new_page()
        page.on("dialog", lambda dialog: pytest.fail("a dialog"))
        seen = [acted(page, path) for path in paths]
        assert who is theo or any(seen), "and the words were there to be read"


def acted(page: Page, path: str) -> bool:
    """Open a page, and tell whether the words stand on it; fail when they do anything."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.status in (200, 404), path
    assert page.evaluate("window.hits") == 0, path
    assert page.locator("img[src=x], svg[onload], a[href^='javascript' i]").count() == 0, path
    return "{{7*7}}" in page.inner_text("body") or any("{{7*7}}" in one.input_value() for one in fields(page))


def fields(page: Page) -> list:
    return page.locator("textarea, input[type=text]").all()
