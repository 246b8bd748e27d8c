"""The section of a report that tells the numbers between sessions, in each edition."""

from __future__ import annotations

import pytest

from clients import status
from clients.models import Couple
from reports import progress
from reports.kinds import composer_of
from tests.reports.factories import SCALE, Giver, home, weeks
from tests.reports.test_kinds import of_kind, words

pytestmark = pytest.mark.django_db

CLOSE = {"key": "closeness", "label": "How close?", "metric": "closeness", **SCALE}
HEARD = {"key": "heard", "label": "How heard?", "metric": "felt_heard", **SCALE}
SAFE = {"key": "safe", "label": "How safe?", "metric": "emotional_safety", "private": True, **SCALE}


@pytest.fixture
def told(couple, therapist) -> Giver:
    """Six weeks of talks with a private question in them; of one kind of answer Theo has given two alone."""
    giver = Giver(couple, therapist)
    [check] = giver.give(giver.edition([CLOSE, HEARD, SAFE]))
    for at, day in enumerate(weeks(6)):
        giver.send(check, giver.people[0], day, {"closeness": 3, "heard": at, "safe": 2})
        giver.send(check, giver.people[1], day, {"closeness": 8} | ({"heard": 9} if at < 2 else {}))
    return giver


def figures(report):
    """By metric, label and position: the words, the number of answers and where it was at first."""
    rows, name, found = report.metrics.rows if report.metrics else (), "", {}
    for row in rows:
        name = row.name or name
        found |= {(name, row.label, one.position): (one.value, one.n, one.began) for one in row.figures}
    return found


def edition(giver: Giver, by, audience: str, **changed):
    whom = {"partner_id": giver.people[1].pk} if audience == "partner" else {}
    return of_kind(giver.couple, by, kind="progress", audience=audience, **whom | changed)


def test_the_clinical_edition_says_each_number_with_its_answers_and_where_it_began(told, therapist):
    report = edition(told, therapist, "clinical")
    assert figures(report)["Felt heard", "", 0] == ("2.5 of 10", 6, "0.5")
    assert figures(report)["Felt heard", "", 1] == ("too early to say", 2, "")
    assert figures(report)["Emotional safety", "", 0][:2] == ("2 of 10", 6)
    assert "Numbers between sessions" in words(report)


@pytest.mark.parametrize("audience", ["shared", "partner"])
def test_editions_for_partners_hold_shared_metrics_alone_and_those_with_enough_answers(told, therapist, audience):
    report = edition(told, therapist, audience)
    found = figures(report)
    assert found["Felt heard", "", 0] == ("2.5 of 10", 6, "0.5")
    assert ("Felt heard", "", 1) not in found
    assert not {"Emotional safety", "How far apart they feel", "Taking part"} & {name for name, *_rest in found}
    text = words(report)
    assert "Numbers between sessions" in text
    assert "too early to say" not in text


def test_what_one_tells_a_therapist_moves_no_number_of_the_others(told, therapist):
    before = [edition(told, therapist, one).metrics for one in ("shared", "partner")]
    for lane in ("private", "own"):
        [alone] = told.give(told.edition([CLOSE, HEARD]), lane, to=[told.people[0]])
        for day in weeks(4):
            told.send(alone, told.people[0], day, {"closeness": 10, "heard": 10})
    assert [edition(told, therapist, one).metrics for one in ("shared", "partner")] == before


def test_it_is_left_out_when_it_is_not_chosen_and_nothing_is_counted_then(told, therapist, monkeypatch):
    assert "metrics" in [part.key for part in composer_of("progress").parts]
    monkeypatch.setattr(progress.printing, "section", lambda facts: pytest.fail("counted although not wanted"))
    assert edition(told, therapist, "clinical", parts=("goals",)).metrics is None


def test_nothing_stands_there_before_anything_was_answered(couple, therapist):
    report = of_kind(couple, therapist, kind="progress", audience="shared")
    assert report.metrics is None
    assert "Numbers between sessions" not in words(report)


def test_once_they_are_not_in_care_together_no_number_is_counted_of_what_they_shared(told, therapist):
    with home(told.couple):
        status.change(Couple.objects.get(pk=told.couple.pk), Couple.Status.SEPARATED)
    assert edition(told, therapist, "partner").metrics is None
