"""Scores from paper forms: what asks for a look there is told like an answer that was sent here."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from exercises import licences, measures
from exercises.models import MeasureEntry
from reports.alerts import told
from reports.models import Alert
from tests.factories import acting_as, signed_in

pytestmark = pytest.mark.django_db


def enter(therapist, couple, client, key="phq9", *, days_ago=0, **fields):
    day = timezone.localdate(timezone=couple.zone) - datetime.timedelta(days=days_ago)
    said = {"taken_on": day.isoformat(), "note": "", **{name: str(value) for name, value in fields.items()}}
    return signed_in(therapist).post(f"/desk/couples/{couple.pk}/measures/{client.pk}/{key}/", said)


def test_b155_a_safety_item_on_paper_is_told_and_marked_as_from_paper(couple, therapist, mara):
    enter(therapist, couple, mara, total=12, item_9=0)
    enter(therapist, couple, mara, days_ago=1, total=12, item_9=2)
    with acting_as(therapist):
        (alert,) = Alert.objects.all()
        assert (alert.source, alert.key, alert.number) == ("paper", "item_9", 1)
    page = signed_in(therapist).get(f"/desk/couples/{couple.pk}/to-look-at/{alert.pk}/").content.decode()
    assert "From a paper form of" in page
    assert "Item 9" in page


def test_a_positive_screen_on_paper_is_told_by_its_total(couple, therapist, mara):
    with acting_as(therapist):
        licences.confirm(measures.get("hits"), by=therapist, reference="in the blue folder")
    enter(therapist, couple, mara, "hits", total=14)
    with acting_as(therapist):
        (alert,) = Alert.objects.select_related("entry")
        assert (told(alert).what, told(alert).question, told(alert).answer) == ("HITS", "The total", "14")


def test_a_corrected_score_leaves_its_alert_open_and_says_so(couple, therapist, mara):
    enter(therapist, couple, mara, total=12, item_9=2)
    with acting_as(therapist):
        entry = MeasureEntry.objects.get()
    day = timezone.localdate(timezone=couple.zone).isoformat()
    said = {"taken_on": day, "note": "", "total": "12", "item_9": "0"}
    assert signed_in(therapist).post(f"/desk/couples/{couple.pk}/measures/entries/{entry.pk}/", said).status_code == 302
    with acting_as(therapist):
        (alert,) = Alert.objects.open().select_related("entry")
        assert "corrected or taken back since" in told(alert).answer


def test_b155_where_the_alert_cannot_be_written_the_score_is_not_either(couple, therapist, mara, monkeypatch):
    def no(*args, **kwargs):
        raise RuntimeError("the lights went out")

    monkeypatch.setattr("reports.alert_ladder.begin", no)
    with pytest.raises(RuntimeError):
        enter(therapist, couple, mara, total=12, item_9=2)
    with acting_as(therapist):
        assert not MeasureEntry.objects.exists()
        assert not Alert.objects.exists()
