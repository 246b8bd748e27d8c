"""Every form, filled by people who mean harm or whose keyboards do: refused kindly or kept as typed, never broken.

The forms are found by walking, so a new one is tried the day it is linked. Each try is undone before the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from django.apps import apps
from django.db import ProgrammingError, transaction
from django.http import HttpResponse
from django.test import Client as Browser

from clients.models import Client
from practice import tenancy
from practice.models import PracticeModel
from tests.crawl import name_of, walk
from tests.doors import ACCOUNTS, ANONYMOUS, DOORS
from tests.each import each
from tests.factories import asker_for, inside
from tests.pages import Field, Page, PageForm, inline
from tests.world import World

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"
#: Texts for everything that takes text.
TEXTS = {
    "nul": "before\x00after",
    "a megabyte": "x" * 1_000_000,
    "ten thousand": "y" * 10_000,
    "right to left": "\u202eevil\u202c \u2066x\u2069 \u200b",
    "half a character": "\ud800 half",
    "script": f"\"'>{SCRIPT}<img src=x onerror=alert(2)> 👩🏽‍❤️‍💋‍👨🏿 🏳️‍🌈 e\u0301",
    "template": "{{7*7}} {% debug %} ${7*7} %(name)s {0.__class__} =HYPERLINK(1) '; DROP TABLE practice_practice; --",
    "header": "one\r\nBcc: all@example.org",
    "blank": " \t\n\u3000",
}
#: Those that would do harm where they are shown.
SHOWN = ("script", "template")
#: Values for what is no text, by the kind of control.
ODD = {
    "date": ("0000-00-00", "9999-99-99", "31 Feb", "10000-01-01", "\x00"),
    "time": ("25:61", "\x00", "-1"),
    "number": ("-1", "1e309", "NaN", "٣", "9" * 20, "\x00"),
    "chosen": ("\x00", "\ud800", "x" * 5000),
    "zone": ("localtime", "posixrules", "../etc", "Europe/Berlin\x00", "right/UTC", "europe/berlin", "z" * 5000),
    "rhythm": ("FREQ=SECONDLY", "FREQ=DAILY;COUNT=1000000000", "once\x00"),
}
#: Walked for their forms. Everybody else has a part of these.
SIGNED_IN = ("owner", "mara")
WALKERS = (*SIGNED_IN, ANONYMOUS)
FORM = "application/x-www-form-urlencoded"
TEXT_KINDS = ("text", "textarea", "email", "password", "search", "url", "tel")
#: Pressing these ends the walk or asks a mail server; allauth's own forms test themselves.
NOT_TRIED = ("account_logout", "leave")


@dataclass(frozen=True)
class Try:
    """One form and where it sends to, by one person."""

    who: str
    path: str
    form: PageForm

    def __str__(self) -> str:
        return f"{self.who} at {self.path}"


@pytest.fixture(scope="module")
def tries(world: World, browser_of, django_db_blocker) -> list[Try]:
    """Every form that sends something, once for each address it sends to and set of fields."""
    found: dict[tuple[str, ...], Try] = {}
    with django_db_blocker.unblock():
        for who in WALKERS:
            for visit, page in walk(world, who, browser_of).pages():
                for form in page.forms:
                    path = form.action or visit.path
                    if form.method == "post" and name_of(path) not in NOT_TRIED:
                        found.setdefault((name_of(path), *sorted(form.fields)), Try(who, path, form))
    return list(found.values())


def send(browser: Browser, one: Try, data: dict[str, list[str]], *, follow: bool) -> HttpResponse:
    """Press the button, follow where it leads, and undo everything."""
    with transaction.atomic():
        answer = browser.post(one.path, encoded(data), content_type=FORM, follow=follow)
        transaction.set_rollback(True)
    return answer


def encoded(data: dict[str, list[str]]) -> bytes:
    """Encode as a browser of ill will does: half characters and all."""
    from urllib.parse import quote_plus

    pairs = [(name, value) for name, values in data.items() for value in values]
    return "&".join(
        f"{quote_plus(name)}={quote_plus(value.encode('utf-8', 'surrogatepass'))}" for name, value in pairs
    ).encode()


def texts_of(form: PageForm) -> list[Field]:
    return [field for field in form.fields.values() if field.kind in TEXT_KINDS and "csrf" not in field.name]


def others_of(form: PageForm) -> list[Field]:
    return [field for field in form.fields.values() if field.kind not in TEXT_KINDS and "csrf" not in field.name]


def filled(form: PageForm) -> dict[str, list[str]]:
    """The form as it stands, every choice made, so that the rest of it is right."""
    return {name: values or ["1"] for name, values in form.data().items()}


def troubles(one: Try, what: str, answer: HttpResponse) -> Iterator[str]:
    if answer.status_code >= 500:
        yield f"{one}: {what} broke it ({answer.status_code})"
    if answer.get("Content-Type", "").startswith("text/html") and answer.content:
        body = answer.content.decode("utf-8", "replace")
        if SCRIPT in body or "<img src=x" in body or inline(body):
            yield f"{one}: {what} came back as it was"


@pytest.mark.parametrize(
    "page",
    [
        "<p onclick='x()'>", '<p\nONCLICK = "x()">', '<img src="x"onerror=x()>', '<p class="a"style="color: red">',
        "<style>p {}</style>", "<script>x()</script>", "<script type=module> x() </script>", "<svg onload=x()>",
        '<a href="javascript:x()">', "<a href=JavaScript:x()>", '<a href=" javascript:x()">',
        '<a href="&#106;avascript:x()">', '<iframe src="data:text/html,x">', "<form action='javascript:x()'>",
    ],
)  # fmt: skip
def test_a_quick_look_misses_nothing_that_is_inline(page):
    assert inline(page) == Page(page).inline != []


def test_there_are_forms_to_try(tries):
    names = {name_of(one.path) for one in tries}
    assert {
        "assign",
        "couple_new",
        "portal_you",
        "do_question",
        "practice_settings",
        "sign_up",
        "account_login",
    } <= names
    assert len(names) > 25


def test_b62_b64_b65_b67_b77_hostile_words_are_kept_as_typed_or_refused_kindly(tries, browser_of):
    wrong, accepted = [], set()
    for one in tries:
        if not texts_of(one.form):
            continue
        browser = quiet(browser_of(one.who))
        for what, text in TEXTS.items():
            data = {**filled(one.form), **{field.name: [text] for field in texts_of(one.form)}}
            answer = send(browser, one, data, follow=what in SHOWN)
            wrong += troubles(one, what, answer)
            if what in SHOWN and answer.redirect_chain:
                accepted.add((name_of(one.path), what))
    assert wrong == []
    assert {("do_question", "script"), ("do_question", "template"), ("do_skip", "script")} <= accepted


def test_b64_b72_b73_b74_odd_values_are_refused_kindly(tries, browser_of, world):
    foreign = (str(world.far["mara"].pk),)
    wrong = []
    for one in tries:
        if name_of(one.path).startswith(ACCOUNTS):
            continue
        browser = quiet(browser_of(one.who))
        for together in fields_by_sort(one.form):
            sort = sort_of(together[0])
            for value in (*ODD[sort], *(foreign if sort == "chosen" else ())):
                data = {**filled(one.form), **{field.name: [value] for field in together}}
                names = " ".join(field.name for field in together)
                wrong += troubles(one, f"{names}={value[:40]!r}", send(browser, one, data, follow=False))
    assert wrong == []


def fields_by_sort(form: PageForm) -> list[list[Field]]:
    """Fields of one sort are tried at once, since each is judged by itself; hidden ones steer, and go alone."""
    found: dict[str, list[Field]] = {}
    for field in others_of(form):
        found.setdefault(field.name if field.kind == "hidden" else sort_of(field), []).append(field)
    return list(found.values())


def sort_of(field: Field) -> str:
    if field.kind in ODD:
        return field.kind
    return next((sort for sort in ("zone", "rhythm") if sort in field.name), "chosen")


def quiet(browser: Browser) -> Browser:
    browser.raise_request_exception = False
    return browser


# ── what belongs to others (B9) ─────────────────────────────────────────────


#: Said back only to be compared: which version the page showed.
COMPARED = ("base",)


@dataclass(frozen=True)
class Things:
    """The ids of everything: of which table each is, and one or two of each table that a persona may not see."""

    table_of: dict[str, str]
    foreign: dict[tuple[str, str], tuple[str, ...]]


@pytest.fixture(scope="module")
def things(world: World, django_db_blocker) -> Things:
    """What stands in the database: at home, next door, and what each walker at home cannot see of it."""
    with django_db_blocker.unblock():
        home, far = (ids_of_all(tenancy.as_system(house.practice.pk)) for house in (world.home, world.far))
        table_of = {one: table for table, ids in home.items() for one in ids}
        foreign = {}
        for who in SIGNED_IN:
            seen = ids_of_all(asker_for(world.personas[who]))
            for table, ids in home.items():
                unseen = sorted(ids - seen.get(table, set()))[:1]
                foreign[who, table] = (*unseen, *sorted(far.get(table, set()) - ids)[:1])
    return Things(table_of, foreign)


def ids_of_all(asker: tenancy.Asker) -> dict[str, set[str]]:
    """Return the ids of all rows that somebody can read, by table; none of those they may not even ask for."""
    found = {}
    with tenancy.acting(asker):
        for model in apps.get_models():
            if issubclass(model, PracticeModel):
                with suppress(ProgrammingError), transaction.atomic():
                    found[model._meta.db_table] = {str(pk) for pk in model._base_manager.values_list("pk", flat=True)}
    return found


def test_b9_an_id_of_somebody_elses_is_refused_wherever_a_form_sends_one(tries, things, browser_of):
    """In each field that names a thing: one of another practice, and one of this practice that is out of sight."""
    taken, tried = [], 0
    for one in tries:
        browser = quiet(browser_of(one.who))
        for field in one.form.fields.values():
            named = [value for value in field.values if value in things.table_of and field.name not in COMPARED]
            for value in dict.fromkeys(named[:1]):
                for other in things.foreign.get((one.who, things.table_of[value]), ()):
                    data = {**filled(one.form), field.name: [other]}
                    answer = send(browser, one, data, follow=False)
                    tried += 1
                    if answer.status_code in (301, 302) or answer.status_code >= 500:
                        taken.append(f"{one}: {field.name} took another's {things.table_of[value]}")
    assert taken == []
    assert tried > 5


def test_b9_an_id_that_no_form_asked_for_changes_no_row_of_that_id(tries, world, browser_of):
    """What is made anew never turns out to be somebody who was there before."""
    stranger = world.home["stranger"]
    overwritten = []
    for one in tries:
        if one.who == ANONYMOUS or name_of(one.path).startswith(ACCOUNTS) or str(stranger.pk) in one.path:
            continue
        extra = {name: [str(stranger.pk)] for name in ("id", "pk", "uuid", "client_id", "client_ptr")}
        with transaction.atomic():
            before = row_of(stranger, world)
            quiet(browser_of(one.who)).post(one.path, encoded({**extra, **filled(one.form)}), content_type=FORM)
            if row_of(stranger, world) != before:
                overwritten.append(str(one))
            transaction.set_rollback(True)
    assert overwritten == []


def row_of(client: Client, world: World) -> dict[str, object]:
    with inside(world.home.practice):
        return Client.objects.filter(pk=client.pk).values().get()


@each("name", [name for name, door in DOORS.items() if not door.about_something], undone=True)
def test_b13_b64_b68_b77_hostile_addresses_are_answered_calmly(name, world, browser_of):
    path = DOORS[name].path(name, world.home)
    for who in ("owner", "mara"):
        browser = quiet(browser_of(who))
        for query in (
            "page=-1&show=%00&q=%00", "page=9999999999999999999&q=" + "(" * 300, "page=x&q=%F0%28%8C%28&country=%00",
            "q='%20OR%201%3D1--&theme=__class__&sort=password&order=-id", "q=%22&kind=a&kind=b&next=//evil.example",
        ):  # fmt: skip
            answer = browser.get(f"{path}?{query}")
            assert answer.status_code < 500, (who, query)
            assert "evil.example" not in answer.get("Location", ""), (who, query)
