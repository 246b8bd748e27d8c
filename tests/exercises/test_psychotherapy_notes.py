"""Psychotherapy notes: their author's alone, on every surface."""

from __future__ import annotations

import pathlib

import pytest
from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from clients import emergencies
from exercises import psychotherapy_notes as own_notes
from exercises.models import PsychotherapyNote
from practice.models import AuditEvent, DataKey
from tests.factories import acting_as, inside, make_member, signed_in, takes_part

pytestmark = pytest.mark.django_db
WORDS = "She reminds me of marzipan."
WHY = "The therapist died and a court asks by tonight."


@pytest.fixture
def note(couple, therapist) -> PsychotherapyNote:
    with acting_as(therapist):
        return own_notes.write(couple, therapist, WORDS)


def page(couple):
    return reverse("psychotherapy_notes", args=[couple.pk])


def test_b16_only_the_author_reads_them_and_no_other_therapist_of_the_couple(
    practice, couple, therapist, owner, colleague, coordinator, note
):
    takes_part(couple, owner)
    takes_part(couple, colleague)
    assert WORDS in signed_in(therapist).get(page(couple)).content.decode()
    for member in (owner, colleague, make_member(practice, "supervisor", "Sue Visor")):
        assert WORDS not in signed_in(member).get(page(couple)).content.decode()
        with acting_as(member):
            assert not PsychotherapyNote.objects.exists()
            assert PsychotherapyNote.objects.filter(pk=note.pk).update(version=9) == 0
        url = reverse("psychotherapy_note", args=[couple.pk, note.pk])
        assert signed_in(member).get(url).status_code == 404
    for who in (coordinator, couple.clients[0]):
        assert signed_in(who).get(page(couple)).status_code == 404


@pytest.mark.parametrize("path", ["", "{note}/"])
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_b123_that_somebody_opened_them_is_on_record_and_stays_with_the_practice(
    path, headers, practice, couple, therapist, note
):
    address = f"{page(couple)}{path.format(note=note.pk)}"
    assert WORDS in signed_in(therapist).get(address, headers=headers).content.decode()
    with inside(practice):
        lines = AuditEvent.objects.filter(act="opened", couple_id=couple.pk)
        assert [one.lane for one in lines] == ["staff"]


def test_nobody_writes_one_in_somebody_elses_name(couple, therapist, owner):
    from django.db import DatabaseError, transaction

    takes_part(couple, owner)
    with acting_as(owner), pytest.raises(DatabaseError), transaction.atomic():
        PsychotherapyNote.objects.create(couple=couple, author=therapist, kept_by=therapist.user_id, text="x")


def test_they_have_a_key_of_their_own(practice, couple, therapist, note):
    from exercises import notes

    with acting_as(therapist):
        notes.write(couple, therapist, "The team's.")
    with inside(practice):
        assert {"", "psychotherapy"} <= set(DataKey.objects.values_list("purpose", flat=True))
        with connection.cursor() as cursor:
            cursor.execute("SELECT t::text FROM exercises_psychotherapynote t")
            assert "marzipan" not in str(cursor.fetchall())


def test_b53_a_supervisor_opens_them_with_a_reason_of_their_own_and_only_for_that_time(
    practice, couple, therapist, owner, note
):
    supervisor = make_member(practice, "supervisor", "Sue Visor")
    with acting_as(supervisor):
        record = emergencies.open_up(couple, by=supervisor, why=WHY, hours=1)
    assert WORDS not in signed_in(supervisor).get(page(couple)).content.decode(), "the record is not the notes"
    with acting_as(supervisor):
        emergencies.open_up(couple, by=supervisor, why=WHY, hours=1, what="notes")
    assert WORDS in signed_in(supervisor).get(page(couple)).content.decode()
    with acting_as(supervisor):
        assert PsychotherapyNote.objects.filter(pk=note.pk).update(version=9) == 0, "read, never changed"
    with inside(practice):
        type(record).objects.filter(what="notes").update(until=timezone.now())
    assert WORDS not in signed_in(supervisor).get(page(couple)).content.decode()


#: All that may know the model: its own module, pages, wall and declaration. Reports, search, sheets and exports do not.
MAY_KNOW = {
    "exercises/models/review.py",
    "exercises/models/__init__.py",
    "exercises/psychotherapy_notes.py",
    "exercises/views/desk_psychotherapy.py",
    "exercises/review_forms.py",
    "exercises/records.py",
    "exercises/trail_words.py",
}


def test_no_report_no_search_and_no_export_knows_them():
    root = pathlib.Path(settings.BASE_DIR)
    knowing = {
        str(path.relative_to(root))
        for app in ("practice", "clients", "exercises", "reports")
        for path in (root / app).rglob("*.py")
        if "migrations" not in path.parts
        and any(word in path.read_text() for word in ("PsychotherapyNote", "psychotherapy_notes", "psychotherapynote"))
    }
    assert knowing - {"exercises/review_urls.py"} <= MAY_KNOW


def test_what_was_saved_in_another_window_is_not_overwritten_and_it_can_be_thrown_away(couple, therapist, note):
    browser, url = signed_in(therapist), reverse("psychotherapy_note", args=[couple.pk, note.pk])
    assert browser.post(url, {"text": "First", "version": "1"}).status_code == 302
    late = browser.post(url, {"text": "Second", "version": "1"})
    assert late.status_code == 409
    assert "First" in late.content.decode()
    assert "Second" in late.content.decode()
    assert browser.post(reverse("psychotherapy_note_away", args=[couple.pk, note.pk])).status_code == 302
    with acting_as(therapist):
        assert not PsychotherapyNote.objects.exists()


def test_after_handing_over_the_colleague_gets_the_record_and_not_these(practice, couple, therapist, owner, note):
    from practice import team

    with inside(practice):
        team.leave(therapist, to=owner)
    shown = signed_in(owner).get(page(couple))
    assert shown.status_code == 200
    assert WORDS not in shown.content.decode()
