"""A therapist's psychotherapy notes on a couple: read by their author, and by nobody else but in an emergency."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from exercises import psychotherapy_notes as own_notes
from exercises.access import couple_or_404
from exercises.review_forms import PsychotherapyNoteForm
from exercises.views.desk_couple import around
from practice import audit, tenancy
from practice.access import PracticeRequest, for_clinicians, read_or_send

A_PAGE = 50


@read_or_send
@for_clinicians
def psychotherapy_notes(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """One's own notes on a couple, and a box for a new one."""
    couple = couple_or_404(couple_id)
    form = PsychotherapyNoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        own_notes.write(couple, request.membership, form.cleaned_data["text"])
        return redirect("psychotherapy_notes", couple.pk)
    asker = tenancy.current()
    context = {
        **around(request, couple),
        "notes": list(own_notes.readable(couple)[:A_PAGE]),
        "form": form,
        "opened": bool(asker and couple.pk in asker.notes),
    }
    audit.looked("opened", "exercises_psychotherapynote", couple.pk, couple_id=couple.pk, lane=audit.STAFF)
    return render(request, "exercises/desk/psychotherapy_notes.html", context, status=422 if form.errors else 200)


@read_or_send
@for_clinicians
def psychotherapy_note(request: PracticeRequest, couple_id: uuid.UUID, note_id: uuid.UUID) -> HttpResponse:
    """One of one's own, to change. What was saved in another window stands beside what is typed here."""
    couple = couple_or_404(couple_id)
    note = own_notes.own_or_404(couple, note_id, request.membership)
    initial = {"text": note.text, "version": note.version}
    form = PsychotherapyNoteForm(request.POST if request.method == "POST" else None, initial=initial)
    theirs = None
    if request.method == "POST" and form.is_valid():
        try:
            own_notes.change(note, form.cleaned_data["text"], version=form.cleaned_data["version"] or 0)
        except own_notes.Overtaken as meanwhile:
            theirs = meanwhile.current
            form = PsychotherapyNoteForm(initial={**form.cleaned_data, "version": theirs.version})
        else:
            return redirect("psychotherapy_notes", couple.pk)
    context = {**around(request, couple), "note": note, "form": form, "theirs": theirs}
    status = 409 if theirs else 422 if form.errors else 200
    return render(request, "exercises/desk/psychotherapy_note.html", context, status=status)


@require_POST
@for_clinicians
def psychotherapy_note_away(request: PracticeRequest, couple_id: uuid.UUID, note_id: uuid.UUID) -> HttpResponse:
    """Throw one of one's own away."""
    couple = couple_or_404(couple_id)
    own_notes.throw_away(own_notes.own_or_404(couple, note_id, request.membership))
    return redirect("psychotherapy_notes", couple.pk)
