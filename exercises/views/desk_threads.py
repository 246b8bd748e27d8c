"""Messages on the desk: with all partners of a couple, or with one of them alone on the private view."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clients.models import Client, Couple
from exercises import thread_reading, threads
from exercises.access import couple_or_404, partner_or_404
from exercises.models import Thread
from exercises.review_forms import BeginForm, SayForm, audience_choices, audience_of
from exercises.views.desk_couple import around
from practice import audit
from practice.access import PracticeRequest, for_clinicians, read_or_send

NOT_IN_CARE = gettext_lazy("This couple is in care no more: nobody would read it. Your words are still here.")


@require_safe
@for_clinicians
def threads_of_couple(
    request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID | None = None
) -> HttpResponse:
    """The threads with all partners, or with one of them alone."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id) if client_id else None
    rows = thread_reading.of_couple(request.membership, couple, client)
    page = Paginator(rows, thread_reading.A_PAGE).get_page(request.GET.get("page"))
    context = {
        **around(request, couple),
        "client": client,
        "page": page,
        "shown": thread_reading.listed(request.membership, list(page.object_list), [couple]),
    }
    return render(request, "exercises/desk/threads.html", context)


@read_or_send
@for_clinicians
def thread_new(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID | None = None) -> HttpResponse:
    """Begin a thread with one partner or with all."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id) if client_id else None
    partners = threads.present(couple)
    offered = [one for one in partners if client is None or one.client_id == client.pk]
    choices = audience_choices(offered, partners if client is None else [])
    initial = {"to": choices[0][0] if len(choices) == 1 else ""}
    form = BeginForm(request.POST or None, choices=choices, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        audience = audience_of(said["to"], partners)
        try:
            thread = threads.begin(
                couple, audience, by=request.membership, text=said["text"], key=said["key"], about=threads.About()
            )
        except threads.Closed:
            form.add_error("text", NOT_IN_CARE)
        else:
            return redirect("thread", couple.pk, thread.pk)
    context = {**around(request, couple), "client": client, "form": form}
    return render(request, "exercises/desk/thread_new.html", context, status=422 if form.errors else 200)


@read_or_send
@for_clinicians
def thread(request: PracticeRequest, couple_id: uuid.UUID, thread_id: uuid.UUID) -> HttpResponse:
    """Everything said in a thread, and a box for the next words."""
    couple = couple_or_404(couple_id)
    one = thread_reading.thread_or_404(request.membership, [couple.pk], thread_id)
    form = SayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            threads.say(one, by=request.membership, text=form.cleaned_data["text"], key=form.cleaned_data["key"])
        except threads.Closed:
            form.add_error("text", _("This thread is closed. Open it again first; your words are still here."))
        else:
            return redirect("thread", couple.pk, one.pk)
    audit.looked_at("opened", one)
    client = _alone_with(one, couple)
    context = {
        **around(request, couple),
        "shown": thread_reading.in_full(request.membership, one, couple),
        "client": client,
        "form": form,
    }
    return render(request, "exercises/desk/thread.html", context, status=422 if form.errors else 200)


@require_POST
@for_clinicians
def thread_state(request: PracticeRequest, couple_id: uuid.UUID, thread_id: uuid.UUID) -> HttpResponse:
    """Mark a thread as read, close it, or open it again."""
    couple = couple_or_404(couple_id)
    one = thread_reading.thread_or_404(request.membership, [couple.pk], thread_id)
    match request.POST.get("do"):
        case "close":
            threads.close(one)
            messages.success(request, _("Closed. Everybody in it can still read it."))
        case "reopen":
            threads.reopen(one)
        case _:
            threads.see(one, request.membership)
    if request.POST.get("do") == "reopen":
        return redirect("thread", couple.pk, one.pk)
    return redirect(_list_of(one, couple))


def _alone_with(one: Thread, couple: Couple) -> Client | None:
    """Return the one partner a thread is with, or None when it is with all."""
    people = [client for client in couple.clients if client.pk in one.audience]
    return people[0] if len(one.audience) == 1 and people else None


def _list_of(one: Thread, couple: Couple) -> str:
    client = _alone_with(one, couple)
    if client is None:
        return reverse("threads_of_couple", args=[couple.pk])
    return reverse("threads_private", args=[couple.pk, client.pk])
