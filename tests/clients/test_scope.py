"""Whose words staff read: asked with one text, written once, for whoever asks."""

from __future__ import annotations

import uuid

import pytest

from clients import scope
from practice import roles, tenancy
from practice.tenancy import Asker
from tests.factories import asker_for, make_couple, make_member, make_practice


@pytest.fixture(autouse=True)
def _unwritten(monkeypatch) -> None:
    monkeypatch.setattr(scope, "_written", {})


def test_the_text_is_the_same_whoever_asks_first_and_holds_nobody(therapist, couple, neighbour):
    far = make_member(neighbour, name="Far")
    theirs = make_couple(neighbour, ("Xe", "Ya"), therapist=far)
    assert asker_for(therapist).couples == [couple.pk]
    written = dict(scope._written)
    assert asker_for(far).couples == [theirs.pk]
    scope._written.clear()
    assert asker_for(far).couples == [theirs.pk]
    assert scope._written == written
    assert not any(isinstance(one, uuid.UUID) for one in written["grants"][1])


def test_nobodys_caseload_is_empty_and_spoils_nothing_for_others(therapist, couple, practice):
    nobody = Asker(role=roles.THERAPIST, practice_id=practice.pk)
    assert tenancy.scoped(nobody).couples == []
    assert asker_for(therapist).couples == [couple.pk]


def test_a_user_of_two_practices_sees_the_couples_of_the_one_they_are_in(therapist, couple):
    other = make_practice("Second Rooms")
    with tenancy.acting(tenancy.as_system(other.pk)):
        from practice.models import Membership

        there = Membership.objects.create(user_id=therapist.user_id, role="therapist", name="Ines elsewhere")
    away = make_couple(other, ("Xe", "Ya"), therapist=there)
    assert asker_for(therapist).couples == [couple.pk]
    assert asker_for(there).couples == [away.pk]
