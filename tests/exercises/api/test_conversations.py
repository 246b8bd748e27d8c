"""Conversations and marks by a program: who may read them, and what a write leaves."""

from __future__ import annotations

from typing import Any

import pytest

from practice.api.scopes import Scope
from practice.models import DoneOnce
from tests.exercises.api.test_me import Phone, of
from tests.exercises.given import EVERY_TYPE, NEAR, give
from tests.factories import inside, make_member
from tests.practice.api.callers import program_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_minute_ago")]


def at(couple: Any, rest: str = "") -> str:
    return f"/api/v1/couples/{couple.pk}/{rest}"


def test_a_conversation_is_begun_read_answered_and_closed(couple, therapist, mara, theo, practice):
    program = program_of(therapist)
    made = program.post(at(couple, "conversations/"), {"text": "How was Sunday?"}, Idempotency_Key="k")
    assert made.status_code == 201, made.content
    here = made["Location"]
    [listed] = Phone(mara).read("conversations/")["results"]
    assert (listed["unread"], listed["lane"]["key"]) == (True, "shared")
    mine = f"conversations/{listed['id']}/"
    [line] = Phone(mara).read(mine)["comments"]
    assert (line["text"], line["unread"], line["mine"]) == ("How was Sunday?", True, False)
    assert Phone(mara).post(f"{mine}seen/").status_code == 204
    assert Phone(mara).read("conversations/")["results"][0]["unread"] is False
    assert Phone(mara).post(f"{mine}comments/", {"text": "We danced."}, Idempotency_Key="m").status_code == 201
    now = program.get(here).json()
    assert [one["text"] for one in now["comments"]] == ["How was Sunday?", "We danced."]
    assert (now["unread"], now["comments"][1]["partner_id"]) == (True, str(mara.pk))
    assert program.post(f"{here}seen/").json()["unread"] is False
    assert program.post(f"{here}close/").json()["closed"]
    for refused in (
        program.post(f"{here}comments/", {"text": "x"}),
        Phone(theo).post(f"{mine}comments/", {"text": "x"}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "closed")
    assert not program.post(f"{here}reopen/").json()["closed"]
    with inside(practice):
        kept = [one.answer for one in DoneOnce.objects.all()]
    assert kept
    assert not [one for one in kept if "Sunday" in one or "danced" in one], "what was said is kept in its place alone"


def test_what_is_between_two_is_between_two(couple, therapist, mara, theo, practice):
    program, hers = program_of(therapist), f"partners/{mara.pk}/private/conversations/"
    assert Phone(mara).post("conversations/", {"text": "Only you."}).status_code == 201
    assert program.post(at(couple, hers), {"text": "And you."}).status_code == 201
    assert (
        program.post(at(couple, "conversations/"), {"text": "You too", "partner_id": str(mara.pk)}).status_code == 201
    )
    found = program.get(at(couple, hers)).json()["results"]
    assert [(one["lane"], one["partner_ids"]) for one in found] == [("private", [str(mara.pk)])] * 3
    assert program.get(at(couple, "conversations/")).json()["results"] == []
    assert Phone(theo).read("conversations/")["results"] == []
    assert Phone(theo).get(f"conversations/{found[0]['id']}/").status_code == 404
    assert program_of(make_member(practice, "therapist", "Dr Osei")).get(at(couple, hers)).status_code == 404
    open_alone = program_of(therapist, Scope.CONVERSATIONS_READ)
    for path in (at(couple, hers), at(couple, f"conversations/{found[0]['id']}/")):
        refused = open_alone.get(path)
        assert (refused.status_code, "private-responses:read" in refused.json()["detail"]) == (403, True), path
    both = Phone(theo).post("conversations/", {"text": "All of us", "alone": False})
    assert Phone(mara).get(f"conversations/{both.json()['id']}/").status_code == 200
    for wrong in ({"text": ""}, {"text": "x" * 4001}, {"text": "x", "partner_id": str(couple.pk)}):
        assert program.post(at(couple, "conversations/"), wrong).status_code == 400, wrong


def test_who_may_write_and_not_read_what_is_private_learns_nothing_of_it(couple, therapist, mara):
    all_of_it, writes = program_of(therapist), program_of(therapist, Scope.CONVERSATIONS_WRITE, Scope.RESPONSES_WRITE)
    talk = all_of_it.post(at(couple, "conversations/"), {"text": "You alone", "partner_id": str(mara.pk)})["Location"]
    both = all_of_it.post(at(couple, "conversations/"), {"text": "All of us"})["Location"]
    one, phone = of(give(couple, therapist, "shared", EVERY_TYPE), mara), Phone(mara)
    assert phone.submit(one, {**NEAR, "note": ["for you alone"], "safe": ["yes"]}).status_code == 200
    [sent] = all_of_it.get(at(couple, "responses/")).json()["results"]
    said = {"text": "Thank you."}
    private = at(couple, f"partners/{mara.pk}/private/responses/{sent['id']}/")
    for path, body in (
        (f"{talk}comments/", said), (f"{talk}seen/", None), (f"{talk}close/", None), (f"{talk}reopen/", None),
        (f"{private}comment/", said), (f"{private}comment/", {**said, "to_all": True, "sure": True}),
        (at(couple, f"responses/{sent['id']}/comment/"), said), (f"{private}marks/", {}),
        (f"{private}marks/", {"reviewed": True}),
    ):  # fmt: skip
        refused = writes.post(path, body)
        assert (refused.status_code, "private-responses:read" in refused.json()["detail"]) == (403, True), path
    assert [one["text"] for one in all_of_it.get(talk).json()["comments"]] == ["You alone"]
    assert all_of_it.get(f"{private}marks/").json()["reviewed_at"] is None
    assert writes.post(f"{both}comments/", said).status_code == 201
    assert writes.post(at(couple, f"responses/{sent['id']}/comment/"), {**said, "to_all": True}).status_code == 201
    assert writes.post(at(couple, f"responses/{sent['id']}/marks/"), {"reviewed": True}).status_code == 200


def test_an_answer_is_marked_and_spoken_about_in_the_view_that_it_stands_in(couple, therapist, mara, practice):
    one, phone = of(give(couple, therapist, "shared", EVERY_TYPE), mara), Phone(mara)
    assert phone.submit(one, {**NEAR, "note": ["for you alone"], "safe": ["yes"]}).status_code == 200
    program = program_of(therapist)
    [shared] = program.get(at(couple, "responses/")).json()["results"]
    open_, private = f"responses/{shared['id']}/", f"partners/{mara.pk}/private/responses/{shared['id']}/"
    assert program.get(at(couple, f"{open_}marks/")).json() == {
        "unread": True, "reviewed_at": None, "reviewed_by": None, "for_session": False,
    }  # fmt: skip
    marked = program.post(at(couple, f"{open_}marks/"), {"reviewed": True, "for_session": True}).json()
    assert (marked["unread"], marked["reviewed_by"], marked["for_session"]) == (False, "Dr Ines Karlsen", True)
    assert program.get(at(couple, f"{private}marks/")).json()["unread"], "the two views are read apart"
    back = program.post(at(couple, f"{open_}marks/"), {"reviewed": False, "for_session": False}).json()
    assert (back["reviewed_at"], back["for_session"], back["unread"]) == (None, False, False)
    said = program.post(at(couple, f"{open_}comment/"), {"text": "Thank you.", "to_all": True})
    assert (said.status_code, said.json()["lane"], said.json()["response_id"]) == (201, "shared", shared["id"])
    delicate = program.post(at(couple, f"{private}comment/"), {"text": "Thank you.", "to_all": True})
    assert [one["pointer"] for one in delicate.json()["errors"]] == ["/sure"]
    alone = program.post(at(couple, f"{private}comment/"), {"text": "Thank you."})
    assert (alone.status_code, alone.json()["lane"]) == (201, "private")
