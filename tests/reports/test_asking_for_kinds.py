"""Asking for a report of any kind from where it belongs: the form, the preview, the words, and what is refused."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.urls import reverse

from reports import tasks
from reports.models import Report
from tests.factories import signed_in
from tests.reports.factories import Giver, home, weeks
from tests.reports.orders import again, asked, run
from tests.reports.test_kinds import agree, enter, program, response_of
from tests.reports.test_ordering import sheet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]


@pytest.fixture
def giver(couple, therapist) -> Giver:
    return Giver(couple, therapist)


@pytest.fixture
def browser(therapist):
    return signed_in(therapist)


@pytest.fixture
def sent(giver, mara, theo):
    [check] = giver.give(giver.edition())
    for day in weeks(3):
        giver.send(check, mara, day, {"closeness": 4, "note": "We walked by the sea.", "alone": "A harbour."})
        giver.send(check, theo, day, {"closeness": 6})
    return response_of(giver, "Weekly check", mara)


def address(couple, kind: str, query: str = "", name: str = "report_of_kind") -> str:
    return reverse(name, args=[couple.pk, kind]) + query


def form(page: Any, **changes: Any) -> dict[str, Any]:
    """What the form on a page would send."""
    fields = page.context["form"]
    whole = {name: fields.initial.get(name, "") for name in fields.fields}
    return {name: value for name, value in (whole | changes).items() if value is not None}


def made(couple) -> Report:
    with home(couple):
        return Report.objects.get()


def test_each_kind_is_asked_for_with_what_it_is_about(giver, sent, couple, mara, therapist, browser):
    enter(couple, mara, therapist, 9, 10, 12)
    given = program(giver)
    wanted = {
        "sheet": ("", {}),
        "closing": ("", {}),
        "response": (f"?answers={sent.pk}", {"response_id": sent.pk, "partner_id": mara.pk}),
        "measure": (f"?measure=csi4&of={mara.pk}", {"measure": "csi4", "partner_id": mara.pk}),
        "program": (f"?program={given.pk}", {"run_id": given.pk}),
    }
    for kind, (query, about) in wanted.items():
        page = browser.get(address(couple, kind, query))
        assert page.status_code == 200, kind
        answer = browser.post(address(couple, kind, query), form(page, audience="clinical"))
        report = made(couple)
        assert answer.status_code == 302
        assert answer["Location"] == report.get_absolute_url()
        assert (report.kind, report.audience) == (kind, "clinical")
        assert {name: getattr(report, name) for name in about} == about
        with home(couple):
            Report.objects.all().delete()


def test_one_key_asks_once(couple, browser):
    page = browser.get(address(couple, "closing"))
    for _twice in range(2):
        browser.post(address(couple, "closing"), form(page))
    with home(couple):
        assert Report.objects.count() == 1


def test_the_preview_shows_each_edition_as_it_would_be_printed(sent, couple, mara, browser):
    query = f"?answers={sent.pk}"
    page = browser.get(address(couple, "response", query))
    there = address(couple, "response", query, "report_of_kind_preview")
    clinical = sheet(browser.post(there, form(page, audience="clinical")).content)
    shared = sheet(browser.post(there, form(page, audience="shared")).content)
    assert "by the sea" in clinical
    assert "harbour" in clinical
    assert "by the sea" in shared
    assert "harbour" not in shared
    with home(couple):
        assert not Report.objects.exists()


def test_an_edition_that_may_hold_nothing_is_refused_beside_the_field(giver, couple, mara, browser):
    [apart] = giver.give(giver.edition(title="Quiet questions"), "private", to=[mara])
    giver.send(apart, mara, weeks(1)[0], {"closeness": 1, "note": "Only this about the harbour of mine."})
    query = f"?answers={response_of(giver, 'Quiet questions', mara).pk}"
    page = browser.get(address(couple, "response", query))
    refused = browser.post(address(couple, "response", query), form(page, audience="shared"))
    assert refused.status_code == 422
    assert "nothing here that this edition may tell" in refused.content.decode()
    with home(couple):
        assert not Report.objects.exists()


def test_what_stops_being_readable_before_it_is_made_fails_with_a_reason(sent, couple, therapist):
    report = asked(couple, therapist, kind="response", audience="shared", response_id=sent.pk)
    with home(couple):
        type(sent).objects.filter(pk=sent.pk).update(readers=[])
    made_now = run(report)
    assert made_now.state == Report.State.FAILED
    assert made_now.failure == tasks.NOT_TOLD


def test_a_report_of_each_kind_is_made_by_a_worker(sent, couple, therapist, mara):
    report = run(asked(couple, therapist, kind="sheet", audience="clinical"))
    assert (report.state, report.pages) == (Report.State.DONE, 1)
    assert again(report).code


def test_what_is_not_there_is_not_found(couple, other_couple_things, browser):
    for kind, query in other_couple_things:
        assert browser.get(address(couple, kind, query)).status_code == 404, (kind, query)


@pytest.fixture
def other_couple_things(mara) -> list[tuple[str, str]]:
    nobody = uuid.uuid4()
    return [
        ("progress", ""),
        ("nothing", ""),
        ("sheet", f"?session={nobody}"),
        ("sheet", "?session=soon"),
        ("response", ""),
        ("response", f"?answers={nobody}"),
        ("measure", f"?measure=csi4&of={mara.pk}"),
        ("measure", f"?measure=hits&of={mara.pk}"),
        ("measure", "?measure=csi4%00&of=x"),
        ("program", f"?program={nobody}"),
    ]


def test_the_draft_for_the_end_begins_from_what_is_there(sent, couple, mara, theo, browser):
    agree(couple, [mara, theo], "A way out", "Either may say kettle.")
    page = browser.get(address(couple, "closing"))
    there = address(couple, "closing", name="report_of_kind_draft")
    with home(couple):
        type(couple).objects.filter(pk=couple.pk).update(started_on=weeks(1)[0])
    words = browser.post(there, form(page, audience="clinical", summary="Dear both.")).content.decode()
    assert "Dear both." in words


def test_where_it_belongs_leads_there(giver, sent, couple, mara, therapist, browser):
    enter(couple, mara, therapist, 9, 10)
    given = program(giver)
    for page, query in (
        (reverse("session_sheet", args=[couple.pk]), address(couple, "sheet")),
        (reverse("response", args=[couple.pk, sent.pk]), address(couple, "response", f"?answers={sent.pk}")),
        (
            reverse("measures_of_partner", args=[couple.pk, mara.pk]),
            address(couple, "measure", "?measure=csi4&amp;of="),
        ),
        (reverse("program_run", args=[couple.pk, given.pk]), address(couple, "program", f"?program={given.pk}")),
        (reverse("couple_status", args=[couple.pk]), address(couple, "closing")),
        (reverse("reports_of_couple", args=[couple.pk]), address(couple, "program", f"?program={given.pk}")),
    ):
        assert f'href="{query}' in browser.get(page).content.decode(), page
