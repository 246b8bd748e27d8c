"""A couple's page: what is given, what came back, and each partner's private view on a page of its own."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from clients import cards
from clients.models import Client, Couple
from exercises import agenda, assigning, attachments, goals, programs, record, reviewing, thread_reading
from exercises.access import assignment_or_404, couple_or_404, partner_or_404, response_or_404
from exercises.desk import queue
from exercises.models import Occurrence, Response
from exercises.rounds import SLOT
from exercises.vocabulary import Lane
from practice import audit
from practice.access import PracticeRequest, for_clinicians, for_office, read_or_send
from practice.written import Asked, Written, ahead


@require_safe
@for_office
def couple(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """Both partners. Whoever runs the office sees names and dates, and nothing of what was given."""
    one = couple_or_404(couple_id)
    audit.looked("opened", "clients_couple", one.pk)
    now = timezone.now()
    if not request.membership.sees_answers:
        return render(request, "exercises/desk/couple_office.html", {**around(request, one), "now": now})
    with ahead(*_whatever_there_is(request, one, now)):
        return render(request, "exercises/desk/couple.html", _both(request, one, now))


def _whatever_there_is(request: PracticeRequest, one: Couple, now: datetime) -> list[Asked[list[Any]]]:
    """Return what the page asks in any case; most look at the newest."""
    of_couple: list[Written[Any]] = [goals.A_FEW_FOR_ALL, record.SKIPPED, record.SO_MANY]
    of_couple += [] if "page" in request.GET else [record.NEWEST]
    of_couples: list[Written[Any]] = [reviewing.COUNTS, thread_reading.WAITING_OPENLY, programs.RUNNING]
    return [
        *(asked.of(couple=one.pk) for asked in of_couple),
        *(asked.of(couples=[one.pk]) for asked in of_couples),
        record.UNREAD.of(member=request.membership.pk, couples=[one.pk]),
        record.RUNNING.of(couple=one.pk, now=now),
        *cards.asked(one, now),
    ]


def _both(request: PracticeRequest, one: Couple, now: datetime) -> dict[str, Any]:
    runs = programs.running([one.pk])
    waiting = queue(request.membership, [one.pk])
    return {
        **around(request, one),
        **_happened(request, one, None, record.skips_of(one), now),
        "now": now,
        "runs": runs,
        "still": programs.standing_still(runs, now),
        "urgent": [item for item in waiting if item.urgent],
        "calm": [item for item in waiting if item.calm],
        "goals": goals.standings(one, goals.A_FEW_FOR_ALL.all(couple=one.pk)),
    }


@require_safe
@for_clinicians
def couple_private(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID) -> HttpResponse:
    """What one partner tells the therapist alone. Nothing of the other is on this page."""
    one = couple_or_404(couple_id)
    client = partner_or_404(one, client_id)
    audit.looked("opened", "clients_client", client.pk)
    context = {**around(request, one), "client": client, "position": record.positions(one)[client.pk]}
    skips = record.skips_of(one, private_of=client)
    happened = _happened(request, one, client, skips, timezone.now())
    return render(request, "exercises/desk/couple_private.html", {**context, **happened})


def around(request: PracticeRequest, one: Couple) -> dict[str, Any]:
    """What every page of a couple shows around its content."""
    sees_answers = request.membership.sees_answers
    partners = [partner for partner in one.partners.all() if partner.left_at is None]
    return {
        "couple": one,
        "partners": partners,
        "reports_url": _address_of_reports(one) if sees_answers else "",
        **(_tabs(request, one) if sees_answers else {}),
    }


def _tabs(request: PracticeRequest, one: Couple) -> dict[str, Any]:
    unread = record.unread_by_view(one, request.membership)
    return {
        "new_for_both": unread.get(None, 0),
        "tabs": [(partner.client, unread.get(partner.client_id, 0)) for partner in one.partners.all()],
        "to_review": reviewing.counts([one.pk]).get(one.pk, 0),
        "to_answer": thread_reading.waiting_openly(one),
    }


def _address_of_reports(one: Couple) -> str:
    """The couple's reports belong to the app above; its page is linked when it is there."""
    try:
        return reverse("reports_of_couple", args=[one.pk])
    except NoReverseMatch:
        return ""


def _happened(
    request: PracticeRequest, one: Couple, client: Client | None, skips: list[record.Event], now: datetime
) -> dict[str, Any]:
    came_back = record.responses_of(one, private_of=client) if client else record.CameBack(one)
    page = Paginator(came_back, record.A_PAGE).get_page(request.GET.get("page"))
    shown = record.events(list(page.object_list), one, request.membership, apart=client is not None)
    if page.number == 1:
        oldest = shown[-1].at if len(shown) == record.A_PAGE else None
        shown += [event for event in skips if oldest is None or event.at >= oldest]
    return {
        "given": record.current_practice(one, now, private_of=client),
        "events": sorted(shown, key=lambda event: event.at, reverse=True),
        "page": page,
        "any_new": any(event.is_new for event in shown),
    }


# ── reading ──────────────────────────────────────────────────────────────────


@require_safe
@for_clinicians
def response(
    request: PracticeRequest, couple_id: uuid.UUID, response_id: uuid.UUID, apart: bool = False
) -> HttpResponse:
    """One response in full: what is for both, or (``apart``) what is for the therapist alone."""
    one = couple_or_404(couple_id)
    sent = response_or_404(one, response_id)
    event = event_of(request, one, sent, apart)
    audit.looked_at("opened", sent, lane=Lane.PRIVATE if apart else sent.lane)
    # What was sent along goes with the whole answer: on its own page, or on the private one.
    is_here = (sent.lane in record.APART) == apart
    context = {
        **around(request, one),
        "event": event,
        "files": attachments.of_responses([sent]).get(sent.pk, []) if is_here else [],
        "apart": apart,
        "client": sent.author,
        "review": reviewing.review_of(sent, apart=apart),
        "on_agenda": agenda.is_on(sent, apart=apart),
        "threads": thread_reading.about(request.membership, sent, one, apart=apart),
    }
    return render(request, "exercises/desk/response.html", context)


def event_of(request: PracticeRequest, one: Couple, sent: Response, apart: bool) -> record.Event:
    event = record.events([sent], one, request.membership, apart=apart)[0]
    if apart and not event.said and sent.lane != Lane.PRIVATE:
        raise Http404
    if not apart and sent.lane in record.APART:
        raise Http404
    return event


@require_POST
@for_clinicians
def read(request: PracticeRequest, couple_id: uuid.UUID, response_id: uuid.UUID, apart: bool = False) -> HttpResponse:
    """Mark one response as read by the asker."""
    one = couple_or_404(couple_id)
    sent = response_or_404(one, response_id)
    event_of(request, one, sent, apart)
    record.mark_read(request.membership, [sent], apart=apart)
    if request.htmx:
        return render(request, "exercises/desk/_read.html", {"event": None})
    return redirect("couple_private", one.pk, sent.author_id) if apart else redirect("couple", one.pk)


@require_POST
@for_clinicians
def read_all(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID | None = None) -> HttpResponse:
    """Mark everything of one view as read by the asker."""
    one = couple_or_404(couple_id)
    client = partner_or_404(one, client_id) if client_id else None
    record.mark_read(request.membership, record.responses_of(one, private_of=client), apart=client is not None)
    messages.success(request, _("Everything here is marked as read."))
    return redirect("couple_private", one.pk, client.pk) if client else redirect("couple", one.pk)


# ── taking back and opening ──────────────────────────────────────────────────


@read_or_send
@for_clinicians
def take_back(request: PracticeRequest, couple_id: uuid.UUID, assignment_id: uuid.UUID) -> HttpResponse:
    """Ask once, then take an assignment back."""
    one = couple_or_404(couple_id)
    assignment = assignment_or_404(one, assignment_id)
    apart = assignment.lane in record.APART
    back = reverse("couple_private", args=[one.pk, assignment.audience[0]]) if apart else one.get_absolute_url()
    if request.method == "POST":
        assigning.withdraw(assignment, request.membership)
        messages.success(request, _("Taken back. Nobody is asked or reminded any more; what was sent stays."))
        return redirect(back)
    people = [client for client in one.clients if client.pk in assignment.audience]
    context = {"couple": one, "assignment": assignment, "people": people, "back": back}
    return render(request, "exercises/desk/take_back.html", context)


@read_or_send
@for_clinicians
def open_reveal(request: PracticeRequest, couple_id: uuid.UUID, assignment_id: uuid.UUID, slot: str) -> HttpResponse:
    """Ask once, then open a sealed round for everybody who sent: it cannot be sealed again."""
    one = couple_or_404(couple_id)
    assignment = assignment_or_404(one, assignment_id)
    if not SLOT.fullmatch(slot):
        raise Http404
    rounds = list(Occurrence.objects.filter(assignment=assignment, slot=slot).defer("skip_reason"))
    if assignment.lane != Lane.REVEAL or not rounds:
        raise Http404
    if request.method == "POST":
        try:
            sent = assigning.open_reveal(assignment, slot, request.membership)
        except assigning.Held:
            messages.error(request, _("An answer waits to be looked at. Until then nothing sealed opens."))
            return redirect(one)
        said = ngettext("Open now for the one who sent.", "Open now for the %(n)s who sent.", sent)
        messages.success(request, said % {"n": sent} if sent else _("Open now for whoever sends."))
        return redirect(one)
    waiting = [client for client in one.clients if any(r.client_id == client.pk and r.state != "done" for r in rounds)]
    context = {
        "couple": one,
        "assignment": assignment,
        "slot": slot,
        "waiting": waiting,
        "back": one.get_absolute_url(),
    }
    return render(request, "exercises/desk/open_reveal.html", context)
