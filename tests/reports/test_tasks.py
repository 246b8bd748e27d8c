"""A report is made once, shows how far it is, and survives what workers do."""

from __future__ import annotations

import base64
import datetime
import uuid

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from practice import dispatch
from reports import making, pdf, tasks
from reports.models import Report
from tests.reports.factories import Giver, home, weeks

State = Report.State


def wish(**changes) -> making.Wish:
    whole = {
        "begins_on": datetime.date(2026, 3, 2),
        "ends_on": datetime.date(2026, 5, 24),
        "audience": "shared",
        "paper": "a4",
        "summary": "A good spring.",
        "key": uuid.uuid4(),
    }
    return making.Wish(**(whole | changes))


def ask(couple, therapist, **changes) -> Report:
    from practice.models import Practice

    with home(couple):
        return making.ask(couple, wish(**changes), by=therapist, practice=Practice.objects.get(pk=couple.practice_id))


def again(report: Report) -> Report:
    with home(report):
        return Report.objects.get(pk=report.pk)


def run(report: Report) -> Report:
    tasks.make_report(practice_id=str(report.practice_id), report_id=str(report.pk))
    return again(report)


def change(report: Report, **fields) -> None:
    with home(report):
        Report.objects.filter(pk=report.pk).update(**fields)


@pytest.mark.django_db
def test_a_report_is_made_sealed_and_found_again(couple, therapist, bells):
    giver = Giver(couple, therapist)
    [check] = giver.give(giver.edition())
    for day in weeks(5):
        giver.send(check, giver.people[0], day, {"closeness": 5})
    report = run(ask(couple, therapist))
    assert (report.state, report.percent, report.failure) == (State.DONE, 100, "")
    with home(report):
        file = base64.b64decode(Report.objects.get(pk=report.pk).pdf)
    assert file.startswith(b"%PDF-")
    assert report.pages >= 2
    assert len(report.sha256) == 64
    with home(report):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pdf FROM reports_report WHERE id = %s", [report.pk])
            stored = bytes(cursor.fetchone()[0])
    assert b"%PDF" not in stored
    assert base64.b64encode(b"%PDF-1")[:6] not in stored


@pytest.mark.django_db(transaction=True)
def test_progress_is_committed_between_the_steps(couple, therapist, bells, monkeypatch):
    report = ask(couple, therapist)
    seen: list[tuple[str, int, str]] = []

    def look(*args, **kwargs):
        found = again(report)
        seen.append((found.state, found.percent, found.step))
        return pdf.Rendered(b"%PDF-", "0" * 64, 1, "CODE")

    monkeypatch.setattr(tasks.pdf, "render", look)
    run(report)
    assert seen == [(State.WORKING, 40, tasks.DRAWING)]


@pytest.mark.django_db(transaction=True)
def test_asking_rings_once_the_row_is_there(couple, therapist, bells):
    report = ask(couple, therapist)
    assert bells == [{"practice_id": str(couple.practice_id), "report_id": str(report.pk)}]


@pytest.mark.django_db
def test_one_key_gives_one_report(couple, therapist, bells):
    key = uuid.uuid4()
    assert ask(couple, therapist, key=key) == ask(couple, therapist, key=key)
    with home(couple):
        assert Report.objects.count() == 1


@pytest.mark.django_db
def test_done_stays_done(couple, therapist, bells, no_printer, monkeypatch):
    report = run(ask(couple, therapist))
    monkeypatch.setattr(tasks.pdf, "render", lambda said: pytest.fail("made twice"))
    assert run(report).sha256 == report.sha256


@pytest.mark.django_db
def test_nobody_makes_what_somebody_is_making(couple, therapist, bells, monkeypatch):
    report = ask(couple, therapist)
    change(report, state=State.WORKING, attempts=1, touched_at=timezone.now())
    monkeypatch.setattr(tasks.pdf, "render", lambda said: pytest.fail("made at the same time"))
    assert run(report).state == State.WORKING


@pytest.mark.django_db
def test_who_was_overtaken_writes_nothing(couple, therapist, bells, monkeypatch):
    report = ask(couple, therapist)

    def slow(said):
        change(report, attempts=2)
        return pdf.Rendered(b"late", "0" * 64, 1, "LATE")

    monkeypatch.setattr(tasks.pdf, "render", slow)
    found = run(report)
    assert (found.state, found.code) == (State.WORKING, "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (pdf.NotPrinted("a font is missing"), tasks.NOT_PRINTED),
        (ValueError("Mara wrote this"), tasks.BROKEN),
        (SoftTimeLimitExceeded(), tasks.TOO_LONG),
        (MemoryError(), tasks.TOO_LARGE),
    ],
)
def test_a_failure_is_kind_names_nobody_and_can_be_tried_again(
    couple, therapist, bells, no_printer, monkeypatch, caplog, error, said
):
    report = ask(couple, therapist)

    def broken(said):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(tasks.pdf, "render", broken)
        assert (run(report).state, again(report).step) == (State.WAITING, tasks.ONCE_MORE)
        report = run(report)
    assert (report.state, report.failure) == (State.FAILED, said)
    assert "Mara" not in caplog.text
    from practice.models import Practice

    with home(report):
        making.ask_again(report, practice=Practice.objects.get(pk=report.practice_id))
    assert run(report).state == State.DONE


@pytest.mark.django_db(transaction=True)
def test_what_fails_once_is_rung_for_once_more_and_comes_out(couple, therapist, bells, no_printer, monkeypatch):
    report = ask(couple, therapist)
    bells.clear()
    with monkeypatch.context() as patch:
        patch.setattr(tasks.pdf, "render", lambda said: 1 / 0)
        run(report)
    assert bells == [{"practice_id": str(couple.practice_id), "report_id": str(report.pk)}]
    assert run(report).state == State.DONE


@pytest.fixture
def one_practice(couple, monkeypatch) -> None:
    monkeypatch.setattr(dispatch, "practices", lambda: [couple.practice_id])


@pytest.mark.django_db(transaction=True)
def test_lost_reports_are_taken_up_again(couple, therapist, bells, no_printer, one_practice):
    _fresh, unheard, lost, busy, done = (ask(couple, therapist) for _one in range(5))
    bells.clear()
    now = timezone.now()
    change(unheard, requested_at=now - datetime.timedelta(minutes=5))
    change(lost, state=State.WORKING, attempts=1, touched_at=now - tasks.LOST_AFTER * 2)
    change(busy, state=State.WORKING, attempts=1, touched_at=now)
    change(done, state=State.DONE, requested_at=now - datetime.timedelta(days=1))
    tasks.resume()
    assert {one["report_id"] for one in bells} == {str(unheard.pk), str(lost.pk)}
    assert run(lost).state == State.DONE


@pytest.mark.django_db
def test_what_kills_its_workers_ends_after_three(couple, therapist, bells, monkeypatch):
    report = ask(couple, therapist)
    change(report, state=State.WORKING, attempts=3, touched_at=timezone.now() - tasks.LOST_AFTER * 2)
    monkeypatch.setattr(tasks.pdf, "render", lambda said: pytest.fail("tried a fourth time"))
    assert run(report).state == State.FAILED


@pytest.mark.django_db
def test_a_report_of_another_practice_is_not_found(couple, therapist, neighbour, bells):
    report = ask(couple, therapist)
    tasks.make_report(practice_id=str(neighbour.pk), report_id=str(report.pk))
    assert again(report).state == State.WAITING


@pytest.mark.django_db
def test_a_reference_counts_nothing(practice):
    found = {making.new_reference(practice) for _one in range(50)}
    assert len(found) == 50
    assert all(one.startswith("LH-20") for one in found)


@pytest.mark.django_db
def test_nothing_is_shared_once_they_have_separated(couple, therapist, bells, no_printer):
    shared, clinical = ask(couple, therapist), ask(couple, therapist, audience="clinical")
    with home(couple):
        type(couple).objects.filter(pk=couple.pk).update(status="separated")
    assert (run(shared).failure, run(clinical).state) == (tasks.SEPARATED, State.DONE)
