"""A program looks at alerts, takes them on and closes them with what the page asks for."""

from __future__ import annotations

import pytest
from django.utils import timezone

from clients.models import Cover
from practice import shared_screen
from practice.models import AuditEvent
from reports.models import Alert, AlertStep
from tests.exercises.api.test_responses import send
from tests.exercises.given import TWO_SCALES, give
from tests.factories import acting_as, inside, make_couple, make_member, takes_part
from tests.practice.api.callers import program_of
from tests.reports.alerting import make_alert

pytestmark = pytest.mark.django_db

LIST = "/api/v1/alerts/"
SAID = {"judgement": "watch", "acts": ["spoke"], "note": "Spoke with her alone."}
SECRET = "marzipan-canary"
QUERIES = 22


def at(alert: Alert, act: str = "") -> str:
    return f"/api/v1/couples/{alert.couple_id}/alerts/{alert.pk}/{act}"


@pytest.fixture
def alert(couple, therapist, mara) -> Alert:
    return make_alert(couple, mara, therapist, at=timezone.now())


def test_the_list_names_a_person_and_no_answer(alert, couple, therapist, mara, practice):
    make_couple(practice, ("Una", "Vic"))
    [one] = program_of(therapist).get(LIST).json()["results"]
    assert (one["id"], one["partner_id"], one["severity"], one["state"]) == (
        str(alert.pk), str(mara.pk), "urgent", "open",
    )  # fmt: skip
    assert one["how"] == "Nobody has it yet. Told: Dr Ines Karlsen (Therapist)"
    assert not {"question", "answer", "note"} & set(one)


def test_one_says_what_its_page_says_and_leaves_the_same_line(alert, therapist, practice):
    one = program_of(therapist).get(at(alert)).json()
    assert (one["question"], one["answer"], one["held"]) == ("Item 9", "2", True)
    assert [(step["kind"], step["member"]) for step in one["steps"]] == [("told", "Dr Ines Karlsen")]
    with inside(practice):
        lines = AuditEvent.objects.filter(act="opened")
        assert [(line.subject, line.subject_id, line.lane) for line in lines] == [("reports_alert", alert.pk, "staff")]


def test_it_is_taken_judged_closed_and_opened_again(alert, therapist, practice):
    program = program_of(therapist)
    assert program.post(at(alert, "take/"), {}).json()["state"] == "taken"
    unclear = {**SAID, "judgement": "unclear"}
    assert program.post(at(alert, "judge/"), unclear).json()["state"] == "judged"
    refused = program.post(at(alert, "close/"), unclear)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/judgement")
    assert program.post(at(alert, "close/"), {**SAID, "note": "  "}).status_code == 400
    assert program.post(at(alert, "close/"), SAID).json()["state"] == "closed"
    assert program.post(at(alert, "close/"), SAID).status_code == 409
    assert program.get(LIST).json()["results"] == []
    assert [one["id"] for one in program.get(f"{LIST}?state=closed").json()["results"]] == [str(alert.pk)]
    assert program.post(at(alert, "reopen/"), {"note": "Again tonight."}).json()["state"] == "taken"
    with inside(practice):
        kinds = AlertStep.objects.filter(alert=alert, member=therapist).order_by("at", "pk")
        assert list(kinds.values_list("kind", flat=True)) == ["told", "acknowledged", "assessed", "closed", "reopened"]


def test_who_comes_second_is_told_and_may_take_it_over(alert, couple, therapist, practice):
    other = takes_part(couple, make_member(practice, name="Dr Noor"))
    program_of(therapist).post(at(alert, "take/"), {})
    assert program_of(other).post(at(alert, "take/"), {}).status_code == 409
    taken = program_of(other).post(at(alert, "take/"), {"over": True})
    assert (taken.status_code, taken.json()["taken_by"]) == (200, "Dr Noor")


def test_whoever_only_covers_is_answered_when_it_is_closed(alert, couple, practice):
    cover = make_member(practice, name="Dr Noor")
    with inside(practice):
        Cover.objects.create(membership=cover, couple=couple)
    program = program_of(cover)
    assert program.post(at(alert, "close/"), SAID).json()["state"] == "closed"


def test_what_can_wait_is_put_away_with_a_look(alert, therapist, practice):
    program = program_of(therapist)
    assert program.post(at(alert, "seen/")).status_code == 409, "an urgent one is judged"
    with inside(practice):
        Alert.objects.filter(pk=alert.pk).update(severity="soon")
    assert program.post(at(alert, "take/"), {}).status_code == 409
    assert program.post(at(alert, "seen/")).json()["state"] == "closed"


def test_b8_nobody_else_finds_it(alert, couple, therapist, practice, neighbour, owner, coordinator):
    sharing = takes_part(couple, make_member(practice, name="Dr Noor"))
    with acting_as(sharing):
        shared_screen.begin(sharing, couple.pk)
    for who in (owner, coordinator, sharing, make_member(practice), make_member(neighbour)):
        program = program_of(who)
        found = program.get(LIST)
        assert found.status_code == 404 or found.json()["results"] == [], who.name
        assert program.get(at(alert)).status_code == 404, who.name
        for act, body in (("take/", {}), ("close/", SAID), ("judge/", {}), ("seen/", None), ("reopen/", {})):
            assert program.post(at(alert, act), body).status_code == 404, (who.name, act)
    with inside(practice):
        assert Alert.objects.get().acknowledged_at is None


def test_words_of_an_answer_stand_at_the_alert_alone(couple, therapist, mara):
    asks = {**TWO_SCALES[1], "key": "why", "label": "Why"}
    flagged = {"key": "safe", "type": "yes_no", "label": "I feel safe", "private": True, "flag_if": "no"}
    mine, _his = give(couple, therapist, "shared", [asks, flagged])
    send(mine, mara, safe="no", why=SECRET)
    program = program_of(therapist)
    listed = program.get(LIST)
    [one] = listed.json()["results"]
    assert SECRET not in listed.content.decode()
    whole = program.get(f"/api/v1/couples/{couple.pk}/alerts/{one['id']}/")
    assert (whole.json()["question"], whole.json()["answer"]) == ("I feel safe", "No")
    assert SECRET not in whole.content.decode(), "no more words than the page"


def test_the_list_asks_the_database_as_often_for_many_as_for_one(
    couple, therapist, mara, practice, django_assert_max_num_queries
):
    program = program_of(therapist)
    for n in range(3):
        make_alert(make_couple(practice, ("Una", "Vic"), therapist=therapist, login=False), mara, therapist) if n else make_alert(couple, mara, therapist)  # fmt: skip  # noqa: E501
        with django_assert_max_num_queries(QUERIES):
            assert len(program.get(LIST).json()["results"]) == n + 1
