"""The API keeps what its description promises: schemathesis makes requests from the one and holds answers to it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.utils.crypto import get_random_string
from hypothesis import HealthCheck, Phase, Verbosity, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from practice.api.docs import described
from practice.api.schema import TAGS
from practice.api.scopes import Scope
from tests.doors import API, Door
from tests.practice.api.callers import program_of
from tests.world import World

#: Requests for each operation that is somebody's, and for one that is not: all of those are the same 404.
MANY, FEW = 8, 1
#: What schemathesis holds an answer to.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    ignored_auth,
]


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described()["paths"].items():
        for method, one in methods.items():
            yield method.upper(), path, one


# ── said in the description ──


def test_the_description_is_written_without_a_warning(tmp_path):
    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(said):
        call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "openapi.yaml"))
    assert said.getvalue() == ""


def test_every_operation_says_what_it_is_whose_and_what_for():
    wrong, ids = [], []
    for method, path, one in operations():
        ids.append(one["operationId"])
        scopes = [scope for scope in Scope if f"Needs the scope `{scope.value}`: " in one["description"]]
        by_token = {"token": []} in one["security"]
        wrong += [
            f"{method} {path}: {what}"
            for what, right in {
                "summary": one.get("summary"),
                "tag": one["tags"][0] in dict(TAGS),
                "operation id": re.fullmatch(r"[a-z]+(_[a-z]+)+", one["operationId"]),
                "scope": len(scopes) == 1 if by_token else "Not for access tokens." in one["description"],
            }.items()
            if not right
        ]
    assert wrong == []
    assert len(ids) == len(set(ids))


def test_every_operation_shows_an_example_of_its_answer_and_of_its_body():
    missing = []
    for method, path, one in operations():
        said = {code: answer for code, answer in one["responses"].items() if code < "3"}
        if "requestBody" in one:
            said["body"] = one["requestBody"]
        for name, what in said.items():
            for media, content in what.get("content", {}).items():
                if media.endswith("json") and not content.get("examples"):
                    missing.append(f"{method} {path}: {name}")
    assert missing == []


# ── kept by the answers ──


@pytest.fixture
def description() -> Iterator[Any]:
    """The description, with the application behind it, which asks the database in the test's own transaction."""
    found = schemathesis.openapi.from_dict(described())
    found.config.generation.update(allow_x00=False)  # refused before anything else, and tried in test_calling.py
    found.app = get_wsgi_application()
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield found
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def ways_in(world: World, who: str, browser_of: Any) -> dict[str, Any]:
    """Return what a call of a persona carries: a token of staff, the cookies of a client."""
    if who == "therapist":
        return {"headers": {"Authorization": f"Bearer {program_of(world.home[who]).text}"}}
    cookies = {name: one.value for name, one in browser_of(who).cookies.items()}
    against_forgery = get_random_string(32)
    return {
        "cookies": {**cookies, settings.CSRF_COOKIE_NAME: against_forgery},
        "headers": {"X-CSRFToken": against_forgery},
    }


def place(path: str, world: World) -> tuple[Door, dict[str, str]]:
    """Return the line of the table API for a path of the description, and what of the world stands in it."""
    for name, door in API.items():
        values = {key: str(value) for key, value in door.kwargs(world.home).items()}
        try:
            if path.format(**values) == door.path(name, world.home):
                return door, values
        except KeyError:
            continue
    raise AssertionError(f"{path} stands in no line of the table API in tests/doors.py")


def requests_to(operation: Any, values: dict[str, str]) -> st.SearchStrategy[Any]:
    """Draw what fits and what does not fit, mostly at what is there."""
    there: dict[str, Any] = {"path_parameters": values} if values else {}
    if any(one.name == "If-Match" for one in operation.headers):
        there["headers"] = {"If-Match": "*"}
    ways = [operation.as_strategy(GenerationMode.POSITIVE, **there), *operation.get_strategies_from_examples(**there)]
    if operation.body or operation.query:
        ways.append(operation.as_strategy(GenerationMode.NEGATIVE, **there))
    if values:
        ways.append(operation.as_strategy(GenerationMode.POSITIVE))
    return st.one_of(ways)


def broken_promises(operation: Any, values: dict[str, str], carried: dict[str, Any], times: int) -> list[str]:
    """Make requests of one operation, each undone again; return what was not as described."""

    @trying(
        max_examples=times,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(case=requests_to(operation, values))
    def ask(case: Any) -> None:
        with transaction.atomic():
            case.call_and_validate(checks=CHECKS, **carried)
            transaction.set_rollback(True)

    try:
        ask()
    except BaseExceptionGroup as broken:
        return [f"{operation.label}: {one}" for one in broken.exceptions]
    except Exception as broken:  # an error of the view: say where, and go on to the next
        return [f"{operation.label}: {broken!r}"]
    return []


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["therapist", "mara"])
def test_every_answer_is_as_described(world, browser_of, description, who):
    carried = ways_in(world, who, browser_of)
    wrong: list[str] = []
    for found in description.get_all_operations():
        operation = found.ok()
        door, values = place(operation.path, world)
        wrong += broken_promises(operation, values, carried, MANY if who in door.kind.who else FEW)
    assert wrong == []
