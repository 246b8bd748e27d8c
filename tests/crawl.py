"""Walking through Attune as one person: every door that is theirs, and every link they are offered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urljoin, urlsplit

from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import Resolver404, resolve

from tests.doors import ANONYMOUS, DOORS, NOBODY, account_paths
from tests.pages import Page
from tests.world import World

#: Pages of one address that are visited: the library alone is far larger than what it can teach.
OF_ONE_NAME = 5
OF_LIBRARY = 2
#: A walk through a whole form finds what each of its questions holds.
QUESTIONS = 20
#: What would end the walk.
NOT_FOLLOWED = ("leave", "account_logout")
SHELVES = ("exercise", "exercise_preview", "assign_exercise", "program", "library", "assign")


@dataclass
class Visit:
    """One answer to one person."""

    who: str
    path: str
    name: str
    by_link: bool
    response: HttpResponse
    page: Page | None = None

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def body(self) -> str:
        return "" if self.response.streaming else self.response.content.decode("utf-8", "replace")

    def __str__(self) -> str:
        return f"{self.who} at {self.path} ({self.status})"


@dataclass
class Walk:
    """Everything that one walk met."""

    visits: list[Visit] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    outside: set[str] = field(default_factory=set)
    linked: set[str] = field(default_factory=set)

    def pages(self) -> Iterator[tuple[Visit, Page]]:
        for visit in self.visits:
            if visit.page is not None:
                yield visit, visit.page


def own_doors(world: World, who: str) -> Iterator[str]:
    """The paths of all doors that are this person's."""
    house = world.far if who.startswith("far_") else world.home
    local = who.removeprefix("far_")
    for name, door in DOORS.items():
        if local in door.kind.who and name not in NOT_FOLLOWED and door.kind is not NOBODY:
            yield door.path(name, house)
    if who in READ_THEIR_ACCOUNT:
        yield from (path for name, path in account_paths().items() if name not in NOT_FOLLOWED)


def walk(world: World, who: str, open_browser: Callable[..., Browser], *, doors: bool = True) -> Walk:
    """Go everywhere that ``who`` may go: first by links alone, then through the doors no link led to."""
    browser, found, seen, of_name = open_browser(who), Walk(), set[str](), Counter[str]()
    browser.raise_request_exception = False

    def visit(start: str, by_link: bool) -> None:
        waiting = [start]
        while waiting:
            path = waiting.pop(0)
            if path in seen:
                continue
            seen.add(path)
            name = name_of(path)
            if not name:
                found.dead.append(path)
                continue
            of_name[name] += 1
            if of_name[name] > most_of(name, who) or name in NOT_FOLLOWED:
                continue
            waiting += look(path, name, by_link)

    def look(path: str, name: str, by_link: bool) -> list[str]:
        response = browser.get(path)
        visit = Visit(who, path, name, by_link, response)
        found.visits.append(visit)
        if response.status_code in (301, 302):
            return [onward(path, response["Location"])] if is_inside(response["Location"]) else []
        if not response.get("Content-Type", "").startswith("text/html") or not response.content:
            return []
        visit.page = page = Page(visit.body)
        addresses = [*page.links, *(form.action or path for form in page.forms if form.method == "get")]
        return [onward(path, one) for one in followed(path, page, addresses, found)]

    visit("/", True)
    if doors:
        for path in own_doors(world, who):
            visit(path, False)
        visit("/nothing-here/", False)
    return found


def followed(path: str, page: Page, addresses: list[str], found: Walk) -> Iterator[str]:
    """Note every address a page names, and yield those inside that can be opened."""
    for one in [*addresses, *page.loaded, *(form.action for form in page.forms if form.action)]:
        if one.startswith("#"):
            continue
        if not is_inside(one):
            found.outside.add(one)
        elif not one.startswith("/static/") and not name_of(onward(path, one)):
            found.dead.append(f"{one} on {path}")
        else:
            found.linked.add(name_of(onward(path, one)))
    yield from (one for one in addresses if is_inside(one) and not one.startswith("#"))


def most_of(name: str, who: str) -> int:
    """Return how many pages of one address are worth a visit; the neighbour's house is built like our own."""
    if who.startswith("far_"):
        return 1
    if name == "do_question":
        return QUESTIONS
    return OF_LIBRARY if name in SHELVES else OF_ONE_NAME


def is_inside(address: str) -> bool:
    parts = urlsplit(address)
    return not parts.scheme and not parts.netloc


def onward(path: str, address: str) -> str:
    return urljoin(path, address).split("#")[0]


@cache
def name_of(path: str) -> str:
    """Return the name of the address behind a path; nothing where there is none."""
    try:
        return resolve(urlsplit(path).path).view_name
    except Resolver404:
        return "nothing" if path == "/nothing-here/" else ""


WALKERS = (
    "owner", "therapist", "colleague", "coordinator", "ended", "mara", "theo", "stranger", "former", "far_therapist",
    "far_mara", ANONYMOUS,
)  # fmt: skip
#: The account's own pages are the same for everybody who signed in.
READ_THEIR_ACCOUNT = ("owner", "mara", ANONYMOUS)
