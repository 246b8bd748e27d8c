"""Whatever a partner does alone, behind any door of theirs, changes nothing that the other one can observe.

The list of acts is whole by machine: an address that a partner may post to and that is neither the door of an act
nor declared with a reason fails. In each pair of worlds Mara, and the practice on account of her, do many of these
things in a random order; then the jobs run, and everything that Theo can observe is compared byte by byte, and
statement by statement, since what a page asks of the database is what it takes to make.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from tests import looking
from tests.crawl import own_doors, walk
from tests.doors import ANONYMOUS, DOORS, account_paths
from tests.looking import Look, Seen, differences
from tests.private_acts import ACTS, BY_STAFF, NOT_PRIVATE, Act, Doer, perform
from tests.reports.test_copies import copy_of
from tests.test_silence import rows
from tests.test_silence_of_sums import ACTS as SUMS
from tests.test_silence_of_sums import furnished, papers
from tests.world import BOTH, House, World, send

pytestmark = pytest.mark.django_db
__all__ = ["furnished"]

#: How many pairs of worlds are compared, and where they begin. `make chaos` compares more, others every day.
WORLDS = int(os.environ.get("ATTUNE_WORLDS", "2"))
BEGINNING = int(os.environ.get("ATTUNE_WORLDS_SEED", "15"))
#: Two worlds hold every act once.
EVERY = (*ACTS, *BY_STAFF, *SUMS)


@pytest.fixture(scope="module")
def paths(furnished: World, browser_of, django_db_blocker) -> list[str]:
    """Every address that Theo is led to, and every one that is Mara's."""
    with django_db_blocker.unblock():
        found = [one.path for one in walk(furnished, "theo", browser_of).visits]
        found += [path for path in own_doors(furnished, "mara") if path not in found]
        connection.close()
    return found


@pytest.fixture
def look(furnished: World, browser_of, paths) -> Iterator[Look]:
    """Look at everything Theo can observe. The clock stands; the first look is thrown away, as it fills caches."""
    browser, house = browser_of("theo"), furnished.home

    def everything() -> Seen:
        looking.rest(house)
        return {
            **looking.pages(browser, paths), **rows(house), **looking.letters(house, "theo"),
            **papers(house, printed=False), **looking.fingerprint(copy_of(house["theo"])),
        }  # fmt: skip

    with time_machine.travel(timezone.now(), tick=False):
        in_another_world(house, [], everything)
        yield everything


def in_another_world(house: House, acts: list[tuple[Act, int]], look: Look) -> Seen:
    """Do it, look, and undo it."""
    with transaction.atomic():
        again = house.again()
        for act, n in acts:
            if act in ACTS or act in BY_STAFF:
                perform(act, again, n)
            else:
                Doer(again, n)  # who agreed, whatever came before
                act(again, n)
        seen = look()
        transaction.set_rollback(True)
    return seen


def worlds(beginning: int, count: int) -> Iterator[list[tuple[Act, int]]]:
    """Yield what is done in each world: half of all acts, in a random order, and the other half in the next."""
    chance = random.Random(beginning)
    for number in range(count):
        if number % 2 == 0:
            order = chance.sample(EVERY, len(EVERY))
        half = order[: len(order) // 2] if number % 2 == 0 else order[len(order) // 2 :]
        yield [(act, chance.randrange(41)) for act in half]


def told_by(house: House, acts: list[tuple[Act, int]], look: Look, before: Seen) -> list[str]:
    """Return the fewest of these acts that still show, halved as long as one half does: for a failure's message."""
    while len(acts) > 1:
        halves = (acts[: len(acts) // 2], acts[len(acts) // 2 :])
        showing = next((half for half in halves if differences(before, in_another_world(house, half, look))), None)
        if showing is None:
            break
        acts = showing
    return [f"{act.__name__} {n}" for act, n in acts]


def test_b15_every_door_that_a_partner_may_post_to_is_an_acts_or_says_why_not(furnished, browser_of):
    """A new door fails here, until somebody says what is done behind it."""
    house = furnished.home
    paths = {name: door.path(name, house) for name, door in DOORS.items() if door.kind.who & {*BOTH, ANONYMOUS}}
    open_to_posts, browser = set(), browser_of("mara")
    for name, path in {**paths, **account_paths()}.items():
        with transaction.atomic():
            kept = browser.cookies.copy()
            if browser.post(path).status_code != 405:
                open_to_posts.add(name)
            browser.cookies = kept
            transaction.set_rollback(True)
    through = {door for doors in ACTS.values() for door in doors}
    assert open_to_posts - through - set(NOT_PRIVATE) == set(), "an act in tests/private_acts.py, or a reason there"
    assert (through | set(NOT_PRIVATE)) - open_to_posts == set(), "nothing may be posted there any more"
    assert through & set(NOT_PRIVATE) == set()


def test_b15_worlds_that_differ_in_what_one_does_in_private_are_the_same_to_the_other(furnished, look):
    house = furnished.home
    before = in_another_world(house, [], look)
    assert sum(1 for seen in before.values() if isinstance(seen, tuple) and seen[0] == 200) > 60, "there is much to see"
    assert any(isinstance(letter, bytes) for _kind, _moment, letter in before["letters"]), "and a letter on its way"
    for number, acts in enumerate(worlds(BEGINNING, WORLDS)):
        random.seed(f"{BEGINNING} {number}")
        after = in_another_world(house, acts, look)
        told = differences(before, after)
        if told:
            raise AssertionError((told, told_by(house, acts, look, before), number))
    shared = in_another_world(house, [(lambda house, n: send(house, "waiting", "mara", "for both"), 0)], look)
    assert {"/together/", "exercises_answer"} <= set(differences(before, shared)), "it can fail"
