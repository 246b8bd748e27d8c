"""Opening a couple that is not one's own, in an emergency."""

from __future__ import annotations

import datetime

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from clients import emergencies
from clients.models import Couple, EmergencyAccess
from practice import outbox
from practice.models import AuditEvent, Message
from tests.factories import acting_as, inside, make_member, signed_in

pytestmark = pytest.mark.django_db
WHY = "Theo rang from the bridge and Dr Karlsen is on a plane."


def said(couple, **changes):
    one, other = couple.clients
    return {"one": one.name, "other": other.name, "what": "record", "why": WHY, "hours": "1", **changes}


def opened(couple, by, **changes) -> EmergencyAccess:
    with acting_as(by):
        return emergencies.open_up(couple, by=by, **{"why": WHY, "hours": 1, **changes})


def test_b53_a_clinician_without_the_case_opens_it_within_two_pages_and_only_that_couple(
    practice, owner, therapist, colleague, couple
):
    browser, page = signed_in(colleague), reverse("couple", args=[couple.pk])
    assert browser.get(page).status_code == 404
    answer = browser.post(reverse("emergency"), said(couple))
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert browser.get(page).status_code == 200
    with acting_as(colleague):
        assert [one.pk for one in Couple.objects.all()] == [couple.pk]


def test_b53_it_ends_by_itself_and_no_row_lasts_longer_than_a_day(practice, owner, colleague, couple):
    access = opened(couple, colleague)
    browser, page = signed_in(colleague), reverse("couple", args=[couple.pk])
    assert browser.get(page).status_code == 200
    with inside(practice):
        EmergencyAccess.objects.filter(pk=access.pk).update(until=timezone.now())
    assert browser.get(page).status_code == 404
    with inside(practice), pytest.raises(IntegrityError), transaction.atomic():
        EmergencyAccess.objects.filter(pk=access.pk).update(until=timezone.now() + datetime.timedelta(hours=25))


@pytest.mark.parametrize("wrong", [{"why": "urgent"}, {"hours": "100"}, {"other": "Nobody"}, {"why": ""}, {"one": ""}])
def test_b53_without_a_reason_an_end_or_both_names_nothing_opens(practice, owner, colleague, couple, wrong):
    answer = signed_in(colleague).post(reverse("emergency"), said(couple, **wrong))
    assert answer.status_code == 422
    with inside(practice):
        assert not EmergencyAccess.objects.exists()


def test_b53_the_therapist_and_the_owner_are_told_at_once_by_mail_and_on_their_desk(
    practice, owner, therapist, colleague, couple
):
    access = opened(couple, colleague)
    with inside(practice):
        letters = list(Message.objects.filter(kind=emergencies.KIND))
        assert {one.person_id for one in letters} == {therapist.pk, owner.pk}
        for one in letters:
            words = outbox.handler_of(one.kind).compose(one)
            assert outbox.handler_of(one.kind).wanted(one) == ""
            assert not {"Theo", "Mara", "bridge"} & set(words.text.split())
            assert one.due_at <= timezone.now()
    for member in (therapist, owner):
        browser = signed_in(member)
        assert b"Somebody opened a couple in an emergency" in browser.get(reverse("desk")).content
        assert WHY.encode() in browser.get(reverse("emergency")).content
    assert access.is_running


def test_b53_a_banner_stands_on_every_page_while_it_lasts(practice, owner, colleague, couple):
    browser = signed_in(colleague)
    access = opened(couple, colleague)
    for name in ("desk", "library", "emergency"):
        assert b"Open in an emergency" in browser.get(reverse(name)).content
    browser.post(reverse("emergency_end", args=[access.pk]))
    assert b"Open in an emergency" not in browser.get(reverse("library")).content
    assert browser.get(reverse("couple", args=[couple.pk])).status_code == 404


def test_b53_it_leaves_a_loud_trail_without_the_reason(practice, owner, colleague, couple):
    browser = signed_in(colleague)
    browser.post(reverse("emergency"), said(couple))
    browser.get(reverse("couple", args=[couple.pk]))
    with inside(practice):
        lines = list(AuditEvent.objects.filter(user_id=colleague.user_id))
        assert {"opened in an emergency", "opened"} <= {one.act for one in lines}
        assert "clients_emergencyaccess" in {one.subject for one in AuditEvent.objects.all()}
        assert "bridge" not in str([one.changes for one in AuditEvent.objects.all()])


def test_b53_whoever_tries_names_leaves_a_trail(practice, owner, colleague, couple):
    signed_in(colleague).post(reverse("emergency"), said(couple, other="Nobody Here"))
    with inside(practice):
        (line,) = AuditEvent.objects.filter(user_id=colleague.user_id, act="looked in vain in an emergency")
        assert (line.couple_id, line.client_id) == (None, None)
        assert "Nobody" not in str(line.changes)
    assert b"who is not here" in signed_in(owner).get(reverse("practice_trail")).content


def test_b53_one_of_those_who_were_told_looks_at_it_afterwards_and_never_who_opened_it(
    practice, owner, therapist, colleague, couple
):
    access = opened(couple, colleague)
    url = reverse("emergency_review", args=[access.pk])
    assert signed_in(colleague).post(url, {"finding": "All was well."}).status_code == 404
    with inside(practice), pytest.raises(IntegrityError), transaction.atomic():
        EmergencyAccess.objects.filter(pk=access.pk).update(reviewed_by=colleague, reviewed_at=timezone.now())
    assert signed_in(therapist).post(url, {"finding": "He was right to look."}).status_code == 302
    with inside(practice):
        row = EmergencyAccess.objects.get()
        assert (row.reviewed_by_id, row.finding) == (therapist.pk, "He was right to look.")
        assert emergencies.to_review(owner) == []
    for member in (owner, therapist):
        assert b"He was right to look." in signed_in(member).get(reverse("emergency")).content
    assert b"He was right" not in signed_in(colleague).get(reverse("emergency")).content


def test_b53_nobody_opens_by_writing_the_row_themselves(practice, owner, colleague, couple):
    from django.db import DatabaseError

    for member in (owner, colleague):
        with acting_as(member), pytest.raises(DatabaseError), transaction.atomic():
            EmergencyAccess.objects.create(membership=member, couple=couple, why=WHY)


def test_b53_the_office_and_clients_cannot_open_anything(practice, coordinator, couple):
    assert signed_in(coordinator).get(reverse("emergency")).status_code == 404
    assert signed_in(couple.clients[0]).get(reverse("emergency")).status_code == 404
    with acting_as(coordinator), pytest.raises(emergencies.NotAllowed):
        emergencies.open_up(couple, by=coordinator, why=WHY, hours=1)


def test_b53_of_another_practice_nothing_can_be_opened(practice, neighbour, couple):
    stranger = make_member(neighbour, "owner")
    assert signed_in(stranger).post(reverse("emergency"), said(couple)).status_code == 422


def test_psychotherapy_notes_are_opened_by_a_supervisor_alone(practice, owner, therapist, colleague, couple):
    with acting_as(colleague), pytest.raises(emergencies.NotAllowed):
        emergencies.open_up(couple, by=colleague, why=WHY, hours=1, what="notes")
    supervisor = make_member(practice, "supervisor", "Sue Visor")
    with acting_as(owner), pytest.raises(emergencies.NotAllowed):
        emergencies.open_up(couple, by=owner, why=WHY, hours=1, what="notes")
    opened(couple, supervisor, what="notes")
