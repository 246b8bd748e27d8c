"""Reports for many couples at once: each couple's own, in turns, in one file, and nobody else has to wait."""

from __future__ import annotations

import datetime
import io
import uuid
import zipfile
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from clients.models import Appointment, CaseloadEntry, Couple
from practice.models import AuditEvent, Membership, Practice
from reports import caseload, pdf, tasks, turns
from reports.kinds import composer_of
from reports.models import CaseloadOrder, Report
from tests.factories import acting_as, make_couple, make_member, signed_in
from tests.reports.factories import home
from tests.reports.orders import FILE, again, asked, run, wish

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_printer")]
NAMES = (("Ada", "Ben"), ("Cleo", "Dan"), ("Eve", "Finn"), ("Gus", "Hana"))


@pytest.fixture(autouse=True)
def at_once(monkeypatch, bells, django_capture_on_commit_callbacks):
    """Bells are heard at once, as after a commit."""
    from django.db import transaction

    monkeypatch.setattr(transaction, "on_commit", lambda ring, **_kwargs: ring())
    return bells


@pytest.fixture
def couples(practice, therapist) -> list[Couple]:
    return [make_couple(practice, names, therapist=therapist) for names in NAMES]


def order(therapist: Membership, couples: list[Couple], **changes: Any) -> CaseloadOrder:
    with acting_as(therapist):
        practice = Practice.objects.get(pk=therapist.practice_id)
        chosen = wish(**({"audience": "clinical"} | changes))
        return caseload.order(chosen, [one.pk for one in couples], by=therapist, practice=practice)


def reports(order: CaseloadOrder) -> list[Report]:
    with home(order):
        return list(Report.objects.filter(caseload_order=order).order_by("requested_at", "pk"))


def work(bells: list[dict[str, str]]) -> list[str]:
    """Be a worker: answer one bell after the other, until none rings; return whose reports were made, in order."""
    made = []
    while bells:
        bell = bells.pop(0)
        tasks.make_report(**bell)
        made.append(bell["practice_id"])
    return made


def progress(order: CaseloadOrder) -> caseload.Progress:
    with home(order):
        return caseload.progress_of(order)


# ── making them ──────────────────────────────────────────────────────────────


def test_every_couple_gets_its_own(therapist, couples, bells):
    made = order(therapist, couples)
    work(bells)
    assert {(one.couple_id, one.state) for one in reports(made)} == {(one.pk, "done") for one in couples}
    assert len({one.reference for one in reports(made)}) == len(couples)


def test_an_edition_for_one_is_made_for_each_partner(therapist, couples, bells):
    made = order(therapist, couples[:2], audience="partner")
    assert {one.partner_id for one in reports(made)} == {who.pk for one in couples[:2] for who in one.clients}
    work(bells)
    assert progress(made).done == 4


def test_a_double_click_orders_once(therapist, couples):
    key = uuid.uuid4()
    assert order(therapist, couples, key=key) == order(therapist, couples, key=key)
    with home(therapist):
        assert Report.objects.count() == len(couples)


def test_whom_it_cannot_be_for_is_said_with_the_reason(therapist, couples, bells):
    with home(couples[0]):
        Couple.objects.filter(pk=couples[0].pk).update(status="separated")
    made = order(therapist, couples, audience="shared")
    work(bells)
    now = progress(made)
    assert (now.total, now.done, now.is_moving) == (3, 3, False)
    [refused] = [one for one in now.lines if one.report is None]
    assert refused.couple == couples[0]
    assert "separated" in str(refused.refusal)


def test_failed_ones_say_why_and_are_tried_again(therapist, couples, bells, monkeypatch):
    made = order(therapist, couples)
    with monkeypatch.context() as patch:

        def sometimes(said: Any) -> pdf.Rendered:
            if said.partners[0].name == "Cleo":
                raise pdf.NotPrinted("a font is missing")
            return pdf.Rendered(FILE, "0" * 64, 1, "CODE")

        patch.setattr(tasks.pdf, "render", sometimes)
        work(bells)
    browser = signed_in(therapist)
    page = browser.get(made.get_absolute_url()).content.decode()
    assert "3 ready, 1 could not be made" in page
    assert tasks.NOT_PRINTED in page
    browser.post(reverse("caseload_again", args=[made.pk]))
    work(bells)
    assert progress(made).done == 4


def test_every_couple_is_taken_however_many_they_are(therapist, couples, bells, monkeypatch):
    monkeypatch.setattr(caseload, "A_BATCH", 3)
    made = order(therapist, couples, audience="partner")
    assert len(reports(made)) == 2 * len(couples)
    work(bells)
    assert progress(made).done == 2 * len(couples)


def test_ordering_costs_the_same_for_few_and_for_many(therapist, couples, django_assert_max_num_queries):
    for kind in ("progress", "sheet", "closing"):
        audience = "shared" if kind == "sheet" else "partner"
        for some in (couples[:1], couples):
            with django_assert_max_num_queries(24):
                order(therapist, some, kind=kind, audience=audience)


@pytest.mark.parametrize(("kind", "audience"), [("sheet", "clinical"), ("sheet", "shared"), ("closing", "clinical")])
def test_sheets_and_summaries_look_back_on_each_couples_own_days(therapist, couples, bells, kind, audience):
    now = timezone.now()
    session, began = now - datetime.timedelta(days=9), datetime.date(2026, 1, 5)
    with home(couples[0]):
        Couple.objects.filter(pk__in=[one.pk for one in couples]).update(started_on=began)
        Appointment.objects.create(couple=couples[0], starts_at=session)
        alone = couples[0].clients[0].pk
        Appointment.objects.create(couple=couples[0], starts_at=now - datetime.timedelta(days=2), audience=[alone])
    made = order(therapist, couples[:2], kind=kind, audience=audience, parts=("goals",))
    work(bells)
    found = {one.couple_id: one for one in reports(made)}
    first = session.astimezone(couples[0].zone).date() if kind == "sheet" else began
    assert found[couples[0].pk].begins_on == first
    assert found[couples[1].pk].begins_on == began
    assert {(one.kind, one.state, tuple(one.parts)) for one in found.values()} == {(kind, "done", ("goals",))}


def test_what_cannot_be_written_down_orders_nothing_and_is_said_in_the_form(therapist, couples, monkeypatch):
    from django.db import IntegrityError

    def gone(*_args: Any) -> None:
        raise IntegrityError("a couple has gone")

    monkeypatch.setattr(caseload, "_write_reports", gone)
    answer = ordered(signed_in(therapist))
    assert answer.status_code == 422
    assert "nothing was ordered" in answer.content.decode()
    with home(therapist):
        assert not CaseloadOrder.objects.exists()


# ── in turns ─────────────────────────────────────────────────────────────────


def test_only_a_few_of_one_practice_are_with_the_workers(therapist, couples, bells):
    order(therapist, couples)
    assert len(bells) == turns.AT_ONCE
    order(therapist, couples, audience="shared")
    assert len(bells) == turns.AT_ONCE


def test_many_of_one_practice_do_not_delay_anothers_single_one(practice, therapist, neighbour, bells):
    many = [make_couple(practice, therapist=therapist, login=False) for _one in range(5)]
    other = make_member(neighbour)
    single = make_couple(neighbour, ("Nia", "Oz"), therapist=other)
    order(therapist, many, audience="partner")
    asked(single, other)
    made = work(bells)
    assert made.index(str(neighbour.pk)) <= turns.AT_ONCE
    assert made.count(str(practice.pk)) == 10


def test_a_single_one_of_the_same_practice_goes_before_the_rest(therapist, couples, bells):
    order(therapist, couples)
    one = asked(couples[0], therapist)
    assert [bell["report_id"] for bell in bells].index(str(one.pk)) == turns.AT_ONCE


def test_a_dead_worker_holds_nobody_up(therapist, couples, bells):
    made = order(therapist, couples)
    bells.clear()  # both workers died with what they were rung for
    with home(made):
        assert turns.next_ones(therapist.practice_id, lost_after=tasks.LOST_AFTER) == []
        Report.objects.update(touched_at=timezone.now() - datetime.timedelta(minutes=5))
        assert len(tasks.resume_in(therapist.practice_id)) == turns.AT_ONCE
    work(bells)
    assert progress(made).done == len(couples)


def test_one_that_died_half_way_is_taken_up_again(therapist, couples, bells):
    made = order(therapist, couples[:1])
    bells.clear()
    with home(made):
        Report.objects.update(state="working", attempts=1, touched_at=timezone.now() - tasks.LOST_AFTER * 2)
        tasks.resume_in(therapist.practice_id)
    work(bells)
    assert progress(made).done == 1


# ── the pages ────────────────────────────────────────────────────────────────


def form(**changes: Any) -> dict[str, Any]:
    whole = {
        "which": "all", "audience": "clinical", "paper": "a4", "begins_on": "2026-03-02", "ends_on": "2026-05-24",
        "parts": [part.key for part in composer_of("progress").parts], "request_key": str(uuid.uuid4()),
    }  # fmt: skip
    return whole | changes


def ordered(browser, kind: str = "progress", **changes: Any) -> Any:
    return browser.post(f"{reverse('caseload_new')}?kind={kind}", form(**changes))


def test_a_sheet_for_every_couple_with_a_session_is_asked_for_on_its_own_form(therapist, couples, bells):
    browser = signed_in(therapist)
    page = browser.get(reverse("caseload_new"), {"kind": "sheet"}).content.decode()
    assert "Furthest apart, and in agreement" in page
    assert 'name="begins_on"' not in page
    answer = ordered(browser, kind="sheet", parts=["since", "goals"], begins_on="", ends_on="")
    with home(therapist):
        [made] = CaseloadOrder.objects.all()
    assert answer.url == made.get_absolute_url()
    assert (made.kind, made.parts) == ("sheet", ["since", "goals"])
    work(bells)
    assert "Session sheet" in browser.get(answer.url).content.decode()
    for kind in ("response", "measure", "nothing"):
        assert browser.get(reverse("caseload_new"), {"kind": kind}).status_code == 404


def test_all_those_of_this_week_or_those_ticked(therapist, couples):
    now = timezone.now()
    with home(couples[1]):
        Appointment.objects.create(couple=couples[1], starts_at=now)
        Appointment.objects.create(couple=couples[2], starts_at=now + datetime.timedelta(days=8))
        Appointment.objects.create(couple=couples[3], starts_at=now, cancelled_at=now)
        Appointment.objects.create(couple=couples[0], starts_at=now, audience=[couples[0].clients[0].pk])
    browser = signed_in(therapist)
    for which, expected in (("all", set(couples)), ("week", {couples[1]}), ("picked", {couples[0], couples[3]})):
        answer = ordered(browser, which=which, couples=[str(couples[0].pk), str(couples[3].pk)])
        with home(therapist):
            found = CaseloadOrder.objects.get(pk=answer.url.rstrip("/").rsplit("/", 1)[-1])
        assert set(found.couples) == {one.pk for one in expected}, which


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"which": "picked"}, "Tick at least one couple."),
        ({"which": "week"}, "There is no such couple at the moment."),
        ({"which": "picked", "couples": [str(uuid.uuid4())]}, "Choose from the couples on this page."),
        ({"which": "everybody"}, "Choose one of the three."),
        ({"audience": "everybody"}, "Choose one of the editions"),
        ({"ends_on": "9999-12-31"}, "This day has not come yet."),
        ({"parts": []}, "Choose at least one part."),
        ({"kind": "sheet", "audience": "partner"}, "Choose one of the editions"),
        ({"kind": "sheet", "audience": "shared", "parts": ["bring"]}, "stands in the clinical edition alone"),
        ({"kind": "sheet", "parts": ["mood"]}, "Choose from the parts on this page."),
    ],
)
def test_bad_input_is_answered_beside_its_field(therapist, couples, changes, said):
    answer = ordered(signed_in(therapist), **changes)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_the_page_shows_how_far_it_is_and_stops_asking_when_it_is_done(therapist, couples, bells):
    browser = signed_in(therapist)
    path = ordered(browser).url
    page = browser.get(path).content.decode()
    assert "0 of 4 are through" in page
    assert 'hx-trigger="every 2s"' in page
    assert '<meta http-equiv="refresh"' in page
    part = browser.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    work(bells)
    page = browser.get(path).content.decode()
    assert "All 4 ready" in page
    assert "hx-trigger" not in page
    assert path in browser.get(reverse("reports")).content.decode()


def test_all_of_them_come_in_one_file_under_neutral_names(therapist, couples, bells):
    made = order(therapist, couples)
    browser = signed_in(therapist)
    assert browser.get(reverse("caseload_files", args=[made.pk])).status_code == 404
    work(bells)
    answer = browser.get(reverse("caseload_files", args=[made.pk]))
    assert answer.streaming
    assert answer["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert {archive.read(name) for name in names} == {FILE}
    assert sorted(names) == sorted(f"report-{one.reference.lower()}.pdf" for one in reports(made))
    with home(made):
        taken = AuditEvent.objects.filter(act="downloaded", subject_id__in=[one.pk for one in reports(made)])
        assert taken.count() == len(couples)


def test_b81_b87_what_left_the_caseload_meanwhile_is_not_in_the_file(therapist, couples, bells):
    made = order(therapist, couples)
    work(bells)
    with home(made):
        CaseloadEntry.objects.filter(couple=couples[0]).delete()
    answer = signed_in(therapist).get(reverse("caseload_files", args=[made.pk]))
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert len(archive.namelist()) == len(couples) - 1


def test_b81_an_order_belongs_to_who_placed_it(therapist, colleague, owner, neighbour, couples, bells):
    made = order(therapist, couples)
    work(bells)
    far = make_member(neighbour, "owner", "Nell Next-Door")
    for who in (colleague, owner, far):
        for name in ("caseload_order", "caseload_files"):
            assert signed_in(who).get(reverse(name, args=[made.pk])).status_code == 404
        assert signed_in(who).post(reverse("caseload_again", args=[made.pk])).status_code == 404


def test_watching_costs_the_same_for_few_and_for_many(therapist, couples, bells, django_assert_max_num_queries):
    few, many = order(therapist, couples[:1]), order(therapist, couples, audience="partner")
    work(bells)
    browser = signed_in(therapist)
    for one in (few, many):
        with django_assert_max_num_queries(16):
            assert browser.get(one.get_absolute_url()).status_code == 200


def test_a_report_of_an_order_is_like_any_other(therapist, couples, bells):
    made = order(therapist, couples[:1])
    [report] = reports(made)
    assert run(report).state == "done"
    assert again(report).pages == 3
