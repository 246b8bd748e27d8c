"""Scores entered by hand: bounded by their measure, corrected and taken back with a trail, under a licence."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from clients.models import Couple
from exercises import licences, measured, measures
from exercises.models import LicenceConfirmation, MeasureEntry
from practice.models import AuditEvent
from tests.exercises.given import as_attune
from tests.factories import acting_as, inside, make_couple, signed_in, takes_part

pytestmark = pytest.mark.django_db

NOTE = "told in the hallway, quince"


def base(couple: Couple) -> str:
    return f"/desk/couples/{couple.pk}/measures/"


def enter(therapist, couple, client, key="phq9", **fields):
    day = timezone.localdate(timezone=couple.zone).isoformat()
    said = {"taken_on": day, "note": "", **{name: str(value) for name, value in fields.items()}}
    return signed_in(therapist).post(f"{base(couple)}{client.pk}/{key}/", said)


def entries(couple) -> list[MeasureEntry]:
    with as_attune(couple):
        return list(MeasureEntry.objects.order_by("entered_at"))


def scores_of(therapist, couple, client) -> str:
    return signed_in(therapist).get(f"{base(couple)}of/{client.pk}/").content.decode()


def test_a_total_is_kept_with_its_definition_and_shown_with_band_and_range(couple, therapist, mara):
    answer = enter(therapist, couple, mara, total=12, item_9=0, note=NOTE)
    assert answer.status_code == 302
    (entry,) = entries(couple)
    assert (entry.measure, entry.definition_version, entry.total) == ("phq9", "1", 12)
    assert (entry.safety, entry.prorated, entry.entered_by_id) == ({"9": "0"}, False, therapist.pk)
    shown = scores_of(therapist, couple, mara)
    for words in ("12 of 27", "Moderate", "In the clinical range", "Item 9: the lowest answer", NOTE, therapist.name):
        assert words in shown
    assert measures.get("phq9").credit in shown


@pytest.mark.parametrize(
    ("key", "fields", "wrong"),
    [
        ("phq9", {"total": 28}, "whole number from 0 to 27"),
        ("phq9", {"total": -1}, "whole number from 0 to 27"),
        ("phq9", {"total": "4.5"}, "whole number from 0 to 27"),
        ("phq9", {"total": "twelve"}, "plain number"),
        ("phq9", {"total": "NaN"}, "plain number"),
        ("phq9", {"total": "1e3"}, "whole number from 0 to 27"),
        ("phq9", {}, "Please fill this in"),
        ("phq9", {"total": 12, "item_9": 4}, "whole number from 0 to 3"),
        ("phq9", {"total": 1, "item_9": 2}, "more than the total"),
        ("phq9", {"total": 12, "taken_on": "2099-01-01"}, "still to come"),
        ("phq9", {"total": 12, "taken_on": "1897-01-01"}, "Is the year right"),
        ("phq9", {"total": 12, "taken_on": "yesterday"}, "Please give a date"),
        ("phq4", {"total": 6, "anxiety": 3, "depression": 2}, "add up to 5"),
        ("ecr_rs", {"anxiety": "2.333", "avoidance": 2}, "at most 2 decimals"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_lost(couple, therapist, mara, key, fields, wrong):
    answer = enter(therapist, couple, mara, key, **{"note": NOTE, **fields})
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert wrong in shown
    assert NOTE in shown
    assert entries(couple) == []


def test_a_comma_is_a_decimal_point(couple, therapist, mara):
    assert enter(therapist, couple, mara, "ecr_rs", anxiety="2,33", avoidance="1,5").status_code == 302
    shown = scores_of(therapist, couple, mara)
    assert "2.33" in shown
    assert "Avoidance 1.5" in shown


def test_sending_twice_keeps_one_and_another_score_of_that_day_is_asked_about(couple, therapist, mara):
    for _again in range(2):
        assert enter(therapist, couple, mara, total=12).status_code == 302
    assert len(entries(couple)) == 1
    answer = enter(therapist, couple, mara, total=13)
    assert answer.status_code == 422
    assert "There is a score for this day already" in answer.content.decode()
    assert len(entries(couple)) == 1


def test_a_safety_item_is_shown_whatever_the_total_is(couple, therapist, mara):
    answer = signed_in(therapist).post(
        f"{base(couple)}{mara.pk}/phq9/",
        {"taken_on": timezone.localdate(timezone=couple.zone), "total": 1, "item_9": 1},
        follow=True,
    )
    shown = answer.content.decode()
    assert "asks you to look" in shown
    assert "Item 9: answered above the lowest" in shown
    assert "Minimal" in shown


def test_a_safety_item_left_out_is_not_answered(couple, therapist, mara):
    enter(therapist, couple, mara, total=1)
    assert "Item 9: not answered" in scores_of(therapist, couple, mara)


def test_change_is_told_from_the_first_complete_score(couple, therapist, mara):
    for day, total, prorated in ((1, 20, "on"), (8, 17, ""), (15, 12, ""), (22, 9, "")):
        enter(therapist, couple, mara, total=total, taken_on=f"2026-01-{day:02}", prorated=prorated)
    shown = scores_of(therapist, couple, mara)
    assert "Recovered" in shown
    assert "−8" in shown
    assert "About the same" in shown
    assert "prorated" in shown
    assert "counts as reliable from 6 points on" in shown


def test_a_measure_without_a_threshold_says_nothing_but_the_difference(couple, therapist, mara):
    for day, total in ((1, 40), (29, 12)):
        enter(therapist, couple, mara, "k10", total=total, taken_on=f"2026-01-{day:02}")
    shown = scores_of(therapist, couple, mara)
    assert "−28" in shown
    assert "Low (Bands of the Australian Bureau of Statistics)" in shown
    for word in ("Recovered", "Improved", "Worsened", "eliable", "mproved"):
        assert word not in shown


# ── licences ─────────────────────────────────────────────────────────────────


def test_a_licensed_measure_asks_for_the_practices_word_first(couple, therapist, mara):
    answer = enter(therapist, couple, mara, "rdas", total=47)
    assert (answer.status_code, answer["Location"]) == (302, "/desk/measures/rdas/")
    assert entries(couple) == []
    browser = signed_in(therapist)
    refused = browser.post("/desk/measures/rdas/", {"reference": "Contract 7"})
    assert refused.status_code == 422
    assert "Contract 7" in refused.content.decode()
    for _again in range(2):
        assert browser.post("/desk/measures/rdas/", {"reference": "Contract 7", "confirmed": "on"}).status_code == 302
    with as_attune(couple):
        (standing,) = LicenceConfirmation.objects.all()
        assert (standing.reference, standing.confirmed_by_id) == ("Contract 7", therapist.pk)
    assert "Contract 7" in browser.get("/desk/measures/rdas/").content.decode()
    assert (
        enter(therapist, couple, mara, "rdas", total=47, consensus=21, satisfaction=14, cohesion=12).status_code == 302
    )
    assert "Consensus 21" in scores_of(therapist, couple, mara)


def test_without_the_licence_nothing_new_is_entered_and_what_is_there_stays(couple, therapist, mara):
    rdas = measures.get("rdas")
    with acting_as(therapist):
        licences.confirm(rdas, by=therapist, reference="Contract 7")
    enter(therapist, couple, mara, "rdas", total=47)
    signed_in(therapist).post("/desk/measures/rdas/", {"withdraw": "1"})
    with acting_as(therapist):
        assert not licences.may_use(rdas)
    assert enter(therapist, couple, mara, "rdas", total=48, taken_on="2026-01-05").status_code == 302
    assert len(entries(couple)) == 1
    assert "47 of 69" in scores_of(therapist, couple, mara)


def test_a_licence_is_one_practices_own(couple, therapist, neighbour):
    with acting_as(therapist):
        licences.confirm(measures.get("ors"), by=therapist, reference="Licence 12")
    with inside(neighbour):
        assert not licences.may_use(measures.get("ors"))


def test_a_free_measure_needs_no_confirmation(couple, therapist):
    browser = signed_in(therapist)
    assert "Before you use it" not in browser.get("/desk/measures/phq9/").content.decode()
    browser.post("/desk/measures/phq9/", {"reference": "x", "confirmed": "on"})
    with as_attune(couple):
        assert not LicenceConfirmation.objects.exists()


# ── correcting and taking back ───────────────────────────────────────────────


def test_a_correction_takes_the_place_of_what_stood_there(couple, therapist, mara):
    enter(therapist, couple, mara, total=12, note=NOTE)
    (old,) = entries(couple)
    path = f"{base(couple)}entries/{old.pk}/"
    browser = signed_in(therapist)
    page = browser.get(path).content.decode()
    assert 'value="12"' in page
    assert NOTE in page
    answer = browser.post(path, {"taken_on": old.taken_on, "total": "13", "note": NOTE})
    assert answer.status_code == 302
    shown = scores_of(therapist, couple, mara)
    assert "13 of 27" in shown
    assert "12 of 27" not in shown
    first, second = entries(couple)
    assert first.taken_back_at is not None
    assert second.taken_back_at is None


def test_two_who_correct_at_once_both_keep_their_words(couple, therapist, owner, mara):
    takes_part(couple, owner)
    enter(therapist, couple, mara, total=12)
    (old,) = entries(couple)
    path = f"{base(couple)}entries/{old.pk}/"
    signed_in(owner).post(path, {"taken_on": old.taken_on, "total": "13", "note": "the owner's word"})
    late = signed_in(therapist).post(path, {"taken_on": old.taken_on, "total": "14", "note": NOTE})
    assert late.status_code == 409
    assert NOTE in late.content.decode()
    assert "the owner&#x27;s word" in scores_of(therapist, couple, mara)


def test_taking_back_asks_first_and_leaves_a_trail_without_the_number(couple, therapist, mara):
    enter(therapist, couple, mara, total=12, item_9=2, note=NOTE)
    (old,) = entries(couple)
    path = f"{base(couple)}entries/{old.pk}/take-back/"
    browser = signed_in(therapist)
    assert "Take this score back?" in browser.get(path).content.decode()
    for _again in range(2):
        assert browser.post(path).status_code == 302
    assert "No scores yet" in scores_of(therapist, couple, mara)
    with as_attune(couple):
        trail = list(AuditEvent.objects.filter(subject="exercises_measureentry", subject_id=old.pk).order_by("pk"))
    assert [event.act for event in trail] == ["insert", "update"]
    for event in trail:
        assert event.user_id == therapist.user_id
        for silent in ("total", "subscales", "safety", "note"):
            assert "12" not in str(event.changes.get(silent, "")), silent
            assert '"2"' not in str(event.changes.get(silent, "")), silent


# ── who may see it ───────────────────────────────────────────────────────────


def test_each_partners_scores_stand_on_a_page_of_their_own(couple, therapist, mara, theo):
    enter(therapist, couple, mara, total=12, note=NOTE)
    assert NOTE not in scores_of(therapist, couple, theo)
    both = signed_in(therapist).get(base(couple)).content.decode()
    assert "12 of 27" not in both
    assert NOTE not in both


def test_a_partner_reads_none_of_it(couple, therapist, mara):
    enter(therapist, couple, mara, total=12)
    with acting_as(mara):
        from django.db import DatabaseError, transaction

        with pytest.raises(DatabaseError), transaction.atomic():
            list(MeasureEntry.objects.all())


def test_screens_for_violence_stand_on_no_page_of_the_couple(couple, therapist, mara):
    with acting_as(therapist):
        licences.confirm(measures.get("hits"), by=therapist, reference="Fee paid")
    enter(therapist, couple, mara, "hits", total=12)
    browser = signed_in(therapist)
    for path in (base(couple), f"/desk/couples/{couple.pk}/"):
        assert "HITS" not in browser.get(path).content.decode()
    hers = scores_of(therapist, couple, mara)
    assert "Asks for a closer look" in hers
    for word in ("negative", "Negative", "not at risk", "Safe "):
        assert word not in hers


def test_a_low_screen_is_called_nothing(couple, therapist, mara):
    with acting_as(therapist):
        licences.confirm(measures.get("hits"), by=therapist, reference="Fee paid")
    enter(therapist, couple, mara, "hits", total=4)
    hers = scores_of(therapist, couple, mara)
    assert "Asks for a closer look</span>" not in hers
    assert "does not show that somebody is safe" in hers


def test_the_way_there_is_on_the_couples_page_and_on_each_private_view(couple, therapist, mara):
    browser = signed_in(therapist)
    assert base(couple) in browser.get(f"/desk/couples/{couple.pk}/").content.decode()
    assert (
        f"{base(couple)}of/{mara.pk}/" in browser.get(f"/desk/couples/{couple.pk}/private/{mara.pk}/").content.decode()
    )


def test_more_scores_need_no_more_queries(couple, therapist, mara, django_assert_max_num_queries):
    browser = signed_in(therapist)
    for day in range(1, 21):
        enter(therapist, couple, mara, "phq9" if day % 2 else "gad7", total=day, taken_on=f"2026-03-{day:02}")
    scores_of(therapist, couple, mara)
    with django_assert_max_num_queries(25):
        browser.get(f"{base(couple)}of/{mara.pk}/")


def test_the_first_complete_score_may_be_older_than_the_couples_care(couple, therapist, mara):
    enter(therapist, couple, mara, total=12, taken_on=(couple.started_on - datetime.timedelta(days=90)).isoformat())
    with acting_as(therapist):
        (one,) = measured.results(couple, mara)
    assert (one.score.total, one.source) == (Decimal(12), "entered")


def test_another_couples_partner_is_nobody_here(couple, therapist, practice):
    others = make_couple(practice, ("Ada", "Ruth"), therapist=therapist)
    assert enter(therapist, couple, others.clients[0], total=12).status_code == 404
