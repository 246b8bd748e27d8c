"""Staff notes and the list for the session: no client ever meets them, and no colleague overwrites another."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, transaction

from exercises import notes
from exercises.models import AgendaItem, StaffNote
from tests.exercises.given import as_attune
from tests.factories import acting_as, signed_in, takes_part
from tests.pages import same_answer

pytestmark = pytest.mark.django_db


def desk(couple) -> str:
    return f"/desk/couples/{couple.pk}/"


def test_no_client_can_read_a_note_or_a_line_for_the_session(couple, therapist, mara):
    browser, hers = signed_in(therapist), signed_in(mara)
    paths = ("/today/", "/together/", "/talk/", "/goals/", "/you/")
    before = {path: hers.get(path) for path in paths}
    browser.post(f"{desk(couple)}notes/", {"text": "marzipan", "for_session": "on"})
    browser.post(f"{desk(couple)}agenda/", {"agenda-words": "marzipan too"})
    browser.post(f"{desk(couple)}private/{mara.pk}/agenda/", {"agenda-words": "and alone"})
    assert all(same_answer(before[path], hers.get(path)) for path in paths)
    for model in (StaffNote, AgendaItem):
        with acting_as(mara), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            model.objects.count()
    with as_attune(couple):
        assert (StaffNote.objects.count(), AgendaItem.objects.count()) == (1, 2)


def test_a_note_is_sealed_in_the_table(couple, therapist):
    from django.db import connection

    with acting_as(therapist):
        notes.write(couple, therapist, "marzipan")
        with connection.cursor() as cursor:
            cursor.execute("SELECT t::text FROM exercises_staffnote t")
            assert "marzipan" not in str(cursor.fetchall())


def test_two_who_change_a_note_keep_both_texts(couple, therapist, owner):
    takes_part(couple, owner)
    with acting_as(therapist):
        note = notes.write(couple, therapist, "As it was")
    path = f"{desk(couple)}notes/{note.pk}/"
    signed_in(owner).post(path, {"text": "As the owner wrote it", "version": "1"})
    answer = signed_in(therapist).post(path, {"text": "As I wrote it", "version": "1"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "As the owner wrote it" in page
    assert "As I wrote it" in page
    assert 'name="version" value="2"' in page
    with as_attune(couple):
        assert StaffNote.objects.get().text == "As the owner wrote it"
    assert signed_in(therapist).post(path, {"text": "Both of it", "version": "2"}).status_code == 302


def test_the_same_save_pressed_twice_is_one_save(couple, therapist):
    with acting_as(therapist):
        note = notes.write(couple, therapist, "As it was")
    browser = signed_in(therapist)
    for _again in range(2):
        answer = browser.post(f"{desk(couple)}notes/{note.pk}/", {"text": "New", "version": "1"})
        assert answer.status_code == 302
    with as_attune(couple):
        assert StaffNote.objects.get().version == 2


def test_a_note_is_brought_to_the_session_by_one_press(couple, therapist):
    with acting_as(therapist):
        note = notes.write(couple, therapist, "Go slowly")
    browser = signed_in(therapist)
    browser.post(f"{desk(couple)}notes/{note.pk}/bring/", {"bring": "1"})
    assert "Go slowly" in browser.get(f"{desk(couple)}sheet/").content.decode()
    browser.post(f"{desk(couple)}notes/{note.pk}/bring/")
    assert "Go slowly" not in browser.get(f"{desk(couple)}sheet/").content.decode()


def test_an_empty_note_is_handed_back_kindly(couple, therapist):
    answer = signed_in(therapist).post(f"{desk(couple)}notes/", {"text": "   "})
    assert answer.status_code == 422
    assert "Please write something first" in answer.content.decode()


def test_another_caseload_and_the_office_find_nothing(couple, therapist, colleague, coordinator):
    with acting_as(therapist):
        note = notes.write(couple, therapist, "Go slowly")
    for who in (colleague, coordinator):
        browser = signed_in(who)
        for path in (f"{desk(couple)}notes/", f"{desk(couple)}notes/{note.pk}/", f"{desk(couple)}sheet/"):
            assert browser.get(path).status_code == 404
