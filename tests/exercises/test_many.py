"""The same to many couples: judged one by one, given one by one, and twice is once."""

from __future__ import annotations

import datetime
import uuid

import pytest
from django.utils import timezone

from clients.models import Couple
from exercises.models import Assignment
from tests.exercises.given import as_attune
from tests.factories import inside, make_couple, make_member, signed_in

pytestmark = pytest.mark.django_db

SLUG = "weekly-state-of-us"


@pytest.fixture
def others(practice, therapist) -> list[Couple]:
    return [make_couple(practice, names, therapist=therapist) for names in (("Ada", "Bo"), ("Cleo", "Dan"))]


def filled(**changes) -> dict:
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    return {
        "exercise": SLUG, "key": str(uuid.uuid4()), "who": "each", "why": "To begin with what went well",
        "due": "rhythm", "starts_on": tomorrow.isoformat(), "at": "18:00", "rhythm": "once", "ends": "open",
        "lane": "reveal", "opens_by": "appointment", "remind": "on", "follow_up_when": "each", **changes,
    }  # fmt: skip


def look(therapist, couple, **changes):
    return signed_in(therapist).post(f"/desk/couples/{couple.pk}/assign/others/", filled(**changes))


def given(practice) -> list[Assignment]:
    with inside(practice):
        return list(Assignment.objects.all())


def test_every_couple_of_the_caseload_is_shown_with_what_it_would_mean(couple, others, therapist, practice):
    page = look(therapist, couple)
    assert page.status_code == 200, page.context["form"].errors
    assert [len(one.against) for one in page.context["judged"]] == [0, 0, 0]
    assert page.content.decode().count(" checked") >= 3
    assert given(practice) == [], "looking gives nothing"


def test_those_that_are_ticked_get_it_and_twice_is_once(couple, others, therapist, practice):
    chosen = filled(give="1", couples=[str(one.pk) for one in (couple, others[0])])
    browser = signed_in(therapist)
    for _ in range(2):
        answer = browser.post(f"/desk/couples/{couple.pk}/assign/others/", chosen, follow=True)
        assert "was given to 2 couples" in answer.content.decode()
    assert sorted(str(one.couple_id) for one in given(practice)) == sorted(str(one.pk) for one in (couple, others[0]))


def test_an_exception_is_shown_before_and_takes_nothing_from_the_others(couple, others, therapist, practice):
    """An exercise that needs clearance: one couple has it, one has not."""
    from clients.models import Clearance
    from exercises.models import Exercise

    with inside(practice):
        slug = Exercise.objects.filter(needs_clearance=True).order_by("slug").values_list("slug", flat=True)[0]
        lane = Exercise.objects.get(slug=slug).lane
        for one in (couple, others[0]):
            Clearance.objects.create(couple=one, recorded_by=therapist, note="Seen alone")
    who = "together" if lane == "joint" else "each"
    page = look(therapist, couple, exercise=slug, who=who, lane=lane)
    against = {str(one.couple): one.against for one in page.context["judged"]}
    assert against["Mara & Theo"] == []
    assert "joint work is safe" in against["Cleo & Dan"][0]
    everyone = [str(one.pk) for one in (couple, *others)]
    answer = signed_in(therapist).post(
        f"/desk/couples/{couple.pk}/assign/others/",
        filled(exercise=slug, who=who, lane=lane, give="1", couples=everyone), follow=True,
    ).content.decode()  # fmt: skip
    assert "Not given to Cleo and Dan" in answer
    with inside(practice):
        assert set(Assignment.objects.values_list("couple_id", flat=True)) == {couple.pk, others[0].pk}


def test_who_has_it_already_asks_for_a_second_look_and_is_not_ticked(couple, others, therapist):
    once = filled(give="1", couples=[str(others[0].pk)])
    signed_in(therapist).post(f"/desk/couples/{couple.pk}/assign/others/", once)
    page = look(therapist, couple)
    judged = {str(one.couple): one for one in page.context["judged"]}
    assert "They have this already." in judged["Ada & Bo"].to_consider
    assert not judged["Ada & Bo"].is_plain
    assert judged["Ada & Bo"].can_be_given
    assert judged["Cleo & Dan"].is_plain


def test_one_partner_alone_means_nothing_to_other_couples(couple, others, mara, therapist):
    page = look(therapist, couple, who=str(mara.pk), lane="private")
    assert page.status_code == 422
    assert "choose each of them, or together" in page.content.decode()
    assert "To begin with what went well" in page.content.decode()


def test_nobody_elses_couple_is_offered_or_taken(couple, others, therapist, practice):
    colleague = make_member(practice, name="Dr Else")
    theirs = make_couple(practice, ("Eve", "Fay"), therapist=colleague)
    assert "Eve" not in look(therapist, couple).content.decode()
    signed_in(therapist).post(
        f"/desk/couples/{couple.pk}/assign/others/", filled(give="1", couples=[str(theirs.pk), "nonsense"])
    )
    with as_attune(theirs):
        assert not Assignment.objects.exists()
