"""Psychotherapy notes: what a therapist keeps for themselves. Nothing but their own page reads them.

Not the record, not the notes of the team: no report, search, session sheet or export knows this module, which
``tests/exercises/test_psychotherapy_notes.py`` holds. Somebody else reads them only as a supervisor in an emergency.
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from clients.models import Couple
from exercises.models import PsychotherapyNote
from practice.models import Membership

LONGEST = 20_000


class Overtaken(Exception):
    """It was saved meanwhile in another window. ``current`` is that text; nothing was overwritten."""

    def __init__(self, current: PsychotherapyNote) -> None:
        super().__init__("the note was saved meanwhile")
        self.current = current


def readable(couple: Couple) -> QuerySet[PsychotherapyNote]:
    """Return what the walls let through: one's own, or in an emergency those of others; the newest first."""
    rows = PsychotherapyNote.objects.filter(couple=couple).select_related("author")
    return rows.order_by("-written_at", "-pk")


def write(couple: Couple, by: Membership, text: str) -> PsychotherapyNote:
    """Keep a new note of ``by`` on a couple."""
    return PsychotherapyNote.objects.create(couple=couple, author=by, kept_by=by.user_id, text=text)


def own_or_404(couple: Couple, note_id: object, by: Membership) -> PsychotherapyNote:
    """Return one's own note; somebody else's is read, and never changed."""
    note = readable(couple).filter(pk=note_id, author=by).first()
    if note is None:
        raise Http404
    return note


def change(note: PsychotherapyNote, text: str, *, version: int) -> PsychotherapyNote:
    """Save a note that was read as ``version``; raise :class:`Overtaken` when there is a newer one."""
    held = PsychotherapyNote.objects.select_for_update(of=("self",)).get(pk=note.pk)
    if held.version != version and held.text != text:
        raise Overtaken(held)
    if held.text != text:
        held.text, held.version = text, held.version + 1
        held.save(update_fields=["text", "version", "changed_at"])
    return held


def throw_away(note: PsychotherapyNote) -> None:
    """Its author may: it is no part of the record."""
    PsychotherapyNote.objects.filter(pk=note.pk).delete()
