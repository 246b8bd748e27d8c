"""Papers about somebody who is erased: none keeps them, not even one that is being made at that moment."""

from __future__ import annotations

import datetime
import hashlib

import pytest
from django.utils import timezone

from clients import erasing, status
from clients.models import Client, Couple
from reports import pdf, tasks
from reports.models import Report
from tests.reports.factories import home
from tests.reports.orders import FILE, again, asked, handed, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]
SHA256 = hashlib.sha256(FILE).hexdigest()


def erase(report: Report, who: Client) -> None:
    """Let care have ended long ago, and erase one of them."""
    with home(report):
        couple = Couple.objects.with_partners().get(pk=report.couple_id)
        status.change(couple, Couple.Status.CLOSED)
        Couple.objects.filter(pk=couple.pk).update(ended_at=timezone.now() - datetime.timedelta(days=3000))
        erasing.erase(who, ground=erasing.Ground.RETENTION, by=erasing.By())


def test_b119_a_paper_of_both_loses_its_file_and_keeps_its_fingerprint(couple, therapist, mara, monkeypatch):
    monkeypatch.setattr(tasks.pdf, "render", lambda said: pdf.Rendered(FILE, SHA256, 3, "CODE"))
    report = handed(run(asked(couple, therapist)), therapist)
    erase(report, mara)
    found = again(report)
    assert (found.pdf, found.pages, found.sha256) == ("", None, SHA256)
    assert found.withdrawn_at, "nor does it lie in anybody's portal"


def test_b120_a_paper_that_is_being_drawn_meanwhile_is_not_kept(couple, therapist, mara, monkeypatch):
    asked_for = asked(couple, therapist)

    def erases_meanwhile(said: object) -> pdf.Rendered:
        erase(asked_for, mara)
        return pdf.Rendered(FILE, SHA256, 3, "CODE")

    monkeypatch.setattr(tasks.pdf, "render", erases_meanwhile)
    found = run(asked_for)
    assert (found.state, found.pdf) == ("failed", "")
