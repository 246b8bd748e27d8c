"""Giving practice by a program, and what comes of it."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from clients.models import CaseloadEntry, Couple
from exercises import answering, holding
from exercises.library import shelf
from exercises.models import Assignment, Occurrence, Response
from exercises.writing.editions import publish_edition
from exercises.writing.starting import blank, start_new
from practice.api.scopes import Scope
from practice.models import AuditEvent, Practice
from tests.exercises.given import NEAR, give
from tests.factories import acting_as, inside, make_couple, make_member
from tests.practice.api.callers import program_of

pytestmark = pytest.mark.django_db

ALL = "/api/v1/assignments/"
STATE_OF_US = "weekly-state-of-us"


@pytest.fixture
def program(therapist):
    return program_of(therapist)


def of(couple, rest=""):
    return f"/api/v1/couples/{couple.pk}/assignments/{rest}"


def coming(couple, days=1):
    return (timezone.localdate(timezone=couple.zone) + datetime.timedelta(days=days)).isoformat()


def new(couple, **other):
    return {
        "exercise": STATE_OF_US,
        "why": "You both feel unseen at home.",
        "rule": "FREQ=WEEKLY;BYDAY=SU;COUNT=6",
        "starts_on": coming(couple),
        "at": "18:00",
        "lane": "reveal",
        "opens_by": "appointment",
        **other,
    }


def a_slug(therapist, **where):
    with acting_as(therapist):
        return shelf().filter(**where).values_list("slug", flat=True)[0]


def given(program, couple, **other):
    """Give one thing; return its address and how it stands."""
    answer = program.post(of(couple), new(couple, **other))
    assert answer.status_code == 201, answer.json()
    return answer["Location"], answer.json()["assignments"][0]


# ── giving ──


def test_what_is_left_out_is_as_the_exercise_proposes(program, couple, mara, theo, practice):
    answer = program.post(of(couple), {"exercise": STATE_OF_US, "why": "Let us try."})
    assert answer.status_code == 201
    (made,) = answer.json()["assignments"]
    assert (made["rule"], made["at"], made["lane"], made["opens_by"], made["reminders"]) == (
        "FREQ=WEEKLY;BYDAY=SU", "19:00:00", "reveal", "appointment", None,
    )  # fmt: skip
    assert made["partner_ids"] == [str(mara.pk), str(theo.pk)]
    assert made["words"] == "Every Sunday at 19:00"
    assert program.get(answer["Location"]).json() == made
    with inside(practice):
        assert Occurrence.objects.filter(assignment_id=made["id"]).count() >= 2


def test_all_that_the_page_offers_can_be_said(program, couple, mara):
    _path, made = given(
        program, couple, partner_ids=[str(mara.pk)], lane="private", rule="FREQ=MONTHLY;BYDAY=-1FR", at="07:30",
        reminders=["due"], grace_hours=5, closes_hours_after=30, opens_hours_before=12, accept_late=False,
        whole_page=True, smaller=True, adaptations=["neurodivergent"], follow_up="effort-or-pressure",
        follow_up_hours=3,
    )  # fmt: skip
    said = {
        "partner_ids": [str(mara.pk)], "lane": "private", "rule": "FREQ=MONTHLY;BYDAY=-1FR", "at": "07:30:00",
        "reminders": ["due"], "grace_hours": 5, "closes_hours_after": 30, "opens_hours_before": 12,
        "accept_late": False, "whole_page": True, "smaller": True, "adaptations": ["neurodivergent"],
        "follow_up": "effort-or-pressure", "follow_up_when": "each", "follow_up_hours": 3, "opens_by": "",
    }  # fmt: skip
    assert {name: made[name] for name in said} == said
    assert given(program, couple, reminders=[])[1]["reminders"] == []
    session = given(program, couple, due="appointment", rule="FREQ=WEEKLY;COUNT=3", due_hours_before=5)[1]
    assert (session["due"], session["rule"], session["due_hours_before"]) == ("appointment", "FREQ=WEEKLY;COUNT=3", 5)
    assert given(program, couple, due="on_demand", rule="once")[1]["words"] == "Whenever they need it"
    opens = timezone.now().replace(microsecond=0, second=0) + datetime.timedelta(days=40)
    dated = given(program, couple, opens_by="date", opens_at=opens.isoformat())[1]
    assert dated["opens_at"] == opens.isoformat().replace("+00:00", "Z")


def test_where_they_must_not_learn_of_each_other_each_has_their_own(program, couple):
    made = program.post(of(couple), new(couple, lane="private")).json()["assignments"]
    assert [len(one["partner_ids"]) for one in made] == [1, 1]


def test_together_is_one_answer(program, couple, mara):
    assert given(program, couple, exercise="mood-patterns-talk", lane="joint")[1]["lane"] == "joint"
    for other, pointer in (
        ({"exercise": "mood-patterns-talk", "lane": "joint", "partner_ids": [str(mara.pk)]}, "/partner_ids"),
        ({"lane": "joint"}, "/lane"),
    ):
        answer = program.post(of(couple), new(couple, **other))
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_some_of_three_get_it(program, practice, therapist):
    three = make_couple(practice, ("Una", "Vic", "Wil"), therapist=therapist)
    two = [str(one.pk) for one in three.clients[1:]]
    assert given(program, three, partner_ids=two)[1]["partner_ids"] == two
    alike = new(three, exercise="private-safety-check", lane="private", rule="once", partner_ids=two)
    assert program.post(of(three), alike).json()["errors"][0]["pointer"] == "/partner_ids"


def test_a_key_gives_once(program, couple):
    first, again = (program.post(of(couple), new(couple), Idempotency_Key="k") for _ in range(2))
    assert first.json() == again.json()
    assert len(program.get(of(couple)).json()["results"]) == 1


def test_what_was_sent_wrong_is_pointed_at_and_gives_nothing(program, practice, couple):
    stranger = str(make_couple(practice, ("Una", "Vic"), login=False).clients[0].pk)
    for changes, pointer in (
        ({"why": ""}, "/why"),
        ({"why": "x" * 301}, "/why"),
        ({"exercise": "nothing"}, "/exercise"),
        ({"edition_id": stranger}, "/exercise"),
        ({"partner_ids": [stranger]}, "/partner_ids"),
        ({"partner_ids": []}, "/partner_ids"),
        ({"lane": "shared"}, "/lane"),
        ({"lane": "all"}, "/lane"),
        ({"rule": "FREQ=HOURLY"}, "/rule"),
        ({"rule": "FREQ=YEARLY"}, "/rule"),
        ({"rule": "FREQ=WEEKLY;COUNT=9999"}, "/rule"),
        ({"rule": "every sunday"}, "/rule"),
        ({"rule": "FREQ=WEEKLY;UNTIL=20200101"}, "/rule"),
        ({"rule": "FREQ=DAILY", "due": "appointment"}, "/rule"),
        ({"starts_on": "2020-01-01"}, "/starts_on"),
        ({"starts_on": coming(couple, 500)}, "/starts_on"),
        ({"closes_hours_after": 99999}, "/closes_hours_after"),
        ({"reminders": ["often"]}, "/reminders/0"),
        ({"adaptations": ["nothing"]}, "/adaptations"),
        ({"left_out": [3]}, "/left_out"),
        ({"follow_up": "nothing"}, "/follow_up"),
        ({"follow_up": "effort-or-pressure", "follow_up_when": "last", "rule": "FREQ=DAILY"}, "/follow_up_when"),
        ({"goal_id": stranger}, "/goal_id"),
        ({"opens_by": "never"}, "/opens_by"),
    ):
        answer = program.post(of(couple), new(couple, **changes))
        assert answer.status_code == 400, (changes, answer.json())
        assert answer.json()["errors"][0]["pointer"] == pointer, (changes, answer.json())
    assert program.get(of(couple)).json()["results"] == []


def test_what_contradicts_how_things_stand_is_refused(program, practice, couple, therapist):
    with acting_as(therapist):
        ours = start_new("Our walk", "ritual", by=therapist)
        old = publish_edition(ours, {**blank("Our walk", "ritual"), "summary": "x"})
        publish_edition(ours, {**blank("Our walk", "ritual"), "summary": "y"})
    needs = a_slug(therapist, needs_clearance=True)
    for said, code in (
        (new(couple, edition_id=str(old.pk), exercise=None), "retired"),
        (new(couple, exercise=needs, lane=None, rule="once"), "clearance"),
    ):
        answer = program.post(of(couple), {name: one for name, one in said.items() if one is not None})
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    with inside(practice):
        Couple.objects.update(status=Couple.Status.CLOSED)
    answer = program.post(of(couple), new(couple))
    assert (answer.status_code, answer.json()["code"]) == (409, "couple")


def test_a_practice_without_secrets_gives_nothing_private(program, practice, couple):
    with inside(practice):
        Practice.objects.filter(pk=practice.pk).update(secrets_policy=Practice.Secrets.NO_SECRETS)
    answer = program.post(of(couple), new(couple, lane="private"))
    assert answer.status_code == 400
    assert "no secrets" in answer.json()["errors"][0]["detail"]


def test_deep_work_is_asked_about_once_more(program, couple, therapist):
    deep = a_slug(therapist, level="deep", needs_clearance=False, lane="reveal")
    said = {"exercise": deep, "why": "You asked for it."}
    answer = program.post(of(couple), said)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/sure")
    assert program.post(of(couple), {**said, "sure": True}).status_code == 201


# ── what comes of it ──


def test_it_is_changed_from_the_next_time_on(program, couple):
    path, made = given(program, couple)
    old = program.get(path)["ETag"]
    assert program.call("PATCH", path, {"why": "Anew."}).status_code == 428
    answer = program.patch(path, {"why": "Anew.", "rule": "FREQ=WEEKLY;BYDAY=WE;COUNT=4", "closes_hours_after": 50})
    assert answer.status_code == 200, answer.json()
    following = answer.json()
    assert (following["continues_id"], following["why"], following["rule"]) == (
        made["id"], "Anew.", "FREQ=WEEKLY;BYDAY=WE;COUNT=4",
    )  # fmt: skip
    assert (following["lane"], following["partner_ids"], following["at"]) == ("reveal", made["partner_ids"], "18:00:00")
    assert program.get(answer["Location"]).json() == following
    assert program.get(path).json()["state"] == "ended"
    assert program.patch(path, {"why": "Late."}, If_Match=old).status_code == 412
    again = program.patch(path, {"why": "Late."})
    assert (again.status_code, again.json()["code"]) == (409, "carried_on")
    bad = program.patch(answer["Location"], {"at": "25:00"})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (400, "/at")
    # What the form of the page does not list is kept all the same.
    assert program.patch(answer["Location"], {"why": "Once more."}).json()["closes_hours_after"] == 50


def test_what_is_answered_together_is_changed_too(program, couple):
    path, _made = given(program, couple, exercise="mood-patterns-talk", lane="joint")
    answer = program.patch(path, {"why": "Anew."})
    assert (answer.status_code, answer.json().get("lane")) == (200, "joint"), answer.json()


def test_it_ends_and_goes_on(program, couple):
    path, _made = given(program, couple)
    assert program.post(f"{path}end/").json()["state"] == "ended"
    ended = program.patch(path, {"why": "Late."})
    assert (ended.status_code, ended.json()["code"]) == (409, "over")
    assert program.post(f"{path}go-on/").json()["state"] == "running"
    lighter = program.post(f"{path}lighten/", {"how": "less"}).json()
    assert lighter["rule"].startswith("FREQ=WEEKLY;INTERVAL=2")
    assert program.post(f"{path}go-on/").status_code == 409
    small = program.post(f"{of(couple)}{lighter['id']}/lighten/", {"how": "smaller"}).json()
    assert small["smaller"] is True
    assert program.post(f"{of(couple)}{small['id']}/remind/").json()["id"] == small["id"]
    assert program.post(f"{path}lighten/", {"how": "more"}).status_code == 400
    once = given(program, couple, rule="once")[0]
    assert program.post(f"{once}lighten/", {"how": "less"}).json()["code"] == "how"


def test_it_is_taken_back(program, couple, practice):
    path, _made = given(program, couple)
    assert program.call("DELETE", path).status_code == 428
    assert program.call("DELETE", path, If_Match=program.get(path)["ETag"]).status_code == 204
    assert program.get(path).json()["state"] == "withdrawn"
    assert program.get(f"{path}occurrences/").json()["results"] == []
    with inside(practice):
        assert not Occurrence.objects.open().exists()


def test_rounds_are_listed_without_what_was_answered(program, couple, practice, mara, theo):
    path, made = given(program, couple, rule="once")
    rounds = program.get(f"{path}occurrences/").json()["results"]
    assert {one["partner_id"] for one in rounds} == set(made["partner_ids"])
    assert {one["state"] for one in rounds} == {"open"}
    hers = program.get(f"{path}occurrences/?partner={mara.pk}").json()["results"]
    with inside(practice):
        one = Occurrence.objects.get(pk=hers[0]["id"])
        one.state, one.skip_reason = Occurrence.State.SKIPPED, "A private word"
        one.save(update_fields=["state", "skip_reason"])
    left_out = program.get(f"{path}occurrences/?state=skipped").json()["results"]
    assert [(one["id"], one["left_out_by_practice"], one["reason"]) for one in left_out] == [(hers[0]["id"], False, "")]
    due = program.get(f"/api/v1/occurrences/?due_before={coming(couple, 8)}T23:59:59Z&state=open").json()["results"]
    assert [one["partner_id"] for one in due] == [str(theo.pk)]
    waits = given(program, couple, due="appointment", rule="once")[0]
    assert {one["due_at"] for one in program.get(f"{waits}occurrences/").json()["results"]} == {None}


def test_one_round_is_moved_and_left_out_and_both_are_undone(program, couple):
    path = given(program, couple, rule="FREQ=WEEKLY;COUNT=3")[0]
    before = program.get(f"{path}occurrences/").json()["results"]
    here = f"{path}occurrences/{before[0]['slot']}/"
    moved = program.post(f"{here}move/", {"day": coming(couple, 30), "at": "10:00"}).json()["occurrences"]
    assert {(one["due_at"][:10], one["moved"]) for one in moved} == {(coming(couple, 30), True)}
    assert program.post(f"{here}put-back/").json()["occurrences"][0]["due_at"] == before[0]["due_at"]
    skipped = program.post(f"{here}skip/", {"reason": "A wedding."}).json()["occurrences"]
    assert {(one["state"], one["reason"], one["left_out_by_practice"]) for one in skipped} == {
        ("skipped", "A wedding.", True)
    }
    again = program.post(f"{here}skip/", {"reason": "A wedding."})
    assert (again.status_code, again.json()["code"]) == (409, "over")
    assert {one["state"] for one in program.post(f"{here}ask-again/").json()["occurrences"]} == {"open"}
    past = program.post(f"{here}move/", {"day": "2020-01-01", "at": "10:00"})
    assert (past.status_code, past.json()["errors"][0]["pointer"]) == (400, "/at")
    assert program.post(f"{path}occurrences/round-9999/move/", {"day": "2020-01-01", "at": "10:00"}).status_code == 404
    assert program.post(f"{path}occurrences/odd/put-back/").status_code == 404


def test_things_rest_and_are_asked_again(program, practice, couple, mara, colleague):
    path, made = given(program, couple)
    rests = f"/api/v1/couples/{couple.pk}/rests/"
    said = {"kind": "holiday", "starts_on": coming(couple, 0), "ends_on": coming(couple, 60), "reason": "Away."}
    answer = program.post(rests, said)
    assert (answer.status_code, answer.json()["asked_by_id"]) == (201, None)
    assert {one["state"] for one in program.get(f"{path}occurrences/").json()["results"]} == {"paused"}
    here = answer["Location"]
    assert program.get(here).json() == answer.json()
    assert program.post(f"{here}end/").json()["ended_at"] is not None
    assert {one["state"] for one in program.get(f"{path}occurrences/").json()["results"]} == {"open"}
    assert program.post(f"{here}resume/").json()["ended_at"] is None
    for changes, pointer in (
        ({"starts_on": "2020-01-01"}, "/starts_on"),
        ({"ends_on": "2020-01-01"}, "/ends_on"),
        ({"kind": "odd"}, "/kind"),
        ({"assignment_id": made["id"], "deep_only": True}, "/deep_only"),
    ):
        wrong = program.post(rests, {**said, **changes})
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, pointer), changes
    alone = given(program, couple, lane="private", partner_ids=[str(mara.pk)])[1]["id"]
    hers = program.post(rests, {**said, "assignment_id": alone}).json()["id"]
    assert hers not in [one["id"] for one in program.get(rests).json()["results"]]
    assert [one["id"] for one in program.get(f"{rests}?assignment={alone}").json()["results"]] == [hers]
    theirs = program_of(colleague)
    for answered in (theirs.get(rests), theirs.get(here), theirs.post(rests, said), theirs.post(f"{here}end/")):
        assert answered.status_code == 404


def test_days_that_no_calendar_has_are_refused(program, couple):
    path = given(program, couple)[0]
    slot = program.get(f"{path}occurrences/").json()["results"][0]["slot"]
    rests = f"/api/v1/couples/{couple.pk}/rests/"
    for day in ("0001-01-01", "9999-12-31"):
        moment = f"{day}T23:59:59Z"
        for url, said in (
            (of(couple), new(couple, starts_on=day)),
            (of(couple), new(couple, starts_on=day, rule="once", opens_by="date", opens_at=moment)),
            (of(couple), new(couple, opens_at=moment)),
            (f"{path}occurrences/{slot}/move/", {"day": day, "at": "23:59"}),
            (rests, {"starts_on": coming(couple, 0), "ends_on": day}),
            (rests, {"starts_on": day}),
        ):
            assert program.post(url, said).status_code == 400, (url, said)
        assert program.patch(path, {"opens_at": moment}).status_code == 400


# ── lists ──


def test_what_was_given_is_filtered(program, practice, couple, mara, therapist):
    other = make_couple(practice, ("Una", "Vic"), therapist=therapist, login=False)
    first = given(program, couple)[0]
    given(program, couple, lane="private", partner_ids=[str(mara.pk)])
    given(program, other)
    program.post(f"{first}end/")
    for query, n in (
        ("", 2),
        ("?state=running", 1),
        ("?state=ended", 1),
        ("?state=withdrawn", 0),
        (f"?couple={couple.pk}", 1),
        ("?lane=reveal", 2),
        (f"?partner={mara.pk}", 1),
        (f"?exercise={STATE_OF_US}", 2),
        ("?exercise=other", 0),
    ):
        assert len(program.get(ALL + query).json()["results"]) == n, query
    for query in ("?state=odd", "?couple=7", "?lane=none", "?lane=private", "?colour=red"):
        assert program.get(ALL + query).status_code == 400, query


def test_what_one_partner_has_alone_stands_in_no_list_of_both(program, couple, mara, theo):
    _path, made = given(program, couple, lane="private", partner_ids=[str(mara.pk)])
    here = f"/api/v1/couples/{couple.pk}/partners/{{}}/private/assignments/"
    assert [one["id"] for one in program.get(here.format(mara.pk)).json()["results"]] == [made["id"]]
    assert program.get(here.format(mara.pk) + "?lane=own").json()["results"] == []
    for path in (here.format(theo.pk), of(couple), ALL, "/api/v1/occurrences/"):
        assert program.get(path).json()["results"] == [], path


def test_whoever_looks_over_a_caseload_is_written_down(program, practice, couple):
    given(program, couple)
    for path in (ALL, "/api/v1/occurrences/"):
        with inside(practice):
            before = AuditEvent.objects.filter(act="opened", couple_id=couple.pk).count()
        program.get(path)
        with inside(practice):
            assert AuditEvent.objects.filter(act="opened", couple_id=couple.pk).count() == before + 1


def test_lists_ask_the_database_as_often_for_many_as_for_one(
    program, practice, couple, therapist, django_assert_max_num_queries
):
    path = given(program, couple)[0]
    for n in (1, 4):
        for _ in range(n - 1):
            given(program, couple, follow_up="effort-or-pressure")
        for url in (ALL, of(couple), "/api/v1/occurrences/", f"{path}occurrences/", path):
            with django_assert_max_num_queries(23):
                program.get(url)
    assert len(program.get(of(couple)).json()["results"]) == 4


def test_what_is_somebody_elses_is_not_there(program, practice, neighbour, couple, colleague, coordinator, therapist):
    path = given(program, couple)[0]
    far = make_member(neighbour, "owner", "Far")
    for who in (colleague, coordinator, far):
        theirs = program_of(who)
        for url in (ALL, "/api/v1/occurrences/"):
            answer = theirs.get(url)
            assert answer.status_code == 404 or answer.json()["results"] == [], (who, url)
        for url in (of(couple), path, f"{path}occurrences/"):
            assert theirs.get(url).status_code == 404, (who, url)
        assert theirs.post(of(couple), new(couple)).status_code == 404
        assert theirs.call("PATCH", path, {"why": "x"}, If_Match="*").status_code == 404
        assert theirs.call("DELETE", path, If_Match="*").status_code == 404
        for act in ("end", "go-on", "lighten", "remind"):
            assert theirs.post(f"{path}{act}/", {"how": "less"}).status_code == 404
    other = make_couple(practice, ("Una", "Vic"), therapist=therapist, login=False)
    assert program.get(path.replace(str(couple.pk), str(other.pk))).status_code == 404
    read = program_of(therapist, Scope.ASSIGNMENTS_READ)
    assert read.post(of(couple), new(couple)).status_code == 403
    with inside(practice):
        assert Assignment.objects.count() == 1


# ── the same to many ──


def test_the_same_is_given_to_many_couples_each_judged_by_itself(program, couple, practice, therapist):
    others = [make_couple(practice, names, therapist=therapist) for names in (("Ada", "Bo"), ("Cleo", "Dan"))]
    given(program, others[0])
    resting = make_couple(practice, ("Eli", "Fay"), therapist=therapist)
    program.call("PATCH", f"/api/v1/couples/{resting.pk}/", {"status": "paused"}, If_Match="*")
    everybody = [couple, *others, resting]
    body = {**new(couple), "couple_ids": [str(one.pk) for one in everybody]}

    looked = program.post(ALL, {**body, "look_only": True})
    assert (looked.status_code, looked.json()["assignments"]) == (200, [])
    said = looked.json()["couples"]
    assert [bool(one["against"]) for one in said] == [False, False, False, True]
    assert [bool(one["to_consider"]) for one in said] == [False, True, False, False]

    answers = [program.post(ALL, body, Idempotency_Key="all of them") for _again in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    with inside(practice):
        CaseloadEntry.objects.filter(couple=others[1], membership=therapist).delete()
    assert program.post(ALL, body, Idempotency_Key="all of them").status_code == 404, "one is somebody else's now"
    told = answers[0].json()
    assert [one["given"] for one in told["couples"]] == [True, False, True, False]
    assert {one["couple_id"] for one in told["assignments"]} == {str(couple.pk), str(others[1].pk)}
    assert {one["rule"] for one in told["assignments"]} == {"FREQ=WEEKLY;BYDAY=SU;COUNT=6"}
    sure = program.post(ALL, {**body, "couple_ids": [str(others[0].pk)], "sure": True})
    assert [one["given"] for one in sure.json()["couples"]] == [True]


def test_what_suits_nobody_is_a_mistake_where_it_was_made(program, couple, practice):
    foreign = make_couple(practice, ("Ada", "Bo"))
    body = {**new(couple), "couple_ids": [str(couple.pk)]}
    for wrong, pointer in (
        ({"couple_ids": [str(couple.pk), str(foreign.pk)]}, "/couple_ids/1"),
        ({"rule": "FREQ=HOURLY"}, "/rule"),
        ({"partner_ids": [str(couple.pk)]}, "/partner_ids"),
        ({"exercise": "nothing"}, "/exercise"),
    ):
        answer = program.post(ALL, {**body, **wrong})
        assert answer.status_code == 400, wrong
        assert [one["pointer"] for one in answer.json().get("errors", [])] == [pointer], answer.json()


# ── opening a sealed round ──


def test_a_sealed_round_is_opened_for_those_who_sent(program, couple, therapist, mara, theo, practice):
    hers, _his = give(couple, therapist, "reveal", reveals_at=timezone.now() + datetime.timedelta(days=2))
    with acting_as(mara):
        answering.submit(Occurrence.objects.get(pk=hers.pk), author=mara, raw=NEAR)
    [sealed] = program.get(f"/api/v1/couples/{couple.pk}/responses/").json()["results"]
    assert sealed["sealed"]
    here = of(couple, f"{hers.assignment_id}/occurrences/{hers.slot}/open/")
    opened = program.post(here)
    assert (opened.status_code, len(opened.json()["occurrences"])) == (200, 2)
    [now] = program.get(f"/api/v1/couples/{couple.pk}/responses/").json()["results"]
    assert not now["sealed"]
    assert program.post(here).status_code == 200, "done again, it changes nothing"
    with acting_as(theo):
        assert not Response.objects.exists(), "who has not sent reads nothing"
    shared = give(couple, therapist, "shared")[0]
    refused = program.post(of(couple, f"{shared.assignment_id}/occurrences/{shared.slot}/open/"))
    assert (refused.status_code, refused.json()["code"]) == (409, "not_sealed")


def test_nothing_sealed_opens_while_an_answer_waits_for_a_look(program, couple, therapist, monkeypatch):
    one = give(couple, therapist, "reveal", reveals_at=timezone.now() + datetime.timedelta(days=2))[0]
    monkeypatch.setattr(holding, "is_held", lambda couple_id: True)
    refused = program.post(of(couple, f"{one.assignment_id}/occurrences/{one.slot}/open/"))
    assert (refused.status_code, refused.json()["code"]) == (409, "held")


def test_who_may_give_and_not_look_opens_nothing_and_learns_of_no_hold(couple, therapist, monkeypatch):
    one = give(couple, therapist, "reveal", reveals_at=timezone.now() + datetime.timedelta(days=2))[0]
    here = of(couple, f"{one.assignment_id}/occurrences/{one.slot}/open/")
    gives = (Scope.ASSIGNMENTS_READ, Scope.ASSIGNMENTS_WRITE)
    for missing, scopes in (
        (Scope.RESPONSES_WRITE, (*gives, Scope.ALERTS_READ)),
        (Scope.ALERTS_READ, (*gives, Scope.RESPONSES_WRITE)),
    ):
        answers = []
        for waits in (False, True):
            monkeypatch.setattr(holding, "is_held", lambda couple_id, waits=waits: waits)
            answers.append(program_of(therapist, *scopes).post(here))
        free, held = answers
        assert (free.status_code, free.json()["code"], missing in free.json()["detail"]) == (403, "scope_missing", True)
        assert (held.status_code, held.json()["code"], held.json()["detail"]) == (
            free.status_code, free.json()["code"], free.json()["detail"],
        )  # fmt: skip
    with acting_as(therapist):
        assert not Occurrence.objects.filter(pk=one.pk, reveals_at__lte=timezone.now()).exists()
    monkeypatch.setattr(holding, "is_held", lambda couple_id: False)
    assert program_of(therapist, *gives, Scope.RESPONSES_WRITE, Scope.ALERTS_READ).post(here).status_code == 200
