"""A real Chromium on a phone's screen, signed in as anybody, against a server of our own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request, sync_playwright

from clients.models import Client
from practice.models import Membership
from tests.factories import signed_in

#: The test itself talks to the database while Playwright's loop stands still.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


#: The shell first: the same engine without a browser's own windows around it, for two thirds of the work.
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def chromium_path(*names: str) -> str:
    """Where the machine's own Chromium is."""
    path = next(filter(None, map(shutil.which, names or CHROMIUMS)), None)
    if path is None:
        pytest.fail("There is no Chromium on this machine: apt-get install chromium, or leave out -m browser.")
    return path


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The machine's own Chromium, started once."""
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def whole_chromium(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium with everything that its shell does not have, such as notifications."""
    browser = playwright.chromium.launch(executable_path=chromium_path(*CHROMIUMS[1:]), args=["--no-sandbox"])
    yield browser
    browser.close()


def enter(context: BrowserContext, site: str, who: Membership | Client) -> None:
    """Sign a browser in as a member or client, without the sign-in page."""
    cookie = signed_in(who).cookies["session"]
    context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])


@pytest.fixture
def new_context(chromium: Browser, live_server: Any) -> Iterator[Callable[..., BrowserContext]]:
    """Make fresh profiles.

    A script error in any of them fails the test, and so does a breach of the content policy (B88), or anything that is
    asked of another house (B95) than where 'Leave' leads, or what a test puts into ``leads_to``.
    """
    made: list[BrowserContext] = []
    troubles: list[str] = []

    def make(size: dict[str, int] = PHONE, **more: Any) -> BrowserContext:
        context = chromium.new_context(viewport=size, base_url=live_server.url, locale="en-GB", **more)  # type: ignore[arg-type]
        context.on("weberror", lambda error: troubles.append(str(error.error)))
        context.on(
            "console",
            lambda message: troubles.append(message.text) if "Content Security Policy" in message.text else None,
        )
        context.on("request", lambda request: None if is_ours(request) else troubles.append(f"asked {request.url}"))
        made.append(context)
        return context

    def is_ours(request: Request) -> bool:
        """Of our own house, made by the page itself, or the way out."""
        if request.url.startswith((f"{live_server.url}/", "data:", "blob:")):
            return True
        by_hand = request.url == settings.ATTUNE_LEAVE_URL or request.url.startswith(tuple(make.leads_to))  # type: ignore[attr-defined]
        return request.is_navigation_request() and by_hand

    make.leads_to = []  # type: ignore[attr-defined]
    yield make
    for context in made:
        context.close()
    assert not troubles, troubles


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    """A fresh profile with a phone's screen."""
    return new_context()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page of 390 × 844, nobody signed in."""
    return context.new_page()


@pytest.fixture
def sign_in(context: BrowserContext, live_server: Any) -> Callable[[Membership | Client], None]:
    """Sign the browser in as a member or client, without the sign-in page."""

    return lambda who: enter(context, live_server.url, who)


@pytest.fixture
def screen_of(new_context: Callable[..., BrowserContext], live_server: Any) -> Callable[..., Page]:
    """Open a screen of somebody's own, signed in. Its connection can be cut: ``page.context.set_offline``."""

    def of(who: Membership | Client, size: dict[str, int] = PHONE, **more: Any) -> Page:
        context = new_context(size, **more)
        enter(context, live_server.url, who)
        return context.new_page()

    return of


RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
#: What can be wrong in other colours alone.
RULES_OF_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
#: Of what is right, axe need not say where it stands. No frame has an axe of its own, for whose answer it would wait.
ONLY_HERE = {"resultTypes": ["violations"], "iframes": False}
#: What is still moving stands where it comes to stand. One that is called off rejects its promise: it has ended, too.
AT_REST = """
    Promise.allSettled(document.getAnimations().map((one) => {
        one.finish()
        return one.finished
    }))
"""
#: Of what axe finds, only what is wrong leaves the page.
LOOK = "async (options) => ({violations: (await axe.run(options)).violations})"


def look_with_axe(page: Page, rules: dict[str, Any]) -> None:
    # A page whose stylesheet is still on its way, or that is still unfolding, is not yet the page that people read.
    page.wait_for_load_state("load")
    page.evaluate(AT_REST)
    # As tall as the page: what a sticky bar covers at one moment of scrolling is no smaller for it.
    before = page.viewport_size or PHONE
    tall = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": before["width"], "height": max(tall, before["height"])})
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = AxeResults(page.evaluate(LOOK, {"runOnly": rules, **ONLY_HERE}))
    page.set_viewport_size(before)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Fail when axe finds anything against WCAG 2.2 A and AA on a page."""
    return lambda page: look_with_axe(page, RULES)


@pytest.fixture
def axe_day_and_night(axe: Callable[[Page], None]) -> Callable[[Page], None]:
    """Fail when axe finds anything on a page as it is by day, or in the colours that it has by night."""

    def check(page: Page) -> None:
        page.emulate_media(color_scheme="light")
        axe(page)
        page.emulate_media(color_scheme="dark")
        assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        look_with_axe(page, RULES_OF_COLOUR)

    return check


@pytest.fixture
def fits() -> Callable[[Page], None]:
    """Fail when a page scrolls sideways at its present width or at 320 px."""

    def check(page: Page) -> None:
        page.wait_for_load_state("load")
        before = page.viewport_size or PHONE
        for width in (before["width"], 320):
            page.set_viewport_size({"width": width, "height": before["height"]})
            over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert over <= 0, f"{page.url} is {over}px too wide at {width}px"
        page.set_viewport_size(before)

    return check
