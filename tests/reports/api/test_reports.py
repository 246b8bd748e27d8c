"""A program orders reports, sees how far they are, and fetches them, as the desk's pages do."""

from __future__ import annotations

import base64
import datetime
import hashlib

import pytest

from practice import shared_screen
from practice.limits import Rate
from practice.models import AuditEvent
from reports.models import Report
from tests.exercises.api.test_responses import send
from tests.exercises.given import TWO_SCALES, give
from tests.factories import acting_as, inside, make_couple, make_member, takes_part
from tests.practice.api.callers import program_of
from tests.reports import test_measures
from tests.reports.orders import FILE, again, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]

SHARED = {"audience": "shared", "begins_on": "2026-03-02", "ends_on": "2026-05-24", "parts": ["goals", "doing"]}
QUERIES = 18


def at(couple, rest: str = "") -> str:
    return f"/api/v1/couples/{couple.pk}/reports/{rest}"


@pytest.fixture
def answered(couple, therapist, mara, theo):
    for who, occurrence in zip((mara, theo), give(couple, therapist, "shared", TWO_SCALES), strict=True):
        send(occurrence, who, near="5")


def mistakes(answer) -> list[str]:
    assert answer.status_code == 400, answer.content
    return sorted(one["pointer"] for one in answer.json()["errors"])


def test_the_kinds_on_offer_say_what_they_need(therapist):
    kinds = {one["kind"]: one for one in program_of(therapist).get("/api/v1/reports/kinds/").json()["kinds"]}
    assert set(kinds) == set(Report.Kind.values)
    assert (kinds["measure"]["about"], kinds["progress"]["about"]) == (["partner", "measure"], [])
    assert {"key", "label", "clinical"} == set(kinds["progress"]["parts"][0])


@pytest.mark.usefixtures("no_printer")
def test_a_report_is_ordered_made_and_fetched(couple, therapist, answered, practice, bells, monkeypatch, django_capture_on_commit_callbacks):  # fmt: skip  # noqa: E501
    program = program_of(therapist)
    kinds = {one["kind"]: one for one in program.get("/api/v1/reports/kinds/").json()["kinds"]}
    parts = [one["key"] for one in kinds["progress"]["parts"]][:2]
    with django_capture_on_commit_callbacks(execute=True):
        asked = program.post(at(couple), {**SHARED, "parts": parts}, Idempotency_Key="one")
    assert (asked.status_code, asked.json()["state"], asked.json()["file"]) == (202, "waiting", None)
    assert asked["Location"] == at(couple, f"{asked.json()['id']}/")
    assert [one["report_id"] for one in bells] == [asked.json()["id"]]
    assert program.post(at(couple), {**SHARED, "parts": parts}, Idempotency_Key="one").json() == asked.json()
    with inside(practice):
        made = Report.objects.get()
        assert (made.audience, made.parts, made.requested_by_id) == ("shared", parts, therapist.pk)
        AuditEvent.objects.filter(act="opened").count()
    early = program.get(asked["Location"] + "file/")
    assert (early.status_code, early.json()["code"]) == (409, "not_done"), "it is not there yet"
    run(made)
    there = program.get(asked["Location"]).json()
    assert (there["state"], there["percent"], there["pages"]) == ("done", 100, 3)
    fetched = program.get(there["file"], Accept="application/pdf")
    assert (fetched.status_code, fetched["Content-Type"], fetched.content) == (200, "application/pdf", FILE)
    assert fetched["ETag"] == f'"{there["sha256"]}"'
    assert fetched["Cache-Control"] == "no-store"
    with inside(practice):
        lines = AuditEvent.objects.filter(subject="reports_report", act__in=["opened", "downloaded"]).order_by("pk")
        assert [one.act for one in lines] == ["opened", "downloaded"]


def test_the_digest_of_a_file_is_its_own(couple, therapist, practice):
    with inside(practice):
        made = Report.objects.create(
            couple=couple, requested_by=therapist, request_key=couple.pk, begins_on="2026-03-02", ends_on="2026-03-03",
            state="done", finished_at=datetime.datetime.now(datetime.UTC), sha256=hashlib.sha256(FILE).hexdigest(),
            pdf=base64.b64encode(FILE).decode(), reference="LH-1",
        )  # fmt: skip
    fetched = program_of(therapist).get(at(couple, f"{made.pk}/file/"))
    digest = fetched["Repr-Digest"].removeprefix("sha-256=:").removesuffix(":")
    assert base64.b64decode(digest) == hashlib.sha256(fetched.content).digest()
    assert "Mara" not in fetched["Content-Disposition"]


def test_what_the_form_refuses_is_pointed_at(couple, therapist, mara, answered):
    program = program_of(therapist)
    assert mistakes(program.post(at(couple), {})) == ["/audience"]
    assert mistakes(program.post(at(couple), {"audience": "everybody"})) == ["/audience"]
    assert mistakes(program.post(at(couple), {**SHARED, "ends_on": "2999-01-01"})) == ["/ends_on"]
    assert mistakes(program.post(at(couple), {**SHARED, "parts": ["weather"]})) == ["/parts"]
    closing = {"kind": "closing", "audience": "clinical"}
    assert mistakes(program.post(at(couple), {**closing, "begins_on": "2026-03-02"})) == ["/begins_on"]
    assert mistakes(program.post(at(couple), {**closing, "measure": "phq9"})) == ["/measure"]
    unknown = {"kind": "response", "audience": "clinical", "response": str(mara.pk)}
    assert mistakes(program.post(at(couple), unknown)) == ["/response"]
    assert mistakes(program.post(at(couple), {"kind": "measure", "audience": "clinical"})) == ["/measure", "/partner"]


def test_each_kind_is_ordered_about_its_own_thing(couple, therapist, mara, answered, practice):
    program = program_of(therapist)
    test_measures.send(couple, therapist, mara, "phq9", "1 1 1 0 0 0 0 0 0")
    about = {"kind": "measure", "partner": str(mara.pk), "measure": "phq9"}
    for body in (about, {"kind": "closing"}, {"kind": "progress"}):
        answer = program.post(at(couple), {**body, "audience": "clinical"})
        assert (answer.status_code, answer.json().get("kind")) == (202, body["kind"]), answer.content
    [measure] = program.get(at(couple, "?kind=measure")).json()["results"]
    assert measure["partner_id"] == str(mara.pk)


def test_a_failed_one_is_tried_again(couple, therapist, answered, practice):
    program = program_of(therapist)
    asked = program.post(at(couple), {"audience": "clinical"})
    with inside(practice):
        Report.objects.update(state="failed", failure="It could not be printed.")
    assert program.get(asked["Location"]).json()["failure"] == "It could not be printed."
    assert program.post(asked["Location"] + "again/").json()["state"] == "waiting"


def test_ordering_has_a_limit_of_its_own(couple, therapist, answered, monkeypatch):
    from practice.api import middleware

    monkeypatch.setitem(middleware.DEAR, ("POST", "api_reports"), (Rate(1, 60),))
    program = program_of(therapist)
    assert [program.post(at(couple), {"audience": "clinical"}).status_code for _ in range(2)] == [202, 429]
    assert program.get(at(couple)).status_code == 200


def test_b8_nobody_else_orders_or_reads_one(couple, therapist, answered, practice, neighbour, owner, coordinator):
    asked = program_of(therapist).post(at(couple), {"audience": "clinical"})
    sharing = takes_part(couple, make_member(practice, name="Dr Noor"))
    with acting_as(sharing):
        shared_screen.begin(sharing, couple.pk)
    for who in (owner, coordinator, sharing, make_member(practice), make_member(neighbour)):
        program = program_of(who)
        for path in (at(couple), asked["Location"], asked["Location"] + "file/"):
            assert program.get(path).status_code == 404, (who.name, path)
        assert program.post(at(couple), {"audience": "clinical"}).status_code == 404
        assert program.post(asked["Location"] + "again/").status_code == 404
    with inside(practice):
        assert again(Report.objects.get()).state == "waiting"


def test_a_report_of_another_couple_is_not_there(couple, therapist, answered, practice):
    other = make_couple(practice, ("Una", "Vic"), therapist=therapist)
    asked = program_of(therapist).post(at(couple), {"audience": "clinical"}).json()
    assert program_of(therapist).get(at(other, f"{asked['id']}/")).status_code == 404
    assert program_of(therapist).get(at(other)).json()["results"] == []


def test_the_list_asks_the_database_as_often_for_many_as_for_one(
    couple, therapist, answered, django_assert_max_num_queries
):
    program = program_of(therapist)
    for n in range(3):
        program.post(at(couple), {"audience": "clinical"})
        with django_assert_max_num_queries(QUERIES):
            assert len(program.get(at(couple)).json()["results"]) == n + 1
