"""Staff notes: a therapist's own, apart from the record. No client page, report or export ever reads them."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet
from django.http import Http404

from clients.models import Couple
from exercises.models import StaffNote
from practice.models import Membership

LONGEST = 20_000


class Overtaken(Exception):
    """Somebody saved the note meanwhile. ``current`` is what they wrote; nothing was overwritten."""

    def __init__(self, current: StaffNote) -> None:
        super().__init__("the note was saved meanwhile")
        self.current = current


def notes_of(couple: Couple | uuid.UUID) -> QuerySet[StaffNote]:
    """Return a couple's notes, the newest first."""
    return StaffNote.objects.filter(couple=couple).select_related("author").order_by("-written_at", "-pk")


def note_or_404(couple: Couple, note_id: object) -> StaffNote:
    note = notes_of(couple).filter(pk=note_id).first()
    if note is None:
        raise Http404
    return note


def write(couple: Couple, by: Membership, text: str, *, for_session: bool = False) -> StaffNote:
    """Begin a note."""
    return StaffNote.objects.create(couple=couple, author=by, text=text, for_session=for_session, version=1)


def change(note: StaffNote, text: str, *, version: int, for_session: bool) -> StaffNote:
    """Save a note that was read as ``version``; raise :class:`Overtaken` when there is a newer one."""
    current = StaffNote.objects.select_for_update(of=("self",)).select_related("author").get(pk=note.pk)
    if current.version != version:
        if current.text == text and current.for_session == for_session:
            return current  # the same button, pressed twice
        raise Overtaken(current)
    current.text, current.for_session, current.version = text, for_session, version + 1
    current.save(update_fields=["text", "for_session", "version", "changed_at"])
    return current


def mark_for_session(note: StaffNote, for_session: bool) -> None:
    """Bring a note to the next session, or leave it out. Its text and version stay as they are."""
    StaffNote.objects.filter(pk=note.pk).update(for_session=for_session)
