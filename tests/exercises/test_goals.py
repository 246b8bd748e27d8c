"""Goals in people's own words: whose they are, who reads a number, what they stand for over time."""

from __future__ import annotations

import datetime
import uuid

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from clients.models import Couple
from exercises import goals
from exercises.giving import goals_on_offer
from exercises.models import Assignment, Goal, GoalRating
from practice.ids import uuid7
from tests.exercises.given import TWO_SCALES, as_attune
from tests.exercises.given import give as give_form
from tests.factories import acting_as, signed_in, takes_part
from tests.pages import same_answer

pytestmark = pytest.mark.django_db


def desk(couple) -> str:
    return f"/desk/couples/{couple.pk}/"


def set_goal(couple, therapist, people, words="One evening a week", **fields) -> Goal:
    with acting_as(therapist):
        return goals.set_goal(couple, [one.pk for one in people], words, by=therapist, **fields)


def rate(goal, person, value) -> None:
    with acting_as(person):
        goals.rate(goal, person, value, key=uuid7())


# ── whose ────────────────────────────────────────────────────────────────────


def test_a_therapist_writes_a_goal_down_once(couple, therapist, mara, theo):
    browser, key = signed_in(therapist), uuid.uuid4()
    for _again in range(2):
        browser.post(f"{desk(couple)}goals/new/", {"words": "Pause, and come back", "to": "all", "key": key})
    with as_attune(couple):
        goal = Goal.objects.get()
    assert (goal.lane, goal.audience) == ("shared", sorted([mara.pk, theo.pk]))
    for who in (mara, theo):
        assert "Pause, and come back" in signed_in(who).get("/goals/").content.decode()


def test_one_partners_own_goal_is_nothing_to_the_other(couple, therapist, mara, theo):
    his = signed_in(theo)
    paths = ("/today/", "/goals/", "/together/", "/you/", "/talk/")
    before = {path: his.get(path) for path in paths}
    browser = signed_in(mara)
    sent = browser.post("/goals/new/", {"words": "Say no without fear", "to": "alone", "key": uuid.uuid4()})
    browser.post(sent["Location"], {"value": "2", "key": uuid.uuid4()})
    with as_attune(couple):
        goal = Goal.objects.get()
        assert GoalRating.objects.get().readers == []
    assert goal.lane == "private"
    assert all(same_answer(before[path], his.get(path)) for path in paths)
    assert same_answer(his.get(f"/goals/{goal.pk}/"), his.get(f"/goals/{uuid.uuid4()}/"))
    with acting_as(theo):
        assert (Goal.objects.count(), GoalRating.objects.count()) == (0, 0)
    shown = signed_in(therapist)
    assert "Say no without fear" not in shown.get(f"{desk(couple)}goals/").content.decode()
    assert "Say no without fear" in shown.get(f"{desk(couple)}private/{mara.pk}/goals/").content.decode()
    assert "Say no without fear" not in shown.get(f"{desk(couple)}private/{theo.pk}/goals/").content.decode()


def test_a_partner_cannot_write_a_goal_past_the_product(couple, mara, theo):
    with acting_as(mara), pytest.raises(ProgrammingError), transaction.atomic():
        Goal.objects.create(couple=couple, audience=[theo.pk], words="for him", started_on=datetime.date.today())


def test_a_goal_of_all_is_proposed_by_a_partner_in_their_own_words(couple, therapist, mara, theo):
    signed_in(mara).post("/goals/new/", {"words": "Laugh more", "to": "all", "key": uuid.uuid4()})
    assert "Laugh more" in signed_in(theo).get("/goals/").content.decode()
    assert "In a partner’s own words" in signed_in(therapist).get(f"{desk(couple)}goals/").content.decode()


# ── rating ───────────────────────────────────────────────────────────────────


def test_who_reads_the_number_is_told_before_it_is_given(couple, therapist, mara, theo):
    shared = set_goal(couple, therapist, [mara, theo])
    private = set_goal(couple, therapist, [mara], "Mine")
    browser = signed_in(mara)
    assert "You both, straight away" in browser.get(f"/goals/{shared.pk}/").content.decode()
    assert "You and Dr Ines Karlsen" in browser.get(f"/goals/{private.pk}/").content.decode()


def test_the_first_rating_is_where_somebody_begins(couple, therapist, mara, theo):
    goal = set_goal(couple, therapist, [mara, theo])
    for value in (3, 5, 7):
        rate(goal, mara, value)
    rate(goal, theo, 6)
    with acting_as(therapist):
        [one] = goals.standings(Couple.objects.with_partners().get(pk=couple.pk), [goal])
    assert [(course.first, course.now) for course in one.courses] == [(3, 7), (6, 6)]


def test_the_same_press_or_the_same_number_on_one_day_adds_nothing(couple, therapist, mara, theo):
    goal = set_goal(couple, therapist, [mara, theo])
    browser, key = signed_in(mara), uuid.uuid4()
    for value in ("4", "4"):
        browser.post(f"/goals/{goal.pk}/", {"value": value, "key": key})
    browser.post(f"/goals/{goal.pk}/", {"value": "4", "key": uuid.uuid4()})
    with as_attune(couple):
        assert GoalRating.objects.count() == 1


@pytest.mark.parametrize("value", ["", "11", "-1", "many", "5.5", "٤٤"])
def test_only_numbers_from_0_to_10_count(couple, therapist, mara, theo, value):
    goal = set_goal(couple, therapist, [mara, theo])
    answer = signed_in(mara).post(f"/goals/{goal.pk}/", {"value": value, "key": uuid.uuid4()})
    assert answer.status_code == 422
    assert "Choose a number from 0 to 10" in answer.content.decode()


def test_it_asks_at_first_and_again_from_the_day_to_look_again(couple, therapist, mara, theo):
    goal = set_goal(couple, therapist, [mara, theo])
    asked = "one number, if you like"
    assert asked in signed_in(mara).get("/today/").content.decode()
    rate(goal, mara, 4)
    assert asked not in signed_in(mara).get("/today/").content.decode()
    assert asked in signed_in(theo).get("/today/").content.decode(), "his own page follows his own ratings"
    with as_attune(couple):
        GoalRating.objects.update(rated_at=timezone.now() - datetime.timedelta(days=20))
        Goal.objects.update(review_on=timezone.localdate() - datetime.timedelta(days=1))
    assert asked in signed_in(mara).get("/today/").content.decode()
    rate(goal, mara, 6)
    assert asked not in signed_in(mara).get("/today/").content.decode()


def test_a_goal_that_is_over_is_rated_no_more_and_can_be_taken_up_again(couple, therapist, mara, theo):
    goal = set_goal(couple, therapist, [mara, theo])
    browser = signed_in(therapist)
    browser.post(f"{desk(couple)}goals/{goal.pk}/end/", {"how": "reached"})
    assert signed_in(mara).get(f"/goals/{goal.pk}/").status_code == 404
    assert "Reached, or let go" in signed_in(mara).get("/goals/").content.decode()
    browser.post(f"{desk(couple)}goals/{goal.pk}/end/", {"how": "again"})
    assert signed_in(mara).get(f"/goals/{goal.pk}/").status_code == 200


# ── what was given for it ────────────────────────────────────────────────────


def test_what_was_given_for_a_goal_stands_beside_it_and_nothing_private(couple, therapist, mara, theo):
    goal = set_goal(couple, therapist, [mara, theo])
    open_one = give_form(couple, therapist, "shared", TWO_SCALES, title="State of us")[0]
    secret = give_form(couple, therapist, "private", TWO_SCALES, title="Marzipan")[0]
    with as_attune(couple):
        Assignment.objects.filter(pk__in=[open_one.assignment_id, secret.assignment_id]).update(goal=goal)
    for browser, path in ((signed_in(therapist), f"{desk(couple)}goals/"), (signed_in(theo), "/goals/")):
        page = browser.get(path).content.decode()
        assert "State of us" in page
        assert "Marzipan" not in page


def test_an_assignment_may_only_serve_a_goal_that_all_its_people_have(couple, therapist, mara, theo):
    shared, hers = set_goal(couple, therapist, [mara, theo]), set_goal(couple, therapist, [mara])
    with acting_as(therapist):
        assert list(goals_on_offer(couple, (mara.pk, theo.pk))) == [shared]
        assert set(goals_on_offer(couple, (mara.pk,))) == {shared, hers}
        assert list(goals_on_offer(couple, (theo.pk,))) == [shared]


# ── editing, and where the work stands ───────────────────────────────────────


def test_two_who_change_a_goal_keep_both_texts(couple, therapist, owner, mara, theo):
    takes_part(couple, owner)
    goal = set_goal(couple, therapist, [mara, theo], "As it was")
    path = f"{desk(couple)}goals/{goal.pk}/"
    signed_in(owner).post(path, {"words": "As she wrote it", "was": "As it was", "review_on": ""})
    answer = signed_in(therapist).post(path, {"words": "As I wrote it", "was": "As it was", "review_on": ""})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "As she wrote it" in page
    assert "As I wrote it" in page
    with as_attune(couple):
        assert Goal.objects.get().words == "As she wrote it"


def test_a_wrong_day_stands_beside_its_field_and_nothing_is_lost(couple, therapist, mara):
    answer = signed_in(therapist).post(
        f"{desk(couple)}goals/new/", {"words": "Kept words", "to": "all", "review_on": "soon"}
    )
    assert answer.status_code == 422
    assert "This is not a day" in answer.content.decode()
    assert "Kept words" in answer.content.decode()


def test_the_phase_of_the_work_is_one_of_five(couple, therapist, colleague):
    browser = signed_in(therapist)
    browser.post(f"{desk(couple)}phase/", {"phase": "skills"})
    browser.post(f"{desk(couple)}phase/", {"phase": "nonsense"})
    assert signed_in(colleague).post(f"{desk(couple)}phase/", {"phase": "goals"}).status_code == 404
    with as_attune(couple):
        assert Couple.objects.get(pk=couple.pk).phase == "skills"


def test_the_pages_cost_the_same_for_one_goal_or_many(couple, therapist, mara, theo, django_assert_max_num_queries):
    for number in range(6):
        rate(set_goal(couple, therapist, [mara, theo], f"Goal {number}"), mara, number)
    hers, staff = signed_in(mara), signed_in(therapist)
    with django_assert_max_num_queries(20):
        hers.get("/goals/")
    with django_assert_max_num_queries(21):
        staff.get(f"{desk(couple)}goals/")
