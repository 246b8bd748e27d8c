"""Partners' measures side by side: each one's own line, what they say together, and what never stands there."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Couple, Partner
from exercises import measured, measures
from exercises.measured import Entry
from reports import baselines
from reports.partners import CoupleState
from reports.side_by_side import Beside, side_by_side
from tests.exercises.given import as_attune
from tests.factories import acting_as, signed_in
from tests.reports.test_measures import send

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 1, 5)
A, B = [38, 41, 40, 47, 50, 53], [45, 46, 49, 50, 55, 54]


def enter(couple, client, therapist, key: str, totals: list[int], *, later: int = 0, every: int = 7) -> None:
    with acting_as(therapist):
        for place, total in enumerate(totals):
            day = MONDAY + timedelta(days=later + every * place)
            measured.enter(couple, client, Entry(day, measures.read(measures.get(key), total), {}), by=therapist)


def found(couple, therapist) -> dict[str, Beside]:
    with acting_as(therapist):
        fresh = Couple.objects.with_partners().get(pk=couple.pk)
        rows = side_by_side(fresh, measured.results(fresh), baselines.starts_of(fresh))
    return {one.measure.key: one for one in rows}


def shown(couple, therapist) -> str:
    answer = signed_in(therapist).get(f"/desk/couples/{couple.pk}/measures/together/")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_each_partner_has_a_line_with_first_last_change_and_state(couple, therapist, mara, theo):
    enter(couple, mara, therapist, "csi16", [44, 50, 53])
    enter(couple, theo, therapist, "csi16", [60, 57, 52], later=1)
    one = found(couple, therapist)["csi16"]
    assert [line.partner.client_id for line in one.lines] == [mara.pk, theo.pk]
    assert [line.course.first.score.total for line in one.lines] == [44, 60]
    assert [line.course.last.score.total for line in one.lines] == [53, 52]
    assert [line.course.state.value for line in one.lines] == ["recovered", "worsened"]
    assert one.state is CoupleState.DIVERGING
    page = shown(couple, therapist)
    for words in ("44 of 81", "53 of 81", "+9", "−8", "Recovered", "Worsened", "Diverging: one better, one worse"):
        assert words in page


def test_what_they_say_together_is_of_the_newest_scores_and_the_mean_is_never_alone(couple, therapist, mara, theo):
    enter(couple, mara, therapist, "csi16", [44])
    enter(couple, theo, therapist, "csi16", [62], later=5)
    one = found(couple, therapist)["csi16"]
    assert (one.compared.lower, one.compared.gap, one.compared.mean) == (44, 18, 53)
    assert one.lower_words == "The lower score is 44; the mean of all is 53."
    assert one.gap_words == "They are 18 points apart, more than a reliable change: different experiences."
    assert (one.state, one.agreement) == (None, None)
    assert "different experiences" in shown(couple, therapist)


def test_scores_of_different_times_are_not_set_against_each_other(couple, therapist, mara, theo):
    enter(couple, mara, therapist, "csi16", [44])
    enter(couple, theo, therapist, "csi16", [62], later=8)
    one = found(couple, therapist)["csi16"]
    assert one.compared is None
    assert one.apart_words == "The newest scores are 8 days apart: too far to be set against each other."


def test_without_a_threshold_there_is_a_gap_and_no_word_for_it(couple, therapist, mara, theo):
    enter(couple, mara, therapist, "k10", [12, 14])
    enter(couple, theo, therapist, "k10", [40, 30])
    one = found(couple, therapist)["k10"]
    assert one.gap_words == "They are 16 points apart."
    assert one.lower_words.startswith("The more burdened score is 30")
    assert one.state is None
    page = shown(couple, therapist)
    for word in ("eliable", "mproved", "orse", "ecovered", "etter", "different experiences", "ising", "alling"):
        assert word not in re.sub("[Ll]ow(er)? is better", "", page)


def test_agreement_is_told_from_five_joint_occasions_on(couple, therapist, mara, theo):
    enter(couple, mara, therapist, "csi16", A[:4])
    enter(couple, theo, therapist, "csi16", B[:4])
    assert found(couple, therapist)["csi16"].agreement is None
    assert "Agreement is worked out from 5 joint occasions on." in shown(couple, therapist)
    enter(couple, mara, therapist, "csi16", A[4:], later=28)
    enter(couple, theo, therapist, "csi16", B[4:], later=28)
    words = "From 6 joint occasions: the same numbers 0.59 (ICC(A,1)), up and down together 0.85 (ICC(C,1))."
    assert found(couple, therapist)["csi16"].agreement_words == words
    assert words in shown(couple, therapist)


def test_the_trend_is_said_in_words_with_its_interval(couple, therapist, mara):
    with acting_as(therapist):
        for week, total in zip([0, 1, 2, 3, 5, 6], A, strict=True):
            score = measures.read(measures.get("csi16"), total)
            measured.enter(couple, mara, Entry(MONDAY + timedelta(weeks=week), score, {}), by=therapist)
    words = "Rising: +2.5 points a week (95 %: +1.6 to +3.4), from 6 scores over 6 weeks."
    assert words in shown(couple, therapist)
    own = signed_in(therapist).get(f"/desk/couples/{couple.pk}/measures/of/{mara.pk}/").content.decode()
    assert words in own
    assert "Theil 1950" in own


def test_forms_and_entered_scores_stand_in_one_line(couple, therapist, mara, theo):
    enter(couple, mara, therapist, "gad7", [14])
    send(couple, therapist, mara, "gad7", "1 0 1 1 0 1 1")
    (line,) = found(couple, therapist)["gad7"].lines
    assert [row.result.source for row in reversed(line.course.rows)] == ["entered", "form"]
    assert line.course.state.value == "recovered"


def test_a_set_baseline_counts_here_too_and_is_said(couple, therapist, mara):
    enter(couple, mara, therapist, "phq9", [20, 9, 18, 17], every=28)
    with acting_as(therapist):
        baselines.set_baseline(couple, mara, measures.get("phq9"), date(2026, 2, 20), reason="New", by=therapist)
    (line,) = found(couple, therapist)["phq9"].lines
    assert (line.course.first.score.total, line.course.state.value) == (18, "unchanged")
    assert "compared from 20 Feb 2026 on" in shown(couple, therapist)


@pytest.mark.parametrize("key", ["hits", "ehits", "wast"])
def test_a_screen_for_violence_leaves_no_trace_in_the_couples_view(couple, therapist, mara, theo, key):
    before = shown(couple, therapist)
    size = len(measures.get(key).items)
    enter(couple, mara, therapist, key, [size, size + 3])
    send(couple, therapist, theo, key, " ".join("3" * size), lane="shared")
    assert found(couple, therapist) == {}
    assert strip_tokens(shown(couple, therapist)) == strip_tokens(before)


def strip_tokens(text: str) -> str:
    return re.sub(r"[A-Za-z0-9]{40,}", "", text)


def test_who_has_left_stands_in_no_comparison(couple, therapist, mara, theo):
    enter(couple, mara, therapist, "csi16", [44])
    enter(couple, theo, therapist, "csi16", [62])
    with as_attune(couple):
        Partner.objects.filter(client=theo).update(left_at="2026-02-01T00:00Z")
    one = found(couple, therapist)["csi16"]
    assert [line.partner.client_id for line in one.lines] == [mara.pk]
    assert one.compared is None


def test_partners_and_other_therapists_find_no_such_page(couple, colleague, mara):
    for who in (colleague, mara):
        answer = signed_in(who).get(f"/desk/couples/{couple.pk}/measures/together/")
        assert answer.status_code in (302, 403, 404)


@pytest.mark.parametrize("path", ["together/", "of/{mara}/"])
def test_the_queries_do_not_grow_with_the_scores(couple, therapist, mara, theo, path):
    def count() -> int:
        with CaptureQueriesContext(connection) as caught:
            address = path.format(mara=mara.pk)
            assert browser.get(f"/desk/couples/{couple.pk}/measures/{address}").status_code == 200
        return len(caught)

    browser = signed_in(therapist)
    enter(couple, mara, therapist, "csi16", A[:1])
    enter(couple, theo, therapist, "csi16", B[:1])
    send(couple, therapist, mara, "gad7", "1 0 1 1 0 1 1")
    browser.get(f"/desk/couples/{couple.pk}/measures/together/")
    few = count()
    enter(couple, mara, therapist, "csi16", A[1:], later=7)
    enter(couple, theo, therapist, "csi16", B[1:], later=7)
    enter(couple, mara, therapist, "phq9", [12, 9, 7, 5], every=14)
    for _again in range(3):
        send(couple, therapist, mara, "gad7", "1 0 1 1 0 1 1")
    with acting_as(therapist):
        baselines.set_baseline(couple, mara, measures.get("phq9"), MONDAY, reason="x", by=therapist)
    assert count() <= few
