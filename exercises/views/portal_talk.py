"""What a client and the therapist write to each other. Never a chat between partners."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients.access import for_consenting_clients
from clients.models import Client, Couple
from exercises import reviewing, thread_reading, threads
from exercises.lane_words import Circle, circles
from exercises.models import Assignment, Response, Thread
from exercises.review_forms import EVERYBODY, BeginForm, SayForm, audience_of
from exercises.views.portal import own_couples, own_couples_in_order
from practice.access import PortalRequest, read_or_send

#: How much of what was looked at stands on the list.
LOOKED_AT = 12
ALONE = "alone"


@require_safe
@for_consenting_clients
def talk(request: PortalRequest) -> HttpResponse:
    """This person's threads, what is new first seen as new, and what the therapist has looked at."""
    couples = own_couples_in_order()
    ids = [one.pk for one in couples]
    rows = thread_reading.with_subject(threads.threads_for(request.person, ids))
    page = Paginator(rows, thread_reading.A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "shown": thread_reading.listed(request.person, list(page.object_list), couples),
        "looked_at": reviewing.looked_at(request.person, ids, limit=LOOKED_AT),
        "can_begin": bool(couples),
        **_practice(request),
    }
    return render(request, "exercises/portal/talk.html", context)


@read_or_send
@for_consenting_clients
def thread_new(request: PortalRequest) -> HttpResponse:
    """Begin a thread; ``?assignment=`` or ``?response=`` says what it is about.

    Who reads it is chosen here, once, and told before anything is written.
    """
    couple, assignment, response = subject_of(request.person, request.GET)
    circle = circles(request.person, request.practice, [couple.pk])[couple.pk]
    form = BeginForm(request.POST or None, choices=choices_for(circle), initial={"to": ALONE})
    if request.method == "POST" and form.is_valid():
        thread = begin(request.person, couple, form, response=response, assignment=assignment)
        messages.success(request, _("Sent."))
        hidden = request.is_closed and len(thread.audience) == 1  # what this sign-in does not read back
        return redirect("portal_talk") if hidden else redirect("portal_thread", thread.pk)
    context = {
        "form": form,
        "circle": circle,
        "title": assignment.edition.neutral_title if assignment else "",
        "query": request.GET.urlencode(),
        **_practice(request),
    }
    return render(request, "exercises/portal/thread_new.html", context, status=422 if form.errors else 200)


@read_or_send
@for_consenting_clients
def thread(request: PortalRequest, thread_id: uuid.UUID) -> HttpResponse:
    """What was said, and a box for the next words. What was typed stays when it cannot be sent."""
    couples = own_couples_in_order()
    one = thread_reading.thread_or_404(request.person, [couple.pk for couple in couples], thread_id)
    couple = next(couple for couple in couples if couple.pk == one.couple_id)
    form = SayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            threads.say(one, by=request.person, text=form.cleaned_data["text"], key=form.cleaned_data["key"])
        except threads.Closed:
            form.add_error(
                "text", _("This conversation is closed. You can begin a new one; your words are still here.")
            )
        else:
            return redirect("portal_thread", one.pk)
    context = {
        "shown": thread_reading.in_full(request.person, one, couple),
        "circle": circles(request.person, request.practice, [couple.pk])[couple.pk],
        "form": form,
        **_practice(request),
    }
    return render(request, "exercises/portal/thread.html", context, status=422 if form.errors else 200)


@require_POST
@for_consenting_clients
def thread_seen(request: PortalRequest, thread_id: uuid.UUID) -> HttpResponse:
    """Write down that this person has read a thread. Nobody else learns of it."""
    one = thread_reading.thread_or_404(request.person, own_couples(), thread_id)
    threads.see(one, request.person)
    if request.htmx or "quietly" in request.POST:
        return HttpResponse(status=204)
    return redirect("portal_talk")


def _practice(request: PortalRequest) -> dict[str, Any]:
    return {"reply_hours": request.practice.reply_hours}


def begin(
    person: Client, couple: Couple, form: BeginForm, *, response: Response | None, assignment: Assignment | None
) -> Thread:
    """Begin a thread as a form that was found good says it: with the therapist alone, or with all partners."""
    said = form.cleaned_data
    audience = audience_of(EVERYBODY, threads.present(couple)) if said["to"] == EVERYBODY else [person.pk]
    return threads.begin(
        couple,
        audience,
        by=person,
        text=said["text"],
        key=said["key"],
        about=threads.allowed_about(audience, response=response, assignment=assignment),
    )


def choices_for(circle: Circle) -> list[tuple[str, str]]:
    """Return who may read a new thread."""
    alone = (ALONE, _("Only %(therapist)s and you") % {"therapist": circle.therapist})
    if not circle.others:
        return [alone]
    told = {"therapist": circle.therapist, "other": circle.other}
    return [alone, (EVERYBODY, _("%(other)s, %(therapist)s and you") % told)]


def subject_of(person: Client, asked: Mapping[str, str]) -> tuple[Couple, Assignment | None, Response | None]:
    """Return what a new thread is about, and in which couple; a 404 for what this person cannot know of."""
    couples = own_couples_in_order()
    if not couples:
        raise Http404
    by_id = {one.pk: one for one in couples}
    response = _own_response(asked.get("response"), person)
    if response is not None:
        return by_id[response.couple_id], response.occurrence.assignment, response
    assignment = _own_assignment(asked.get("assignment"), person)
    if assignment is not None:
        return by_id[assignment.couple_id], assignment, None
    return couples[0], None, None


def _own_response(asked: str | None, person: Client) -> Response | None:
    if not asked:
        return None
    rows = Response.objects.filter(couple_id__in=own_couples(), author=person)
    response = rows.filter(pk=_id(asked)).select_related("occurrence__assignment__edition").first()
    if response is None:
        raise Http404
    return response


def _own_assignment(asked: str | None, person: Client) -> Assignment | None:
    if not asked:
        return None
    rows = Assignment.objects.filter(couple_id__in=own_couples(), audience__contains=[person.pk])
    assignment = rows.filter(pk=_id(asked)).select_related("edition").first()
    if assignment is None:
        raise Http404
    return assignment


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None
