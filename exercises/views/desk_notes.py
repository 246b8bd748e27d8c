"""Staff notes and the list for the next session. Nothing here is ever shown to a client."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from exercises import agenda, notes
from exercises.access import couple_or_404, partner_or_404
from exercises.models import AgendaItem
from exercises.review_forms import AgendaForm, NoteForm
from exercises.views.desk_couple import around
from practice import audit
from practice.access import PracticeRequest, for_clinicians, read_or_send

A_PAGE = 50


@read_or_send
@for_clinicians
def notes_of_couple(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """The notes on a couple, and a box for a new one."""
    couple = couple_or_404(couple_id)
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        notes.write(couple, request.membership, form.cleaned_data["text"], for_session=form.cleaned_data["for_session"])
        return redirect("notes_of_couple", couple.pk)
    audit.looked("opened", "exercises_staffnote", couple.pk, couple_id=couple.pk, lane=audit.STAFF)
    context = {
        **around(request, couple),
        "notes": list(notes.notes_of(couple)[:A_PAGE]),
        "form": form,
        "agenda": [one for one in agenda.waiting(couple) if not one.apart],
        "agenda_form": AgendaForm(prefix="agenda"),
    }
    return render(request, "exercises/desk/notes.html", context, status=422 if form.errors else 200)


@read_or_send
@for_clinicians
def note(request: PracticeRequest, couple_id: uuid.UUID, note_id: uuid.UUID) -> HttpResponse:
    """One note, to change. When a colleague saved it meanwhile, both texts stand on the page."""
    couple = couple_or_404(couple_id)
    one = notes.note_or_404(couple, note_id)
    initial = {"text": one.text, "for_session": one.for_session, "version": one.version}
    form = NoteForm(request.POST or None, initial=initial)
    theirs = None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            notes.change(one, said["text"], version=said["version"] or 0, for_session=said["for_session"])
        except notes.Overtaken as meanwhile:
            theirs = meanwhile.current
            # What stands in the box is the writer's own; saving it again is then their decision.
            form = NoteForm(initial={**said, "version": theirs.version})
        else:
            return redirect("notes_of_couple", couple.pk)
    context = {**around(request, couple), "note": one, "form": form, "theirs": theirs}
    status = 409 if theirs else 422 if form.errors else 200
    return render(request, "exercises/desk/note.html", context, status=status)


@require_POST
@for_clinicians
def note_state(request: PracticeRequest, couple_id: uuid.UUID, note_id: uuid.UUID) -> HttpResponse:
    """Bring a note to the next session, or leave it out."""
    couple = couple_or_404(couple_id)
    notes.mark_for_session(notes.note_or_404(couple, note_id), "bring" in request.POST)
    return redirect("notes_of_couple", couple.pk)


@read_or_send
@for_clinicians
def agenda_add(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID | None = None) -> HttpResponse:
    """A line for the next session; with a client it belongs to their private part."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id) if client_id else None
    form = AgendaForm(request.POST or None, prefix="agenda")
    if request.method == "POST" and form.is_valid():
        agenda.note_down(couple, request.membership, form.cleaned_data["words"], client=client)
        return redirect("couple_private", couple.pk, client.pk) if client else redirect("notes_of_couple", couple.pk)
    context = {**around(request, couple), "client": client, "agenda_form": form}
    return render(request, "exercises/desk/agenda_add.html", context, status=422 if form.errors else 200)


@require_POST
@for_clinicians
def agenda_done(request: PracticeRequest, couple_id: uuid.UUID, item_id: uuid.UUID) -> HttpResponse:
    """Cross a line off, or put it back."""
    couple = couple_or_404(couple_id)
    item = AgendaItem.objects.filter(couple=couple, pk=item_id).first()
    if item is None:
        raise Http404
    if "undo" in request.POST:
        agenda.not_done(item)
    else:
        agenda.done([item])
    if item.apart and item.client_id:
        return redirect("couple_private", couple.pk, item.client_id)
    return redirect("notes_of_couple", couple.pk)
