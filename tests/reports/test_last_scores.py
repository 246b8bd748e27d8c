"""The newest scores on the caseload: what a couple's page for both would show, and nothing of one alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from exercises import answering, measured, measures
from exercises.caseload import LastScores
from exercises.measured import Entry
from reports.last_scores import REACH, last_scores
from tests.exercises.given import give
from tests.factories import acting_as, make_couple, signed_in
from tests.reports.test_measures import send
from tests.reports.test_releases import release, say, withdraw

pytestmark = pytest.mark.django_db

CLOSE = [{"key": "near", "type": "scale", "label": "Near", "min": 0, "max": 10, "metric": "closeness",
          "low": "Far", "high": "Near"}]  # fmt: skip


def say_how_close(couple, therapist, who, value: int, **given) -> None:
    asked = give(couple, therapist, given.pop("lane", "shared"), CLOSE, **given)
    mine = next(one for one in asked if one.client_id == who.pk)
    with acting_as(who):
        answering.submit(mine, author=who, raw={"near": [str(value)]})


def enter(couple, client, therapist, key: str, total: int, days_ago: int = 0) -> None:
    with acting_as(therapist):
        day = timezone.localdate() - timedelta(days=days_ago)
        measured.enter(couple, client, Entry(day, measures.read(measures.get(key), total), {}), by=therapist)


def of(couple, therapist) -> list[LastScores]:
    with acting_as(therapist):
        return list(last_scores([couple.pk], timezone.now()).get(couple.pk, []))


def test_the_newest_of_each_partner_stands_closeness_first(couple, therapist, mara, theo):
    with time_machine.travel(timezone.now() - timedelta(days=8)):
        send(couple, therapist, mara, "csi4", "3 3 4 3", lane="shared")
        say_how_close(couple, therapist, mara, 4)
    send(couple, therapist, mara, "csi4", "4 4 3 3", lane="shared")
    say_how_close(couple, therapist, theo, 6)
    assert of(couple, therapist) == [
        LastScores("Closeness", {mara.pk: "4", theo.pk: "6"}),
        LastScores("CSI-4", {mara.pk: "14"}),
    ]


def test_what_is_for_the_therapist_alone_does_not_stand_there_and_neither_does_a_screen(couple, therapist, mara, theo):
    send(couple, therapist, mara, "phq9", "2 2 1 1 1 1 1 1 0")
    send(couple, therapist, theo, "hits", "3 3 3 3", lane="shared")
    enter(couple, theo, therapist, "gad7", 11)
    say_how_close(couple, therapist, mara, 2, lane="private", to=[mara])
    assert of(couple, therapist) == []
    shown = signed_in(therapist).get("/desk/").content.decode()
    for word in ("PHQ-9", "HITS", "GAD-7", "Closeness"):
        assert word not in shown


def test_what_was_released_to_all_and_everybody_shows_stands_there_until_it_is_taken_back(
    couple, therapist, mara, theo
):
    enter(couple, mara, therapist, "csi4", 12, days_ago=9)
    enter(couple, mara, therapist, "csi4", 15)
    enter(couple, theo, therapist, "csi4", 9)
    release(couple, therapist)
    say(mara, couple)
    assert of(couple, therapist) == []
    say(theo, couple)
    assert of(couple, therapist) == [LastScores("CSI-4", {mara.pk: "15", theo.pk: "9"})]
    withdraw(couple, therapist)
    assert of(couple, therapist) == []


def test_what_is_older_than_half_a_year_is_gone(couple, therapist, mara):
    with time_machine.travel(timezone.now() - REACH - timedelta(days=1)):
        say_how_close(couple, therapist, mara, 4)
    assert of(couple, therapist) == []


def test_the_caseload_says_them_behind_each_partners_mark(couple, therapist, mara, theo, colleague):
    say_how_close(couple, therapist, mara, 4)
    say_how_close(couple, therapist, theo, 6)
    shown = re.sub(r"\s+", " ", signed_in(therapist).get("/desk/").content.decode())
    assert '<dt>Closeness</dt><dd><span class="who who--light who--a"><span class="vh">Mara </span>4</span>' in shown
    assert '<span class="vh">Theo </span>6</span></dd>' in shown
    assert "Closeness" not in signed_in(colleague).get("/desk/").content.decode()


def test_one_trip_serves_a_caseload(practice, therapist):
    couples = [make_couple(practice, therapist=therapist) for _number in range(3)]
    for one in couples:
        for client in one.clients:
            enter(one, client, therapist, "csi4", 12)
            say_how_close(one, therapist, client, 5)
    with acting_as(therapist), CaptureQueriesContext(connection) as caught:
        assert len(last_scores([one.pk for one in couples], timezone.now())) == 3
    assert len(caught) == 1
