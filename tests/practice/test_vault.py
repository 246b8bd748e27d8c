"""Sealed text: unreadable in the database, bound to its place, gone with its key."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.models import Clearance, Couple
from practice import tenancy, vault
from practice.models import DataKey
from tests.factories import inside

pytestmark = pytest.mark.django_db

CANARY = "She said the thing about the lighthouse."


@pytest.fixture
def clearance(practice, couple, therapist) -> Clearance:
    with inside(practice):
        return Clearance.objects.create(couple=couple, recorded_by=therapist, note=CANARY)


def stored(clearance: Clearance) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT note FROM clients_clearance WHERE id = %s", [clearance.pk])
        return bytes(cursor.fetchone()[0])


def test_text_comes_back_as_it_was_written(practice, clearance):
    with inside(practice):
        assert Clearance.objects.get(pk=clearance.pk).note == CANARY


def test_the_database_never_holds_the_words(practice, clearance):
    with inside(practice):
        blob = stored(clearance)
    assert CANARY.encode() not in blob
    assert b"lighthouse" not in blob


def test_empty_text_stays_empty_and_makes_no_key(practice, couple, therapist):
    with inside(practice):
        clearance = Clearance.objects.create(couple=couple, recorded_by=therapist)
        assert stored(clearance) == b""
        assert Clearance.objects.get(pk=clearance.pk).note == ""
        assert not DataKey.objects.exists()


def test_b110_a_text_moved_to_another_row_does_not_open(practice, clearance, couple, therapist):
    with inside(practice):
        other = Clearance.objects.create(couple=couple, recorded_by=therapist, note="something else")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE clients_clearance SET note = %s WHERE id = %s", [stored(clearance), other.pk])
        with pytest.raises(vault.SealBroken):
            _ = Clearance.objects.get(pk=other.pk).note


@given(position=st.integers(min_value=0, max_value=200), bit=st.integers(min_value=0, max_value=7))
@settings(max_examples=60, deadline=None)
def test_b110_one_changed_bit_anywhere_is_noticed(django_db_blocker, position, bit):
    practice_id, key_id = uuid.UUID(int=1), uuid.UUID(int=2)
    at_hand(vault.Key(key_id, practice_id, None, "", b"k" * 32))
    vault._keys._newest[practice_id, None, ""] = (float("inf"), key_id)
    blob = vault.seal(CANARY.encode(), client_id=None, practice_id=practice_id, place="t.c.1", lane="private")
    at = position % len(blob)
    broken = blob[:at] + bytes([blob[at] ^ (1 << bit)]) + blob[at + 1 :]
    if 1 <= at < 17:
        at_hand(vault.Key(uuid.UUID(bytes=broken[1:17]), practice_id, None, "", b"x" * 32))
    with pytest.raises(vault.SealBroken):
        vault.unseal(broken, client_id=None, practice_id=practice_id, place="t.c.1", lane="private")


@given(length=st.integers(min_value=0, max_value=100))
@settings(max_examples=30, deadline=None)
def test_b110_a_text_cut_short_does_not_open(django_db_blocker, length):
    practice_id, key_id = uuid.UUID(int=1), uuid.UUID(int=2)
    at_hand(vault.Key(key_id, practice_id, None, "", b"k" * 32))
    vault._keys._newest[practice_id, None, ""] = (float("inf"), key_id)
    blob = vault.seal(CANARY.encode(), client_id=None, practice_id=practice_id, place="t.c.1")
    with pytest.raises(vault.SealBroken):
        vault.unseal(blob[: min(length, len(blob) - 1)], client_id=None, practice_id=practice_id, place="t.c.1")


def at_hand(key: vault.Key) -> None:
    vault._keys._opened[key.id] = (float("inf"), key)


def test_sealed_text_can_not_be_written_past_its_row(practice, clearance):
    with inside(practice), pytest.raises(TypeError, match="sealed"):
        Clearance.objects.filter(pk=clearance.pk).update(note="plain")


def test_saving_a_row_that_was_only_read_keeps_its_text(practice, clearance):
    with inside(practice):
        row = Clearance.objects.get(pk=clearance.pk)
        row.save()
        assert Clearance.objects.get(pk=clearance.pk).note == CANARY


def test_a_text_not_fetched_is_fetched_when_looked_at(practice, clearance):
    with inside(practice):
        assert Clearance.objects.defer("note").get(pk=clearance.pk).note == CANARY


def test_the_audit_trail_says_that_a_text_changed_and_not_what_it_says(practice, clearance):
    from practice.models import AuditEvent

    with inside(practice):
        event = AuditEvent.objects.get(subject="clients_clearance")
        assert event.changes["note"] == "(not kept)"
        assert "lighthouse" not in str(event.changes)


def test_secrets_of_sign_in_are_sealed_and_do_not_open_when_altered():
    sealed = vault.seal_for_installation("JBSWY3DP", "mfa")
    assert "JBSWY3DP" not in sealed
    assert vault.unseal_for_installation(sealed, "mfa") == "JBSWY3DP"
    with pytest.raises(vault.SealBroken):
        vault.unseal_for_installation(sealed, "elsewhere")


def test_couples_are_named_without_a_key(practice, couple):
    with inside(practice):
        assert str(Couple.objects.with_partners().get()) == "Mara & Theo"
        assert tenancy.current_practice_id() == practice.pk
