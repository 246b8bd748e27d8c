"""Programs by a program: read, written, begun with a couple, looked after."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.utils import timezone

from practice.api.scopes import Scope
from tests.factories import make_couple, make_member
from tests.practice.api.callers import Program, program_of

pytestmark = pytest.mark.django_db

ALL = "/api/v1/programs/"
SLUG = "digital-distraction-reset"


@pytest.fixture
def program(therapist) -> Program:
    return program_of(therapist)


def day(couple: Any, days: int) -> str:
    return (timezone.localdate(timezone=couple.zone) + datetime.timedelta(days=days)).isoformat()


def of(couple: Any, rest: str = "") -> str:
    return f"/api/v1/couples/{couple.pk}/programs/{rest}"


def begun(program: Program, couple: Any, **more: Any) -> dict[str, Any]:
    answer = program.post(of(couple), {"program": SLUG, "why": "A little each week.", **more})
    assert answer.status_code == 201, answer.json()
    assert program.get(answer["Location"]).json() == answer.json()
    return answer.json()


def pointers(answer: Any) -> set[str]:
    assert answer.status_code == 400, answer.content
    return {one["pointer"] for one in answer.json()["errors"]}


# ── the plans ──


def test_what_ships_is_listed_and_read_with_its_weeks(program):
    listed = {one["slug"]: one for one in program.get(f"{ALL}?limit=200").json()["results"]}
    one = program.get(f"{ALL}{SLUG}/").json()
    assert listed[SLUG] == {name: one[name] for name in listed[SLUG]}
    assert (len(one["plan"]), one["own"]) == (one["weeks"], False)
    assert all(week["exercises"] and week["days"] == 7 for week in one["plan"])
    assert program.get(f"{ALL}?own=true").json()["results"] == []
    assert program.get(f"{ALL}nothing/").status_code == 404


def test_one_of_the_practices_own_is_written_changed_and_taken_off_the_list(program, practice):
    plan = [{"focus": "Noticing", "exercises": ["gratitude-log", "compliment-minute"]}]
    new = {"title": "Our own", "for_whom": "With small children.", "plan": plan, "adapted_from": SLUG}
    made = program.post(ALL, new)
    assert made.status_code == 201, made.content
    here = made["Location"]
    assert made.json()["plan"] == [{**plan[0], "days": 7}]
    changed = program.patch(here, {"title": "Still our own", "outcome": ["weekly-state-of-us"]}).json()
    assert (changed["title"], changed["outcome"], changed["plan"]) == (
        "Still our own", ["weekly-state-of-us"], made.json()["plan"],
    )  # fmt: skip
    assert program.call("DELETE", here).status_code == 428
    assert program.call("DELETE", here, If_Match=program.get(here)["ETag"]).status_code == 204
    assert program.get(f"{ALL}?own=true").json()["results"] == []
    shipped = program.patch(f"{ALL}{SLUG}/", {"title": "Mine now"})
    assert (shipped.status_code, shipped.json()["code"]) == (409, "ships")
    wrong = program.post(ALL, {**new, "plan": [{"exercises": ["gratitude-log"]}, {"exercises": ["no-such-thing"]}]})
    assert pointers(wrong) == {"/plan/1/exercises"}
    assert pointers(program.post(ALL, {**new, "adapted_from": "nothing"})) == {"/adapted_from"}


# ── with a couple ──


def test_what_is_left_out_is_as_the_program_proposes_it(program, couple, mara, theo):
    run = begun(program, couple)
    plan = program.get(f"{ALL}{SLUG}/").json()
    assert (run["program"], run["state"], run["week"], run["weeks"]) == (SLUG, "running", 0, plan["weeks"])
    assert (run["starts_on"], run["next_on"], run["at"]) == (day(couple, 1), day(couple, 1), "18:00:00")
    assert run["partner_ids"] == sorted([str(mara.pk), str(theo.pk)])
    assert [week["number"] for week in run["plan"]] == list(range(len(run["plan"])))
    [listed] = program.get(of(couple)).json()["results"]
    assert listed == {name: run[name] for name in listed}


def test_the_weeks_are_tailored_and_what_is_wrong_with_them_is_pointed_at(program, couple, mara):
    plan = program.get(f"{ALL}{SLUG}/").json()["plan"]
    kept = plan[0]["exercises"][:1]
    run = begun(
        program, couple, partner_ids=[str(mara.pk)], plan=[{"exercises": kept, "days": 14}, {"exercises": []}],
        baseline=[], outcome=[], unlock="therapist", starts_on=day(couple, 3), at="07:30",
    )  # fmt: skip
    assert run["weeks"] == len(plan) - 1
    first = next(week for week in run["plan"] if week["number"] == 1)
    assert (first["days"], len(first["exercises"])) == (14, 1)
    assert (run["partner_ids"], run["unlock"], run["at"]) == ([str(mara.pk)], "therapist", "07:30:00")
    said = {"program": SLUG, "why": "x"}
    for wrong, there in (
        ({"plan": [{}, {"exercises": ["gratitude-log-of-nobody"]}]}, {"/plan/1/exercises"}),
        ({"plan": [{"exercises": []}] * len(plan)}, {"/plan"}),
        ({"plan": [{}] * (len(plan) + 1)}, {"/plan"}),
        ({"starts_on": day(couple, -1)}, {"/starts_on"}),
        ({"partner_ids": [str(couple.pk)]}, {"/partner_ids"}),
        ({"program": "nothing"}, {"/program"}),
        ({"why": "", "starts": day(couple, 2)}, {"/why", "/starts"}),
    ):
        assert pointers(program.post(of(couple), {**said, **wrong})) == there, wrong


def test_a_run_is_opened_stretched_rested_and_ended(program, couple):
    run = begun(program, couple)
    here = of(couple, f"{run['id']}/")

    def act(name: str, body: Any = None) -> dict[str, Any]:
        answer = program.post(f"{here}{name}/", body)
        assert answer.status_code == 200, (name, answer.content)
        return answer.json()

    opened = act("open")
    assert (opened["week"], opened["next_on"]) == (1, day(couple, 7))
    assert all(row["assignment_id"] or row["refused"] for row in opened["plan"][1]["exercises"])
    assert act("stretch")["next_on"] == day(couple, 14)
    assert act("repeat")["weeks"] == run["weeks"] + 1
    assert act("drop", {"weeks": [2]})["weeks"] == run["weeks"]
    assert pointers(program.post(f"{here}drop/", {"weeks": [1]})) == {"/weeks"}
    assert pointers(program.post(f"{here}pause/", {"until": day(couple, 0)})) == {"/until"}
    rests = act("pause", {"until": day(couple, 9)})
    assert (rests["state"], rests["resumes_on"]) == ("paused", day(couple, 9))
    assert act("resume")["state"] == "running"
    assert act("end", {"with_outcome": True})["state"] == "ended"
    over = program.post(f"{here}open/")
    assert (over.status_code, over.json()["code"]) == (409, "over")
    assert len(program.get(of(couple, "?state=ended")).json()["results"]) == 1


def test_a_retry_repeats_the_week_once(program, couple):
    run = begun(program, couple)
    here = of(couple, f"{run['id']}/")
    program.post(f"{here}open/")
    weeks = {program.post(f"{here}repeat/", None, Idempotency_Key="once").json()["weeks"] for _again in range(2)}
    assert weeks == {run["weeks"] + 1}


def test_what_speaks_against_beginning_is_said(program, couple, practice):
    with_scope = program_of(make_member(practice, "therapist", "Dr Osei"), Scope.ASSIGNMENTS_READ)
    run = begun(program, couple)
    assert with_scope.get(of(couple, f"{run['id']}/")).status_code == 404
    assert with_scope.post(of(couple), {"program": SLUG, "why": "x"}).json()["code"] == "scope_missing"
    other = make_couple(practice, ("Una", "Vic"))
    assert program.get(of(other, f"{run['id']}/")).status_code == 404
    assert program.call("PATCH", f"/api/v1/couples/{couple.pk}/", {"status": "paused"}, If_Match="*").status_code == 200
    refused = program.post(of(couple), {"program": SLUG, "why": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "couple")
