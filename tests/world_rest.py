"""Rows of the tables that nobody in the world has filled: the matrix of tables and roles needs one of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from clients.models import AddressProof, Contact, Erasure, ErasureRequest, KeptLonger, LegalHold, Pin, PortalVisit
from exercises.models import (
    Draw,
    Exercise,
    Manuscript,
    QuestionnaireFile,
    ReminderStop,
    Shelf,
    ShelfEntry,
    Sitting,
)
from practice import sealing
from practice.models import Archive, ArchivePiece
from reports.models import Release, Score, SetAside, Showing
from tests.databases import nobody_else_writing
from tests.factories import inside

if TYPE_CHECKING:
    from tests.world import House


def fill(house: House) -> None:
    """One row of each, about Mara where it is about somebody."""
    now, mara, couple = timezone.now(), house["mara"], house.couple
    given, edition = house.given["shared"], house.things["open"]
    both = [client.pk for client in couple.clients]
    of_mara: dict[str, Any] = {"couple": couple, "client": mara}
    by = house["therapist"]
    with inside(house.practice):
        exercise = Exercise.objects.get(pk=edition.exercise_id)
        contact = Contact.objects.get(client=mara)
        contact.call_when, contact.call_as = house.word("callwhen"), house.word("callas")
        contact.save()
        AddressProof.objects.create(client=mara, channel="sms", address="+447911123456", code_hash="0" * 64)
        PortalVisit.objects.create(client=mara)
        archive = Archive.objects.create(kind=Archive.Kind.OWN_COPY, user_id=mara.user_id, person_id=mara.pk)
        piece = ArchivePiece(practice=house.practice, archive=archive, number=0)
        piece.seal(b"a copy", mara.pk)
        piece.save()
        Pin.objects.create(client=mara, hashed="!")
        QuestionnaireFile.objects.create(exercise=exercise, edition=edition, text="{}", sha256="0" * 64, imported_by=by)
        Manuscript.objects.create(exercise=exercise, saved_by=by)
        shelf = Shelf.objects.create(membership=by, kind="favourites")
        ShelfEntry.objects.create(shelf=shelf, exercise=exercise)
        Sitting.objects.create(couple=couple, assignment=given, slot="s", audience=both, turn_of=mara, started_by=mara)
        Draw.objects.create(couple=couple, assignment=given, audience=both, card=1)
        ReminderStop.objects.create(**of_mara, assignment=given, ended_by=by)
        Score.objects.create(
            **of_mara, response=house.things["told:mara"], series="zq", questions="", value=3, at=now, lane="private"
        )
        SetAside.objects.create(**of_mara, rule="zq", set_by=by, seen_until=now, note=house.word("asidenote"))
        Release.objects.create(**of_mara, series="phq9", released_at=now, released_by=by, withdrawn_by=by)
        LegalHold.objects.create(client=mara, why=house.word("holdwhy"), set_by=by, lifted_at=now, lifted_by=by)
        ErasureRequest.objects.create(client=mara, noted_by=by, answer="kept", answered_at=now, answered_by=by)
        KeptLonger.objects.create(client=mara, why=house.word("keptwhy"), until=now, decided_by=by)
        Erasure.objects.create(
            client=mara, extent="own", ground="request", asked_by=by, confirmed_by=by, country="GB", years=7
        )
        Showing.objects.create(**of_mara, series="phq9", shows=True, said_at=now)
    with nobody_else_writing():
        sealing.seal_all()
