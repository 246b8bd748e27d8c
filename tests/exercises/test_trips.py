"""How often what a client does goes to the database: the same for one question as for many, and no more than this."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from exercises.models import Assignment, Occurrence
from tests.exercises.given import EVERY_TYPE, as_attune, give
from tests.factories import signed_in

pytestmark = pytest.mark.django_db

TYPED = {
    "good": ["We had tea in the morning."], "near": ["7"], "talked": ["yes"], "heard": ["mostly"], "ways": ["tea"],
    "signs": ["sleep"], "hours": ["4"], "mood": ["4", "calm"], "wish": ["An evening off"], "safe": ["yes"],
}  # fmt: skip
#: It is drawn as a curve, and an answer to it may call for help.
ONE = [{**EVERY_TYPE[1], "metric": "closeness", "flag_if": "10"}]
MANY = [EVERY_TYPE[0], *ONE, *EVERY_TYPE[2:10]]

#: A savepoint of the test's stands in place of BEGIN and COMMIT, and binding nobody in place of a transaction's end.
BUDGETS = {"open": 8, "save": 9, "send": 24, "send by the API": 34}


def whole_page(couple: Any, therapist: Any, questions: list[dict[str, Any]]) -> Occurrence:
    one = give(couple, therapist, "reveal", questions)[0]
    with as_attune(couple):
        Assignment.objects.filter(pk=one.assignment_id).update(whole_page=True)
    return one


def save(phone: Browser, one: Occurrence, keys: list[str], version: int) -> HttpResponse:
    typed = {key: TYPED[key] for key in keys}
    return phone.post(f"/do/{one.pk}/save/", {"base_version": version, "question": keys, **typed})


def act(name: str, phone: Browser, one: Occurrence, keys: list[str]) -> Callable[[], HttpResponse]:
    """Prepare one thing that a client does; what was typed so far lies in the draft."""
    acts: dict[str, Callable[[], HttpResponse]] = {
        "open": lambda: phone.get(f"/do/{one.pk}/1/"),
        "save": lambda: phone.post(f"/do/{one.pk}/save/", {"base_version": 1, "question": ["near"], "near": ["3"]}),
        "send": lambda: phone.post(f"/do/{one.pk}/send/"),
        "send by the API": lambda: phone.post(
            f"/api/v1/me/occurrences/{one.pk}/submit/", "{}", content_type="application/json"
        ),
    }
    assert save(phone, one, keys, 0).json()["state"] == "saved"
    return acts[name]


def trips(name: str, phone: Browser, one: Occurrence, keys: list[str]) -> int:
    do = act(name, phone, one, keys)
    with CaptureQueriesContext(connection) as asked:
        answer = do()
    assert answer.status_code in (200, 201, 302), answer.content
    return len(asked)


@pytest.mark.parametrize("name", BUDGETS)
def test_it_goes_to_the_database_as_often_for_one_question_as_for_many(name, couple, mara, therapist):
    phone = signed_in(mara)
    forms = {key: whole_page(couple, therapist, questions) for key, questions in (("many", MANY), ("one", ONE))}
    # What a process writes down once is written by now: queries, forms, markup.
    assert trips(name, phone, whole_page(couple, therapist, MANY), list(TYPED)) > 0
    many, few = trips(name, phone, forms["many"], list(TYPED)), trips(name, phone, forms["one"], ["near"])
    assert few == many
    assert many <= BUDGETS[name], f"{many} trips"
