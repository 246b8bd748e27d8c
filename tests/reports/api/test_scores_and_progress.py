"""A program reads the numbers of the desk's pages: one partner's scores, and a couple's progress."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from practice import shared_screen
from practice.models import AuditEvent
from reports import metrics
from reports.material import Period
from reports.metrics import reading
from reports.views.progress import first_day
from tests.exercises.api.test_responses import send
from tests.exercises.given import TWO_SCALES, give
from tests.factories import acting_as, inside, make_member, takes_part
from tests.practice.api.callers import program_of
from tests.reports import test_measures

pytestmark = pytest.mark.django_db

CLOSE = [{**TWO_SCALES[0], "metric": "closeness"}, TWO_SCALES[1]]
SECRET = "marzipan-canary"
QUERIES = 45


def scores(couple, client) -> str:
    return f"/api/v1/couples/{couple.pk}/partners/{client.pk}/scores/"


def progress(couple, query: str = "", part: str = "") -> str:
    return f"/api/v1/couples/{couple.pk}/progress/{part}{query}"


def test_scores_come_with_band_baseline_and_reliable_change(couple, therapist, mara, theo, practice):
    test_measures.send(couple, therapist, mara, "phq9", "3 3 3 2 2 2 1 1 1")
    test_measures.send(couple, therapist, mara, "phq9", "1 1 1 0 0 0 0 0 0")
    program = program_of(therapist)
    [measure] = program.get(scores(couple, mara)).json()["measures"]
    newest, first = measure["scores"]
    assert (measure["key"], measure["state"], measure["high"]) == ("phq9", "recovered", 27.0)
    assert (first["total"], first["is_baseline"], first["change"]) == (18.0, True, None)
    assert (newest["total"], newest["words"], newest["change"]["difference"]) == (3.0, "3 of 27", -15.0)
    assert (first["safety"], newest["safety"]) == ({"9": "raised"}, {"9": "clear"})
    assert newest["bands"] != first["bands"]
    assert program.get(scores(couple, theo)).json()["measures"] == [], "nothing of hers is among his"
    with inside(practice):
        lines = AuditEvent.objects.filter(act="opened").order_by("pk")
        assert [(one.subject, one.subject_id) for one in lines] == [
            ("clients_client", mara.pk),
            ("clients_client", theo.pk),
        ]


def test_a_screen_for_violence_is_said_to_be_for_one_alone(couple, therapist, mara):
    test_measures.send(couple, therapist, mara, "hits", "1 1 1 1")
    [measure] = program_of(therapist).get(scores(couple, mara)).json()["measures"]
    assert (measure["asked_alone"], measure["trend"], measure["scores"][0]["lane"]) == (True, "", "private")


def test_numbers_are_those_of_the_page(couple, therapist, mara, theo, practice):
    for near in ("3", "5", "7"):
        hers, his = give(couple, therapist, "shared", CLOSE)
        send(hers, mara, near=near)
        send(his, theo, near="6")
    said = program_of(therapist).get(progress(couple, "?edition=clinical", "metrics/")).json()
    with acting_as(therapist):
        today = timezone.localtime(timezone.now(), couple.zone).date()
        period = Period(first_day(couple, "12", today), today, couple.zone)
        found = metrics.of(reading.clinical(couple, practice, period, timezone.now()))
    assert [
        (one["key"], figure["position"], figure["n"], figure["gaps"], figure["value"])
        for one in said["metrics"]
        for figure in one["figures"]
    ] == [
        (one.metric.key, figure.position, figure.n, figure.gaps, None if figure.is_early else figure.value)
        for one in found
        for figure in one.figures
    ]
    assert said["metrics"]
    assert [one["partner_id"] for one in said["partners"]] == [str(mara.pk), str(theo.pk)]


def test_progress_has_lines_with_how_many_answers_stand_behind_them(couple, therapist, mara, theo, practice):
    for near in ("3", "5"):
        hers, his = give(couple, therapist, "shared", CLOSE)
        send(hers, mara, near=near)
        send(his, theo, near="6")
    said = program_of(therapist).get(progress(couple)).json()
    [series] = said["series"]
    assert [(line["position"], line["n"], line["points"][-1]["value"]) for line in series["lines"]] == [
        (0, 1, 4.0),
        (1, 1, 6.0),
    ]
    assert sum(sum(week["counts"]) for week in said["doing"]["weeks"]) == 2
    with inside(practice):
        assert AuditEvent.objects.filter(act="opened", subject="clients_couple").count() == 1


def test_b8_what_one_told_alone_counts_in_no_number_of_both(couple, therapist, mara, theo):
    hers, his = give(couple, therapist, "shared", CLOSE)
    send(hers, mara, near="3")
    send(his, theo, near="6")
    program = program_of(therapist)
    paths = [progress(couple, query, part) for part in ("", "metrics/") for query in ("", "?weeks=all")]
    before = [program.get(path).content for path in paths]
    clinical = program.get(progress(couple, "?edition=clinical")).content
    for lane in ("private", "own"):
        [alone] = give(couple, therapist, lane, CLOSE, to=[mara])
        send(alone, mara, near="1", good=SECRET)
    test_measures.send(couple, therapist, mara, "phq9", "3 3 3 2 2 2 1 1 1")
    assert [program.get(path).content for path in paths] == before
    assert program.get(progress(couple, "?edition=clinical")).content != clinical, "the therapist's own counts it"


@pytest.mark.parametrize("query", ["?weeks=3", "?edition=all", "?colour=red", "?weeks=%00"])
def test_a_span_that_is_none_is_refused(query, couple, therapist):
    answer = program_of(therapist).get(progress(couple, query))
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_b8_nobody_else_reads_a_number(couple, therapist, mara, practice, neighbour, owner, coordinator):
    sharing = takes_part(couple, make_member(practice, name="Dr Noor"))
    with acting_as(sharing):
        shared_screen.begin(sharing, couple.pk)
    for who in (owner, coordinator, sharing, make_member(practice), make_member(neighbour)):
        program = program_of(who)
        for path in (scores(couple, mara), progress(couple), progress(couple, part="metrics/")):
            assert program.get(path).status_code == 404, (who.name, path)


def test_numbers_ask_the_database_as_often_for_many_as_for_one(couple, therapist, mara, theo):
    program = program_of(therapist)
    paths = (scores(couple, mara), progress(couple), progress(couple, "?edition=clinical", "metrics/"))
    counts = []
    for near in ("3", "5", "7"):
        hers, _his = give(couple, therapist, "shared", CLOSE)
        send(hers, mara, near=near)
        test_measures.send(couple, therapist, mara, "phq9", "1 1 1 0 0 0 0 0 0")
        for path in paths:
            with CaptureQueriesContext(connection) as asked:
                assert program.get(path).status_code == 200
            counts.append(len(asked))
    assert counts[3:6] == counts[6:9], "of two and of three"
    assert max(counts) <= QUERIES
