"""Changing what was sent: a new revision, until somebody else may have read it."""

from __future__ import annotations

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from exercises import amending, answering
from exercises.models import Answer, Draft, Occurrence, Reading, Response
from reports.models import Score
from tests.exercises.given import TWO_SCALES, as_attune, give
from tests.exercises.test_answering_all_types import answer
from tests.exercises.test_portal import observed, send, words
from tests.factories import acting_as, signed_in

pytestmark = pytest.mark.django_db
SCORED = [{**TWO_SCALES[0], "metric": "closeness"}, TWO_SCALES[1]]


def ahead() -> datetime.datetime:
    return timezone.now() + datetime.timedelta(days=2)


def change(browser, occurrence: Occurrence, **raw: list[str]):
    """Go through the pages of a change, and send it again."""
    at = f"/do/{occurrence.pk}/"
    assert browser.post(f"{at}change/").url == f"{at}check/"
    for number, key in enumerate(("near", "good"), start=1):
        if key in raw:
            assert answer(browser, f"{at}{number}/", {key: raw[key]}, to="check").status_code == 302
    return browser.post(f"{at}send/")


def test_a_sealed_answer_is_amended_beside_the_first(couple, mara, theo, therapist):
    hers, his = give(couple, therapist, "reveal", SCORED, reveals_at=ahead())
    send(hers, mara, {"near": ["3"], "good": ["Tea"]})
    send(his, theo, {"near": ["5"], "good": ["Rain"]})
    browser = signed_in(mara)
    assert "Change my answers" in words(browser.get(f"/do/{hers.pk}/sent/"))
    assert change(browser, hers, near=["8"]).url == f"/do/{hers.pk}/sent/"
    with as_attune(couple):
        first, second = Response.objects.filter(author=mara).order_by("revision")
        assert (first.revision, second.revision) == (1, 2)
        assert [one.number for one in Answer.objects.filter(key="near", author=mara).order_by("pk")] == [3, 8]
        assert second.readers == [theo.pk]
        assert first.readers == []
        assert not Answer.objects.filter(response=first).exclude(readers=[]).exists()
        assert [float(one.value) for one in Score.objects.filter(client=mara)] == [8]
        Response.objects.update(opens_at=timezone.now() - datetime.timedelta(hours=1))
        Answer.objects.update(opens_at=timezone.now() - datetime.timedelta(hours=1))
    with acting_as(theo):
        assert not Answer.objects.filter(author=mara, number=3).exists(), "what was replaced is nobody else's to read"
    reader = signed_in(theo)
    reader.post(reverse("portal_unfold", args=[his.pk]))
    side = words(reader.get(f"/together/{his.pk}/"))
    assert "8" in side
    assert "Tea" in side
    desk = words(signed_in(therapist).get(f"/desk/couples/{couple.pk}/"))
    assert "8 of 10" in desk
    assert "3 of 10" not in desk


def test_the_partner_cannot_tell_that_something_was_changed(couple, mara, theo, therapist):
    hers, his = give(couple, therapist, "reveal", reveals_at=ahead())
    send(hers, mara, {"near": ["3"]})
    send(his, theo, {"near": ["5"]})
    paths = [f"/do/{his.pk}/sent/", f"/together/{his.pk}/"]
    before = observed(theo, *paths)
    change(signed_in(mara), hers, near=["9"])
    assert observed(theo, *paths) == before


def test_b51_what_was_sent_stands_until_it_is_sent_again(couple, mara, therapist):
    hers = give(couple, therapist, "reveal", reveals_at=ahead())[0]
    send(hers, mara, {"near": ["3"], "good": ["Tea"]})
    browser, at = signed_in(mara), f"/do/{hers.pk}/"
    browser.post(f"{at}change/")
    answer(browser, f"{at}1/", {"near": ["9"]})
    assert "You are changing what you sent" in words(browser.get(f"{at}2/"))
    with as_attune(couple):
        assert [float(one.number) for one in Answer.objects.filter(key="near")] == [3]
    assert browser.post(f"{at}change/").url == f"{at}check/", "begun again, it goes on where it was"
    assert "9 of 10" in words(browser.get(f"{at}check/"))
    assert browser.post(f"{at}change/", {"to": "keep"}).url == f"{at}sent/"
    with acting_as(mara):
        assert not Draft.objects.exists()
    assert browser.get(f"{at}1/").url == f"{at}sent/"


def test_sent_again_twice_is_one_revision(couple, mara, therapist):
    hers = give(couple, therapist, "reveal", reveals_at=ahead())[0]
    send(hers, mara, {"near": ["3"]})
    browser, at = signed_in(mara), f"/do/{hers.pk}/"
    change(browser, hers, near=["4"])
    assert browser.post(f"{at}send/").url == f"{at}sent/"
    late = browser.post(f"{at}save/", {"question": "near", "near": "9", "base_version": "9"})
    assert (late.status_code, late.json()["state"]) == (410, "sent")
    with as_attune(couple):
        assert Response.objects.count() == 2
    with acting_as(mara):
        again = amending.amend(Occurrence.objects.get(pk=hers.pk), author=mara, raw={})
        assert again.revision == 2


@pytest.mark.parametrize("lane", ["shared", "joint"])
def test_what_others_read_at_once_is_changed_by_asking(lane, couple, mara, therapist):
    one = give(couple, therapist, lane)[0]
    send(one, mara, {"near": ["3"]})
    browser = signed_in(mara)
    said = words(browser.get(f"/do/{one.pk}/sent/"))
    assert "tell Dr Ines Karlsen" in said
    assert "Write to Dr Ines Karlsen" in said
    assert "Change my answers" not in said
    assert browser.post(f"/do/{one.pk}/change/").url == f"/do/{one.pk}/sent/"
    with acting_as(mara):
        assert not Draft.objects.exists()


def test_b51_a_private_answer_until_the_therapist_has_read_it(couple, mara, therapist):
    one = give(couple, therapist, "private", to=[mara])[0]
    response = send(one, mara, {"near": ["3"]})
    browser = signed_in(mara)
    change(browser, one, near=["5"])
    reader = signed_in(therapist)
    with as_attune(couple):
        newest = Response.objects.newest().get()
        assert newest.pk != response.pk
    path = reverse("couple_private", args=[couple.pk, mara.pk])
    assert "5 of 10" in words(reader.get(path))
    with as_attune(couple):
        Reading.objects.create(couple=couple, response=newest, membership=therapist, apart=True)
    assert "Change my answers" not in words(browser.get(f"/do/{one.pk}/sent/"))


def test_opened_while_it_was_being_changed_loses_no_words(couple, mara, therapist):
    hers = give(couple, therapist, "reveal", reveals_at=ahead())[0]
    send(hers, mara, {"good": ["Tea"]})
    browser, at = signed_in(mara), f"/do/{hers.pk}/"
    browser.post(f"{at}change/")
    answer(browser, f"{at}2/", {"good": ["Tea, and the walk"]})
    with as_attune(couple):
        Response.objects.update(opens_at=timezone.now() - datetime.timedelta(minutes=1))
    assert browser.post(f"{at}send/").url == f"{at}sent/"
    page = words(browser.get(f"{at}sent/"))
    assert "What you had begun to change" in page
    assert "Tea, and the walk" in page
    with as_attune(couple):
        assert Response.objects.count() == 1


def test_own_notes_may_be_changed_whenever_one_likes(couple, mara, therapist):
    mine = give(couple, therapist, "own", to=[mara])[0]
    send(mine, mara, {"good": ["A line"]})
    change(signed_in(mara), mine, good=["Another line"])
    with acting_as(mara):
        assert Response.objects.newest().get().revision == 2


def test_b51_nobody_changes_what_they_did_not_send(couple, mara, theo, therapist):
    hers, his = give(couple, therapist, "reveal", reveals_at=ahead())
    send(hers, mara, {"near": ["3"]})
    assert signed_in(theo).post(f"/do/{hers.pk}/change/").status_code == 404
    assert signed_in(theo).post(f"/do/{his.pk}/change/").url == f"/do/{his.pk}/"
    with acting_as(theo), pytest.raises(answering.NotOpen):
        amending.amend(Occurrence.objects.get(pk=his.pk), author=theo, raw={"near": ["1"]})
