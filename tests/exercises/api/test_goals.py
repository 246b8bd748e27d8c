"""Goals by a program: the staff's side with a token, the partners' own side in the browser."""

from __future__ import annotations

from typing import Any

import pytest

from practice.api.scopes import Scope
from tests.exercises.api.test_me import Phone
from tests.practice.api.callers import program_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_minute_ago")]


def of(couple: Any, rest: str = "") -> str:
    return f"/api/v1/couples/{couple.pk}/goals/{rest}"


def test_a_goal_is_written_down_rated_changed_and_closed(couple, therapist, mara, theo):
    program = program_of(therapist)
    made = program.post(of(couple), {"words": "One evening that is ours", "review_on": "2030-01-20"})
    assert made.status_code == 201, made.content
    goal, here = made.json(), made["Location"]
    assert (goal["lane"], goal["state"], goal["partner_ids"]) == (
        "shared",
        "running",
        sorted([str(mara.pk), str(theo.pk)]),
    )
    [asked] = Phone(mara).read("goals/")["goals"]
    assert (asked["asked"], asked["lane"]["key"]) == (True, "shared")
    for value in (4, 6, 6):
        rated = Phone(mara).post(f"goals/{goal['id']}/ratings/", {"value": value})
    assert rated.json()["asked"] is False
    assert [(one["first"], one["now"]) for one in Phone(theo).read("goals/")["goals"][0]["courses"]] == [
        (4, 6), (None, None),
    ]  # fmt: skip
    now = program.get(here).json()
    assert [[one["value"] for one in course["ratings"]] for course in now["courses"]] == [[4, 6], []]
    assert program.patch(here, {"words": "Two evenings"}).json()["review_on"] == "2030-01-20"
    overtaken = program.call("PATCH", here, {"words": "Three"}, If_Match='"older"')
    assert overtaken.status_code == 412
    assert program.post(f"{here}end/", {"reached": True}).json()["state"] == "reached"
    assert Phone(mara).post(f"goals/{goal['id']}/ratings/", {"value": 7}).status_code == 404
    assert [one["words"] for one in program.get(of(couple, "?state=reached")).json()["results"]] == ["Two evenings"]
    assert program.post(f"{here}take-up/").json()["state"] == "running"


def test_what_one_has_alone_stands_under_them_and_nowhere_else(couple, therapist, mara, theo):
    program, at = program_of(therapist), f"/api/v1/couples/{couple.pk}/partners/"
    hers = Phone(mara).post("goals/", {"words": "To say no", "alone": True})
    assert hers.status_code == 201, hers.content
    program.post(f"{at}{mara.pk}/private/goals/", {"words": "To sleep"})
    program.post(of(couple), {"words": "To run", "partner_id": str(mara.pk)})
    words = {one["words"] for one in program.get(f"{at}{mara.pk}/private/goals/").json()["results"]}
    assert words == {"To say no", "To sleep", "To run"}
    assert program.get(of(couple)).json()["results"] == []
    assert program.get(f"{at}{theo.pk}/private/goals/").json()["results"] == []
    assert Phone(theo).read("goals/") == {"goals": []}
    assert Phone(theo).post(f"goals/{hers.json()['id']}/ratings/", {"value": 1}).status_code == 404
    assert Phone(theo).post("goals/", {"words": "To dance", "alone": False}).status_code == 201
    lanes = [one["lane"]["key"] for one in Phone(mara).read("goals/")["goals"]]
    assert lanes == ["shared", "private", "private", "private"]
    assert [one["words"] for one in program.get(of(couple)).json()["results"]] == ["To dance"]


def test_what_is_wrong_is_pointed_at(couple, therapist, mara):
    program = program_of(therapist)
    for wrong, pointer in (
        ({"words": " "}, "/words"),
        ({"words": "x" * 201}, "/words"),
        ({"words": "Ours", "partner_id": str(couple.pk)}, "/partner_id"),
        ({"words": "Ours", "review": "2030-01-01"}, "/review"),
    ):
        answer = program.post(of(couple), wrong)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer), wrong
    goal = program.post(of(couple), {"words": "Ours"}).json()
    assert Phone(mara).post(f"goals/{goal['id']}/ratings/", {"value": 11}).status_code == 400
    phase = f"/api/v1/couples/{couple.pk}/phase/"
    assert program.post(phase, {"phase": "skills"}).json() == {"phase": "skills"}
    assert program.post(phase, {"phase": "bliss"}).status_code == 400
    reader = program_of(therapist, Scope.ASSIGNMENTS_READ)
    assert reader.post(of(couple), {"words": "Ours"})["WWW-Authenticate"] == (
        'Bearer realm="Attune", error="insufficient_scope", scope="assignments:write"'
    )
