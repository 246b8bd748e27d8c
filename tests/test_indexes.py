"""What is asked most often leans on an index that begins with the practice or the row, whatever others have.

One practice of many copies in a database of its own; the planner believes in a thousand times as many. Each page is
asked for as in life, and PostgreSQL says how it would find the rows under the walls that it is bound by.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from clients.models import Appointment, Client, Couple, PortalVisit
from exercises import answering, drafts, record, reminders, reviewing
from exercises.models import Occurrence, Response
from practice import delivery, vault
from practice.local.copying import Model
from practice.models import Membership, Message
from reports import editions
from reports.material import Period
from tests import databases
from tests.exercises.given import EVERY_TYPE, give
from tests.explaining import explained, pretend_many
from tests.factories import acting_as, inside, make_couple, make_member, make_practice, signed_in
from tests.practice.api.callers import program_of

COPIES = 40
#: One of them is drawn as a curve.
ASKED = [{**one, **({"metric": "closeness"} if one["key"] == "near" else {})} for one in EVERY_TYPE]
TYPED = {"near": ["7"], "good": ["Tea in the morning"], "talked": ["yes"]}


@dataclass
class Crowd:
    """Who is asked of, among many."""

    above: psycopg.Connection
    therapist: Membership
    couple: Couple
    mara: Client
    open: list[Occurrence]


@pytest.fixture(scope="module")
def crowd(django_db_setup: None, django_db_blocker) -> Iterator[Crowd]:
    vault.forget_keys()
    quick = override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        STAFF_NEED_SECOND_FACTOR=False,
        DATABASE_KEEPS_PLANS=True,
    )
    with quick, django_db_blocker.unblock(), databases.another() as above:
        one = _one_practice(above)
        model = Model(above, one.couple.practice_id, several=_several(one.couple))
        model.write(range(1, COPIES + 1))
        _sign_in_often(one)
        pretend_many(above)
        connection.close()
        yield one
        connection.close()
    vault.forget_keys()


def _one_practice(above: psycopg.Connection) -> Crowd:
    """A couple that answered some things, has others open, a session ahead, and letters that are due."""
    practice = make_practice()
    therapist = make_member(practice)
    couple = make_couple(practice, therapist=therapist)
    mara = couple.clients[0]
    asked = [pair[0] for pair in (give(couple, therapist, "shared", ASKED) for _ in range(8))]
    for one in asked[:4]:
        with acting_as(mara):
            answering.submit(one, author=mara, raw=TYPED)
    with inside(practice):
        Appointment.objects.create(couple=couple, starts_at=timezone.now() + datetime.timedelta(days=2))
        for one in asked[4:]:
            reminders.plan_for(one)
        Message.objects.update(due_at=timezone.now(), planned_for=timezone.now())
        PortalVisit.objects.create(client=mara, at=timezone.now())
    with acting_as(mara):
        drafts.save_draft(asked[7], author=mara, raw=TYPED, base_version=0)
    with acting_as(therapist):
        record.mark_read(therapist, list(Response.objects.filter(couple=couple))[:2], apart=False)
        reviewing.mark_all(list(reviewing.to_review([couple.pk]))[:2], therapist)
    return Crowd(above, therapist, couple, mara, asked[4:])


def _sign_in_often(one: Crowd) -> None:
    for _ in range(5):
        signed_in(one.mara).get("/today/")
        signed_in(one.therapist).get("/desk/")
        program_of(one.therapist)


def _several(couple: Couple) -> list[Any]:
    return [couple.pk, *(pk for one in couple.clients for pk in (one.pk, one.user_id))]


@pytest.fixture
def asked(django_db_blocker) -> Iterator[None]:
    """Work as requests do, in the database of the crowd."""
    with django_db_blocker.unblock():
        yield
        connection.close()


#: What has to hold rows, or nothing is said of it.
FULL = {
    "django_session", "practice_signin", "practice_accesstoken", "practice_user", "practice_membership",
    "practice_message", "clients_couple", "clients_partner", "clients_portalvisit", "exercises_assignment",
    "exercises_occurrence", "exercises_response", "exercises_answer", "exercises_draft", "exercises_reading",
    "exercises_review", "reports_score",
}  # fmt: skip


# ── what is asked ────────────────────────────────────────────────────────────


def _portal(crowd: Crowd, path: str, **typed: str) -> None:
    browser = signed_in(crowd.mara)
    answer = browser.post(path, typed, headers={"accept": "application/json"}) if typed else browser.get(path)
    assert answer.status_code in (200, 302), answer.content


def _desk(crowd: Crowd, path: str) -> None:
    assert signed_in(crowd.therapist).get(path, follow=True).status_code == 200


def _api(crowd: Crowd, path: str) -> None:
    assert program_of(crowd.therapist).get(path).status_code == 200


def _api_submit(crowd: Crowd) -> None:
    one = crowd.open[2]
    browser, path = signed_in(crowd.mara), f"/api/v1/me/occurrences/{one.pk}/"
    draft = {"version": 0, "answers": TYPED}
    assert browser.generic("PATCH", f"{path}draft/", json.dumps(draft), "application/json").status_code == 200
    assert browser.post(f"{path}submit/", content_type="application/json").status_code == 200


def _report(crowd: Crowd) -> None:
    """What a report of a year is made of; printing it asks for nothing more."""
    today = timezone.localdate()
    with acting_as(crowd.therapist):
        couple = Couple.objects.with_partners().get(pk=crowd.couple.pk)
        period = Period(today - datetime.timedelta(days=364), today, couple.zone)
        editions.clinical_material(couple, period, timezone.now())


HOT: dict[str, tuple[str, Callable[[Crowd], object]]] = {
    "open form": ("exercises_occurrence", lambda c: _portal(c, f"/do/{c.open[0].pk}/1/")),
    "autosave": (
        "exercises_draft",
        lambda c: _portal(c, f"/do/{c.open[0].pk}/save/", base_version="0", question="near", near="7"),
    ),
    "submit": ("exercises_response", lambda c: _portal(c, f"/do/{c.open[1].pk}/send/", near="7", good="Tea")),
    "portal today": ("exercises_occurrence", lambda c: _portal(c, "/today/")),
    "caseload": ("reports_score", lambda c: _desk(c, "/desk/")),
    "couples": ("clients_couple", lambda c: _desk(c, "/desk/couples/")),
    "couple page": ("exercises_response", lambda c: _desk(c, f"/desk/couples/{c.couple.pk}/")),
    "session sheet": ("exercises_response", lambda c: _desk(c, f"/desk/couples/{c.couple.pk}/sheet/")),
    "library search": ("exercises_exercise", lambda c: _desk(c, "/desk/library/?q=tea")),
    "API list": ("exercises_response", lambda c: _api(c, f"/api/v1/couples/{c.couple.pk}/responses/")),
    "API submit": ("exercises_response", _api_submit),
    "one-year report": ("reports_score", _report),
    "reminders": ("practice_message", lambda c: delivery.deliver(3)),
}


@pytest.mark.parametrize("name", HOT)
def test_what_is_asked_most_often_leans_on_an_index(name, crowd, asked):
    table, ask = HOT[name]
    with explained(crowd.above) as found:
        ask(crowd)
    assert table in found.tables, "the page was not asked for what it is about"
    assert FULL - found.judged == set()
    assert not found.faults, f"{name} leaves its index:\n" + "\n".join(map(str, found.faults))


def test_a_page_that_loses_its_index_is_found_out(crowd, asked):
    """Who signed in is looked up by account, before any practice is known."""
    theirs = "SELECT indexdef FROM pg_indexes WHERE tablename = 'practice_membership' AND indexdef LIKE '%(user_id%'"
    made = [sql for (sql,) in crowd.above.execute(theirs)]
    for sql in made:
        crowd.above.execute(f"DROP INDEX {sql.split(' INDEX ')[1].split()[0]}")
    with explained(crowd.above) as found:
        HOT["caseload"][1](crowd)
    for sql in made:
        crowd.above.execute(sql)
    assert {fault.table for fault in found.faults} == {"practice_membership"}
    assert "practice_membership" in str(found.faults[0])
