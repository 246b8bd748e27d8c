"""Pictures, voice notes and files: sealed, read by whom their lane names, and nobody else."""

from __future__ import annotations

import datetime
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from exercises import answering, attachments
from exercises.models import Attachment, Occurrence
from practice import tenancy
from practice.bare import Unkeepable
from tests.exercises.given import NEAR, as_attune, give
from tests.factories import acting_as, signed_in
from tests.world_kept import a_picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("a_minute_ago")]


def add(author, occurrence, words: str = "") -> Attachment:
    with acting_as(author):
        return attachments.add_to_draft(Occurrence.objects.get(pk=occurrence.pk), author, a_picture(), words)


def send(author, occurrence) -> None:
    with acting_as(author):
        answering.submit(Occurrence.objects.get(pk=occurrence.pk), author=author, raw=NEAR)


def readable(who, one: Attachment) -> bool:
    with acting_as(who):
        return Attachment.objects.filter(pk=one.pk).exists()


def test_a_file_with_a_draft_is_its_authors_alone_until_it_is_sent(couple, therapist, mara, theo):
    occurrence = give(couple, therapist, "shared")[0]
    one = add(mara, occurrence)
    assert not readable(theo, one)
    assert not readable(therapist, one)
    send(mara, occurrence)
    assert readable(theo, one)
    assert readable(therapist, one)


def test_b81_a_private_file_stays_with_the_therapist(couple, therapist, mara, theo, colleague):
    occurrence = give(couple, therapist, "private", to=[mara])[0]
    one = add(mara, occurrence)
    send(mara, occurrence)
    assert readable(therapist, one)
    assert not readable(theo, one)
    assert not readable(colleague, one)
    assert signed_in(theo).get(f"/files/{one.pk}/").status_code == 404
    assert signed_in(colleague).get(f"/desk/couples/{couple.pk}/files/{one.pk}/").status_code == 404


def test_a_sealed_file_opens_with_its_answer_and_for_those_who_sent(couple, therapist, mara, theo):
    later = timezone.now() + datetime.timedelta(hours=1)
    hers, his = give(couple, therapist, "reveal", reveals_at=later)
    one = add(mara, hers)
    send(mara, hers)
    assert not readable(theo, one)
    send(theo, his)
    assert not readable(theo, one), "sealed until the moment"
    with as_attune(couple):
        from exercises import lanes

        lanes.set_reveal([hers.pk, his.pk], timezone.now() - datetime.timedelta(seconds=1), timezone.now())
    assert readable(theo, one)


def test_the_database_holds_no_readable_byte_of_it(couple, therapist, mara):
    one = add(mara, give(couple, therapist, "shared")[0])
    with acting_as(mara):
        plain = attachments.content(Attachment.objects.get(pk=one.pk))
    assert plain.startswith(b"\x89PNG")
    with tenancy.acting(tenancy.as_system(couple.practice_id)), connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM exercises_attachment WHERE id = %s", [one.pk])
        stored = bytes(cursor.fetchone()[0])
    assert plain[16:60] not in stored
    assert b"PNG" not in stored


def test_b80_a_file_is_handed_out_with_strict_headers_and_in_parts(couple, therapist, mara):
    one = add(mara, give(couple, therapist, "shared")[0])
    browser = signed_in(mara)
    whole = browser.get(f"/files/{one.pk}/")
    assert whole["Content-Type"] == "image/png"
    assert whole["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in whole["Cache-Control"]
    part = browser.get(f"/files/{one.pk}/", headers={"range": "bytes=0-7"})
    assert (part.status_code, part.content) == (206, whole.content[:8])
    assert part["Content-Range"] == f"bytes 0-7/{len(whole.content)}"
    odd = browser.get(f"/files/{one.pk}/", headers={"range": "bytes=9-2,x"})
    assert odd.status_code == 200


def test_a_therapists_file_is_for_those_the_assignment_is_for(couple, therapist, mara, theo):
    private = give(couple, therapist, "private", to=[mara])[0]
    with acting_as(therapist):
        one = attachments.add_to_assignment(private.assignment, therapist, a_picture())
    assert readable(mara, one)
    assert not readable(theo, one)


def test_b82_four_files_fit_and_the_fifth_is_refused_kindly(couple, therapist, mara):
    occurrence = give(couple, therapist, "shared")[0]
    kept = [add(mara, occurrence, words) for words in ("one", "two", "three", "four")]
    with pytest.raises(Unkeepable, match="room for 4"):
        add(mara, occurrence, "five")
    assert add(mara, occurrence, "four") == kept[-1], "sent again, it is the one that is there"


def test_it_is_added_and_taken_away_in_the_portal(couple, therapist, mara):
    occurrence = give(couple, therapist, "shared")[0]
    browser = signed_in(mara)
    answer = browser.post(f"/do/{occurrence.pk}/files/", {"file": a_picture()}, follow=True)
    assert "Added." in answer.content.decode()
    with acting_as(mara):
        one = Attachment.objects.get()
    assert f"/files/{one.pk}/" in browser.get(f"/do/{occurrence.pk}/check/").content.decode()
    browser.post(f"/files/{one.pk}/take-away/")
    with acting_as(mara):
        assert not Attachment.objects.exists()


def test_b78_what_is_no_picture_is_refused_with_a_kind_word(couple, therapist, mara):
    occurrence = give(couple, therapist, "shared")[0]
    bad = SimpleUploadedFile("virus.png", b"MZ nothing of the kind", "image/png")
    answer = signed_in(mara).post(f"/do/{occurrence.pk}/files/", {"file": bad}, follow=True)
    assert "be kept" in answer.content.decode()
    with acting_as(mara):
        assert not Attachment.objects.exists()


def test_after_sending_it_is_not_taken_away_any_more(couple, therapist, mara):
    occurrence = give(couple, therapist, "shared")[0]
    one = add(mara, occurrence)
    send(mara, occurrence)
    assert signed_in(mara).post(f"/files/{one.pk}/take-away/").status_code == 404
    assert signed_in(mara).post(f"/files/{uuid.uuid4()}/take-away/").status_code == 404
