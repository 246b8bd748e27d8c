"""The therapist's progress page: what it answers at its top, what is drawn, and what it costs."""

from __future__ import annotations

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clients.models import Appointment, Couple
from exercises import measured, measures
from reports import layout, progress
from tests.factories import acting_as, signed_in
from tests.reports.factories import MOOD, NOW, TODAY, Giver, home, weeks

pytestmark = pytest.mark.django_db

SVG = re.compile(r"<svg xmlns=.*?</svg>", re.S)
#: Every page costs these or fewer, however much was answered.
QUERIES = 44


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("reports.views.progress.timezone.now", lambda: NOW)


@pytest.fixture
def giver(couple, therapist) -> Giver:
    return Giver(couple, therapist)


def score(couple, therapist, client, key: str, totals: list[int], *, every: int = 7) -> None:
    """Entered scores, the last of them today."""
    with acting_as(therapist):
        for ago, total in enumerate(reversed(totals)):
            on = TODAY - datetime.timedelta(days=ago * every)
            entry = measured.Entry(taken_on=on, score=measures.read(measures.get(key), total), safety={})
            measured.enter(couple, client, entry, by=therapist)


def answer(giver: Giver, count: int, first: datetime.date = datetime.date(2026, 3, 8)) -> None:
    """Both partners, every week."""
    [check], [mood] = giver.give(giver.edition()), giver.give(giver.edition(MOOD, title="Mood log"))
    for at, day in enumerate(weeks(count, first)):
        for place, person in enumerate(giver.people):
            giver.send(check, person, day, {"closeness": 2 + (at + place) % 7, "heard": 5 + place})
            giver.send(mood, person, day, {"mood": 1 + at % 5})


def page_of(couple, therapist, **asked: str) -> str:
    return signed_in(therapist).get(reverse("progress_of_couple", args=[couple.pk]), asked).content.decode()


@pytest.fixture
def whole(couple, therapist, mara, theo, giver) -> Couple:
    answer(giver, 8)
    score(couple, therapist, mara, "csi4", [8, 8, 9, 11, 10, 12, 14, 15])
    score(couple, therapist, theo, "csi4", [11, 10, 10, 12, 13])
    return couple


def test_the_top_says_how_they_are_what_moved_and_what_is_next(whole, therapist, monkeypatch):
    with home(whole):
        Appointment.objects.create(couple=whole, starts_at=NOW + datetime.timedelta(days=3))
    page = page_of(whole, therapist)
    top = page.split('id="measures"')[0]
    assert re.search(r'CSI-4</span><span class="glance__value"><b class="num">15</b> <small>of 21', top)
    assert "Recovered" in top
    assert "Closeness" in top
    assert "What moved" in top
    assert reverse("session_sheet_of", args=[whole.pk, _session(whole).pk]) in top
    assert "data-print" in top


def _session(couple) -> Appointment:
    with home(couple):
        return Appointment.objects.get(couple=couple)


def test_a_measure_stands_with_its_cut_off_its_facts_and_everybodys_own_drawing(whole, therapist):
    page = page_of(whole, therapist)
    assert "Clinical range: 13 and less" in page
    assert "CSI-4, definition 1; reliable beyond 2.716 points" in page
    assert "Mara 8, Theo 5" in page
    assert page.count('class="chart chart--own"') == 2
    assert page.count("cutline") == 3
    assert "Couples Satisfaction Index: Funk" in page


def test_every_drawing_has_a_title_a_description_and_nothing_that_a_strict_policy_refuses(whole, therapist):
    found = SVG.findall(page_of(whole, therapist))
    assert {re.search(r'class="(?:chart )?([a-z-]+)', svg)[1] for svg in found} >= {  # type: ignore[index]
        "chart--line",
        "chart--own",
        "chart--days",
        "chart--bars",
        "row-chart",
        "spark",
    }
    for svg in found:
        assert re.match(r'<svg [^>]*role="img"[^>]*><title>[^<]{10,}</title><desc>[^<]{10,}\.</desc>', svg), svg[:300]
        assert not re.search(r"\s(style|id|opacity|on\w+)=", svg)


def test_every_large_drawing_has_its_numbers_as_a_table(whole, therapist):
    page = page_of(whole, therapist)
    drawn = [
        card for card in re.split(r'<div class="plot__box"', page)[1:] if "chart--own" not in card.split("</svg>")[0]
    ]
    for card in drawn:
        kind = re.search(r"chart--(\w+)", card)
        assert "<table" in card.split('<div class="plot__box"')[0].split("</section>")[0], kind


def test_page_and_paper_take_the_same_bytes(whole, therapist):
    with home(whole):
        fresh = Couple.objects.with_partners().get(pk=whole.pk)
        paper = progress.of_page(fresh, therapist.practice, TODAY - datetime.timedelta(days=83), TODAY, NOW)
        _context, files = layout.lay_out(paper)
    page = page_of(whole, therapist)
    charts = [body.decode() for name, (body, _kind) in files.items() if name.startswith("report:chart/")]
    assert len(charts) > 8
    assert not [svg[:200] for svg in charts if svg.strip() not in page]


def test_one_partner_alone(whole, therapist):
    page = page_of(whole, therapist, only="b")
    assert page.count('class="chart chart--own"') == 1
    assert 'class="ink-a' not in page
    assert "Where they see things differently" not in page
    assert "ink-a" in page_of(whole, therapist)


def test_an_unknown_partner_is_an_unknown_page(whole, therapist):
    address = reverse("progress_of_couple", args=[whole.pk])
    for asked in ("c", "z", "ab", "0"):
        assert signed_in(therapist).get(address, {"only": asked}).status_code == 404


def test_since_the_start_reaches_back_to_the_first_score(couple, therapist, mara, giver):
    answer(giver, 2)
    score(couple, therapist, mara, "csi4", [5, 9, 12], every=200)
    page = page_of(couple, therapist, weeks="all")
    assert "19 April 2025 to 24 May 2026" in page
    assert "Mara 3" in page
    assert "Mara 1" in page_of(couple, therapist)


def test_an_old_error_in_a_date_does_not_stretch_the_page_over_a_century(couple, therapist, mara):
    with acting_as(therapist):
        entry = measured.Entry(datetime.date(1926, 5, 1), measures.read(measures.get("csi4"), 9), {})
        measured.enter(couple, mara, entry, by=therapist)
        fresh = Couple.objects.with_partners().get(pk=couple.pk)
        assert progress.beginning(fresh, TODAY) == TODAY - progress.LONGEST


def test_a_year_costs_as_few_queries_as_a_week(couple, therapist, mara, theo, giver):
    address = reverse("progress_of_couple", args=[couple.pk])
    browser = signed_in(therapist)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert browser.get(address, {"weeks": "52"}).status_code == 200
        return len(found)

    answer(giver, 1)
    for person in (mara, theo):
        score(couple, therapist, person, "csi4", [8])
    queries()
    few = queries()
    answer(giver, 10, datetime.date(2026, 1, 4))
    for person in (mara, theo):
        score(couple, therapist, person, "phq9", [12, 11, 10, 9, 12, 11, 10, 9, 8], every=14)
    assert queries() == few <= QUERIES


def test_a_partner_who_wrote_in_angle_brackets_breaks_no_drawing(couple, therapist, giver):
    with home(couple):
        type(giver.people[0]).objects.filter(pk=giver.people[0].pk).update(name="<b>Mara")
    answer(giver, 4)
    page = page_of(couple, therapist)
    assert "<b>Mara" not in page
    assert "&lt;b&gt;Mara goes from" in page
