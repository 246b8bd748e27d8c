"""What holds for every call of a program, tried at the list of couples."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.utils import timezone

from clients.models import Appointment, CaseloadEntry, Couple
from practice.api import repeating, tokens
from practice.api.scopes import Scope
from practice.models import Membership
from tests.doors import patterns
from tests.factories import acting_as, inside, make_couple, make_member, signed_in
from tests.practice.api.callers import Program, program_of

COUPLES = "/api/v1/couples/"
NEW = {"partners": [{"name": "Ada"}, {"name": "Bo"}], "time_zone": "Europe/London"}


# ── who calls ──


def test_a_token_opens_what_its_owner_may_see(therapist, couple, practice):
    make_couple(practice, ("Una", "Vic"))
    answer = program_of(therapist).get(COUPLES)
    assert [one["id"] for one in answer.json()["results"]] == [str(couple.pk)]


@pytest.mark.parametrize("text", ["", "attune_", "attune_AAAA", "x" * 400, "attune_" + "A" * 106])
def test_what_is_no_token_is_told_so(text, db):
    answer = Program(text).get(COUPLES)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_ends_when_it_said_it_would(therapist, couple):
    program = program_of(therapist, days=1)
    with time_machine.travel(timezone.now() + datetime.timedelta(days=1, minutes=1), tick=False):
        assert program.get(COUPLES).status_code == 401


def test_a_token_that_was_withdrawn_opens_nothing(therapist, couple):
    program = program_of(therapist)
    with acting_as(therapist):
        tokens.withdraw(program.token.pk, by=therapist)
    assert program.get(COUPLES).status_code == 401


def test_a_token_of_somebody_who_left_opens_nothing(therapist, couple):
    program = program_of(therapist)
    with inside(therapist.practice):
        Membership.objects.filter(pk=therapist.pk).update(ended_at=timezone.now())
    assert program.get(COUPLES).status_code == 401


def test_a_secret_of_one_token_does_not_open_another(therapist, owner, couple):
    one, other = program_of(therapist), program_of(owner)
    mixed = one.text[: -len(other.text[50:])] + other.text[50:]
    assert Program(mixed).get(COUPLES).status_code == 401


def test_a_token_is_for_what_it_was_made_for(therapist, couple):
    program = program_of(therapist, Scope.COUPLES_READ)
    assert program.get(COUPLES).status_code == 200
    answer = program.post(COUPLES, NEW)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")


def test_a_token_opens_no_page(therapist, couple):
    assert program_of(therapist).get("/desk/").status_code == 302


def test_a_token_ends_no_sign_in_of_the_browser_it_came_with(therapist, couple):
    program = program_of(therapist)
    program.browser.cookies = signed_in(therapist).cookies
    assert program.get(COUPLES).status_code == 200
    assert program.browser.get("/desk/").status_code == 200


def test_a_token_without_its_owners_second_step_opens_nothing(therapist, couple, settings):
    settings.STAFF_NEED_SECOND_FACTOR = True
    answer = program_of(therapist).get(COUPLES)
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"


def test_a_browser_writes_only_with_its_token_against_forgery(therapist, couple):
    browser = signed_in(therapist, enforce_csrf_checks=True)
    assert browser.get(COUPLES).status_code == 200
    answer = browser.post(COUPLES, NEW, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")


def test_what_is_somebody_elses_is_not_there(therapist, practice, neighbour):
    program = program_of(therapist)
    others = [make_couple(practice, ("Una", "Vic")), make_couple(neighbour, ("Xe", "Ya"))]
    nowhere = program.get(f"{COUPLES}0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e6f/")
    for one in others:
        answer = program.get(f"{COUPLES}{one.pk}/")
        assert (answer.status_code, answer.content) == (404, nowhere.content)


def test_an_address_that_is_not_there_is_a_problem(therapist, couple):
    answer = program_of(therapist).get("/api/v1/nothing/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


# ── lists ──


def test_an_address_without_its_slash_says_so(therapist, couple):
    for answer in (program_of(therapist).get("/api/v1/couples"), program_of(therapist).post("/api/v1/couples", NEW)):
        assert answer.status_code == 404
        assert "end with a slash" in answer.json()["detail"]


def test_what_nobody_can_do_at_an_address_is_told_apart_from_what_a_token_can_not(therapist, couple):
    nobody = program_of(therapist).call("DELETE", COUPLES)
    assert (nobody.status_code, nobody.json()["code"]) == (405, "method_not_allowed")
    people = program_of(therapist).get("/api/v1/me/")
    assert (people.status_code, people.json()["code"]) == (403, "not_for_tokens")


def test_a_field_that_there_is_not_is_refused(therapist, couple):
    wrong = {**NEW, "partners": [{"name": "Ada"}, {"name": "", "mail": "bo@example.org"}], "zone": "Europe/London"}
    answer = program_of(therapist).post(COUPLES, wrong)
    assert {(one["pointer"], one["detail"]) for one in answer.json()["errors"]} >= {
        ("/zone", "There is no such field."), ("/partners/1/mail", "There is no such field."),
    }  # fmt: skip
    with inside(therapist.practice):
        assert Couple.objects.count() == 1


def test_a_page_is_as_long_as_was_asked_for(therapist, couple):
    program = program_of(therapist)
    assert program.get(f"{COUPLES}?limit=200").status_code == 200
    for limit in ("0", "201", "-1", "ten", "1e2", "٣"):
        assert program.get(f"{COUPLES}?limit={limit}").json()["errors"][0]["pointer"] == "/limit", limit
    assert "Take next" in program.get(f"{COUPLES}?cursor=abc").json()["detail"]


def test_a_body_of_another_kind_is_told_what_is_wanted(therapist):
    program = program_of(therapist)
    answer = program.browser.generic(
        "POST", COUPLES, "name=Ada", "application/x-www-form-urlencoded",
        headers={"Authorization": f"Bearer {program.text}"},
    )  # fmt: skip
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


def test_a_refusal_says_what_clients_of_oauth_ask_for(therapist, couple):
    assert 'error="invalid_token"' in Program("attune_x").get(COUPLES)["WWW-Authenticate"]
    missing = program_of(therapist, Scope.LIBRARY_READ).get(COUPLES)
    assert missing["WWW-Authenticate"].endswith('error="insufficient_scope", scope="couples:read"')
    assert "See couples and partners" in missing.json()["detail"]


def test_a_list_is_read_page_by_page(therapist, practice):
    made = [str(make_couple(practice, (f"A{n}", "B"), therapist=therapist, login=False).pk) for n in range(5)]
    program, path, found = program_of(therapist), f"{COUPLES}?limit=2", []
    while path:
        answer = program.get(path).json()
        found += [one["id"] for one in answer["results"]]
        path = answer["next"]
    assert found == made[::-1]


def test_a_list_asks_the_database_as_often_for_many_as_for_one(
    therapist, practice, couple, django_assert_max_num_queries
):
    program = program_of(therapist)
    with django_assert_max_num_queries(19):
        program.get(COUPLES)
    for n in range(4):
        make_couple(practice, (f"A{n}", "B"), therapist=therapist, login=False)
    with django_assert_max_num_queries(19):
        assert len(program.get(COUPLES).json()["results"]) == 5


@pytest.mark.parametrize("query", ["?status=odd", "?colour=red", "?cursor=%00", "?status=%00", "?cursor=zzz"])
def test_a_filter_that_is_none_is_refused(query, therapist, couple):
    answer = program_of(therapist).get(COUPLES + query)
    assert answer.status_code in (400, 404)
    assert answer["Content-Type"] == "application/problem+json"


# ── writing ──


def test_a_mistake_is_pointed_at(therapist):
    body = {**NEW, "partners": [{"name": "Ada", "email": "no"}, {"name": "Bo"}]}
    answer = program_of(therapist).post(COUPLES, body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/partners/0/email"


def test_what_was_refused_changes_nothing(therapist, couple):
    program_of(therapist).post(COUPLES, {**NEW, "time_zone": "Mars"})
    with inside(therapist.practice):
        assert Couple.objects.count() == 1


def test_a_write_with_a_key_is_done_once(therapist):
    program = program_of(therapist)
    first, again = (program.post(COUPLES, NEW, Idempotency_Key="k-1") for _ in range(2))
    assert (first.status_code, first.json(), first["ETag"]) == (again.status_code, again.json(), again["ETag"])
    assert again["Idempotency-Replayed"] == "true"
    with inside(therapist.practice):
        assert Couple.objects.count() == 1


def test_a_key_is_for_one_write(therapist):
    program = program_of(therapist)
    program.post(COUPLES, NEW, Idempotency_Key="k-1")
    answer = program.post(COUPLES, {**NEW, "time_zone": "UTC"}, Idempotency_Key="k-1")
    assert (answer.status_code, answer.json()["code"]) == (422, "key_used")


def test_a_key_of_somebody_else_is_another_key(therapist, practice):
    other = make_member(practice, name="Dr Noor")
    for member in (therapist, other):
        assert program_of(member).post(COUPLES, NEW, Idempotency_Key="k-1").status_code == 201
    with inside(practice):
        assert Couple.objects.count() == 2


def test_an_answer_is_given_again_only_to_who_still_sees_what_it_is_about(therapist, couple, practice):
    """What was made, and what the address names: after a day's work at most, and not after it is somebody else's."""
    program, plan = program_of(therapist), f"{COUPLES}{couple.pk}/appointments/"
    meeting = {"day": str(timezone.localdate() + datetime.timedelta(days=7)), "at": "18:00"}
    again = [(COUPLES, NEW, "k-1"), (plan, meeting, "k-2")]
    for path, body, key in again:
        for _ in range(2):
            assert program.post(path, body, Idempotency_Key=key).status_code == 201, path
    with inside(practice):
        CaseloadEntry.objects.filter(membership=therapist).delete()
    for path, body, key in again:
        answer = program.post(path, body, Idempotency_Key=key)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json"), path
        assert "Ada" not in answer.content.decode()
    with inside(practice):
        assert (Couple.objects.count(), Appointment.objects.count()) == (2, 1), "nothing was done a second time"


def test_an_owner_is_answered_again_about_a_couple_that_a_colleague_looks_after(owner, therapist):
    program, body = program_of(owner), {**NEW, "therapists": [str(therapist.pk)]}
    first, again = (program.post(COUPLES, body, Idempotency_Key="k-1") for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())


def test_everything_that_addresses_name_is_looked_up_before_an_answer_is_given_again():
    names = {
        name for door, arguments in patterns() if door.startswith("api_") for name in arguments if name.endswith("_id")
    }
    assert {name for name in names if not repeating.is_named(name)} == set()


def test_a_tag_is_known_again_after_a_proxy_has_weakened_it_and_asked_for_with_its_marks(therapist, couple):
    program, here = program_of(therapist), f"{COUPLES}{couple.pk}/"
    tag = program.get(here)["ETag"]
    assert program.patch(here, {"status": "paused"}, If_Match=f"W/{tag}").status_code == 200
    bare = program.patch(here, {"status": "active"}, If_Match=tag.strip('"'))
    assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (400, "/If-Match")


def test_an_edit_says_what_it_edits(therapist, couple):
    program, path = program_of(therapist), f"{COUPLES}{couple.pk}/"
    assert program.call("PATCH", path, {"status": "paused"}).status_code == 428
    old = program.get(path)["ETag"]
    assert program.patch(path, {"status": "paused"}, If_Match=old).status_code == 200
    assert program.patch(path, {"status": "active"}, If_Match=old).status_code == 412
    assert program.get(path).json()["status"] == "paused"
    assert program.get(path, If_None_Match=program.get(path)["ETag"]).status_code == 304


BAD_JSON = [
    b"{",
    b"\xff",
    b'{"a": NaN}',
    b'{"time_zone": "a\\u0000b"}',
    b'{"time_zone": "\\ud800"}',
    b'{"a": 1, "a": 2}',
    b"[" * 5000,
    b'{"a": ' + b"9" * 5000 + b"}",
    b'{"a": 1e999}',
    b'"' + b"x" * (1024 * 1024) + b'"',
]


@pytest.mark.parametrize("body", BAD_JSON, ids=range(len(BAD_JSON)))
def test_json_that_is_none_is_refused(body, therapist):
    program = program_of(therapist)
    answer = program.browser.generic(
        "POST", COUPLES, body, content_type="application/json", headers={"Authorization": f"Bearer {program.text}"}
    )
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("body", [[], "text", 7, None, True, {"partners": {}}, {"partners": [7, 8], "time_zone": 3}])
def test_json_of_another_shape_is_refused(body, therapist):
    assert program_of(therapist).post(COUPLES, body).status_code == 400


# ── how often ──


def test_a_token_may_come_so_often(therapist, couple, monkeypatch):
    from practice.api import middleware
    from practice.limits import Rate

    monkeypatch.setattr(middleware, "PACE", Rate(2, 60))
    program = program_of(therapist)
    answers = [program.get(COUPLES) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert "r=1" in answers[0]["RateLimit"]
    assert answers[2]["Content-Type"] == "application/problem+json"
    assert int(answers[2]["Retry-After"]) > 0


def test_a_call_leaves_no_sign_in_behind(therapist, couple):
    from django.contrib.sessions.models import Session

    program = program_of(therapist)
    answer = program.get(COUPLES)
    assert (answer.status_code, dict(answer.cookies)) == (200, {})
    assert not Session.objects.exists()
