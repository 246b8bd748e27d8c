"""The whole of it, once through, in a real browser: given, answered by both, read. And gone when one leaves."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from clients.models import Appointment, Client, Couple
from practice.models import Membership, Practice
from tests.browser.conftest import DESK, PHONE
from tests.crawl import name_of
from tests.factories import PASSWORD, inside, make_couple, make_member, make_practice, user_of
from tests.world import daytime_zone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HERS, HIS = "the walk by the river, only that", "tea on the stairs, twice"
#: What may stand in the history of a client's browser.
NEUTRAL = re.compile(
    r"(Sign in|Today|Together|You|Before you start|Question \d+ of \d+|Check|Sent|Opened|Help|\u200b)?( · Attune)?"
)


@dataclass
class Person:
    """Somebody at their own device, and what was noticed about their pages on the way."""

    context: BrowserContext
    page: Page
    origin: str
    abroad: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    titles: set[str] = field(default_factory=set)


@pytest.fixture
def person(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Person]]:
    """Open a device. No request of it may leave its own origin, and no page may trip over the strict policy."""
    people: list[Person] = []

    def open_device(viewport: Any) -> Person:
        context = chromium.new_context(viewport=viewport, base_url=live_server.url, locale="en-GB")
        one = Person(context, context.new_page(), live_server.url)
        context.route("**/*", lambda route: at_home_only(one, route))
        context.on("weberror", lambda error: one.troubles.append(str(error.error)))
        one.page.on("console", lambda said: note(one, said.type, said.text))
        one.page.on("load", lambda page: one.titles.add(str(page.evaluate("document.title"))))
        people.append(one)
        return one

    yield open_device
    for one in people:
        one.context.close()
    assert [trouble for one in people for trouble in one.troubles] == []
    assert [address for one in people for address in one.abroad] == []


def note(one: Person, kind: str, text: str) -> None:
    # A preview that is asked for while the last one is on its way replaces it: that is meant.
    if kind == "error" and not text.startswith(("htmx:sendAbort", "htmx:afterRequest")):
        one.troubles.append(text)


def at_home_only(one: Person, route: Route) -> None:
    address = route.request.url
    if address.startswith((one.origin, "data:")):
        route.continue_()
    else:
        one.abroad.append(address)
        route.fulfill(body="elsewhere", content_type="text/html")


@pytest.fixture
def house(live_server: Any) -> tuple[Practice, Membership, Couple]:
    practice = make_practice(time_zone=daytime_zone())
    therapist = make_member(practice)
    couple = make_couple(practice, therapist=therapist)
    with inside(practice):
        Appointment.objects.create(couple=couple, starts_at=timezone.now() + datetime.timedelta(days=2))
    return practice, therapist, couple


@pytest.fixture
def look(axe_day_and_night, fits) -> Callable[[Person], None]:
    """Look at a page in the light and in the dark, and at 320 px; each kind of page once."""
    seen: set[str] = set()

    def look_at(one: Person) -> None:
        one.page.wait_for_load_state("load")
        name = name_of(urlsplit(one.page.url).path)
        if name in seen:
            return
        seen.add(name)
        one.page.emulate_media(reduced_motion="reduce")
        axe_day_and_night(one.page)
        one.page.emulate_media(color_scheme="light")
        fits(one.page)

    return look_at


def come_in(one: Person, who: Membership | Client, look: Callable[[Person], None]) -> None:
    """Sign in by the front door, with address and password."""
    one.page.goto("/")
    look(one)
    one.page.get_by_label("E-mail").fill(user_of(who).email)
    one.page.get_by_label("Password", exact=True).fill(PASSWORD)
    one.page.get_by_role("button", name="Sign in", exact=True).click()
    one.page.wait_for_url(re.compile(r"/(desk|today)/"))
    look(one)


def give(one: Person, look: Callable[[Person], None]) -> None:
    """From the caseload to the couple, to an exercise, to giving it."""
    page = one.page
    page.get_by_role("link", name=re.compile("Couples")).first.click()
    page.wait_for_url("**/desk/couples/")
    look(one)
    page.get_by_role("link", name=re.compile("Mara.*Theo")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Mara")
    look(one)
    page.get_by_role("link", name=re.compile("Assign")).first.click()
    page.wait_for_url("**/assign/")  # loaded: scripts and all
    look(one)
    page.get_by_role("searchbox").fill("weekly state of us")
    page.get_by_role("link", name=re.compile("Weekly State of Us", re.IGNORECASE)).first.click()
    page.wait_for_url("**/assign/?exercise=*")
    look(one)
    page.fill("[name=why]", "Before we meet, so that we begin where you are.")
    page.locator("[name=rhythm][value=once]").check()  # it is proposed for Sundays
    page.fill("[name=starts_on]", timezone.localdate().isoformat())
    page.fill("[name=at]", "23:30")
    page.get_by_role("button", name=re.compile("^Give it")).click()
    expect(page.get_by_text("Given to")).to_be_visible()
    look(one)


def answer(one: Person, said: str, look: Callable[[Person], None]) -> None:
    """From today's page through all questions to 'Sent', the way a person does it: one thing at a time."""
    page = one.page
    page.get_by_role("link", name="Begin").click()
    page.wait_for_url(re.compile("/do/"))
    look(one)
    page.get_by_role("link", name=re.compile("^(Start|Carry on)")).click()
    for _question in range(30):
        page.wait_for_url(re.compile(r"/do/.*/(\d+|check)/"))
        if page.url.endswith("/check/"):
            break
        look(one)
        fill_in(page, said)
        at = page.url
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(lambda url, at=at: url != at)
    look(one)
    expect(page.get_by_text(said).first).to_be_visible()
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sent")
    look(one)


def fill_in(page: Page, said: str) -> None:
    """Give the first control of a question an answer."""
    question = page.locator("form#q")
    for area in question.locator("textarea:visible, input[type=text]:visible").all():
        area.fill(said)
    for number in question.locator("input[type=number]:visible, input[inputmode]:visible").all():
        number.fill("3")
    radios = question.locator("input[type=radio]")
    if radios.count():
        radios.nth(radios.count() // 2).check(force=True)


def test_b21_given_answered_by_both_and_read(person, house, look):
    _practice, therapist, couple = house
    mara, theo = couple.clients
    at_desk = person(DESK)
    come_in(at_desk, therapist, look)
    with timezone.override(couple.zone):
        give(at_desk, look)

    phones = []
    for who, said in ((mara, HERS), (theo, HIS)):
        one = person(PHONE)
        come_in(one, who, look)
        answer(one, said, look)
        one.page.goto("/together/")
        look(one)
        other = HIS if said == HERS else HERS
        expect(one.page.get_by_text(other)).to_have_count(0)
        phones.append(one)
    for one in phones:
        assert {title for title in one.titles if not NEUTRAL.fullmatch(title.strip())} == set()

    page = at_desk.page
    page.goto("/desk/")
    look(at_desk)
    page.get_by_role("link", name=re.compile("Couples")).first.click()
    page.get_by_role("link", name=re.compile("Mara.*Theo")).first.click()
    expect(page.get_by_text(HERS).first).to_be_visible()
    expect(page.get_by_text(HIS).first).to_be_visible()
    look(at_desk)
    for path in ("/desk/library/", "/desk/programs/", "/desk/reports/", "/desk/account/", "/account/2fa/"):
        page.goto(path)
        look(at_desk)


def test_b20_b30_leaving_blanks_the_page_and_back_brings_nothing_home(person, house, look):
    _practice, therapist, couple = house
    at_desk = person(DESK)
    come_in(at_desk, therapist, lambda one: None)
    with timezone.override(couple.zone):
        give(at_desk, lambda one: None)
    one = person(PHONE)
    come_in(one, couple.clients[0], lambda one: None)
    page = one.page
    page.get_by_role("link", name="Begin").click()
    page.get_by_role("link", name=re.compile("^(Start|Carry on)")).click()
    page.wait_for_url(re.compile(r"/do/.*/1/"))
    was_at = page.url
    fill_in(page, HERS)
    expect(page.locator("[data-status]")).to_contain_text("Saved at")

    page.get_by_role("link", name="Leave").click()
    page.wait_for_url(lambda url: not url.startswith(one.origin))
    assert page.inner_text("body") == "elsewhere"
    for _step in range(8):
        page.go_back(wait_until="load")
        assert HERS not in page.content()
        assert "Weekly State" not in page.content()
    page.goto(was_at)
    page.wait_for_url("**/account/login/**")
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert HERS not in stored
    assert page.evaluate("(async () => (await indexedDB.databases()).length + (await caches.keys()).length)()") == 0
    assert one.abroad, "leaving went elsewhere"
    assert all(urlsplit(address).query == "" for address in one.abroad)
    one.abroad.clear()
