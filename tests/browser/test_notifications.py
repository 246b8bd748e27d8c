"""Notifications in a real browser: the worker, what it shows, where it leads, and that it goes with the session."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from clients import devices
from practice.channels import push
from tests.browser.conftest import enter
from tests.factories import acting_as
from tests.practice.push_server import Phone

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: The page that the part stands on.
PAGE = "/portal/devices/"
ENDPOINT = "https://fcm.googleapis.com/fcm/send/this-browser"

#: There is no push service behind a browser under test: what it would hand out is handed out here.
SUBSCRIBES = """
(() => {
  const words = %s;
  const made = () => ({
    endpoint: words.endpoint,
    toJSON: () => words,
    unsubscribe: async () => { localStorage.removeItem("test-subscription"); return true; },
  });
  PushManager.prototype.subscribe = async function (options) {
    if (!options.userVisibleOnly || !options.applicationServerKey) throw new Error("wrong options");
    localStorage.setItem("test-subscription", "1");
    return made();
  };
  PushManager.prototype.getSubscription = async () => localStorage.getItem("test-subscription") ? made() : null;
})();
"""


@pytest.fixture(autouse=True)
def _key(settings):
    settings.ATTUNE_VAPID_KEY = push.fresh_key()


@pytest.fixture
def chromium(whole_chromium: Browser) -> Browser:
    """The shell shows no notifications."""
    return whole_chromium


@pytest.fixture
def phone_of(new_context: Callable[..., BrowserContext], live_server: Any) -> Callable[..., BrowserContext]:
    """Open a phone that somebody is signed in on, and that lets pages show notifications."""

    def of(who: Any, *, allowed: bool = True) -> BrowserContext:
        context = new_context()
        if allowed:
            context.grant_permissions(["notifications"], origin=live_server.url)
        context.add_init_script(SUBSCRIBES % json.dumps(Phone(ENDPOINT).subscription))
        enter(context, live_server.url, who)
        return context

    return of


def switch_on(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(PAGE)
    page.get_by_role("button", name="Switch on notifications in this browser").click()
    expect(page.get_by_text("This browser", exact=True)).to_be_visible()
    page.wait_for_load_state("networkidle")  # the page asks once whose browser this is
    return page


def in_force(person: Any) -> int:
    with acting_as(person):
        return devices.of(person).count()


def deliver(session: CDPSession, origin: str, registration: str, words: str) -> None:
    given = {"origin": origin, "registrationId": registration, "data": words}
    session.send("ServiceWorker.deliverPushMessage", given)


def worker_of(context: BrowserContext, page: Page) -> tuple[CDPSession, str]:
    """Return a line to the browser's own tools, and the number of the worker."""
    session = context.new_cdp_session(page)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    page.wait_for_timeout(300)
    assert found
    return session, found[-1]


def shown(page: Page) -> list[dict[str, Any]]:
    return page.evaluate(
        """async () => (await (await navigator.serviceWorker.ready).getNotifications())
           .map((one) => ({title: one.title, body: one.body, tag: one.tag, icon: one.icon, data: one.data}))"""
    )


def pushed(page: Page, session: CDPSession, origin: str, registration: str, words: str, title: str) -> list[dict]:
    """Push until it is shown: a page that has just been opened takes away what it finds, which may be this one."""
    for _ in range(6):
        deliver(session, origin, registration, words)
        for _ in range(20):
            found = shown(page)
            if any(one["title"] == title for one in found):
                return found
            page.wait_for_timeout(100)
    return shown(page)


def test_switching_on_registers_the_worker_and_shows_what_is_pushed(mara, phone_of, live_server, axe, fits):
    context = phone_of(mara)
    page = switch_on(context)
    assert in_force(mara) == 1
    axe(page)
    fits(page)
    scope = page.evaluate("navigator.serviceWorker.ready.then((one) => one.scope)")
    assert scope == f"{live_server.url}/"
    session, registration = worker_of(context, page)
    for link in ("/today/", "/together/"):
        words = push.payload("You have something to look at", link)
        (one,) = pushed(page, session, live_server.url, registration, words, "You have something to look at")
    for _ in range(50):
        (one,) = shown(page)  # the newer one takes the place of the older
        if one["data"]["link"].endswith("/together/"):
            break
        page.wait_for_timeout(100)
    assert one["tag"] == "attune"
    assert one["body"] == ""
    assert one["icon"].endswith("icon-192.png")
    assert one["data"]["link"] == f"{live_server.url}/together/"


@pytest.mark.parametrize(
    "words", ["", "not json", "[]", json.dumps({"title": "", "link": "https://example.org/x"}), json.dumps({"link": 7})]
)
def test_nonsense_that_is_pushed_shows_the_neutral_line_and_leads_nowhere_else(mara, phone_of, live_server, words):
    context = phone_of(mara)
    page = switch_on(context)
    session, registration = worker_of(context, page)
    (one,) = pushed(page, session, live_server.url, registration, words, "You have something to look at")
    assert one["title"] == "You have something to look at"
    assert one["data"]["link"].startswith(live_server.url)


def test_what_was_shown_is_taken_away_when_the_portal_is_opened(mara, phone_of, live_server):
    context = phone_of(mara)
    page = switch_on(context)
    session, registration = worker_of(context, page)
    assert pushed(page, session, live_server.url, registration, push.payload("Something", "/"), "Something")
    page.goto(PAGE)
    shown = "navigator.serviceWorker.ready.then((one) => one.getNotifications()).then((all) => all.length)"
    for _again in range(50):
        if not page.evaluate(shown):
            break
        page.wait_for_timeout(100)
    assert page.evaluate(shown) == 0


def test_the_worker_keeps_no_page(mara, phone_of):
    page = switch_on(phone_of(mara))
    assert page.evaluate("caches.keys()") == []


def test_permission_is_asked_for_only_after_a_tap(mara, phone_of):
    context = phone_of(mara, allowed=False)
    context.add_init_script("Notification.requestPermission = async () => { window.asked = 1; return 'denied'; }")
    page = context.new_page()
    page.goto(PAGE)
    button = page.get_by_role("button", name="Switch on notifications in this browser")
    if button.is_visible():
        assert page.evaluate("window.asked") is None
        button.click()
        assert page.evaluate("window.asked") == 1
    expect(page.get_by_text("does not let these pages show notifications")).to_be_visible()
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    assert in_force(mara) == 0


def test_an_iphone_is_told_to_put_the_page_on_its_home_screen(mara, phone_of, axe, fits):
    context = phone_of(mara)
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'standalone', {get: () => false})")
    page = context.new_page()
    page.goto(PAGE)
    expect(page.get_by_text("put these pages on the home screen first")).to_be_visible()
    expect(page.get_by_role("button", name="Switch on notifications in this browser")).to_be_hidden()
    axe(page)
    fits(page)


def test_b23_signing_out_takes_the_subscription_along(mara, phone_of):
    page = switch_on(phone_of(mara))
    page.goto("/you/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/account/**")
    assert page.evaluate("localStorage.getItem('test-subscription')") is None
    assert in_force(mara) == 0


def test_somebody_else_who_signs_in_on_that_browser_gets_none_of_it(mara, theo, phone_of, live_server):
    context = phone_of(mara)
    page = switch_on(context)
    # Mara's session runs out; nobody signed out.
    context.clear_cookies()
    page.evaluate("sessionStorage.clear()")
    enter(context, live_server.url, theo)
    page.goto(PAGE)
    expect(page.get_by_role("button", name="Switch on notifications in this browser")).to_be_visible()
    assert page.evaluate("localStorage.getItem('test-subscription')") is None
    assert (in_force(mara), in_force(theo)) == (0, 0)


def test_switching_off_works_without_a_script_and_the_browser_forgets(mara, phone_of):
    page = switch_on(phone_of(mara))
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("button", name="Switch on notifications in this browser")).to_be_visible()
    assert in_force(mara) == 0
    assert page.evaluate("localStorage.getItem('test-subscription')") is None
