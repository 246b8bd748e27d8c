"""A couple's page: two views that never mix, what is new, and who may open any of it."""

from __future__ import annotations

import datetime
import uuid

import pytest
from django.utils import timezone

from exercises import record
from exercises.models import Answer, Assignment, Occurrence, Reading, Response
from practice.models import AuditEvent
from tests.exercises.given import EVERY_TYPE
from tests.exercises.given import give as given_form
from tests.exercises.test_assigning import inside_of
from tests.exercises.test_desk import fill, give, queries, send
from tests.factories import acting_as, make_couple, make_member, signed_in, takes_part

pytestmark = pytest.mark.django_db

SECRET = "marzipan-canary"
DAY, State = datetime.timedelta(days=1), Occurrence.State


@pytest.fixture
def sent(couple, therapist, mara):
    give(couple, therapist)
    return send(mara, "We walked by the river")


@pytest.fixture
def told_apart(couple, therapist, mara):
    give(couple, therapist, "burnout-signs")
    return send(mara, SECRET)


def base(couple):
    return f"/desk/couples/{couple.pk}/"


def test_answers_stand_in_order_with_their_questions(couple, therapist, sent):
    shown = signed_in(therapist).get(f"{base(couple)}answers/{sent.pk}/").content.decode()
    places = [shown.index(question.label) for question in sent.edition.form]
    assert places == sorted(places)
    assert "7 of 10" in shown
    assert "We walked by the river" in shown
    assert "New" in shown


def test_both_lists_nothing_private(couple, therapist, sent, told_apart):
    browser = signed_in(therapist)
    both = browser.get(base(couple)).content.decode()
    assert "We walked by the river" in both
    assert SECRET not in both
    assert "Signs of emotional burnout" not in both
    assert browser.get(f"{base(couple)}answers/{told_apart.pk}/").status_code == 404


def test_each_private_view_holds_one_partners_and_nothing_of_the_other(couple, therapist, sent, told_apart, mara, theo):
    browser = signed_in(therapist)
    hers = browser.get(f"{base(couple)}private/{mara.pk}/").content.decode()
    assert SECRET in hers
    assert "We walked by the river" not in hers
    his = browser.get(f"{base(couple)}private/{theo.pk}/").content.decode()
    assert SECRET not in his
    assert browser.get(f"{base(couple)}answers/{told_apart.pk}/private/").status_code == 200
    assert browser.get(f"{base(couple)}answers/{sent.pk}/private/").status_code == 404


def test_a_private_question_of_a_shared_form_is_read_apart(couple, therapist, mara):
    from exercises import answering

    (mine, _his) = given_form(couple, therapist, "shared", EVERY_TYPE)
    with acting_as(mara):
        answering.submit(mine, author=mara, raw={"good": ["Tea at six"], "note": [SECRET], "near": ["8"]})
    browser = signed_in(therapist)
    both = browser.get(base(couple)).content.decode()
    assert "Tea at six" in both
    assert SECRET not in both
    assert SECRET in browser.get(f"{base(couple)}private/{mara.pk}/").content.decode()
    with acting_as(therapist):
        response = Response.objects.get()
    assert SECRET not in browser.get(f"{base(couple)}answers/{response.pk}/").content.decode()
    browser.post(f"{base(couple)}answers/{response.pk}/read/")
    assert "1 answer to read" in browser.get("/desk/").content.decode(), "the private part is still new"
    browser.post(f"{base(couple)}answers/{response.pk}/private/read/")
    assert "to read" not in browser.get("/desk/").content.decode()


def test_a_journal_of_their_own_is_never_shown(couple, therapist, mara):
    give(couple, therapist, lane="own")
    send(mara, SECRET)
    browser = signed_in(therapist)
    for path in (base(couple), f"{base(couple)}private/{mara.pk}/", "/desk/"):
        assert SECRET not in browser.get(path).content.decode()
    assert "Own" in browser.get(f"{base(couple)}private/{mara.pk}/").content.decode()


def test_looking_marks_nothing_as_read_and_is_written_down(couple, therapist, sent):
    browser = signed_in(therapist)
    browser.get(base(couple))
    browser.get(f"{base(couple)}answers/{sent.pk}/")
    with inside_of(couple):
        assert Reading.objects.count() == 0
        looks = set(AuditEvent.objects.filter(act="opened").values_list("subject", flat=True))
    assert {"clients_couple", "exercises_response"} <= looks


def test_marking_as_read_is_ones_own_and_happens_once(couple, therapist, owner, sent):
    takes_part(couple, owner)
    browser = signed_in(therapist)
    for _again in range(2):
        assert browser.post(f"{base(couple)}answers/{sent.pk}/read/").status_code == 302
    with inside_of(couple):
        assert Reading.objects.count() == 1
    assert "to read" not in browser.get("/desk/").content.decode()
    assert "1 answer to read" in signed_in(owner).get("/desk/").content.decode()


def test_mark_all_keeps_the_views_apart(couple, therapist, sent, told_apart, mara):
    browser = signed_in(therapist)
    browser.post(f"{base(couple)}read/")
    assert "1 answer to read" in browser.get("/desk/").content.decode()
    browser.post(f"{base(couple)}private/{mara.pk}/read/")
    assert "to read" not in browser.get("/desk/").content.decode()


def test_taking_back_asks_first(couple, therapist, theo):
    assignment = give(couple, therapist)
    browser = signed_in(therapist)
    path = f"{base(couple)}practice/{assignment.pk}/take-back/"
    assert "Take it back?" in browser.get(path).content.decode()
    with inside_of(couple):
        assert Assignment.objects.get().withdrawn_at is None
    assert browser.post(path).status_code == 302
    assert "Taken back" in browser.get(base(couple)).content.decode()
    with acting_as(theo):
        assert Occurrence.objects.open().count() == 0


def test_opening_asks_first_and_names_who_has_not_sent(couple, therapist, sent):
    with acting_as(therapist):
        one = Occurrence.objects.get(pk=sent.occurrence_id)
    browser = signed_in(therapist)
    path = f"{base(couple)}practice/{one.assignment_id}/open/{one.slot}/"
    assert "Not sent yet: Theo" in browser.get(path).content.decode()
    assert path in browser.get(base(couple)).content.decode()
    assert browser.post(path).status_code == 302
    with inside_of(couple):
        assert Response.objects.get().opens_at is not None
        assert Answer.objects.filter(opens_at=None).count() == 0
    for slot in ("2020-01-01T10:00", "%00", "x" * 3000, "2020-01-01T10:00%00"):
        assert browser.get(f"{base(couple)}practice/{one.assignment_id}/open/{slot}/").status_code == 404


def test_what_was_left_out_shows_its_reason(couple, therapist, mara):
    from exercises import answering

    give(couple, therapist)
    with acting_as(mara):
        answering.skip(Occurrence.objects.order_by("due_at").first(), author=mara, reason="late shift all week")
    shown = signed_in(therapist).get(base(couple)).content.decode()
    assert "late shift all week" in shown
    assert "Left out" in shown


def test_hostile_words_are_shown_as_words(couple, therapist, mara):
    give(couple, therapist)
    response = send(mara, '<script>alert(1)</script>"><img src=x>')
    for path in (base(couple), f"{base(couple)}answers/{response.pk}/"):
        shown = signed_in(therapist).get(path).content.decode()
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown


# ── doors ────────────────────────────────────────────────────────────────────


def paths(couple, response, assignment, client, slot="2026-01-01T10:00"):
    start = base(couple)
    gets = [
        start,
        f"{start}private/{client.pk}/",
        f"{start}answers/{response.pk}/",
        f"{start}assign/",
        f"{start}assign/?exercise=weekly-state-of-us",
        f"{start}practice/{assignment.pk}/take-back/",
        f"{start}practice/{assignment.pk}/open/{slot}/",
    ]
    posts = [
        f"{start}read/",
        f"{start}private/{client.pk}/read/",
        f"{start}answers/{response.pk}/read/",
        f"{start}assign/",
        f"{start}assign/preview/",
        f"{start}practice/{assignment.pk}/take-back/",
        f"{start}practice/{assignment.pk}/open/{slot}/",
    ]
    return gets, posts


def test_nobody_else_comes_in(couple, therapist, colleague, coordinator, neighbour, sent, mara, theo, practice):
    with acting_as(therapist):
        assignment = Assignment.objects.get()
    gets, posts = paths(couple, sent, assignment, mara)
    stranger = make_member(neighbour, "owner")
    for who in (colleague, stranger, mara, theo):
        browser = signed_in(who)
        assert [path for path in gets if browser.get(path).status_code != 404] == [], who
        assert [path for path in posts if browser.post(path).status_code != 404] == [], who
    office = signed_in(coordinator)
    assert [path for path in gets[1:] if office.get(path).status_code != 404] == []
    assert [path for path in posts if office.post(path).status_code != 404] == []
    with inside_of(couple):
        assert Assignment.objects.get().withdrawn_at is None
        assert Reading.objects.count() == 0


def test_another_couples_things_are_unknown_under_this_one(couple, therapist, practice, sent, mara):
    other = make_couple(practice, ("Ada", "Ruth"), therapist=therapist)
    with acting_as(therapist):
        assignment = Assignment.objects.get()
    gets, posts = paths(other, sent, assignment, mara)
    browser = signed_in(therapist)
    assert browser.get(gets[0]).status_code == 200
    assert {browser.get(path).status_code for path in [gets[1], gets[2], gets[5], gets[6]]} == {404}
    assert {browser.post(path).status_code for path in [posts[1], posts[2], posts[5], posts[6]]} == {404}


def test_unknown_ids_are_404_and_reading_needs_a_post(couple, therapist, sent):
    browser = signed_in(therapist)
    assert browser.get(f"/desk/couples/{uuid.uuid4()}/").status_code == 404
    assert browser.get("/desk/couples/not-an-id/").status_code == 404
    assert browser.get(f"{base(couple)}answers/{uuid.uuid4()}/").status_code == 404
    assert browser.get(f"{base(couple)}answers/{sent.pk}/read/").status_code == 405
    assert browser.get(f"{base(couple)}read/").status_code == 405


def test_much_or_little_costs_the_same(practice, couple, therapist, mara, theo):
    give(couple, therapist)
    send(mara)
    few = queries(therapist, base(couple))
    for slug in ("nightly-gratitude-exchange", "noticing-bids", "early-distance-signs"):
        give(couple, therapist, slug)
    for person in (mara, theo):
        send(person)
    fill(practice, therapist, 2)
    assert queries(therapist, base(couple)) <= few + 1 < 70


@pytest.mark.parametrize("lane", ["shared", "reveal", "joint"])
@pytest.mark.parametrize(
    ("days", "left_out"),
    [((-30, -20, -10), ()), ((-30, -2), (1,)), ((-20, 0, 6), ()), ((9, 16), (0,)), ((-40,), ()), ((-30, -25), (0, 1))],
)
def test_the_rounds_that_are_looked_at_say_what_a_year_of_them_would(lane, days, left_out, couple, therapist, mara):
    now = timezone.now()
    first = given_form(couple, therapist, lane, due=now + DAY * days[0])[0].assignment
    for ago in days[1:]:
        given_form(couple, therapist, lane, due=now + DAY * ago, assignment=first)
    with inside_of(couple):
        rounds = Occurrence.objects.filter(assignment=first).order_by("due_at", "pk")
        for at, one in enumerate(rounds.filter(due_at__lt=now)):
            state = State.WITHDRAWN if at in left_out else State.DONE if one.client_id != mara.pk else State.MISSED
            Occurrence.objects.filter(pk=one.pk).update(state=state, reveals_at=now + DAY if at == 0 else one.due_at)
    with acting_as(therapist):
        every = list(rounds.exclude(state=State.WITHDRAWN))
        expected = [record._given(first, every, couple, now)] if record._is_current(first, every, now) else []
        assert record.current_practice(couple, now) == expected
