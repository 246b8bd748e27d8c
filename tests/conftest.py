"""A real PostgreSQL, migrated by its owner and used as the application's own role."""

from __future__ import annotations

import datetime
import pickle
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser

from practice import vault
from tests import databases
from tests.databases import wipe

if TYPE_CHECKING:
    from tests.world import World

pytest_plugins = [
    "tests.factories",
    "tests.practice.carrying",
    "tests.practice.hooked",
    "tests.practice.mail_server",
    "tests.practice.service_server",
    "tests.quick",
    "tests.practice.push_server",
    "tests.reports.ringing",
]


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_blocker,
) -> Iterator[None]:
    """Migrated as the owner, the catalogue loaded; everything runs as the login role."""
    with django_db_blocker.unblock():
        databases.begin(keep=django_db_keepdb and not django_db_createdb)
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            databases.end()


#: Files that take minutes by themselves: begun first, so that no process is left alone with one at the end.
LONG = (
    "tests/chaos/",
    "tests/test_",
    "tests/browser/",
    "tests/hosts/",
    "tests/exercises/fhir/",
    "tests/reports/test_demo",
    "tests/exercises/writing/",
)


#: What meets a browser or other processes on a busy machine is tried a second time; the summary names what needed it.
REAL = ("tests/browser/", "tests/chaos/", "tests/hosts/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(REAL):
            item.add_marker(pytest.mark.flaky(reruns=1))
    items.sort(
        key=lambda item: (not item.nodeid.startswith("tests/chaos/test_short"), not item.nodeid.startswith(LONG))
    )


@pytest.fixture(autouse=True)
def _quick_and_quiet(settings) -> Iterator[None]:
    from practice.limits import Rate

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STAFF_NEED_SECOND_FACTOR = False
    # Tests travel in time with a browser in their hands; how long a sign-in lasts is tested where it says so.
    settings.SIGN_IN_RESTS = settings.SIGN_IN_LASTS = datetime.timedelta(days=36500)
    settings.ATTUNE_LOCAL_PROVIDERS = True  # practices' own servers of tests stand on this machine
    vault.forget_keys()
    # Tests ask faster than any program; how often one may is tested where it says so.
    pace = mock.patch("practice.api.middleware.PACE", Rate(1_000_000, 60))
    with pace, mock.patch("practice.unwaited.begin", lambda job: job()):  # a sign-in's letter is there with the page
        yield
    vault.forget_keys()


@pytest.fixture(autouse=True, scope="session")
def _clean_as_superuser() -> Iterator[None]:
    """The login role may not TRUNCATE, so committed rows are cleaned away from above."""
    from django.test import TransactionTestCase

    def teardown(self) -> None:
        connection.close()
        wipe(connection.settings_dict["NAME"])

    before = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = before


def _keep_nothing(*args: Any, **kwargs: Any) -> None:
    """No mock, which would keep what it is called with."""


@pytest.fixture(scope="session")
def worlds(django_db_setup: None) -> Callable[[], World]:
    """Commit a world. It is built once; as long as it is of this day, its rows are written as they were then."""
    from tests.world import build_world, daytime_zone

    kept: dict[Any, tuple[dict[str, bytes], bytes]] = {}

    def commit() -> World:
        name = connection.settings_dict["NAME"]
        zone = daytime_zone()
        of = (zone, datetime.datetime.now(ZoneInfo(zone)).date(), *databases.secrets(name))
        if of in kept:
            rows, built = kept[of]
            databases.put_rows(name, rows)
        else:
            built = pickle.dumps(build_world())
            kept.clear()
            kept[of] = databases.take_rows(name), built
        return pickle.loads(built)  # noqa: S301  our own; a module may give more, and its world is its own

    return commit


@pytest.fixture(scope="module")
def world(worlds: Callable[[], World], django_db_blocker) -> Iterator[World]:
    """Two practices full of canaries, committed once for all tests of a module."""
    from django.test import override_settings

    quick = override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STAFF_NEED_SECOND_FACTOR=False,
        SIGN_IN_RESTS=datetime.timedelta(days=36500),
        SIGN_IN_LASTS=datetime.timedelta(days=36500),
    )
    # The test browser keeps a copy of every template's context; these tests read pages, not contexts.
    unread = mock.patch("django.test.client.store_rendered_templates", _keep_nothing)
    with quick, unread:
        with django_db_blocker.unblock():
            built = worlds()
            connection.close()
        yield built
    with django_db_blocker.unblock():
        connection.close()
        wipe(connection.settings_dict["NAME"])


@pytest.fixture(scope="module")
def browser_of(world: World, django_db_blocker) -> Callable[..., Browser]:
    """Return a fresh browser of any persona of the world, each signed in once; "anonymous" is signed in nowhere."""
    from tests.factories import signed_in

    with django_db_blocker.unblock():
        cookies = {name: signed_in(who).cookies[settings.SESSION_COOKIE_NAME] for name, who in world.personas.items()}
        connection.close()

    handlers: dict[bool, Any] = {}

    def open_browser(name: str, *, enforce_csrf_checks: bool = False) -> Browser:
        browser = Browser(enforce_csrf_checks=enforce_csrf_checks)
        # All go through the same middleware, which keeps nothing of anybody and takes a while to make.
        browser.handler = handlers.setdefault(enforce_csrf_checks, browser.handler)
        if name in cookies:
            browser.cookies[settings.SESSION_COOKIE_NAME] = cookies[name].value
        return browser

    return open_browser


@pytest.fixture
def committed(world: World, django_db_blocker) -> Iterator[None]:
    """Work without a transaction around the test: what requests write stays, as it does in life."""
    with django_db_blocker.unblock():
        yield
        connection.close()
