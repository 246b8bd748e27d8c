"""An answer about safety that nobody has looked at yet holds back what could do harm."""

from __future__ import annotations

import datetime

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from clients.models import Clearance
from exercises import answering
from exercises.assigning import ClearanceMissing, Refused, give
from exercises.giving import Giving
from exercises.library import find_exercise
from exercises.models import Edition, Exercise, Occurrence
from exercises.recurrence import Recurrence
from practice.models import Message, Practice
from reports.alerts import Assessment, acknowledge, close
from reports.models import Alert
from reports.waiting import flag_is_open
from tests.factories import acting_as, inside, signed_in
from tests.reports.factories import Giver

pytestmark = pytest.mark.django_db


def giving(couple, slug: str, *clients, lane: str = "") -> Giving:
    edition = find_exercise(slug).newest
    return Giving(
        couple=couple,
        edition=edition,
        clients=tuple(client.pk for client in clients or couple.clients),
        lane=lane or edition.content["lane"],
        why="Take your time.",
        starts_on=timezone.localtime(timezone.now(), couple.zone).date() + datetime.timedelta(days=1),
        at=datetime.time(18),
        recurrence=Recurrence.parse("once"),
        opens_by="therapist",
    )


@pytest.fixture
def flagged(couple, mara, therapist) -> Alert:
    """Mara said in private that she is sometimes afraid."""
    with acting_as(therapist):
        give(giving(couple, "private-safety-check"), by=therapist)
    with acting_as(mara):
        occurrence = Occurrence.objects.get()
    with acting_as(therapist):
        Occurrence.objects.filter(pk=occurrence.pk).update(opens_at=timezone.now())
    with acting_as(mara):
        answering.submit(Occurrence.objects.get(), author=mara, raw={"afraid": ["yes"]})
    with acting_as(therapist):
        return Alert.objects.get()


def test_couple_work_waits_until_somebody_has_looked(couple, therapist, flagged):
    risky = "what-helps-you-feel-safe"
    with acting_as(therapist):
        Clearance.objects.create(couple=couple, recorded_by=therapist)
        assert "coercion" in find_exercise(risky).newest.content["caution_codes"]
        with pytest.raises(ClearanceMissing):
            give(giving(couple, risky), by=therapist)
        acknowledge(flagged, by=therapist)
        with pytest.raises(ClearanceMissing):
            give(giving(couple, risky), by=therapist)
        close(flagged, Assessment("none", ("spoke",), "Called her."), by=therapist)
        assert give(giving(couple, risky), by=therapist)


def test_harmless_things_and_what_each_does_alone_stay_possible(couple, mara, therapist, flagged):
    with acting_as(therapist):
        assert give(giving(couple, "mood-log"), by=therapist)
        assert give(giving(couple, "burnout-signs", mara), by=therapist)
        assert len(give(giving(couple, "private-safety-check"), by=therapist)) == 2


def test_the_alert_names_the_question_and_is_nobodys_in_the_portal(mara, theo, flagged):
    assert flagged.key == "afraid"
    for client in (mara, theo):
        with acting_as(client), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            Alert.objects.exists()


def test_b157_the_practices_own_safety_questions_wait_until_an_owner_said_who_looks(couple, mara, therapist):
    """What ships with Attune is given all the same: under the usual hours, and it ends at an owner."""
    with inside(therapist.practice):
        Practice.objects.filter(pk=therapist.practice_id).update(duty_set_at=None)
        shipped = find_exercise("private-safety-check")
        own = Exercise.objects.create(
            practice_id=therapist.practice_id, slug="ours", kind="warning_signs", title="Ours", summary="Ours",
            themes=[], participation="each_alone", level="gentle", minutes=5, lane="private",
        )  # fmt: skip
        own.newest = Edition.objects.create(
            practice_id=therapist.practice_id, exercise=own, number=1, title="Ours", digest="ours",
            content=shipped.newest.content,
        )  # fmt: skip
        own.save()
    with acting_as(therapist):
        assert give(giving(couple, "private-safety-check"), by=therapist)
        with pytest.raises(Refused) as refused:
            give(giving(couple, "ours", mara), by=therapist)
        assert "Hours and duty" in str(refused.value.errors["safety"])


BUSY = {"key": "busy", "type": "yes_no", "label": "Too much to do", "private": True, "flag_if": "yes"}


@pytest.fixture
def softly(couple, mara, therapist):
    """Mara marks an answer that is not urgent."""

    def mark(severity: str) -> Alert:
        giver = Giver(couple, therapist)
        (assignment,) = giver.give(giver.edition([{**BUSY, "severity": severity}]), "private", to=[mara])
        giver.send(assignment, mara, datetime.date(2026, 3, 8), {"busy": 1})
        with acting_as(therapist):
            return Alert.objects.get()

    return mark


@pytest.mark.parametrize(
    ("severity", "listed", "on_today"), [("urgent", True, True), ("soon", True, True), ("note", False, False)]
)
def test_how_soon_somebody_looks_decides_where_it_stands(couple, therapist, softly, severity, listed, on_today):
    alert = softly(severity)
    assert alert.severity == severity
    with inside(therapist.practice):
        letters = Message.objects.filter(kind="alert").count()
    assert letters == (severity == "urgent")
    link, browser = f"/to-look-at/{alert.pk}/", signed_in(therapist)
    assert (link in browser.get("/desk/to-look-at/").content.decode()) is listed
    assert (link in browser.get("/desk/").content.decode()) is on_today
    assert link in browser.get(f"/desk/couples/{couple.pk}/").content.decode()


def test_what_is_not_urgent_holds_nothing_back_and_is_put_away_with_one_press(couple, therapist, softly):
    alert = softly("soon")
    page = f"/desk/couples/{couple.pk}/to-look-at/{alert.pk}/"
    with acting_as(therapist):
        assert not flag_is_open(couple)
    browser = signed_in(therapist)
    assert "I have seen it" in browser.get(page).content.decode()
    for forged in ("take", "over", "assess", "close"):
        sent = {"act": forged, "judgement": "none", "acts": ["spoke"], "note": "x"}
        assert browser.post(page, sent).status_code in (302, 409)
    with acting_as(therapist):
        assert Alert.objects.get().acknowledged_by_id is None
    assert browser.post(page, {"act": "seen"}).status_code == 302
    with acting_as(therapist):
        assert Alert.objects.get().is_closed
    assert "A look is enough" not in browser.get(page).content.decode()
