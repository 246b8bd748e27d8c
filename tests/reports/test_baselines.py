"""Baselines: from where on scores are compared, who may say so, and what stays of what stood before."""

from __future__ import annotations

import datetime
from datetime import date

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from clients.models import Couple
from exercises import measured, measures
from exercises.measured import Entry
from practice.models import AuditEvent
from reports import baselines
from reports.courses import courses
from reports.editions import measures_up_to
from reports.material import Period
from reports.models import Baseline
from reports.reliable_change import State
from tests.exercises.given import as_attune
from tests.factories import acting_as, make_member, signed_in, takes_part

pytestmark = pytest.mark.django_db

PHQ9 = measures.get("phq9")
SPRING = date(2026, 3, 1)
WHY = "A new episode after the move, medlar"


def enter(couple: Couple, client, therapist, *scores: tuple[str, int], key: str = "phq9") -> None:
    with acting_as(therapist):
        for day, total in scores:
            score = measures.read(measures.get(key), total)
            measured.enter(couple, client, Entry(date.fromisoformat(day), score, {}), by=therapist)


def set_one(couple, client, therapist, day: date = SPRING, reason: str = WHY, **kwargs) -> Baseline:
    with acting_as(therapist):
        return baselines.set_baseline(couple, client, PHQ9, day, reason=reason, by=therapist, **kwargs)


def course_of(couple, client, therapist):
    with acting_as(therapist):
        starts = {key: day for (who, key), day in baselines.starts_of(couple).items() if who == client.pk}
        (one,) = courses(measured.results(couple, client), starts)
    return one


def page(couple, client, key: str = "phq9") -> str:
    return f"/desk/couples/{couple.pk}/measures/of/{client.pk}/{key}/baseline/"


# ── what is compared ─────────────────────────────────────────────────────────


def test_states_are_counted_from_the_baseline_in_force(couple, therapist, mara):
    enter(couple, mara, therapist, ("2026-01-05", 20), ("2026-02-02", 9), ("2026-03-09", 18), ("2026-04-06", 17))
    before = course_of(couple, mara, therapist)
    assert (before.since, before.first.score.total, before.state) == (None, 20, State.UNCHANGED)
    assert [row.change.state if row.change else None for row in reversed(before.rows)] == [
        None, State.RECOVERED, State.UNCHANGED, State.UNCHANGED,
    ]  # fmt: skip
    set_one(couple, mara, therapist)
    after = course_of(couple, mara, therapist)
    assert (after.since, after.first.score.total, after.first.result.taken_on) == (SPRING, 18, date(2026, 3, 9))
    assert [row.change.state if row.change else None for row in reversed(after.rows)] == [
        None, None, None, State.UNCHANGED,
    ]  # fmt: skip
    assert "Compared from 1 March 2026 on, with 18 of 27 of 9 March 2026." in after.compared_with


def test_until_there_is_a_complete_score_nothing_is_compared(couple, therapist, mara):
    enter(couple, mara, therapist, ("2026-01-05", 20), ("2026-02-02", 9))
    set_one(couple, mara, therapist)
    course = course_of(couple, mara, therapist)
    assert (course.first, course.state) == (None, None)
    assert "no complete score yet" in course.compared_with


def test_the_trend_is_that_of_the_episode(couple, therapist, mara):
    falling = [(f"2026-01-{day:02}", 24 - day // 7) for day in (1, 8, 15, 22, 29)]
    enter(couple, mara, therapist, *falling, ("2026-03-01", 10), ("2026-03-08", 11), ("2026-03-15", 12))
    assert course_of(couple, mara, therapist).trend.n == 8
    set_one(couple, mara, therapist)
    assert course_of(couple, mara, therapist).trend is None
    enter(couple, mara, therapist, ("2026-03-22", 13))
    assert course_of(couple, mara, therapist).trend.per_week == 1


@pytest.mark.parametrize(("ends", "first"), [(date(2026, 2, 28), 20), (date(2026, 3, 31), 18)])
def test_a_report_about_an_earlier_time_is_not_compared_from_a_later_day(couple, therapist, mara, ends, first):
    enter(couple, mara, therapist, ("2026-01-05", 20), ("2026-02-02", 9), ("2026-03-09", 18))
    set_one(couple, mara, therapist)
    with acting_as(therapist):
        fresh = Couple.objects.with_partners().get(pk=couple.pk)
        (one,) = measures_up_to(fresh, Period(date(2026, 1, 1), ends, couple.zone))
    assert one.lines[0].course.first.score.total == first


def test_a_baseline_of_one_partner_and_measure_is_nobody_elses(couple, therapist, mara, theo):
    set_one(couple, mara, therapist)
    with acting_as(therapist):
        assert baselines.starts_of(couple) == {(mara.pk, "phq9"): SPRING}
        assert baselines.starts_of(couple, until=SPRING) == {(mara.pk, "phq9"): SPRING}
        assert baselines.starts_of(couple, until=SPRING - datetime.timedelta(days=1)) == {}
        assert baselines.baseline_of(couple, theo, PHQ9) is None
        assert baselines.baseline_of(couple, mara, measures.get("gad7")) is None


# ── setting it ───────────────────────────────────────────────────────────────


def test_what_stood_before_stays_in_the_record(couple, therapist, owner, mara):
    takes_part(couple, owner)
    first = set_one(couple, mara, therapist)
    later = SPRING + datetime.timedelta(days=40)
    with acting_as(owner):
        baselines.set_baseline(couple, mara, PHQ9, later, reason="Another", by=owner, instead_of=first.pk)
        newest, oldest = baselines.history(couple, mara)["phq9"]
        assert baselines.baseline_of(couple, mara, PHQ9) == newest
    assert (newest.begins_on, newest.reason, newest.set_by_id, newest.ended_at) == (later, "Another", owner.pk, None)
    assert (oldest.begins_on, oldest.reason, oldest.set_by_id) == (SPRING, WHY, therapist.pk)
    assert oldest.ended_at is not None


def test_the_same_word_twice_changes_nothing(couple, therapist, mara):
    first = set_one(couple, mara, therapist)
    assert set_one(couple, mara, therapist) == first
    with as_attune(couple):
        assert Baseline.objects.count() == 1


def test_two_who_set_one_at_the_same_time_do_not_overwrite_each_other(couple, therapist, mara):
    set_one(couple, mara, therapist)
    with pytest.raises(baselines.Changed):
        set_one(couple, mara, therapist, day=date(2026, 4, 1))
    with as_attune(couple):
        assert [one.begins_on for one in Baseline.objects.all()] == [SPRING]


def test_a_screen_for_violence_has_no_baseline(couple, therapist, mara):
    with acting_as(therapist), pytest.raises(baselines.NotCompared):
        baselines.set_baseline(couple, mara, measures.get("hits"), SPRING, reason=WHY, by=therapist)
    assert signed_in(therapist).get(page(couple, mara, "hits")).status_code == 404
    assert signed_in(therapist).get(page(couple, mara, "nothing")).status_code == 404


# ── the walls ────────────────────────────────────────────────────────────────


def test_only_the_couples_own_therapists_read_a_baseline(couple, therapist, owner, colleague, coordinator, mara, theo):
    takes_part(couple, owner)
    set_one(couple, mara, therapist)
    for one in (therapist, owner):
        with acting_as(one):
            assert [row.reason for row in Baseline.objects.all()] == [WHY]
    with acting_as(colleague):  # another caseload
        assert not Baseline.objects.exists()
    for one in (mara, theo, coordinator):
        with acting_as(one), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Baseline.objects.exists()


def test_another_practice_sees_nothing_of_it(couple, therapist, neighbour, mara):
    set_one(couple, mara, therapist)
    stranger = make_member(neighbour)
    with acting_as(stranger):
        assert not Baseline.objects.exists()
        with pytest.raises(Exception, match=r"row-level security|one practice|OtherPractice"), transaction.atomic():
            Baseline.objects.create(
                practice_id=couple.practice_id, couple_id=couple.pk, client_id=mara.pk, measure="phq9",
                begins_on=SPRING, reason="x", set_by=stranger,
            )  # fmt: skip


def test_the_reason_is_sealed_and_in_no_audit_line(couple, therapist, mara):
    one = set_one(couple, mara, therapist)
    with as_attune(couple):
        (stored,) = Baseline.objects.filter(pk=one.pk).values_list("reason", flat=True)
        assert b"medlar" not in bytes(stored)
        assert "medlar" not in "".join(str(event.__dict__) for event in AuditEvent.objects.all())


# ── the page ─────────────────────────────────────────────────────────────────


def test_a_therapist_sets_one_with_a_day_and_a_reason_and_sees_it(couple, therapist, mara):
    enter(couple, mara, therapist, ("2026-01-05", 20), ("2026-03-09", 18))
    browser = signed_in(therapist)
    shown = browser.get(page(couple, mara)).content.decode()
    assert "Compared with the first complete score, 20 of 27 of 5 January 2026." in shown
    answer = browser.post(page(couple, mara), {"begins_on": "2026-03-01", "reason": WHY, "seen": ""}, follow=True)
    assert answer.status_code == 200
    shown = answer.content.decode()
    for words in ("Compared from 1 March 2026 on, with 18 of 27", WHY, therapist.name, "Baselines so far"):
        assert words in shown


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"reason": WHY}, "Please fill this in"),
        ({"begins_on": "2026-03-01"}, "Please say why"),
        ({"begins_on": "2026-03-01", "reason": "   "}, "Please say why"),
        ({"begins_on": "2099-01-01", "reason": WHY}, "still to come"),
        ({"begins_on": "1897-01-01", "reason": WHY}, "Is the year right"),
        ({"begins_on": "spring", "reason": WHY}, "Please give a date"),
        ({"begins_on": "2026-03-01", "reason": "w" * 1001}, "1000 are the limit"),
        ({"begins_on": "2026-03-01", "reason": "a\x00b"}, ""),
        ({"begins_on": "2026-03-01", "reason": WHY, "seen": "nonsense"}, ""),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_lost(couple, therapist, mara, said, wrong):
    answer = signed_in(therapist).post(page(couple, mara), said)
    assert answer.status_code == 422
    assert wrong in answer.content.decode()
    if said.get("reason") == WHY:
        assert WHY in answer.content.decode()
    with as_attune(couple):
        assert not Baseline.objects.exists()


def test_when_somebody_was_quicker_nothing_is_overwritten_and_nothing_typed_is_lost(couple, therapist, mara):
    set_one(couple, mara, therapist)
    answer = signed_in(therapist).post(page(couple, mara), {"begins_on": "2026-04-01", "reason": "My own, quince"})
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "Somebody else set another baseline" in shown
    assert "My own, quince" in shown
    assert WHY in shown  # the history stands beside it
    with as_attune(couple):
        assert [one.begins_on for one in Baseline.objects.all()] == [SPRING]


def test_today_is_the_couples_own(couple, therapist, mara):
    today = timezone.localdate(timezone=couple.zone)
    answer = signed_in(therapist).post(page(couple, mara), {"begins_on": today.isoformat(), "reason": WHY})
    assert answer.status_code == 302


def test_partners_and_strangers_find_no_such_page(couple, therapist, colleague, mara):
    for one in (mara, colleague):
        for method in ("get", "post"):
            assert getattr(signed_in(one), method)(page(couple, mara)).status_code in (302, 403, 404)
    with as_attune(couple):
        assert not Baseline.objects.exists()
