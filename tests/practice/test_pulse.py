"""The pulse, the watchdog that listens for it, and alarms for whoever runs the installation."""

from __future__ import annotations

import datetime
import logging

import psycopg
import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from practice import alarms, circuits, clock, delivery, dispatch, pulse, tasks, tenancy, watchdog
from practice.alarms import Alarm
from practice.models import Pace, Pulse
from practice.watchdog import Watchdog
from tests.factories import make_practice
from tests.practice.carrying import change, plan

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)


def dispatching():
    return tenancy.acting(tenancy.Asker(role=dispatch.ROLE))


def age(**by) -> None:
    """Let pulses grow older than they are."""
    with dispatching():
        for one in Pulse.objects.all():
            for field, ago in by.items():
                setattr(one, field, clock.now() - ago)
            one.save()


# --- the pulse ----------------------------------------------------------------------------------


def test_r27_a_pulse_is_reached_by_the_next_delivery():
    tasks.plant_pulse()
    assert pulse.heartbeat().age is None
    tasks.deliver()
    assert pulse.heartbeat().age < MINUTE


def test_r27_a_pulse_goes_the_whole_way_to_the_mail_server(settings, mail_server):
    settings.ATTUNE_CANARY_ADDRESS = "canary@example.org"
    tasks.plant_pulse()
    tasks.deliver()
    with dispatching():
        planted = Pulse.objects.get()
    assert mail_server.recipients == ["canary@example.org"]
    assert mail_server.ids == [f"<{planted.pk.hex}@attune.invalid>"]
    assert planted.reached_at is not None


def test_r27_a_pulse_that_the_mail_server_refuses_is_not_reached(settings, mail_server):
    settings.ATTUNE_CANARY_ADDRESS = "canary@example.org"
    mail_server.answers = ["451 later"]
    tasks.plant_pulse()
    tasks.deliver()
    assert pulse.heartbeat().age is None


def test_the_canary_is_written_to_once_a_minute_at_most(settings, mail_server):
    settings.ATTUNE_CANARY_ADDRESS = "canary@example.org"
    for _ in range(3):
        tasks.plant_pulse()
        pulse.reach()
    assert len(mail_server.ids) == 1


def test_a_mail_server_that_is_left_alone_gets_no_canary(settings, mail_server):
    settings.ATTUNE_CANARY_ADDRESS = "canary@example.org"
    with dispatching():
        circuits.failed("email", "no answer")
    tasks.plant_pulse()
    assert pulse.reach() == 0
    assert mail_server.ids == []


def test_pulses_of_yesterday_are_cleared_away():
    tasks.plant_pulse()
    age(planted_at=25 * HOUR)
    tasks.plant_pulse()
    pulse.reach()
    with dispatching():
        assert Pulse.objects.count() == 1


# --- the watchdog -------------------------------------------------------------------------------


@pytest.fixture
def minutes(monkeypatch):
    """The watchdog's own clock, moved by hand."""
    now = {"at": 1000.0}
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: now["at"])
    monkeypatch.delenv(watchdog.RESTARTS, raising=False)

    def go_by(count: float) -> None:
        now["at"] += count * 60

    return go_by


@pytest.fixture
def dog(minutes):
    restarted: list[int] = []
    made = Watchdog(180, restart=lambda: restarted.append(1))
    made.restarted = restarted
    return made


def looks(dog) -> bool:
    return dog.judges(dog.looks())


def test_r27_three_minutes_without_a_pulse_restart_the_worker(dog, minutes, caplog):
    for _ in range(2):
        assert not looks(dog)
        minutes(1)
    tasks.plant_pulse()
    pulse.reach()
    assert not looks(dog)
    minutes(2.9)
    assert not looks(dog)
    minutes(0.2)
    with caplog.at_level(logging.ERROR):
        assert looks(dog)
    assert dog.restarted == [1]
    assert "ALARM silent" in caplog.text


def test_r27_a_worker_whose_pulses_do_not_reach_the_mail_server_is_not_restarted(dog, minutes, caplog):
    looks(dog)
    for _ in range(5):
        minutes(1)
        tasks.plant_pulse()
        assert not looks(dog)
    assert dog.restarted == []
    assert "do not reach the mail server" in caplog.text


def test_a_database_that_does_not_answer_restarts_nobody(dog, minutes, monkeypatch):
    def gone():
        raise psycopg.OperationalError

    monkeypatch.setattr(watchdog, "_own_connection", gone)
    for _ in range(9):
        minutes(1)
        assert not looks(dog)


def test_b141_a_clock_that_is_set_is_no_silence(dog, minutes):
    for hours in (0, 30, -30, 5):
        tasks.plant_pulse()
        pulse.reach()
        age(planted_at=hours * HOUR, reached_at=hours * HOUR)
        assert not looks(dog)
        minutes(2)
    assert dog.restarted == []


def test_a_restart_that_did_not_help_is_followed_by_more_patience(minutes, monkeypatch):
    monkeypatch.setenv(watchdog.RESTARTS, "2")
    second = Watchdog(180, restart=lambda: None)
    looks(second)
    minutes(11)
    assert not looks(second)
    minutes(2)
    assert looks(second)


def test_a_pulse_ends_the_patience_of_earlier_restarts(minutes, monkeypatch):
    monkeypatch.setenv(watchdog.RESTARTS, "2")
    second = Watchdog(180, restart=lambda: None)
    looks(second)
    tasks.plant_pulse()
    pulse.reach()
    looks(second)
    assert second.patience == 180


def test_the_watchdog_looks_as_the_dispatcher_and_sees_no_practice_data(practice):
    with watchdog._own_connection() as own, pytest.raises(psycopg.errors.InsufficientPrivilege):
        own.execute("SELECT occasion FROM practice_message")


# --- alarms -------------------------------------------------------------------------------------


def names() -> list[str]:
    return [one.name for one in alarms.found()]


def test_all_is_quiet_where_nothing_is_wrong(practice, note):
    plan(practice)
    assert names() == []


def test_what_is_due_for_a_quarter_of_an_hour_is_late(practice, neighbour, note):
    first = plan(practice, due=-20 * MINUTE)
    plan(neighbour, due=-16 * MINUTE)
    (alarm,) = alarms.found()
    assert (alarm.name, alarm.count, alarm.since) == ("late", 2, first.planned_for)


def test_what_waits_for_a_night_to_end_is_not_late(practice, note):
    message = plan(practice, due=-3 * HOUR, fresh_for=9 * HOUR)
    change(message, due_at=clock.now() + 4 * HOUR)
    assert names() == []


def test_what_was_tried_and_put_off_is_late_all_the_same(practice, note):
    message = plan(practice, due=-20 * MINUTE)
    change(message, due_at=clock.now() + HOUR, attempts=3)
    assert names() == ["late"]


def test_an_unknown_message_of_the_last_hour_is_an_alarm_and_an_older_one_is_not(practice, note):
    message = plan(practice)
    for state in ("claimed", "handing_off", "unknown"):
        change(message, state=state)
    change(message, finished_at=clock.now())
    assert names() == ["unknown"]
    change(message, finished_at=clock.now() - 2 * HOUR)
    assert names() == []


def test_r27_silence_is_an_alarm():
    tasks.plant_pulse()
    pulse.reach()
    assert names() == []
    age(planted_at=9 * MINUTE, reached_at=9 * MINUTE)
    assert names() == ["silent"]


def test_a_provider_that_is_out_of_order_is_an_alarm():
    with dispatching():
        circuits.failed("email", "no answer")
    assert names() == ["provider"]


def test_a_practice_that_reached_its_ceiling_is_an_alarm(practice, note, settings, mail_server):
    settings.ATTUNE_MESSAGES_PER_PRACTICE_AND_DAY = 1
    plan(practice), plan(practice)
    delivery.deliver(3)
    assert "ceiling" in names()


def test_an_alarm_comes_once_an_hour_in_the_log_and_by_mail(settings, caplog):
    settings.ATTUNE_OPERATOR_EMAIL = "operator@example.org"
    alarm = Alarm("late", "3 messages are due", 3)
    assert [alarms.sound(alarm) for _ in range(3)] == [True, False, False]
    assert [one.to for one in mail.outbox] == [["operator@example.org"]]
    assert caplog.text.count("ALARM late: 3 messages are due.") == 1
    with dispatching():
        Pace.objects.filter(key="alarm:late").update(window_start=clock.now() - HOUR)
    assert alarms.sound(alarm)


def test_an_alarm_whose_mail_can_not_be_sent_is_in_the_log(settings, caplog):
    settings.ATTUNE_OPERATOR_EMAIL = "operator@example.org"
    settings.EMAIL_BACKEND = "practice.mail.CarefulBackend"
    settings.EMAIL_PORT = 1
    assert alarms.sound(Alarm("late", "something"))
    assert "ALARM late" in caplog.text


def test_no_alarm_says_anything_about_anybody(practice, note, settings):
    settings.ATTUNE_OPERATOR_EMAIL = "operator@example.org"
    other = make_practice("Secret House")
    message = plan(other, due=-20 * MINUTE)
    tasks.watch()
    (sent,) = mail.outbox
    words = sent.subject + sent.body
    assert "Secret" not in words
    assert str(message.person_id) not in words
    assert str(other.pk) not in words


def test_the_watch_asks_each_practice_one_question(practice, neighbour, note):
    with CaptureQueriesContext(connection) as asked:
        alarms.found()
    assert sum("practice_message" in one["sql"] for one in asked) == 2
