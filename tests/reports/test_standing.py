"""Reports before each session: once each, on time by the couple's own clock, and along with a session that moves."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from clients.models import Appointment, Couple
from exercises.desk import queue
from practice import dispatch
from practice.ids import uuid7
from reports import standing, tasks, turns
from reports.kinds import composer_of
from reports.models import Report, StandingOrder
from tests.factories import acting_as, signed_in
from tests.reports.factories import home
from tests.reports.orders import fresh, practice_of, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells", "no_printer")]
LONDON = ZoneInfo("Europe/London")
UTC = datetime.UTC


def at(*when: int, zone: ZoneInfo = LONDON) -> datetime.datetime:
    return datetime.datetime(*when, tzinfo=zone).astimezone(UTC)  # type: ignore[misc,arg-type]


#: A session on a Tuesday evening.
SESSION = at(2026, 6, 9, 18, 0)


@pytest.fixture
def session(couple) -> Appointment:
    with home(couple):
        return Appointment.objects.create(couple=couple, starts_at=SESSION)


@pytest.fixture
def order(couple, therapist) -> StandingOrder:
    with acting_as(therapist):
        return standing.place(couple, by=therapist, audience="clinical", days_before=2)


def make(couple: Couple, now: datetime.datetime) -> list[Report]:
    with home(couple):
        return standing.make_due(practice_of(couple), now)


def reports(couple: Couple) -> list[Report]:
    with home(couple):
        return list(Report.objects.filter(couple=couple).order_by("requested_at"))


def move(session: Appointment, to: datetime.datetime) -> None:
    with home(session):
        Appointment.objects.filter(pk=session.pk).update(starts_at=to)


def pretend_made(report: Report, day: datetime.date) -> None:
    with home(report):
        Report.objects.filter(pk=report.pk).update(ends_on=day, begins_on=day - datetime.timedelta(days=20))


def test_it_is_made_two_days_before_and_not_earlier(couple, order, session):
    assert make(couple, at(2026, 6, 7, 4, 59)) == []
    [report] = make(couple, at(2026, 6, 7, 5, 0))
    assert (report.appointment_id, report.standing_order_id, report.ends_on) == (
        session.pk, order.pk, datetime.date(2026, 6, 7),
    )  # fmt: skip
    assert run(report).state == "done"


def test_one_for_each_session_however_often_it_is_looked_at(couple, order, session):
    now = at(2026, 6, 7, 8, 0)
    assert [len(make(couple, now)) for _beat in range(3)] == [1, 0, 0]
    # The database itself holds it, whatever code runs.
    [report] = reports(couple)
    report.pk, report.request_key = uuid7(), session.pk
    with home(couple), pytest.raises(IntegrityError, match="report_once_per_appointment"), transaction.atomic():
        report.save(force_insert=True)


def test_a_session_that_is_called_off_gets_none(couple, order, session):
    with home(couple):
        Appointment.objects.filter(pk=session.pk).update(cancelled_at=at(2026, 6, 6, 12, 0))
    assert make(couple, at(2026, 6, 7, 8, 0)) == []


def test_it_follows_a_session_that_moves_before_its_day(couple, order, session):
    move(session, at(2026, 6, 16, 18, 0))
    assert make(couple, at(2026, 6, 7, 8, 0)) == []
    assert len(make(couple, at(2026, 6, 14, 8, 0))) == 1


def test_where_a_session_moves_on_after_its_report_the_new_day_gets_its_own(couple, order, session):
    [first] = make(couple, at(2026, 6, 7, 8, 0))
    pretend_made(first, datetime.date(2026, 6, 7))
    move(session, at(2026, 6, 23, 18, 0))
    assert make(couple, at(2026, 6, 8, 8, 0)) == []
    [second] = make(couple, at(2026, 6, 21, 8, 0))
    assert [one.appointment_id for one in reports(couple)] == [None, session.pk]
    assert second.ends_on == datetime.date(2026, 6, 21)
    assert make(couple, at(2026, 6, 21, 9, 0)) == []


def test_a_session_that_moves_nearer_keeps_the_report_it_has(couple, order, session):
    [first] = make(couple, at(2026, 6, 7, 8, 0))
    pretend_made(first, datetime.date(2026, 6, 7))
    move(session, at(2026, 6, 8, 18, 0))
    assert make(couple, at(2026, 6, 8, 8, 0)) == []


def test_an_order_made_late_is_due_at_once_and_never_after_the_session(couple, order, session):
    assert len(make(couple, SESSION - datetime.timedelta(minutes=30))) == 1
    assert make(couple, SESSION + datetime.timedelta(minutes=1)) == []


@pytest.mark.parametrize(
    ("zone", "session_at", "due"),
    [
        # The clocks go forward in the night before the day that it is due on, and back in the other.
        ("Europe/London", (2026, 3, 31, 18), (2026, 3, 29, 4)),
        ("Europe/London", (2026, 10, 27, 18), (2026, 10, 25, 5)),
        ("America/New_York", (2026, 3, 10, 18), (2026, 3, 8, 9)),
        ("Pacific/Apia", (2026, 6, 9, 18), (2026, 6, 6, 16)),
    ],
)
def test_its_hour_is_the_couples_own_also_when_the_clocks_change(couple, order, zone, session_at, due):
    with home(couple):
        Couple.objects.filter(pk=couple.pk).update(time_zone=zone)
        moment = at(*session_at, zone=ZoneInfo(zone))
        session = Appointment.objects.create(couple=couple, starts_at=moment)
        assert standing.due_at(order, session, fresh(couple)) == datetime.datetime(*due, tzinfo=UTC)


def test_it_looks_back_to_the_session_before(couple, order, session):
    with home(couple):
        Appointment.objects.create(couple=couple, starts_at=at(2026, 5, 19, 18, 0))
        Appointment.objects.create(couple=couple, starts_at=at(2026, 6, 2, 18, 0), cancelled_at=at(2026, 6, 1, 9, 0))
    [report] = make(couple, at(2026, 6, 7, 8, 0))
    assert report.begins_on == datetime.date(2026, 5, 19)


def test_no_paper_for_partners_goes_by_a_session_that_one_of_its_readers_knows_nothing_of(
    couple, therapist, session, mara, theo
):
    with home(couple):
        Appointment.objects.create(couple=couple, starts_at=at(2026, 5, 19, 18, 0))
        for day in (at(2026, 6, 2, 18, 0), at(2026, 6, 6, 18, 0)):
            Appointment.objects.create(couple=couple, starts_at=day, audience=[mara.pk])
    with acting_as(therapist):
        whom = [("clinical", None), ("shared", None), ("partner", mara.pk), ("partner", theo.pk)]
        orders = [
            standing.place(couple, by=therapist, audience=audience, partner_id=pk, days_before=2)
            for audience, pk in whom
        ]
        ahead = {one.order.pk: one.session.starts_at for one in standing.next_sessions(fresh(couple), NOW_MADE)}
    alone, both = at(2026, 6, 6, 18, 0), SESSION
    assert [ahead[one.pk] for one in orders] == [alone, both, alone, both]
    before_hers = {one.standing_order_id: one.begins_on.day for one in make(couple, NOW_MADE)}
    assert before_hers == {orders[0].pk: 2, orders[2].pk: 2}
    before_theirs = {one.standing_order_id: one.begins_on.day for one in make(couple, at(2026, 6, 7, 8, 0))}
    assert before_theirs == {orders[0].pk: 6, orders[1].pk: 19, orders[2].pk: 6, orders[3].pk: 19}


#: On the day on which what is made before Mara's own session is due.
NOW_MADE = at(2026, 6, 4, 8, 0)


def test_it_looks_back_so_many_weeks_where_that_was_chosen(couple, therapist, session):
    with acting_as(therapist):
        standing.place(couple, by=therapist, audience="clinical", days_before=2, weeks=4)
    [report] = make(couple, at(2026, 6, 7, 8, 0))
    assert report.begins_on == datetime.date(2026, 5, 11)


def test_an_order_that_was_ended_makes_no_more(couple, order, session):
    with home(couple):
        standing.end(order)
    assert make(couple, at(2026, 6, 7, 8, 0)) == []


@pytest.mark.parametrize(("status", "ends"), [("paused", False), ("separated", True), ("closed", True)])
def test_it_rests_with_the_couple_and_ends_with_their_care(couple, order, session, status, ends):
    with home(couple):
        Couple.objects.filter(pk=couple.pk).update(status=status)
    assert make(couple, at(2026, 6, 7, 8, 0)) == []
    with home(couple):
        assert (StandingOrder.objects.get().ended_at is not None) == ends


def test_the_beat_rings_for_what_it_made(couple, order, monkeypatch, bells, django_capture_on_commit_callbacks):
    from django.utils import timezone

    with home(couple):
        Appointment.objects.create(couple=couple, starts_at=timezone.now() + datetime.timedelta(days=1))
    monkeypatch.setattr(dispatch, "practices", lambda: [couple.practice_id])
    with django_capture_on_commit_callbacks(execute=True):
        tasks.make_due()
    [report] = reports(couple)
    assert [one["report_id"] for one in bells] == [str(report.pk)]
    assert turns.waits_for_its_turn(report)


def test_an_order_that_cannot_be_carried_out_holds_up_no_other(couple, order, session, therapist, monkeypatch):
    with acting_as(therapist):
        other = standing.place(couple, by=therapist, audience="shared", days_before=2)
    whole = standing._begins_on

    def broken(one, *rest):
        if one.pk == order.pk:
            raise RuntimeError("broken")
        return whole(one, *rest)

    monkeypatch.setattr(standing, "_begins_on", broken)
    assert [one.standing_order_id for one in make(couple, at(2026, 6, 7, 8, 0))] == [other.pk]


def test_what_is_due_costs_the_same_for_one_couple_and_for_many(practice, therapist, django_assert_max_num_queries):
    from tests.factories import make_couple

    for count in (1, 5):
        for _one in range(count):
            one = make_couple(practice, therapist=therapist)
            with home(one):
                standing.place(one, by=therapist, audience="clinical", days_before=2)
                Appointment.objects.create(couple=one, starts_at=SESSION)
        with home(therapist), django_assert_max_num_queries(6):
            assert standing.make_due(practice, at(2026, 6, 1, 8, 0)) == []


def test_reports_that_are_due_are_asked_for_in_as_many_queries_for_one_as_for_many(practice, therapist):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.factories import make_couple

    costs = []
    for count, day in ((1, 1), (6, 15)):
        for number in range(count):
            one = make_couple(practice, therapist=therapist)
            with home(one):
                whom = [("clinical", None), ("shared", None), ("partner", one.clients[number % 2].pk)]
                for audience, pk in whom:
                    standing.place(one, by=therapist, audience=audience, partner_id=pk, days_before=2)
                standing.place(one, by=therapist, kind="sheet", audience="clinical", days_before=2)
                Appointment.objects.create(couple=one, starts_at=at(2026, 6, day, 18, 0))
        with home(therapist), CaptureQueriesContext(connection) as seen:
            made = standing.make_due(practice, at(2026, 6, day, 8, 0))
        assert len(made) == 4 * count
        costs.append(len(seen))
    assert costs[1] == costs[0] <= 16


def test_a_couple_whose_care_has_ended_gets_no_order(couple, therapist):
    path = reverse("standing_new", args=[couple.pk])
    with home(couple):
        Couple.objects.filter(pk=couple.pk).update(status="closed")
    with acting_as(therapist), pytest.raises(standing.NotPlaced):
        standing.place(couple, by=therapist, audience="clinical", days_before=2)
    filled = {"audience": "clinical", "paper": "a4", "days_before": "2", "weeks": "", "parts": ["series"]}
    browser = signed_in(therapist)
    answer = browser.post(path, filled)
    assert answer.status_code == 422
    assert "They are not in care any more" in answer.content.decode()
    assert path not in browser.get(reverse("reports_of_couple", args=[couple.pk])).content.decode()


def test_a_sheet_is_made_for_sessions_of_everybody_and_looks_back_to_the_one_before(couple, therapist, mara):
    with home(couple):
        Couple.objects.filter(pk=couple.pk).update(started_on=datetime.date(2026, 1, 5))
        alone = Appointment.objects.create(couple=couple, starts_at=at(2026, 6, 6, 18, 0), audience=[mara.pk])
        Appointment.objects.create(couple=couple, starts_at=at(2026, 5, 19, 18, 0))
        Appointment.objects.create(couple=couple, starts_at=at(2026, 6, 2, 18, 0), audience=[mara.pk])
        whole = Appointment.objects.create(couple=couple, starts_at=SESSION)
    with acting_as(therapist):
        standing.place(couple, by=therapist, kind="sheet", audience="clinical", days_before=2, parts=["since", "bring"])
        [ahead] = standing.next_sessions(fresh(couple), NOW_MADE)
    assert ahead.session == whole != alone
    assert make(couple, NOW_MADE) == []
    [report] = make(couple, at(2026, 6, 7, 8, 0))
    assert (report.kind, report.parts, report.begins_on) == ("sheet", ["since", "bring"], datetime.date(2026, 5, 19))
    assert run(report).state == "done"


def test_a_sheet_is_ordered_on_its_own_form_with_its_own_contents(couple, therapist):
    browser, path = signed_in(therapist), reverse("standing_new", args=[couple.pk])
    page = browser.get(path, {"kind": "sheet"}).content.decode()
    assert 'name="weeks"' not in page
    assert "For Mara alone" not in page
    filled = {"audience": "clinical", "paper": "a4", "days_before": "0", "parts": ["bring"]}
    answer = browser.post(f"{path}?kind=sheet", filled)
    assert "Session sheet · Clinical" in " ".join(browser.get(answer.url).content.decode().split())
    with home(couple):
        one = StandingOrder.objects.get()
    assert (one.kind, one.parts, one.weeks) == ("sheet", ["bring"], None)
    assert browser.get(path, {"kind": "closing"}).status_code == 404


def test_one_that_the_database_refuses_is_left_out_alone(couple, therapist, session, order):
    with acting_as(therapist):
        other = standing.place(couple, by=therapist, audience="shared", days_before=2)
    whole = standing._begins_on

    def backwards(one, *rest):
        return datetime.date(2030, 1, 1) if one.pk == order.pk else whole(one, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standing, "_begins_on", backwards)
        assert [one.standing_order_id for one in make(couple, at(2026, 6, 7, 8, 0))] == [other.pk]
    assert [one.standing_order_id for one in make(couple, at(2026, 6, 7, 8, 0))] == [order.pk]


# ── the pages ────────────────────────────────────────────────────────────────


def test_it_is_ordered_shown_and_ended_on_the_couples_page(couple, therapist):
    browser, here = signed_in(therapist), reverse("reports_of_couple", args=[couple.pk])
    filled = {
        "audience": "shared", "paper": "letter", "days_before": "2", "weeks": "12",
        "parts": [part.key for part in composer_of("progress").parts],
    }  # fmt: skip
    path = reverse("standing_new", args=[couple.pk])
    assert browser.get(path).status_code == 200
    for _click in range(2):
        assert browser.post(path, filled).url == here
    with home(couple):
        one = StandingOrder.objects.get()
    page = browser.get(here).content.decode()
    assert "2 days before" in page
    assert "There is no session ahead." in page
    browser.post(reverse("standing_end", args=[couple.pk, one.pk]))
    assert "Nothing is made by itself" in browser.get(here).content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"days_before": "15"}, "Two weeks (14) before is the earliest."),
        ({"days_before": "-1"}, "On the day itself (0) is the latest."),
        ({"days_before": "soon"}, "Write a whole number of days."),
        ({"weeks": "3"}, "Choose one of the spans"),
        ({"audience": "everybody"}, "Choose one of the editions"),
        ({"parts": []}, "Choose at least one part."),
    ],
)
def test_bad_input_is_answered_beside_its_field(couple, therapist, changes, said):
    filled = {"audience": "shared", "paper": "a4", "days_before": "2", "weeks": "", "parts": ["series"]} | changes
    answer = signed_in(therapist).post(reverse("standing_new", args=[couple.pk]), filled)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_it_stands_in_the_queue_until_the_session_begins(couple, therapist, order):
    from django.utils import timezone

    now = timezone.now()
    with home(couple):
        session = Appointment.objects.create(couple=couple, starts_at=now + datetime.timedelta(days=1))
    [report] = make(couple, now)
    run(report)
    with acting_as(therapist):
        [item] = [one for one in queue(therapist, [couple.pk]) if not one.aside]
        day = session.starts_at.astimezone(couple.zone)
        assert (item.what, item.detail) == ("A report is ready", f"Ready for {day:%A}")
        assert item.url == report.get_absolute_url()
    move(session, now - datetime.timedelta(minutes=1))
    with acting_as(therapist):
        assert [one for one in queue(therapist, [couple.pk]) if not one.aside] == []


def test_orders_of_another_practice_or_caseload_are_out_of_reach(couple, colleague, order):
    with acting_as(colleague):
        assert not StandingOrder.objects.exists()
    path = reverse("standing_end", args=[couple.pk, order.pk])
    assert signed_in(colleague).post(path).status_code == 404
