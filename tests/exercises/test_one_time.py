"""One time, said alike wherever it is said: on pages of both sides, on the sheet, and by a reminder."""

from __future__ import annotations

import datetime
import html
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from clients import appointments
from clients.models import Appointment, Contact
from exercises.models import Occurrence
from exercises.steps import Clock, Round, steps
from practice.models import Step
from practice.times import local_time
from tests.exercises.test_assigning import inside_of
from tests.exercises.test_occurrences import give
from tests.factories import signed_in

pytestmark = pytest.mark.django_db

LONDON, TOKYO = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")
SPRING, AUTUMN = datetime.date(2027, 3, 28), datetime.date(2027, 10, 31)
HALF_PAST_ONE = datetime.time(1, 30)


def words(browser, name: str, *args) -> str:
    page = browser.get(reverse(name, args=args))
    assert page.status_code == 200, name
    text = re.sub(r"<(script|svg)[\s\S]*?</\1>|<[^>]*>", " ", page.content.decode())
    return re.sub(r"\s+", " ", html.unescape(text))


@pytest.mark.parametrize(
    ("day", "said", "utc"),
    [
        (SPRING, "02:30", datetime.datetime(2027, 3, 28, 1, 30, tzinfo=datetime.UTC)),
        (AUTUMN, "01:30", datetime.datetime(2027, 10, 31, 0, 30, tzinfo=datetime.UTC)),
    ],
    ids=["the night that is shorter", "the night that is longer"],
)
def test_a_time_is_said_alike_wherever_it_is_said(couple, mara, therapist, day, said, utc):
    before = datetime.datetime.combine(day, datetime.time(0, 5), tzinfo=LONDON)
    with time_machine.travel(before - datetime.timedelta(days=2), tick=False):
        assignment = give(couple, therapist, "FREQ=DAILY", at=HALF_PAST_ONE)
        with inside_of(couple):
            session = Appointment.objects.create(
                couple=couple, starts_at=appointments.moment(day, HALF_PAST_ONE, LONDON), minutes=60
            )
    with inside_of(couple):
        due = Occurrence.objects.get(assignment=assignment, client=mara, slot=f"{day}T01:30")
    assert due.due_at == session.starts_at == utc

    (step,) = steps(Round(due.slot, due.opens_at, due.due_at, due.closes_at), Clock(LONDON), {Step.DUE})
    assert local_time(step.due_at, LONDON) == said

    with time_machine.travel(before, tick=False):
        hers, desk = signed_in(mara), signed_in(therapist)
        today = words(hers, "portal_today")
        assert f"best before {said} today" in today
        assert re.search(rf"[Ss]ession[^.]*{said}", today)
        listed = words(desk, "couple", couple.pk)
        assert listed.count(f"today, {said}") >= 1
        short = due.due_at.astimezone(LONDON).strftime("%a %-d %b, ") + said
        assert short in words(desk, "plan", couple.pk, assignment.pk)
        assert f"today, {said}" in words(desk, "desk")
        assert said in words(desk, "session_sheet", couple.pk)


def test_a_client_whose_zone_the_practice_corrected_reads_the_time_that_reminders_go_by(couple, mara, therapist):
    morning = datetime.datetime(2027, 3, 10, 7, tzinfo=LONDON)
    with time_machine.travel(morning - datetime.timedelta(days=1), tick=False):
        assert give(couple, therapist, "FREQ=DAILY", at=datetime.time(18))
    with time_machine.travel(morning, tick=False):
        changed = {"name": "Mara", "pronouns": "", "time_zone": "Asia/Tokyo"}
        answer = signed_in(therapist).post(reverse("client_edit", args=[couple.pk, mara.pk]), changed)
        assert answer.status_code == 302
        with inside_of(couple):
            assert Contact.objects.get(client=mara).time_zone == "Asia/Tokyo"
            due = Occurrence.objects.filter(client=mara, due_at__gt=morning).earliest("due_at")
        said = local_time(due.due_at, TOKYO)
        assert re.search(rf"best before (\w+ )?{said}", words(signed_in(mara), "portal_today"))


# ── no second way ────────────────────────────────────────────────────────────

HERE = Path(__file__).resolve().parents[2]
CODE = [
    path
    for app in ("practice", "clients", "exercises", "reports")
    for path in sorted((HERE / app).rglob("*.py"))
    if "migrations" not in path.parts and "demo" not in path.parts
]
#: Who may turn a wall time into a moment, and a moment into a time of day.
MOMENTS = {"practice/zones.py", "clients/quiet.py", "clients/appointments.py"}
WORDS = {"practice/times.py", "exercises/answer_words.py"}


def found(pattern: str) -> set[str]:
    return {str(path.relative_to(HERE)) for path in CODE if re.search(pattern, path.read_text("utf-8"))}


def test_a_wall_time_becomes_a_moment_in_one_place():
    """Quiet hours look at both readings of their ends; a session on a day that never was needs some moment."""
    assert found(r"combine\([^)]*(tzinfo=|zone\))|make_aware\(|\.localize\(") <= MOMENTS


def test_a_moment_becomes_a_time_of_day_in_one_place():
    """An answer that is a time of day is no moment, and is said by itself."""
    assert found(r"""date_format\([^\n]*["'][^"'\n]*H:i""") <= WORDS
    assert not [
        str(path.relative_to(HERE))
        for path in sorted((HERE / "templates").rglob("*.html"))
        if re.search(r"""\|(date|time):["'][^"']*[Hi]\b""", path.read_text("utf-8"))
    ]
