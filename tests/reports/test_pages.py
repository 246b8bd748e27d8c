"""The pages: who gets in, what they say to bad input, and what a download is called."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import DatabaseError
from django.urls import reverse

from practice.models import AuditEvent
from reports import pdf, tasks
from reports.kinds import composer_of
from reports.models import Alert, Report
from tests.factories import make_couple, make_member, signed_in, takes_part
from tests.reports.factories import MOOD, NOW, Giver, home, weeks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]

FORM: dict[str, Any] = {
    "audience": "shared",
    "paper": "a4",
    "parts": [part.key for part in composer_of("progress").parts],
    "begins_on": "2026-03-02",
    "ends_on": "2026-05-24",
    "summary": "Well done.",
}


@pytest.fixture
def giver(couple, therapist) -> Giver:
    return Giver(couple, therapist)


def of_couple(couple) -> str:
    return reverse("reports_of_couple", args=[couple.pk])


def ask(browser, couple, **changes):
    return browser.post(reverse("report_new", args=[couple.pk]), FORM | {"request_key": str(uuid.uuid4())} | changes)


def the_report(couple) -> Report:
    with home(couple):
        return Report.objects.get()


@pytest.fixture
def made(couple, therapist, monkeypatch) -> Report:
    with monkeypatch.context() as patch:
        patch.setattr(tasks.pdf, "render", lambda said: pdf.Rendered(b"%PDF-", "0" * 64, 1, "CODE"))
        return _made(couple, therapist)


def _made(couple, therapist) -> Report:
    ask(signed_in(therapist), couple)
    report = the_report(couple)
    tasks.make_report(practice_id=str(report.practice_id), report_id=str(report.pk))
    return the_report(couple)


@pytest.fixture
def raised(couple, giver) -> Alert:
    [check] = giver.give(giver.edition())
    giver.send(check, giver.people[0], weeks(1)[0], {"worry": 9})
    with home(couple):
        return Alert.objects.get()


def test_from_the_form_to_the_file(couple, therapist):
    browser = signed_in(therapist)
    answer = ask(browser, couple)
    report = the_report(couple)
    assert answer.headers["Location"] == report.get_absolute_url()
    waiting = browser.get(report.get_absolute_url())
    assert b"Waiting for its turn" in waiting.content
    assert b'hx-trigger="every 1s"' in waiting.content
    assert b'http-equiv="refresh"' in waiting.content
    assert browser.get(reverse("report_download", args=[couple.pk, report.pk])).status_code == 404
    tasks.make_report(practice_id=str(report.practice_id), report_id=str(report.pk))
    part = browser.get(report.get_absolute_url(), headers={"HX-Request": "true"})
    assert b"every 1s" not in part.content
    assert b"<html" not in part.content
    assert the_report(couple).sha256.encode() in part.content
    file = browser.get(reverse("report_download", args=[couple.pk, report.pk]))
    assert file.headers["Content-Type"] == "application/pdf"
    name = file.headers["Content-Disposition"]
    assert name.startswith('attachment; filename="report-')
    assert "mara" not in name.lower()
    assert file.content.startswith(b"%PDF-")
    with home(couple):
        assert AuditEvent.objects.filter(subject_id=report.pk, act="downloaded").count() == 1


def test_a_double_click_makes_one(couple, therapist, bells, django_capture_on_commit_callbacks):
    browser, key = signed_in(therapist), str(uuid.uuid4())
    with django_capture_on_commit_callbacks(execute=True):
        first, second = (ask(browser, couple, request_key=key) for _click in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert len(bells) == 1


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"begins_on": "2026-05-24", "ends_on": "2026-03-02"}, "ends_on", "cannot be before the first"),
        ({"begins_on": "30 February"}, "begins_on", "This is not a day"),
        ({"begins_on": ""}, "begins_on", "Choose a day"),
        ({"ends_on": "9999-12-31"}, "ends_on", "has not come yet"),
        ({"begins_on": "0001-01-01"}, "begins_on", "Two years"),
        ({"audience": "everybody"}, "audience", "Choose one of the editions"),
        ({"paper": "papyrus"}, "paper", "Choose A4 or US Letter"),
        ({"summary": "x" * 1_000_000}, "summary", "please shorten it"),
        ({"summary": "a\x00b"}, "summary", "cannot be kept"),
        ({"request_key": "no key"}, "request_key", ""),
    ],
)
def test_bad_input_is_answered_beside_its_field(couple, therapist, changes, field, said):
    answer = ask(signed_in(therapist), couple, **changes)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    text = answer.content.decode()
    assert said in text
    if field != "summary":
        assert "Well done." in text
    with home(couple):
        assert not Report.objects.exists()


def test_any_summary_is_printed_as_text(couple, therapist):
    summary = "\n\n".join(
        [
            "<script>alert(1)</script><img src=x onerror=alert(2)>",
            "سلام، این یک گزارش است",
            "\U0001f469\u200d\u2764\ufe0f\u200d\U0001f468 " * 50,
            "e" + "\u0301" * 5,
            "unbroken" * 300,
        ]
    )
    assert ask(signed_in(therapist), couple, summary=summary).status_code == 302
    report = the_report(couple)
    tasks.make_report(practice_id=str(report.practice_id), report_id=str(report.pk))
    assert the_report(couple).state == Report.State.DONE


def test_a_separated_couple_gets_no_shared_edition(couple, therapist):
    with home(couple):
        type(couple).objects.filter(pk=couple.pk).update(status="separated")
    answer = ask(signed_in(therapist), couple)
    assert answer.status_code == 422
    assert "audience" in answer.context["form"].errors
    assert ask(signed_in(therapist), couple, audience="clinical").status_code == 302


def addresses(couple, report, alert) -> list[str]:
    return [
        of_couple(couple),
        reverse("progress_of_couple", args=[couple.pk]),
        report.get_absolute_url(),
        reverse("report_download", args=[couple.pk, report.pk]),
        reverse("alert", args=[couple.pk, alert.pk]),
    ]


def test_doors(couple, made, raised, therapist, owner, colleague, coordinator, mara, neighbour):
    takes_part(couple, owner)
    stranger = make_member(neighbour, "owner", "Nell Next-Door")
    for path in addresses(couple, made, raised):
        for who in (therapist, owner):
            assert signed_in(who).get(path).status_code == 200, path
        for who in (colleague, coordinator, mara, stranger):
            assert signed_in(who).get(path).status_code == 404, path
    for who in (coordinator, mara):
        assert signed_in(who).get(reverse("reports")).status_code == 404
    for who in (colleague, stranger):
        assert b"LH-" not in signed_in(who).get(reverse("reports")).content
    again = reverse("report_again", args=[couple.pk, made.pk])
    assert [signed_in(who).post(again).status_code for who in (colleague, coordinator, mara)] == [404, 404, 404]


def test_a_report_is_not_found_under_another_couple(practice, couple, therapist, made):
    other = make_couple(practice, ("Ola", "Per"), therapist=therapist)
    browser = signed_in(therapist)
    for name in ("report", "report_download"):
        assert browser.get(reverse(name, args=[other.pk, made.pk])).status_code == 404
        assert browser.get(reverse(name, args=[couple.pk, uuid.uuid4()])).status_code == 404


def test_the_list_costs_the_same_for_one_and_for_many(couple, therapist, practice, django_assert_max_num_queries):
    browser = signed_in(therapist)
    for count in (1, 12):
        for _report in range(count):
            ask(browser, couple)
        with django_assert_max_num_queries(16):
            assert browser.get(reverse("reports")).status_code == 200
        with django_assert_max_num_queries(18):
            assert browser.get(of_couple(couple)).status_code == 200


def test_a_failed_one_offers_another_try(couple, therapist):
    browser = signed_in(therapist)
    ask(browser, couple)
    report = the_report(couple)
    with home(couple):
        Report.objects.filter(pk=report.pk).update(state="failed", failure=tasks.NOT_PRINTED)
    page = browser.get(report.get_absolute_url()).content.decode()
    assert tasks.NOT_PRINTED in page
    assert "Try again" in page
    browser.post(reverse("report_again", args=[couple.pk, report.pk]))
    assert the_report(couple).state == "waiting"


def test_progress_draws_and_says_every_number(couple, therapist, giver, monkeypatch):
    monkeypatch.setattr("reports.views.progress.timezone.now", lambda: NOW)
    mara, theo = giver.people
    [check], [mood] = giver.give(giver.edition()), giver.give(giver.edition(MOOD, title="Mood log"))
    for at, day in enumerate(weeks(8)):
        giver.send(check, mara, day, {"closeness": 3 + at % 4, "heard": 5})
        giver.send(check, theo, day, {"closeness": 6, "heard": 7})
        giver.send(mood, mara, day, {"mood": 1 + at % 5})
    page = signed_in(therapist).get(reverse("progress_of_couple", args=[couple.pk]) + "?weeks=12").content.decode()
    assert page.count('<svg xmlns="http://www.w3.org/2000/svg" class="chart') >= 4
    assert "style=" not in page.replace("stylesheet", "")
    assert "The same answers as numbers" in page
    assert "How close a person feels" in page


def test_an_empty_progress_page_is_calm(couple, therapist):
    for weeks_asked in ("12", "52", "nonsense"):
        page = signed_in(therapist).get(reverse("progress_of_couple", args=[couple.pk]), {"weeks": weeks_asked})
        assert b"Too early to draw" in page.content


def test_an_alert_says_question_answer_and_rule_in_words(couple, therapist, raised):
    browser, path = signed_in(therapist), reverse("alert", args=[couple.pk, raised.pk])
    page = browser.get(path).content.decode()
    assert "Only for your therapist" in page
    assert "9 of 10" in page
    assert "whenever the answer is 8 or more" in page
    said = {"act": "close", "judgement": "watch", "acts": ["spoke", "help"], "note": "Spoke <b>alone</b>."}
    for wrong in ({"note": "  "}, {"note": "y" * 1_000_000}, {"judgement": "fine"}, {"acts": []}, {"acts": ["x"]}):
        assert browser.post(path, {**said, **wrong}).status_code == 422
    assert browser.post(path, {**said, "judgement": "unclear"}).status_code == 422
    assert "stays open" in browser.post(path, {**said, "judgement": "unclear"}).content.decode()
    assert browser.post(path, {**said, "act": "assess", "judgement": "unclear"}).url == path
    assert browser.post(path, said).url == reverse("open_alerts")
    page = browser.get(path).content.decode()
    assert "Spoke &lt;b&gt;alone&lt;/b&gt;." in page
    assert "Some concern: keep an eye on it. Spoke with this person alone; Named places to turn to." in page
    assert "Dr Ines Karlsen" in page
    # What is closed takes no second word, and can be opened again with a reason.
    late = browser.post(path, {**said, "note": "Another word."})
    assert late.status_code == 409
    assert "Another word." in late.content.decode(), "what was typed is not lost"
    assert "Another word." not in browser.get(path).content.decode()
    assert browser.post(path, {"act": "reopen", "note": ""}).status_code == 422
    assert browser.post(path, {"act": "reopen", "note": "She called."}).status_code == 302
    assert "Open again" in browser.get(path).content.decode()
    for odd in ({}, {"act": "delete"}, {"act": "take"}):
        assert browser.post(path, odd).status_code == 302


def test_a_press_on_an_old_page_takes_an_alert_from_nobody(couple, practice, therapist, raised):
    from reports import alerts
    from tests.factories import acting_as, make_member

    quicker = takes_part(couple, make_member(practice, "owner", "Olu Owner"))
    with acting_as(quicker):
        alerts.acknowledge(raised, by=quicker)
    browser, path = signed_in(therapist), reverse("alert", args=[couple.pk, raised.pk])
    page = browser.post(path, {"act": "take"}, follow=True).content.decode()
    assert "A colleague was quicker" in page
    assert "Olu Owner has it" in page
    assert 'value="over"' in page
    assert "Olu Owner has it" not in browser.post(path, {"act": "over"}, follow=True).content.decode()


def test_open_alerts_stand_on_one_page_with_step_and_age(couple, therapist, colleague, raised):
    path = reverse("open_alerts")
    page = signed_in(therapist).get(path).content.decode()
    assert "Nobody has it yet. Told: Dr Ines Karlsen (Therapist)" in page
    assert "0 minutes" in page
    signed_in(therapist).post(reverse("alert", args=[couple.pk, raised.pk]), {"act": "take"})
    assert "Dr Ines Karlsen has it, not judged yet" in signed_in(therapist).get(path).content.decode()
    assert "Nothing urgent is open." in signed_in(colleague).get(path).content.decode()


def test_an_alert_waits_in_the_queue_until_somebody_looked(couple, therapist, colleague, raised):
    from exercises.desk import queue
    from reports import alerts
    from tests.factories import acting_as

    with acting_as(therapist):
        [item] = [one for one in queue(therapist, [couple.pk]) if one.urgent]
        assert item.url == reverse("alert", args=[couple.pk, raised.pk])
        assert "Mara" not in f"{item.what}{item.detail}"
        alerts.acknowledge(raised, by=therapist)
        [item] = [one for one in queue(therapist, [couple.pk]) if one.urgent]
        assert item.detail == "Dr Ines Karlsen has it, not judged yet"
        alerts.close(raised, alerts.Assessment("none", ("read",), "Done."), by=therapist)
        assert not [one for one in queue(therapist, [couple.pk]) if one.urgent]
    with acting_as(colleague):
        assert not [one for one in queue(colleague, [couple.pk]) if one.urgent]


def test_partners_never_meet_an_alert(couple, mara, theo, raised):
    from tests.factories import acting_as

    for person in (mara, theo):
        with pytest.raises(DatabaseError, match="permission denied"), acting_as(person):
            Alert.objects.count()
