"""The file of a report is kept for a year; after that nobody reads it, and what it was can still be told."""

from __future__ import annotations

import datetime
import hashlib

import pytest
from django.urls import reverse
from django.utils import timezone

from practice import dispatch
from reports import handing_over, keeping, pdf, tasks, verifying
from reports.models import Report
from tests.factories import acting_as, signed_in
from tests.reports.factories import home
from tests.reports.orders import FILE, again, asked, fresh, handed, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]
SHA256 = hashlib.sha256(FILE).hexdigest()


@pytest.fixture(autouse=True)
def printed(monkeypatch, couple) -> None:
    monkeypatch.setattr(tasks.pdf, "render", lambda said: pdf.Rendered(FILE, SHA256, 3, "CODE"))
    monkeypatch.setattr(dispatch, "practices", lambda: [couple.practice_id])


@pytest.fixture
def report(couple, therapist) -> Report:
    return handed(run(asked(couple, therapist)), therapist)


def age(report: Report, days: int) -> None:
    with home(report):
        Report.objects.filter(pk=report.pk).update(finished_at=timezone.now() - datetime.timedelta(days=days))


def erased(report: Report) -> Report:
    tasks.erase_old()
    return again(report)


def test_within_a_year_nothing_is_erased_and_the_page_says_until_when(report, therapist):
    age(report, 364)
    assert erased(report).pdf
    browser = signed_in(therapist)
    assert "The file is kept until" in browser.get(report.get_absolute_url()).content.decode()
    assert browser.get(reverse("report_download", args=[report.couple_id, report.pk])).content == FILE


def test_after_a_year_the_file_is_gone_for_everybody_and_out_of_the_portal(report, therapist, mara):
    age(report, 366)
    found = erased(report)
    assert (found.pdf, found.withdrawn_at is None) == ("", False)
    browser = signed_in(therapist)
    assert browser.get(reverse("report_download", args=[report.couple_id, report.pk])).status_code == 404
    assert "can be made anew" in browser.get(report.get_absolute_url()).content.decode()
    assert signed_in(mara).get(reverse("portal_document", args=[report.pk])).status_code == 404


def test_it_is_over_in_time_even_where_the_job_is_late(report, therapist, mara):
    age(report, 366)
    assert signed_in(mara).get(reverse("portal_document", args=[report.pk])).status_code == 404
    assert str(report.pk) not in signed_in(mara).get(reverse("portal_documents")).content.decode()
    path = reverse("report_download", args=[report.couple_id, report.pk])
    assert signed_in(therapist).get(path).status_code == 404


def test_what_is_gone_is_handed_to_nobody(report, couple, therapist):
    age(report, 366)
    erased(report)
    with acting_as(therapist), pytest.raises(handing_over.NotHandedOver):
        handing_over.hand_over(again(report), fresh(couple), by=therapist)


def test_a_copy_in_somebodys_hands_is_still_known(report):
    age(report, 366)
    erased(report)
    with home(report):
        found = verifying.issued_with(SHA256)
    assert found is not None
    assert (found.report.pk, found.is_whole) == (report.pk, None)


def test_erasing_twice_does_nothing_more(report):
    age(report, 366)
    first = erased(report)
    assert erased(report).withdrawn_at == first.withdrawn_at
    with home(report):
        assert keeping.erase_in(timezone.now()) == 0
