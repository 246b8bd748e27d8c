"""The ladder of an alert: therapist, covering colleague, lead, in the working hours of the practice."""

from __future__ import annotations

import datetime
import threading
from collections import defaultdict

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients import duty
from clients.models import Absence, CaseloadEntry, Cover
from practice import outbox, team, tenancy
from practice.models import Membership, Message, Practice
from reports import alert_ladder, alerts
from reports.alerts import Assessment
from reports.models import Alert, AlertStep
from reports.tasks import escalate
from tests.factories import acting_as, inside, make_couple, make_member, make_practice
from tests.reports.alerting import HOUR, MONDAY, again, climb_at, make_alert, stand_at, steps, told

pytestmark = pytest.mark.django_db

DONE = Assessment("none", ("spoke",), "Called, all is well.")
DAY = 24 * HOUR


@pytest.fixture
def lead(practice) -> Membership:
    return make_member(practice, "owner", "Olu Owner")


@pytest.fixture
def on_duty(practice, lead, colleague) -> Practice:
    """A practice that said who covers and who leads."""
    return say(practice, duty_lead=lead, duty_cover=colleague)


def say(practice: Practice, **fields) -> Practice:
    with inside(practice):
        Practice.objects.filter(pk=practice.pk).update(**fields)
        return Practice.objects.get(pk=practice.pk)


def letters(practice: Practice) -> list[tuple[str, str]]:
    """To whom letters are planned or went, and how they stand."""
    with inside(practice):
        names = dict(Membership.objects.values_list("pk", "name"))
        rows = Message.objects.filter(kind="alert").order_by("pk").values_list("person_id", "state")
        return [(names[person], state) for person, state in rows]


# ── who, and when ────────────────────────────────────────────────────────────


def test_b156_the_therapist_is_told_at_once_then_the_cover_then_the_lead(on_duty, couple, mara, therapist):
    alert = make_alert(couple, mara, therapist)
    assert told(on_duty, alert) == [(1, therapist.name)]
    assert climb_at(on_duty, MONDAY + 4 * HOUR - HOUR / 60) == 0
    assert climb_at(on_duty, MONDAY + 4 * HOUR) == 1
    assert climb_at(on_duty, MONDAY + 6 * HOUR) == 1
    assert told(on_duty, alert) == [(1, therapist.name), (2, "Dr Sam Lund"), (3, "Olu Owner")]
    assert [one.due_at for one in steps(on_duty, alert)] == [MONDAY, MONDAY + 4 * HOUR, MONDAY + 6 * HOUR]


def test_b156_the_lead_is_told_again_each_working_day_until_somebody_takes_it(on_duty, couple, mara, therapist):
    alert = make_alert(couple, mara, therapist)
    for hours in (4, 6, 24 + 6, 48 + 6):
        climb_at(on_duty, MONDAY + hours * HOUR)
    assert [number for number, name in told(on_duty, alert) if name == "Olu Owner"] == [3, 4, 5]
    with acting_as(therapist):
        alerts.acknowledge(alert, by=therapist)
    assert climb_at(on_duty, MONDAY + 3 * DAY + 6 * HOUR) == 0


def test_b156_a_night_and_a_weekend_do_not_count_but_the_first_letter_leaves_at_once(on_duty, couple, mara, therapist):
    saturday = datetime.datetime(2026, 11, 28, 23, 0, tzinfo=datetime.UTC)
    alert = make_alert(couple, mara, therapist, at=saturday)
    assert letters(on_duty) == [(therapist.name, "planned")]
    assert again(on_duty, alert).next_at == datetime.datetime(2026, 11, 30, 13, 0, tzinfo=datetime.UTC)


def test_b156_a_holiday_moves_the_step_to_the_next_working_day(on_duty, couple, mara, therapist):
    practice = say(on_duty, holidays=[datetime.date(2026, 11, 23), datetime.date(2026, 11, 24)])
    alert = make_alert(couple, mara, therapist)
    assert again(practice, alert).next_at == datetime.datetime(2026, 11, 25, 13, 0, tzinfo=datetime.UTC)


def test_b156_the_clocks_change_between_two_steps(on_duty, couple, mara, therapist):
    # Friday 23 October 2026, 16:00 in London (BST); the clocks go back on Sunday.
    friday = datetime.datetime(2026, 10, 23, 15, 0, tzinfo=datetime.UTC)
    alert = make_alert(couple, mara, therapist, at=friday)
    # One hour on Friday, three on Monday from 09:00 GMT.
    assert again(on_duty, alert).next_at == datetime.datetime(2026, 10, 26, 12, 0, tzinfo=datetime.UTC)


def test_b156_a_quicker_practice_is_quicker_and_a_slower_one_cannot_be_saved(on_duty, couple, mara, therapist):
    practice = say(on_duty, answer_within=30, pass_on_after=15)
    alert = make_alert(couple, mara, therapist)
    climb_at(practice, MONDAY + HOUR)
    assert [number for number, _name in told(practice, alert)] == [1, 2, 3]
    with pytest.raises(DatabaseError), transaction.atomic():
        say(practice, answer_within=241)


def test_b156_a_run_that_comes_late_leaves_no_step_out(on_duty, couple, mara, therapist):
    alert = make_alert(couple, mara, therapist)
    climb_at(on_duty, MONDAY + 3 * DAY)
    assert [number for number, _name in told(on_duty, alert)] == [1, 2, 3]
    assert climb_at(on_duty, MONDAY + 3 * DAY) == 0


def test_b156_a_practice_of_one_is_told_at_each_step(practice, mara, couple):
    alone = make_practice("Alone")
    owner = make_member(alone, "owner", "Only One")
    theirs = make_couple(alone, therapist=owner)
    alert = make_alert(theirs, theirs.clients[0], owner)
    climb_at(alone, MONDAY + 6 * HOUR)
    assert told(alone, alert) == [(1, "Only One"), (2, "Only One"), (3, "Only One")]


def test_b156_a_couple_on_nobodys_caseload_has_somebody_all_the_same(on_duty, therapist):
    orphans = make_couple(on_duty, ("Ada", "Ruth"))
    alert = make_alert(orphans, orphans.clients[0], therapist)
    assert told(on_duty, alert) == [(1, "Dr Sam Lund")]


# ── away, gone, out of reach ─────────────────────────────────────────────────


def away(member: Membership, cover: Membership, first: datetime.date, last: datetime.date) -> Absence:
    with acting_as(member):
        return duty.plan_absence(member, begins_on=first, ends_on=last, covered_by=cover, by=member)


def test_b156_whoever_covers_is_told_instead_and_sees_the_couple_for_that_time(
    on_duty, couple, mara, therapist, colleague
):
    away(therapist, colleague, MONDAY.date(), MONDAY.date() + DAY)
    with acting_as(colleague):
        assert not Alert.objects.exists()
    alert = make_alert(couple, mara, therapist)
    assert told(on_duty, alert) == [(1, colleague.name)]
    with inside(on_duty):
        cover = Cover.objects.get()
        Cover.objects.update(until=None)
    assert cover.until == datetime.datetime(2026, 11, 25, 0, 0, tzinfo=datetime.UTC)
    with acting_as(colleague):
        assert Alert.objects.get() == alert
        assert alerts.told(alert).answer == "2"
    with inside(on_duty):
        Cover.objects.update(until=MONDAY - 9999 * DAY)
    with acting_as(colleague):
        assert not Alert.objects.exists()


def test_b156_an_absence_that_begins_later_hands_open_ones_over(on_duty, couple, mara, therapist, lead):
    alert = make_alert(couple, mara, therapist)
    away(therapist, lead, MONDAY.date(), MONDAY.date() + DAY)
    assert climb_at(on_duty, MONDAY + HOUR / 60) == 1
    assert told(on_duty, alert) == [(1, therapist.name), (1, lead.name)]
    assert climb_at(on_duty, MONDAY + 2 * HOUR / 60) == 0


def test_what_somebody_took_goes_to_who_stands_in_for_them(on_duty, couple, mara, therapist, colleague):
    alert = make_alert(couple, mara, therapist)
    with acting_as(therapist):
        alerts.acknowledge(alert, by=therapist)
    tomorrow = MONDAY.date() + DAY
    away(therapist, colleague, tomorrow, tomorrow)
    assert climb_at(on_duty, MONDAY + HOUR) == 0
    assert climb_at(on_duty, MONDAY + DAY) == 1
    assert [one.by for one in steps(on_duty, alert)][-1] == AlertStep.By.ABSENCE
    with acting_as(colleague):
        assert Alert.objects.get().acknowledged_by_id == therapist.pk


def test_b156_who_took_it_and_left_the_practice_leaves_it_to_the_ladder(on_duty, couple, mara, therapist, colleague):
    alert = make_alert(couple, mara, therapist)
    with acting_as(therapist):
        alerts.acknowledge(alert, by=therapist)
    with inside(on_duty):
        Membership.objects.filter(pk=therapist.pk).update(ended_at=MONDAY)
    assert climb_at(on_duty, MONDAY + HOUR) == 1
    now = again(on_duty, alert)
    assert (now.acknowledged_at, now.round, now.number) == (None, 2, 1)
    assert told(on_duty, alert)[-1] == (1, colleague.name)


def test_b156_a_couple_that_changes_therapists_takes_its_alerts_along(on_duty, couple, mara, therapist, colleague):
    alert, taken = make_alert(couple, mara, therapist), make_alert(couple, mara, therapist)
    with acting_as(therapist):
        alerts.acknowledge(taken, by=therapist)
    with inside(on_duty):
        CaseloadEntry.objects.filter(couple=couple).delete()
        CaseloadEntry.objects.create(couple=couple, membership=colleague)
    assert climb_at(on_duty, MONDAY + HOUR / 60) == 2
    assert told(on_duty, alert)[-1] == told(on_duty, taken)[-1] == (1, colleague.name)
    assert again(on_duty, taken).acknowledged_by_id is None
    assert climb_at(on_duty, MONDAY + 2 * HOUR / 60) == 0


def test_b156_a_letter_that_nobody_got_passes_it_on_before_its_time(on_duty, couple, mara, therapist):
    alert = make_alert(couple, mara, therapist)
    with inside(on_duty):
        Message.objects.update(state=Message.State.DEAD)
    assert climb_at(on_duty, MONDAY + HOUR / 60) == 1
    assert told(on_duty, alert)[-1] == (2, "Dr Sam Lund")
    assert steps(on_duty, alert)[-1].by == AlertStep.By.UNREACHED


def test_whoever_covers_across_two_absences_is_found(on_duty, therapist, colleague, lead):
    away(therapist, colleague, MONDAY.date(), MONDAY.date())
    with inside(on_duty):
        Absence.objects.create(
            membership=colleague, begins_on=MONDAY.date(), ends_on=MONDAY.date(), covered_by=lead, made_by=colleague
        )
        roster = duty.Roster.read(MONDAY)
    assert roster.stand_in(therapist.pk) == duty.Call(lead.pk, instead_of=therapist.pk)


def test_nobody_covers_who_is_away_themselves_and_no_two_absences_overlap(on_duty, therapist, colleague, lead):
    away(therapist, lead, MONDAY.date(), MONDAY.date() + 5 * DAY)
    with pytest.raises(duty.CannotCover), transaction.atomic():
        away(colleague, therapist, MONDAY.date() + 5 * DAY, MONDAY.date() + 9 * DAY)
    with pytest.raises(duty.Overlaps), transaction.atomic():
        away(therapist, colleague, MONDAY.date() + DAY, MONDAY.date() + DAY)


# ── taken, and still open ────────────────────────────────────────────────────


def take(alert: Alert, by: Membership, moment: datetime.datetime) -> None:
    stand_at(moment)
    with acting_as(by):
        alerts.acknowledge(alert, by=by)


def test_b156_what_somebody_took_and_never_closed_is_passed_on_and_stays_theirs(
    on_duty, couple, mara, therapist, colleague
):
    alert = make_alert(couple, mara, therapist)
    take(alert, therapist, MONDAY + HOUR)
    # 960 minutes are two working days of eight hours.
    assert climb_at(on_duty, MONDAY + 2 * DAY + HOUR - HOUR / 60) == 0
    assert climb_at(on_duty, MONDAY + 2 * DAY + HOUR) == 1
    assert climb_at(on_duty, MONDAY + 2 * DAY + 2 * HOUR) == 0
    assert climb_at(on_duty, MONDAY + 2 * DAY + 3 * HOUR) == 1
    assert told(on_duty, alert) == [(1, therapist.name), (2, colleague.name), (3, "Olu Owner")]
    assert {one.by for one in steps(on_duty, alert)[1:]} == {AlertStep.By.UNCLOSED}
    now = again(on_duty, alert)
    assert (now.acknowledged_by_id, now.round) == (therapist.pk, 1)
    assert climb_at(on_duty, MONDAY + 3 * DAY + 3 * HOUR) == 1, "the lead again, each working day"
    with acting_as(colleague):
        assert Alert.objects.get() == alert
    with inside(on_duty):
        late = Message.objects.filter(kind="alert", person_id=colleague.pk).get()
        first = Message.objects.filter(kind="alert", person_id=therapist.pk).get()
        handler = outbox.handler_of("alert")
        assert (handler.wanted(late), handler.wanted(first)) == ("", "taken")


def test_b156_what_was_judged_anew_has_its_time_once_more_and_what_was_closed_is_over(on_duty, couple, mara, therapist):
    alert = make_alert(couple, mara, therapist)
    take(alert, therapist, MONDAY)
    climb_at(on_duty, MONDAY + 2 * DAY)
    with acting_as(therapist):
        alerts.assess(alert, DONE, by=therapist)
    assert climb_at(on_duty, MONDAY + 3 * DAY) == 0
    assert climb_at(on_duty, MONDAY + 4 * DAY) == 1
    with acting_as(therapist):
        alerts.close(alert, DONE, by=therapist)
    assert climb_at(on_duty, MONDAY + 30 * DAY) == 0


def test_b156_who_covers_and_keeps_it_open_is_not_asked_about_themselves(on_duty, couple, mara, therapist, colleague):
    alert = make_alert(couple, mara, therapist)
    climb_at(on_duty, MONDAY + 4 * HOUR)
    take(alert, colleague, MONDAY + 4 * HOUR)
    climb_at(on_duty, MONDAY + 2 * DAY + 4 * HOUR)
    assert told(on_duty, alert)[-1] == (3, "Olu Owner")


def test_b156_a_practice_chooses_how_long_something_may_stay_open(on_duty, couple, mara, therapist):
    practice = say(on_duty, close_within=240)
    alert = make_alert(couple, mara, therapist)
    take(alert, therapist, MONDAY)
    assert climb_at(practice, MONDAY + 4 * HOUR) == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        say(practice, close_within=2401)


# ── not urgent ───────────────────────────────────────────────────────────────


def make_soft(couple, client, by, severity: str) -> Alert:
    """An alert that the ladder never began with, as it is raised."""
    alert = make_alert(couple, client, by)
    with inside(by.practice):
        soft = Alert.objects.create(
            couple=couple, client=client, entry=alert.entry, source=Alert.Source.PAPER, key="soft", severity=severity
        )
        alert_ladder.begin([soft], MONDAY)
    with acting_as(by):
        alerts.close(alert, DONE, by=by)
    return soft


@pytest.mark.parametrize("severity", ["soon", "note"])
def test_what_is_not_urgent_climbs_no_step_and_sends_no_letter(on_duty, couple, mara, therapist, severity):
    soft = make_soft(couple, mara, therapist, severity)
    sent = letters(on_duty)
    assert climb_at(on_duty, MONDAY + 10 * DAY) == 0
    assert steps(on_duty, soft, "") == []
    assert letters(on_duty) == sent


@pytest.mark.parametrize("severity", ["soon", "note"])
def test_what_is_not_urgent_is_put_away_with_a_look_and_never_taken_on(
    on_duty, couple, mara, therapist, colleague, severity
):
    soft = make_soft(couple, mara, therapist, severity)
    with acting_as(therapist):
        for refused in (alerts.acknowledge, alerts.take_over):
            with pytest.raises(alerts.NotNow), transaction.atomic():
                refused(soft, by=therapist)
        with pytest.raises(alerts.NotNow), transaction.atomic():
            alerts.close(soft, DONE, by=therapist)
        alerts.seen(soft, by=therapist)
        with pytest.raises(alerts.NotNow), transaction.atomic():
            alerts.seen(soft, by=therapist)
    (only,) = steps(on_duty, soft, "")
    assert (only.kind, only.member_id, only.acts) == ("closed", therapist.pk, ["read"])
    with inside(on_duty):
        assert not Cover.objects.filter(ended_at=None).exists()


def test_what_is_urgent_is_never_put_away_with_a_look(on_duty, couple, mara, therapist):
    alert = make_alert(couple, mara, therapist)
    with acting_as(therapist), pytest.raises(alerts.NotNow), transaction.atomic():
        alerts.seen(alert, by=therapist)
    assert not again(on_duty, alert).is_closed


# ── letters ──────────────────────────────────────────────────────────────────


def test_b159_a_letter_says_that_there_is_an_item_and_nothing_else(on_duty, couple, mara, therapist):
    make_alert(couple, mara, therapist)
    with inside(on_duty):
        message = Message.objects.get(kind="alert")
        letter = outbox.handler_of("alert").compose(message)
    assert letter.subject == "There is an item to review"
    said = f"{letter.text} {letter.html}"
    for word in ("Mara", "Theo", on_duty.name, "alert", str(couple.pk), "PHQ", "harm"):
        assert word not in said
    assert message.couple_id is None, "what is called off for a couple never takes it along"


def test_letters_about_alerts_are_rather_sent_twice_than_never(on_duty):
    assert "alert" in outbox.repeating_kinds()


def test_one_form_with_several_marked_answers_is_one_letter(on_duty, couple, mara, therapist):
    alert = make_alert(couple, mara, therapist)
    with inside(on_duty):
        sibling = Alert.objects.create(
            couple=couple, client=mara, entry=alert.entry, source=Alert.Source.PAPER, key="positive", rule="positive"
        )
        alert_ladder.begin([sibling], MONDAY)
        alerts_of_both = Message.objects.filter(kind="alert")
        assert alerts_of_both.count() == 1
        with acting_as(therapist):
            alerts.acknowledge(alert, by=therapist)
        assert wanted(alerts_of_both.get()) == "", "the other one still waits"
        with acting_as(therapist):
            alerts.acknowledge(sibling, by=therapist)
        assert wanted(alerts_of_both.get()) == "taken"


def wanted(message: Message) -> str:
    return outbox.handler_of("alert").wanted(message)


def test_a_couple_that_rests_parts_or_is_closed_keeps_its_alerts_on_the_ladder(on_duty, couple, mara, therapist):
    alert = make_alert(couple, mara, therapist)
    with inside(on_duty):
        type(couple).objects.filter(pk=couple.pk).update(status="separated")
        outbox.cancel_for_couple(couple.pk, "separated")
    assert letters(on_duty) == [(therapist.name, "planned")]
    climb_at(on_duty, MONDAY + 4 * HOUR)
    assert len(told(on_duty, alert)) == 2


# ── taking, judging, closing ─────────────────────────────────────────────────


def test_the_first_one_who_takes_it_stands_and_the_cover_ends_with_the_closing(
    on_duty, couple, mara, therapist, colleague
):
    alert = make_alert(couple, mara, therapist)
    climb_at(on_duty, MONDAY + 4 * HOUR)
    with acting_as(colleague):
        alerts.acknowledge(alert, by=colleague)
    with acting_as(therapist):
        assert alerts.acknowledge(alert, by=therapist).acknowledged_by_id == colleague.pk
    with acting_as(colleague):
        alerts.close(alert, DONE, by=colleague)
    with acting_as(colleague):
        assert not Alert.objects.exists(), "what was looked after is no longer theirs to see"
    assert sorted(one.kind for one in steps(on_duty, alert, kind="")) == ["acknowledged", "closed", "told", "told"]


def test_it_is_closed_with_a_judgement_an_act_and_words_or_not_at_all(on_duty, couple, mara, therapist):
    alert = make_alert(couple, mara, therapist)
    for wrong in ({"judgement": "fine"}, {"acts": ()}, {"acts": ("prayed",)}, {"note": "  "}):
        with pytest.raises(ValueError, match="an assessment"):
            Assessment(**{"judgement": "none", "acts": ("spoke",), "note": "Called."} | wrong)
    with acting_as(therapist), pytest.raises(alerts.NotNow):
        alerts.close(alert, Assessment("unclear", ("tried",), "No answer yet."), by=therapist)
    assert again(on_duty, alert).closed_at is None


def test_it_can_be_opened_again_and_every_word_of_before_stays(on_duty, couple, mara, therapist):
    alert = make_alert(couple, mara, therapist)
    with acting_as(therapist):
        alerts.close(alert, DONE, by=therapist)
        opened = alerts.reopen(alert, by=therapist, note="She wrote again.")
        assert (opened.round, opened.acknowledged_by_id, opened.closed_at) == (2, therapist.pk, None)
        alerts.close(opened, Assessment("raised", ("plan",), "Made a plan."), by=therapist)
    notes = [one.note for one in steps(on_duty, alert, kind="") if one.note]
    assert notes == ["Called, all is well.", "She wrote again.", "Made a plan."]


@pytest.mark.parametrize("sql", ["DELETE FROM {}", "UPDATE {} SET note = ''"])
def test_no_step_is_ever_changed_or_removed(on_duty, couple, mara, therapist, owner, sql):
    make_alert(couple, mara, therapist)
    for who in (therapist, owner):
        with acting_as(who), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            execute(sql.format("reports_alertstep"))
    with inside(on_duty), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        execute(sql.format("reports_alertstep"))
    with inside(on_duty), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        execute("DELETE FROM reports_alert")


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


# ── walls ────────────────────────────────────────────────────────────────────


def test_b159_no_client_learns_of_an_alert_its_steps_an_absence_or_a_cover(on_duty, couple, mara, theo, therapist):
    make_alert(couple, mara, therapist)
    for person in (mara, theo):
        for model in (Alert, AlertStep, Absence, Cover):
            with acting_as(person), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                model.objects.exists()


def test_a_colleague_and_another_practice_see_nothing_of_it(on_duty, couple, mara, therapist, colleague, neighbour):
    alert = make_alert(couple, mara, therapist)
    stranger = make_member(neighbour, "owner", "Far Owner")
    for who in (colleague, stranger):
        with acting_as(who):
            assert not Alert.objects.exists()
            assert not AlertStep.objects.exists()
            assert not Cover.objects.exists()
    with acting_as(stranger):
        assert not Absence.objects.exists()
    climb_at(on_duty, MONDAY + 4 * HOUR)
    with acting_as(colleague):
        assert Alert.objects.get() == alert, "told, so within their walls"


# ── for all of them ──────────────────────────────────────────────────────────

BEAT = HOUR / 2
spans = st.tuples(st.integers(6, 12), st.integers(13, 20))
weeks = st.dictionaries(st.integers(0, 6), spans, min_size=1)
acts = st.one_of(
    st.tuples(st.just("pass"), st.integers(1, 40)),
    st.tuples(st.just("take"), st.integers(0, 3)),
    st.tuples(st.just("away"), st.integers(0, 3)),
    st.tuples(st.just("leave"), st.integers(0, 3)),
    st.tuples(st.just("close"), st.just(0)),
    st.tuples(st.just("reopen"), st.integers(0, 3)),
    st.tuples(st.just("fail"), st.just(0)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    week=weeks,
    holidays=st.sets(st.integers(0, 9), max_size=4),
    begins=st.integers(0, 10 * 24 * 60),
    quick=st.tuples(st.sampled_from([15, 60, 240]), st.sampled_from([15, 120])),
    plan=st.lists(acts, min_size=1, max_size=8),
)
def test_b156_no_alert_is_ever_nobodys_no_step_is_left_out_and_none_comes_late(
    on_duty, couple, mara, therapist, colleague, lead, week, holidays, begins, quick, plan
):
    """Over random hours, holidays, absences, leavings and failures, across the night when the clocks change."""
    with transaction.atomic():
        try:
            _walk(on_duty, couple, mara, [therapist, colleague, lead, None], week, holidays, begins, quick, plan)
        finally:
            transaction.set_rollback(True)


def _walk(practice, couple, mara, members, week, holidays, begins, quick, plan) -> None:
    now = datetime.datetime(2026, 10, 20, tzinfo=datetime.UTC) + datetime.timedelta(minutes=begins)
    members = [*members[:3], make_member(practice, "supervisor", "Sue Super")]
    practice = say(
        practice,
        working_week={str(day): [f"{a:02}:00", f"{b:02}:00"] for day, (a, b) in week.items()},
        holidays=[now.date() + datetime.timedelta(days=n) for n in holidays],
        answer_within=quick[0],
        pass_on_after=quick[1],
    )
    alert = make_alert(couple, mara, members[0], at=now)
    for what, which in plan:
        if what == "pass":
            for _beat in range(which):
                now += BEAT
                climb_at(practice, now)
                _holds(practice, alert, now)
        else:
            _act(practice, alert, what, members[which], now)
            climb_at(practice, now)
            _holds(practice, alert, now)
    _all_in_time(practice, alert)


def _act(practice, alert, what, member, now) -> None:
    with inside(practice):
        here = Membership.objects.filter(pk=member.pk, ended_at=None).exists()
        row = Alert.objects.get(pk=alert.pk)
        if what == "take" and here and not row.is_closed:
            alerts.take_over(row, by=member)
        elif what == "close" and row.acknowledged_by_id and not row.is_closed:
            alerts.close(row, DONE, by=row.acknowledged_by)
        elif what == "reopen" and row.is_closed and here:
            alerts.reopen(row, by=member, note="again")
        elif what == "leave" and here:
            if not team.is_last_owner(Membership.objects.get(pk=member.pk)):
                Membership.objects.filter(pk=member.pk).update(ended_at=now)
        elif what == "away" and here:
            cover = Membership.objects.filter(ended_at=None).exclude(pk=member.pk).first()
            if cover is not None:
                try:
                    with transaction.atomic():
                        first = now.date()
                        duty.plan_absence(member, begins_on=first, ends_on=first + 2 * DAY, covered_by=cover, by=member)
                except (duty.Overlaps, duty.CannotCover):
                    pass
        elif what == "fail":
            Message.objects.filter(kind="alert", state="planned").update(state="dead")


def _holds(practice, alert, now) -> None:
    """After each beat: an open alert is somebody's who works here, and its next step lies ahead."""
    with inside(practice):
        row = Alert.objects.get(pk=alert.pk)
        works = set(Membership.objects.filter(ended_at=None).values_list("pk", flat=True))
    if row.is_closed:
        return
    if row.acknowledged_by_id is not None:
        assert row.acknowledged_by_id in works
        return
    at_step = [one for one in steps(practice, alert) if (one.round, one.number) == (row.round, row.number)]
    assert {one.member_id for one in at_step} & works, "nobody"
    assert row.next_at is not None
    assert row.next_at > now


def _all_in_time(practice, alert) -> None:
    by_round = defaultdict(list)
    for one in steps(practice, alert):
        by_round[one.round].append(one)
        assert one.at <= one.due_at + BEAT, "late"
    hours = practice.hours
    for those in by_round.values():
        numbers = sorted({one.number for one in those})
        assert numbers == list(range(1, len(numbers) + 1)), "a step was left out"
        first = {number: min(one.due_at for one in those if one.number == number) for number in numbers}
        for number in numbers[1:]:
            if any(one.by == AlertStep.By.UNCLOSED for one in those if one.number >= number):
                continue  # somebody had it meanwhile: it has the time of what was taken
            minutes = (practice.answer_within, practice.pass_on_after)[number - 2] if number <= 3 else 480
            latest = hours.after(first[number - 1], minutes)
            assert first[number] <= latest + BEAT, "later than its working hours"


# ── two at once ──────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_b156_two_workers_at_once_take_each_step_once():
    practice = make_practice("Two workers")
    owner = make_member(practice, "owner", "Olu Owner")
    therapist = make_member(practice)
    couple = make_couple(practice, therapist=therapist)
    long_ago = datetime.datetime.now(datetime.UTC) - 10 * DAY
    made = [make_alert(couple, client, therapist, at=long_ago) for client in couple.clients for _n in range(3)]
    assert owner

    def run() -> None:
        escalate()
        connection.close()

    threads = [threading.Thread(target=run) for _n in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    escalate()
    for alert in made:
        numbers = [one.number for one in steps(practice, alert)]
        assert numbers[:3] == [1, 2, 3]
        assert len(numbers) == len(set(numbers)), "no step twice"


@pytest.mark.django_db(transaction=True)
def test_b156_closing_one_alert_takes_the_couple_from_nobody_who_is_just_being_told_of_another():
    practice = make_practice("At once")
    therapist, colleague = make_member(practice), make_member(practice, name="Dr Sam Lund")
    practice = say(practice, duty_cover=colleague, duty_lead=make_member(practice, "owner", "Olu Owner"))
    couple = make_couple(practice, therapist=therapist)
    old = make_alert(couple, couple.clients[0], therapist)
    climb_at(practice, MONDAY + 4 * HOUR)

    def close() -> None:
        with acting_as(therapist):
            alerts.close(old, DONE, by=therapist)
        connection.close()

    other = threading.Thread(target=close)
    with inside(practice):
        make_alert(couple, couple.clients[1], therapist)
        with tenancy.elevated():
            duty.in_turn(couple.pk)
            duty.let_in(colleague, couple.pk, until=None)
        other.start()
        other.join(0.5)
        assert other.is_alive(), "it waits for its turn"
    other.join(20)
    assert again(practice, old).is_closed
    with acting_as(colleague):
        assert Alert.objects.open().count() == 1


@pytest.mark.django_db(transaction=True)
def test_b156_of_two_colleagues_who_take_one_at_once_one_has_it():
    practice = make_practice("Two hands")
    first, second = make_member(practice), make_member(practice, "owner", "Olu Owner")
    couple = make_couple(practice, therapist=first)
    alert = make_alert(couple, couple.clients[0], first)
    with inside(practice), tenancy.elevated():
        duty.let_in(second, couple.pk, until=None)
    both, held = threading.Barrier(2, timeout=20), []

    def run(member: Membership) -> None:
        with acting_as(member):
            both.wait()
            held.append(alerts.acknowledge(alert, by=member).acknowledged_by_id)
        connection.close()

    threads = [threading.Thread(target=run, args=[one]) for one in (first, second)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    (taken,) = steps(practice, alert, "acknowledged")
    assert again(practice, alert).acknowledged_by_id == taken.member_id
    assert held == [taken.member_id, taken.member_id], "both are told who has it"


def test_a_clock_that_is_ahead_takes_the_steps_that_are_due_by_it(on_duty, couple, mara, therapist, time_passes):
    now = datetime.datetime.now(datetime.UTC)
    alert = make_alert(couple, mara, therapist, at=now)
    alert_ladder.climb(on_duty.pk)
    assert len(told(on_duty, alert)) == 1
    time_passes(8 * DAY)
    escalate()
    assert [number for number, _name in told(on_duty, alert)] == [1, 2, 3]
