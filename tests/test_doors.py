"""Every address × everybody who may come to it: who gets in, and that all others meet the same wall.

What is refused is refused like something that does not exist: same status, same page, same headers.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection, reset_queries
from django.http import HttpRequest, HttpResponse
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve

from practice import audit, registry, roles, shared_screen, vault
from practice.logs import Lines, WithoutWords
from practice.models import Limit, Membership
from tests.databases import superuser
from tests.doors import (
    ANONYMOUS,
    API,
    CLIENTS,
    DOORS,
    ITSELF,
    NOBODY,
    PERSONAS,
    PUBLIC,
    READ_AS,
    Door,
    account_paths,
    patterns,
)
from tests.each import each
from tests.factories import acting_as
from tests.pages import same_answer
from tests.practice.test_walls import practice_tables, rows
from tests.rows import UNREAD, changed, rows_of_all_tables
from tests.test_shared_screen import OPEN, staff_read
from tests.world import CANARY, World


@pytest.fixture
def browsers(browser_of) -> dict[str, Browser]:
    """A browser of each persona, signed in where they can be."""
    return {name: browser_of(name) for name in (ANONYMOUS, *PERSONAS)}


def outsiders(door: Door) -> Iterator[str]:
    for name in (ANONYMOUS, *PERSONAS):
        if name not in door.kind.who:
            yield name


#: Who passes the first look, because of what they are, and must fail the second, because it is not theirs.
NEARLY = ("colleague", "coordinator", "far_owner", "theo", "stranger", "former", "far_mara")


def nearly_let_in(door: Door) -> set[str]:
    """Outsiders who could come to such a thing, but for this one."""
    if not door.about_something or door.kind is PUBLIC:
        return set()
    of_clients = bool({"mara", "theo"} & door.kind.who)
    return {who for who in NEARLY if who not in door.kind.who and (who in CLIENTS) == of_clients}


def is_refused(door: Door, name: str, response: HttpResponse) -> bool:
    """Tell whether an outsider was turned away as they should be."""
    if name == ANONYMOUS and door.kind.signed_in:
        return response.status_code == 302 and response["Location"].startswith("/account/login/")
    return response.status_code in ({404, 405} if 405 in door.get else {404})


# ── the table is whole ───────────────────────────────────────────────────────


def test_b1_every_address_is_declared_and_named():
    known = {*DOORS, *API, *account_paths()}
    there = {name for name, _arguments in patterns()}
    assert there - known == set(), "say in tests/doors.py for whom these are"
    assert {*DOORS, *API} - there == set(), "these are gone"


# ── who gets in ──────────────────────────────────────────────────────────────

#: The one look that ends something: the sign-in.
LEAVE = "leave"
#: Answers of a whole caseload: its lines follow from whose words lie there (tests/exercises/test_reviewing.py).
PILE = "review"


@pytest.mark.django_db
@each("name", DOORS, undone=True)
def test_b7_b49_a_door_opens_for_nobody_but_its_kind(name, world, browsers):
    door = DOORS[name]
    path = door.path(name, world.home)
    # Whom the next test looks at more closely has its answer there.
    answers = {who: browsers[who].get(path) for who in outsiders(door) if who not in nearly_let_in(door)}
    assert {who: one.status_code for who, one in answers.items() if not is_refused(door, who, one)} == {}


@pytest.mark.django_db
def test_leaving_is_for_everybody(browsers):
    answers = {who: browser.get("/leave/").status_code for who, browser in browsers.items()}
    assert answers == dict.fromkeys(DOORS[LEAVE].kind.who, 302)


@pytest.mark.django_db
@each("name", [name for name, door in DOORS.items() if door.about_something and door.kind is not PUBLIC], undone=True)
def test_b7_b18_what_is_somebody_elses_looks_and_takes_like_what_does_not_exist(name, world, browsers):
    """The same answer after the same work: what the database was asked tells how long it took."""
    door = DOORS[name]
    path, nowhere = door.path(name, world.home), door.elsewhere(name, world.home)
    for who in sorted(nearly_let_in(door)):
        for method in ("get", "post"):
            (answer, asked), (of_nothing, asked_for_nothing) = (
                look(browsers[who], one, method) for one in (path, nowhere)
            )
            assert method == "post" or is_refused(door, who, answer), who
            assert same_answer(answer, of_nothing), (who, method)
            assert asked == asked_for_nothing, (who, method)


#: What differs between two questions of the same kind.
VALUES = re.compile(r"""'[^']*'(?:::\w+(?:\[\])?)?|"s\d+_x\d+"|(?<=LIMIT )\d+""")


def look(browser: Browser, path: str, method: str = "get") -> tuple[HttpResponse, list[str]]:
    """Open a page, or post nothing to it; return the answer and what the database was asked for it, without values."""
    vault.forget_keys()  # which a process keeps: the first to need one asks for it
    reset_queries()  # of which only some thousands are kept: beyond them nothing would be seen any more
    with CaptureQueriesContext(connection) as asked:
        answer = getattr(browser, method)(path)
    return answer, without_values(asked)


def without_values(asked: CaptureQueriesContext) -> list[str]:
    """Return what was sent; a savepoint that waits for a statement has no text, and goes with that one."""
    return [VALUES.sub("?", one["sql"]) for one in asked.captured_queries if one["sql"]]


@pytest.mark.django_db
@each("name", account_paths(), undone=True)
def test_the_accounts_pages_answer_everybody_calmly(name, browsers):
    path = account_paths()[name]
    for who in (ANONYMOUS, "owner", "mara", "ended"):
        assert browsers[who].get(path).status_code in (200, 302, 404, 405), who


# ── what breaks says nothing ─────────────────────────────────────────────────


def patterns_named(name: str) -> list[URLPattern]:
    def below(resolver: URLResolver) -> Iterator[URLPattern]:
        for one in resolver.url_patterns:
            if isinstance(one, URLResolver):
                yield from below(one)
            elif one.name == name:
                yield one

    return list(below(get_resolver()))


def breaking(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view, failing when it is done, with everything it said in its hands and in the error."""

    @wraps(view)
    def broken(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        words = view(request, *args, **kwargs).getvalue().decode("utf-8", "replace")
        raise ValueError(words)

    return broken


@pytest.mark.django_db
@each("name", [name for name, door in DOORS.items() if door.kind is not NOBODY and name != LEAVE], undone=True)
def test_b103_a_view_that_breaks_gives_nothing_away(name, world, browsers, monkeypatch):
    """Neither its page nor its line in the log, in either form, holds a word of what it had in its hands."""
    door = DOORS[name]
    who = min(door.kind.who - {ANONYMOUS} or {ANONYMOUS})
    written = io.StringIO()
    for formatter in (WithoutWords("%(levelname)s %(name)s %(message)s"), Lines()):
        handler = logging.StreamHandler(written)
        handler.setFormatter(formatter)
        logging.getLogger().addHandler(handler)
    try:
        with monkeypatch.context() as patching:
            for pattern in patterns_named(name):
                patching.setattr(pattern, "callback", breaking(pattern.callback))
            browsers[who].raise_request_exception = False
            answer = browsers[who].get(door.path(name, world.home))
    finally:
        del logging.getLogger().handlers[-2:]
    assert answer.status_code == 500
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert written.getvalue().count("builtins.ValueError") == 2
    for said in (answer.content.decode(), written.getvalue(), str(answer.headers)):
        assert CANARY.findall(said) == []
        assert "@example.org" not in said


# ── nothing is changed by those who may not ──────────────────────────────────


@pytest.mark.django_db
@each("name", [*DOORS, *account_paths()], undone=True)
def test_b91_an_unsafe_request_without_a_token_is_refused(name, world, browser_of):
    door = DOORS.get(name)
    path = door.path(name, world.home) if door else account_paths()[name]
    # Those without a token have a secret of their own, or ask back, or change nothing.
    allowed = {403} if door is None or door.token else {204, 401, 404, 405, 422}
    answers = {}
    for who in (ANONYMOUS, "owner", "mara"):
        browser = browser_of(who, enforce_csrf_checks=True)
        Limit.objects.all().delete()  # so that it is the missing token that refuses
        # Nobody's request is the one that asks the least of the database; the token is looked at in the same place.
        for method in ("post", "put", "patch", "delete") if who == ANONYMOUS else ("post",):
            answers[who, method] = getattr(browser, method)(path).status_code
    assert {one: status for one, status in answers.items() if status not in allowed} == {}


def test_b7_those_who_may_not_change_nothing(world, browsers, committed):
    before = rows_of_all_tables(superuser)
    let_in = {}
    for name, door in DOORS.items():
        if door.kind is PUBLIC:
            continue
        path = door.path(name, world.home)
        for who in outsiders(door):
            answer = browsers[who].post(path, {"name": "x", "email": "new@example.org", "role": "owner"})
            if not is_refused(door, who, answer) and answer.status_code != 405:
                let_in[name, who] = answer.status_code
    assert let_in == {}
    assert changed(before, rows_of_all_tables(superuser), apart_from=UNREAD) == {}


#: Of the trail: what a line is about (the page itself, or a table), and whether that is the couple or one of them.
Look = tuple[str, bool]


@pytest.fixture
def looks(committed) -> Iterator[Callable[[], list[Look]]]:
    """What staff looked at by the trail since one asked last, read over one connection that stays."""
    with superuser(connection.settings_dict["NAME"]) as server:
        seen = 0

        def since() -> list[Look]:
            nonlocal seen
            rows = server.execute(
                "SELECT id, subject, client_id IS NOT NULL OR couple_id IS NOT NULL FROM practice_auditevent "
                "WHERE id > %s AND act IN ('opened', 'downloaded') AND role <> 'attune_portal' ORDER BY id",
                [seen],
            ).fetchall()
            seen = rows[-1][0] if rows else seen
            return [(ITSELF if subject.startswith(audit.PAGE) else subject, whose) for _id, subject, whose in rows]

        since()
        yield since


def test_b7_b92_b123_a_door_opens_for_its_kind_and_looking_leaves_its_declared_line_alone(
    world, browsers, committed, looks
):
    """No page writes when it is read: no 'seen', no counter, nothing started, sent or opened. Only the trail grows.

    By one line for each look of staff at a door that is named in ``READ_AS``, and by none for any other; and where
    words of the couple met the eyes of staff, whatever the address, there is a line about that couple.
    """
    before = rows_of_all_tables(superuser)
    closed, otherwise, unwritten = {}, {}, set()
    for name, door in DOORS.items():
        if name == LEAVE:
            continue
        path = door.path(name, world.home)
        for who in sorted(door.kind.who):
            answer = browsers[who].get(path)
            lines = looks()
            if answer.status_code not in door.get:
                closed[name, who] = answer.status_code
            if [about for about, _ours in lines] != expected_lines(name, who, world, answer, lines):
                otherwise[name, who] = lines
            if shows_the_couples_words(who, world, answer) and not any(ours for _about, ours in lines):
                unwritten.add((name, who))
        answer = browsers[who].head(path)
        lines = looks()
        if [about for about, _ours in lines] != expected_lines(name, who, world, answer, lines):
            otherwise[name, "HEAD"] = lines
    for path in account_paths().values():
        browsers["mara"].get(path)
    assert closed == {}
    assert changed(before, rows_of_all_tables(superuser), apart_from=UNREAD) == {}
    assert otherwise == {}, "say in READ_AS of tests/doors.py what reading leaves behind"
    assert unwritten == set(), "words of a couple were read, and no line says it"


def expected_lines(name: str, who: str, world: World, answer: HttpResponse, lines: list[Look]) -> list[str]:
    """What a look leaves behind by the table of doors. The pile leaves a line for each couple whose words lie there."""
    read = answer.status_code == 200 and isinstance(world.personas.get(who), Membership)
    if not read or name not in READ_AS:
        return []
    return [READ_AS[name]] * (len(lines) if name == PILE else 1)


#: Who of the practice is not in care of the couple: what they may meet, too, tells nothing of it.
NOT_IN_THEIR_CARE = {"colleague", "coordinator"}


def shows_the_couples_words(who: str, world: World, answer: HttpResponse) -> bool:
    """Tell whether this gave a member of the team words that are the couple's, or one of theirs."""
    if answer.streaming or not isinstance(world.personas.get(who), Membership):
        return False
    may = world.home.canaries
    met = [may.get(word, frozenset()) for word in CANARY.findall(answer.content.decode("utf-8", "replace"))]
    return any({"mara", "theo"} & readers and not NOT_IN_THEIR_CARE & readers for readers in met)


def test_b123_the_trail_holds_no_word_of_anybody(world, committed):
    """Names of the practice and its team stand in it, and nothing that anybody wrote."""
    theirs = ["practice_practice", "practice_membership"]
    with superuser(connection.settings_dict["NAME"]) as server:
        rows = server.execute("SELECT subject, t::text FROM practice_auditevent t WHERE subject <> ALL(%s)", [theirs])
        found = {(subject, word) for subject, text in rows for word in CANARY.findall(text)}
    assert found == set()


@pytest.mark.django_db
@pytest.mark.parametrize("trick", [".css", "x.css", "%2e%2e/", ";x.js", "%00", "..%2f", "/"])
def test_b94_a_path_with_something_behind_it_is_no_other_way_in(trick, browsers):
    """No cache may take a page for a file, and no tail slips past the patterns."""
    for who, path in (("mara", "/today/"), ("owner", "/desk/couples/"), ("mara", "/you/help/")):
        answer = browsers[who].get(f"{path}{trick}")
        assert answer.status_code == 404, path
        assert answer.headers["Cache-Control"] == "no-store"
        assert CANARY.findall(answer.content.decode()) == []


#: What a cache in front may take for a file that is everybody's.
LIKE_A_FILE = (".css", "x.css", "/x.js", ";x.png", "%2fx.css", "%23x.css", "%3fx.css", "x/../y.ico", "%0ax.css")


@pytest.mark.django_db
def test_b94_no_page_has_a_second_address_that_looks_like_a_file(world):
    """All pages, by the patterns themselves: a path that a cache would keep leads nowhere, but to what is a file."""
    files = {"", *(one.door for one in registry.all_downloads())}
    paths = [door.path(name, world.home) for name, door in DOORS.items()]
    tried = [f"{path}{tail}" for path in paths for tail in LIKE_A_FILE]
    assert {path: leads_to(path) for path in tried if leads_to(path) not in files} == {}
    assert leads_to("/today/") == "portal_today"


def leads_to(path: str) -> str:
    try:
        return resolve(unquote(path)).url_name or path
    except Resolver404:
        return ""


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "OPTIONS", "MERGE"])
def test_b96_methods_that_nobody_needs_show_nothing(method, browsers):
    for who, path in (("mara", "/today/"), ("owner", "/desk/"), (ANONYMOUS, "/account/login/")):
        answer = browsers[who].generic(method, path)
        assert answer.status_code in (200, 405) if method == "OPTIONS" else answer.status_code == 405, path
        assert not any(name.startswith("Access-Control") for name in answer.headers)
        assert CANARY.findall(answer.content.decode()) == []


@pytest.mark.django_db
def test_b91_b96_a_form_sent_from_another_site_is_refused(world, browser_of):
    browser = browser_of("mara", enforce_csrf_checks=True)
    page = browser.get("/you/")
    token = browser.cookies["csrf"].value
    for origin in ("https://evil.example", "null", "http://testserver.evil.example"):
        assert page.status_code == 200
        answer = browser.post("/you/", {"csrfmiddlewaretoken": token}, headers={"origin": origin})
        assert answer.status_code == 403, origin
    assert browser.post("/you/", {"csrfmiddlewaretoken": token}).status_code == 200, "and the same from here is read"


@pytest.mark.django_db
def test_b91_no_other_token_than_ones_own_is_taken(world, browser_of):
    """A wrong one, another person's, and the one from before the sign-in are like none at all."""
    theirs = browser_of("theo", enforce_csrf_checks=True)
    before = browser_of(ANONYMOUS, enforce_csrf_checks=True)
    for browser, path in ((theirs, "/you/"), (before, "/account/login/")):
        assert browser.get(path).status_code == 200
    browser = browser_of("mara", enforce_csrf_checks=True)
    browser.get("/you/")
    own = browser.cookies["csrf"].value
    for token in ("", "x" * 64, own[:-1], theirs.cookies["csrf"].value, before.cookies["csrf"].value):
        assert browser.post("/you/", {"csrfmiddlewaretoken": token}).status_code == 403
        assert browser.post("/you/", headers={"x-csrftoken": token}).status_code == 403
    assert browser.post("/you/", {"csrfmiddlewaretoken": own}).status_code == 200


@pytest.mark.django_db
def test_b91_the_token_is_another_one_after_signing_in(world):
    from tests.factories import PASSWORD, user_of

    browser = Browser(enforce_csrf_checks=True)
    browser.get("/account/login/")
    before = browser.cookies["csrf"].value
    answer = browser.post(
        "/account/login/",
        {"login": user_of(world.home["mara"]).email, "password": PASSWORD, "csrfmiddlewaretoken": before},
    )
    assert answer.status_code == 302
    assert browser.cookies["csrf"].value != before
    assert browser.post("/you/", {"csrfmiddlewaretoken": before}).status_code == 403


# ── once more who it is ──────────────────────────────────────────────────────


def views_by_name() -> dict[str, Any]:
    found: dict[str, Any] = {}

    def walk(urls: Any) -> None:
        for one in urls:
            if isinstance(one, URLResolver):
                walk(one.url_patterns)
            elif one.name:
                found[one.name] = one.callback

    walk(get_resolver().url_patterns)
    return found


#: What cannot be undone, and where else somebody is signed in. Whoever adds one guards it with `after_fresh_sign_in`.
GRAVE = {"portal_end", "sign_ins", "sign_in_end", "sign_ins_end_others"}


@pytest.mark.django_db
def test_b43_what_cannot_be_undone_asks_once_more_who_it_is(world, browser_of):
    """By looking and by a direct post, for everybody who may come there at all."""
    grave = {name for name, view in views_by_name().items() if getattr(view, "asks_who_it_is", False)}
    assert grave >= GRAVE
    passed = {}
    for name in sorted(grave & set(DOORS)):
        path = DOORS[name].path(name, world.home)
        for who in sorted(DOORS[name].kind.who):
            browser = browser_of(who)
            for answer in (browser.get(path), browser.post(path, {"sure": "on"})):
                if answer.status_code != 405 and "/account/reauthenticate/" not in getattr(answer, "url", ""):
                    passed[name, who] = answer.status_code
    assert passed == {}


def test_b44_no_link_with_a_secret_is_open_to_all_but_these():
    """Invitations, the end of letters, calendars that were switched on, what providers call, and the way in by one."""
    with_words = {name for name, arguments in patterns() if arguments}
    public = {name for name, door in DOORS.items() if door.kind is PUBLIC and name in with_words}
    by_provider = {"join_by_provider", "provider_sign_in", "provider_back"}
    assert public == {"join", "join_team", "stop", "calendar"} | {"mail_hook_own", "texts_came_of"} | by_provider


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["session", "sessionid", "token", "key", "api_key", "access_token", "user"])
def test_b44_nothing_in_a_query_signs_in(name, world, browsers):
    key = browsers["mara"].cookies["session"].value
    for words in ({"headers": {"Authorization": f"Bearer {key}"}}, {"headers": {"X-Api-Key": key}}, {}):
        assert Browser().get(f"/today/?{name}={key}", **words).status_code == 302


# ── a screen that a couple looks at, too ─────────────────────────────────────


@pytest.fixture
def shared(world):
    """Mara and Theo look along with the therapist."""
    member = world.home["therapist"]
    with acting_as(member):
        shared_screen.begin(member, world.home.couple.pk)
    return member


def readable(table: str, practice_id) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id::text FROM {table} WHERE practice_id = %s", [practice_id])
        return {one for (one,) in cursor.fetchall()}


def portal_reads(table: str) -> bool:
    return rows("SELECT has_column_privilege(%s, %s, 'id', 'SELECT')", roles.PORTAL, table) == [(True,)]


@pytest.mark.django_db
def test_b25_the_database_shows_what_both_may_read_and_nothing_else(world, shared):
    house = world.home
    for table in sorted({one for one in practice_tables() if staff_read(one)} - OPEN):
        with acting_as(shared):
            seen = readable(table, house.practice.pk)
        for name in ("mara", "theo"):
            with acting_as(house[name]):
                theirs = readable(table, house.practice.pk) if portal_reads(table) else set()
            if table == "exercises_occurrence":
                continue  # a round of the other one's own is known by what was given to both
            assert seen <= theirs, (table, name)
    with acting_as(shared):
        assert readable("exercises_response", house.practice.pk)
        assert readable("exercises_agreement", house.practice.pk)
        assert not readable("reports_alert", house.practice.pk)
        lanes = rows("SELECT DISTINCT lane FROM exercises_answer")
        assert {one for (one,) in lanes} <= {"shared", "reveal", "joint"}


@pytest.mark.django_db
def test_b25_on_a_shared_screen_stands_no_word_that_is_not_both_of_theirs(world, shared, browser_of):
    browser, may = browser_of("therapist"), world.canaries
    said = browser.get("/desk/shared-screen/").content.decode()
    said += browser.get(f"/desk/couples/{world.home.couple.pk}/", follow=True).content.decode()
    said += browser.get(DOORS["couple_private"].path("couple_private", world.home)).content.decode()
    met = set(CANARY.findall(said))
    told = {word for word in met if not {"mara", "theo"} <= may[word]}
    assert told <= {word for word in met if word.startswith("zqhomexname")}
    assert any(word.startswith("zqhomexshared") for word in met)
