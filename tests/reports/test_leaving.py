"""Somebody leaves the practice: one act, and everything that was theirs is a colleague's."""

from __future__ import annotations

import datetime
import uuid
import zipfile
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone

from clients.models import Absence, CaseloadEntry, Cover, Supervision
from practice import outbox, team
from practice.models import Membership, Message, Practice, StaffInvitation
from reports import caseload
from reports.models import CaseloadOrder, Report, StandingOrder
from reports.tasks import make_report
from tests.factories import acting_as, inside, make_couple, make_member, signed_in
from tests.reports import orders
from tests.reports.alerting import MONDAY, again, make_alert, stand_at, steps

pytestmark = pytest.mark.django_db


def let_go(owner: Membership, member: Membership, to: Membership | None):
    to_id = {"to": str(to.pk)} if to else {}
    return signed_in(owner).post(reverse("member_end", args=[member.pk]), to_id)


def asked_for(couple, by, **more) -> Report:
    with inside(by.practice):
        return Report.objects.create(
            couple=couple,
            requested_by=by,
            request_key=uuid.uuid4(),
            reference=f"R {uuid.uuid4()}",
            begins_on=datetime.date(2026, 1, 1),
            ends_on=datetime.date(2026, 2, 1),
            **more,
        )


def test_b46_an_open_session_finds_nothing_from_the_next_request_on(practice, owner, therapist, colleague, couple):
    browser = signed_in(therapist)
    assert browser.get(reverse("couple", args=[couple.pk])).status_code == 200
    assert let_go(owner, therapist, colleague).status_code == 302
    for page in (reverse("couple", args=[couple.pk]), reverse("desk"), reverse("library"), reverse("account")):
        assert browser.get(page).status_code == 404
        assert browser.post(page).status_code in (404, 405)
    assert practice.name not in browser.get(reverse("home"), follow=True).content.decode()


def test_b46_letters_invitations_and_queued_reports_end_in_the_same_act(practice, owner, therapist, colleague, couple):
    waiting = asked_for(couple, therapist)
    with inside(practice):
        outbox.plan(
            "second_person", person_id=therapist.pk, about_id=uuid.uuid4(), couple_id=None, occasion="x",
            due_at=timezone.now(), fresh_for=datetime.timedelta(days=1),
        )  # fmt: skip
        StaffInvitation.objects.create(name="New", email="new@example.org", role="therapist", invited_by=therapist)
    let_go(owner, therapist, colleague)
    with inside(practice):
        assert Message.objects.get(person_id=therapist.pk).state == "cancelled"
        assert StaffInvitation.objects.get().withdrawn_at is not None
    make_report(practice_id=str(practice.pk), report_id=str(waiting.pk))
    with inside(practice):
        row = Report.objects.get(pk=waiting.pk)
        assert (row.state, bool(row.pdf)) == ("failed", False)


def test_b52_a_download_under_way_gives_no_further_file(practice, owner, therapist, colleague, couple):
    order = None
    with inside(practice):
        order = CaseloadOrder.objects.create(
            requested_by=therapist, request_key=uuid.uuid4(), couples=[couple.pk],
            begins_on=datetime.date(2026, 1, 1), ends_on=datetime.date(2026, 2, 1),
        )  # fmt: skip
    for _n in range(3):
        asked_for(
            couple, therapist, caseload_order=order, state="done", pdf="UERG", finished_at=timezone.now(), pages=1
        )
    with acting_as(therapist):
        pieces = caseload.files(order)
    first = next(pieces)
    let_go(owner, therapist, colleague)
    rest = b"".join(pieces)
    assert len(zipfile.ZipFile(BytesIO(first + rest)).namelist()) == 1


def test_b46_b52_a_report_being_printed_when_they_leave_is_put_away_for_nobody(
    practice, owner, therapist, colleague, couple, monkeypatch
):
    report = orders.asked(couple, therapist)

    def slow(said):
        with inside(practice):
            team.leave(therapist, to=colleague)
        return orders.PRINTED

    monkeypatch.setattr(orders.tasks.pdf, "render", slow)
    row = orders.run(report)
    assert (row.state, row.pdf) == ("failed", "")


def taken_by_ending_the_cover(practice, member):
    Cover.objects.filter(membership=member).update(ended_at=timezone.now())


def taken_by_changing_the_role(practice, member):
    team.change_role(member, "coordinator")


def taken_by_a_hand_over(practice, member):
    team.leave(member, to=Membership.objects.get(role="owner"))


@pytest.mark.parametrize("taken", [taken_by_ending_the_cover, taken_by_changing_the_role, taken_by_a_hand_over])
def test_b46_b52_a_page_that_asks_again_and_again_is_refused_at_its_next_question(
    practice, owner, therapist, colleague, couple, taken
):
    """What htmx asks every few seconds, and the file at its end: no answer of before is kept anywhere."""
    with inside(practice):
        Cover.objects.create(membership=colleague, couple=couple)
    report = asked_for(couple, therapist, state="done", pdf="UERG", finished_at=timezone.now(), pages=1)
    browser, page = signed_in(colleague), reverse("report", args=[couple.pk, report.pk])
    part, file = {"HX-Request": "true"}, reverse("report_download", args=[couple.pk, report.pk])
    for answer in (browser.get(page, headers=part), browser.get(file)):
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
    with inside(practice):
        taken(practice, colleague)
    assert browser.get(page, headers=part).status_code == 404
    assert browser.get(file).status_code == 404


def test_b46_whoever_ended_here_goes_on_in_their_other_practice_and_carries_nothing_along(
    practice, owner, therapist, colleague, couple, neighbour
):
    with inside(neighbour):
        Membership.objects.create(user_id=therapist.user_id, role="therapist", name="Same Person")
    browser = signed_in(therapist)
    assert browser.get(reverse("couple", args=[couple.pk])).status_code == 200
    let_go(owner, therapist, colleague)
    for chosen in (str(practice.pk), str(neighbour.pk), ""):
        session = browser.session
        session["practice"] = chosen
        session.save()
        assert browser.get(reverse("couple", args=[couple.pk])).status_code == 404
        assert practice.name not in browser.get(reverse("desk"), follow=True).content.decode()


def test_b52_what_a_role_gave_ends_with_it_and_does_not_come_back(practice, owner, therapist, couple):
    supervisor = make_member(practice, "supervisor", "Sue Visor")
    with inside(practice):
        Supervision.objects.create(supervisor=supervisor, therapist=therapist, granted_by=owner)
    browser, page = signed_in(supervisor), reverse("couple", args=[couple.pk])
    assert browser.get(page).status_code == 200
    for role in ("therapist", "supervisor"):
        signed_in(owner).post(reverse("member_role", args=[supervisor.pk]), {"role": role})
        assert browser.get(page).status_code == 404, role


def test_the_caseload_is_the_colleagues_in_the_same_act(practice, owner, therapist, colleague, couple):
    shared = make_couple(practice, ("Ana", "Bo"), therapist=therapist, login=False)
    with inside(practice):
        CaseloadEntry.objects.create(membership=colleague, couple=shared)
        StandingOrder.objects.create(couple=couple, made_by=therapist)
    let_go(owner, therapist, colleague)
    assert signed_in(colleague).get(reverse("couple", args=[couple.pk])).status_code == 200
    with inside(practice):
        assert not CaseloadEntry.objects.filter(membership=therapist).exists()
        assert CaseloadEntry.objects.filter(membership=colleague).count() == 2
        assert StandingOrder.objects.get().made_by_id == colleague.pk


def test_covers_absences_duty_and_supervision_are_settled_in_the_same_act(
    practice, owner, therapist, colleague, couple
):
    third = make_member(practice, "supervisor", "Sue Visor")
    today = timezone.now().date()
    week = {"begins_on": today, "ends_on": today + datetime.timedelta(days=7)}
    with inside(practice):
        other = make_couple(practice, ("Ana", "Bo"), therapist=third, login=False)
        Cover.objects.create(membership=therapist, couple=other)
        Absence.objects.create(membership=third, covered_by=therapist, made_by=third, **week)
        Supervision.objects.create(supervisor=third, therapist=therapist, granted_by=owner)
        Practice.objects.update(duty_cover=therapist, duty_lead=therapist)
    let_go(owner, therapist, colleague)
    with inside(practice):
        assert [one.membership_id for one in Cover.objects.filter(ended_at=None)] == [colleague.pk]
        standing = Absence.objects.get(called_off_at=None)
        assert (standing.membership_id, standing.covered_by_id) == (third.pk, colleague.pk)
        assert not Supervision.objects.filter(ended_at=None).exists()
        assert Practice.objects.get().duty_cover_id == colleague.pk
        assert Practice.objects.get().duty_lead_id is None, "a therapist does not lead"


def test_what_they_had_taken_or_been_told_is_told_to_the_colleague_at_once(
    practice, owner, therapist, colleague, couple
):
    stand_at(MONDAY)
    taken = make_alert(couple, couple.clients[0], therapist)
    told = make_alert(couple, couple.clients[1], therapist)
    with inside(practice):
        type(taken).objects.filter(pk=taken.pk).update(acknowledged_by=therapist, acknowledged_at=MONDAY)
    let_go(owner, therapist, colleague)
    assert again(practice, taken).acknowledged_by_id is None
    for alert in (taken, told):
        assert steps(practice, alert)[-1].member_id == colleague.pk
    with inside(practice):
        letters = Message.objects.filter(kind="alert", state="planned")
        assert {one.person_id for one in letters} == {colleague.pk}


def test_a_clinician_leaves_to_somebody_and_the_last_owner_not_at_all(practice, owner, therapist, coordinator):
    assert let_go(owner, therapist, None).status_code == 422
    assert let_go(owner, therapist, coordinator).status_code == 422
    assert let_go(owner, therapist, therapist).status_code == 422
    let_go(owner, owner, therapist)
    with inside(practice):
        assert Membership.objects.filter(ended_at=None).count() == 3
        with pytest.raises(team.NobodyTakesOver):
            team.leave(therapist)
    assert let_go(owner, coordinator, None).status_code == 302
    with inside(practice):
        assert Membership.objects.get(pk=coordinator.pk).ended_at is not None


def test_what_fails_on_the_way_ends_nothing(practice, owner, therapist, colleague, couple, monkeypatch):
    from clients import duty

    monkeypatch.setattr(duty, "let_in", None)
    with inside(practice):
        Cover.objects.create(membership=therapist, couple=make_couple(practice, ("Ana", "Bo"), login=False))
    with inside(practice), pytest.raises(TypeError):
        team.leave(therapist, to=colleague)
    with inside(practice):
        assert Membership.objects.get(pk=therapist.pk).ended_at is None
        assert CaseloadEntry.objects.get().membership_id == therapist.pk
