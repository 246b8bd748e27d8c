"""Working through answers, one after the other: over the caseload, for one couple, or in private."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from clients.models import Client, Couple
from exercises import agenda, reviewing, threads
from exercises.access import couple_or_404, partner_or_404, response_or_404
from exercises.models import Response
from exercises.review_forms import CommentForm, audience_of
from exercises.views.desk_couple import around, event_of
from exercises.views.desk_threads import NOT_IN_CARE
from practice import audit
from practice.access import PracticeRequest, for_clinicians, read_or_send

A_PAGE = 10
ORDERS = {"new": gettext_lazy("Newest first"), "old": gettext_lazy("Waiting longest")}


# ── the piles ────────────────────────────────────────────────────────────────


@require_safe
@for_clinicians
def review(request: PracticeRequest) -> HttpResponse:
    """Everything of the caseload that nobody has worked through. Private answers are only pointed to."""
    couples = list(Couple.objects.in_care().with_partners())
    counts = reviewing.counts([one.pk for one in couples])
    chosen = [one for one in couples if str(one.pk) == request.GET.get("couple")]
    context = {
        **_pile(request, chosen or couples),
        "piles": reviewing.private_piles(couples),
        "chosen": chosen[0] if chosen else None,
        "chips": [(one, counts[one.pk]) for one in couples if one.pk in counts],
        "total": sum(counts.values()),
        "back": "all",
    }
    audit.looked_at_couples("opened", [one.couple.pk for one in context["items"]])
    return render(request, "exercises/desk/review.html", context)


@require_safe
@for_clinicians
def review_of_couple(
    request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID | None = None
) -> HttpResponse:
    """What of one couple waits: for both, or (with a client) what one partner keeps from the others."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id) if client_id else None
    audit.looked("opened", *(("clients_client", client.pk) if client else ("clients_couple", couple.pk)))
    context = {**around(request, couple), **_pile(request, [couple], client), "client": client, "back": "couple"}
    if client is None:
        context["piles"] = reviewing.private_piles([couple])
    return render(request, "exercises/desk/review_of_couple.html", context)


def _pile(request: PracticeRequest, couples: list[Couple], client: Client | None = None) -> dict[str, Any]:
    order = request.GET.get("order", "new")
    order = order if order in ORDERS else "new"
    waiting = reviewing.to_review([one.pk for one in couples], client=client, oldest_first=order == "old")
    page = Paginator(waiting, A_PAGE).get_page(request.GET.get("page"))
    return {
        "page": page,
        "apart": client is not None,
        "items": reviewing.in_full(list(page.object_list), couples, request.membership, apart=client is not None),
        "order": order,
        "orders": ORDERS.items(),
    }


# ── one press ────────────────────────────────────────────────────────────────


@require_POST
@for_clinicians
def reviewed(
    request: PracticeRequest, couple_id: uuid.UUID, response_id: uuid.UUID, apart: bool = False
) -> HttpResponse:
    """Mark one response as worked through, or take the mark back."""
    couple, sent = _about(couple_id, response_id, request, apart)
    if "undo" in request.POST:
        if not reviewing.unmark(sent, request.membership, apart=apart):
            messages.info(request, _("A colleague has marked this one; it stays marked."))
    else:
        reviewing.mark(sent, request.membership, apart=apart)
        if not request.htmx:
            messages.success(request, _("Marked as reviewed. %(name)s can see that.") % {"name": sent.author.name})
    return _card(request, couple, sent, apart)


@require_POST
@for_clinicians
def bring(request: PracticeRequest, couple_id: uuid.UUID, response_id: uuid.UUID, apart: bool = False) -> HttpResponse:
    """Bring one response to the next session, or leave it out again."""
    couple, sent = _about(couple_id, response_id, request, apart)
    if "undo" in request.POST:
        agenda.leave_out(sent, apart=apart)
    else:
        agenda.bring(sent, request.membership, apart=apart)
        if not request.htmx:
            messages.success(request, _("It is on the list for the next session."))
    return _card(request, couple, sent, apart)


def _about(
    couple_id: uuid.UUID, response_id: uuid.UUID, request: PracticeRequest, apart: bool
) -> tuple[Couple, Response]:
    couple = couple_or_404(couple_id)
    sent = response_or_404(couple, response_id)
    event_of(request, couple, sent, apart)
    return couple, sent


def _card(request: PracticeRequest, couple: Couple, sent: Response, apart: bool) -> HttpResponse:
    """The card as it is now for htmx, else the page it was pressed on."""
    if not request.htmx:
        return redirect(_way_back(request, couple, sent, apart))
    [item] = reviewing.in_full([sent], [couple], request.membership, apart=apart)
    context = {
        "item": item,
        "apart": apart,
        "review": reviewing.review_of(sent, apart=apart),
        "back": request.POST.get("back", ""),
        "again": True,
    }
    return render(request, "exercises/desk/_review_card.html", context)


def _way_back(request: PracticeRequest, couple: Couple, sent: Response, apart: bool) -> str:
    match request.POST.get("back"):
        case "response":
            return reverse("response_private" if apart else "response", args=[couple.pk, sent.pk])
        case "all" if not apart:
            return reverse("review")
    return (
        reverse("review_private", args=[couple.pk, sent.author_id])
        if apart
        else reverse("review_of_couple", args=[couple.pk])
    )


# ── a comment ────────────────────────────────────────────────────────────────


@read_or_send
@for_clinicians
def comment(
    request: PracticeRequest, couple_id: uuid.UUID, response_id: uuid.UUID, apart: bool = False
) -> HttpResponse:
    """Say something about a response, to its author or to all. Nothing of the response is put into the box."""
    couple = couple_or_404(couple_id)
    sent = response_or_404(couple, response_id)
    event = event_of(request, couple, sent, apart)
    partners = threads.present(couple)
    author = [one for one in partners if one.client_id == sent.author_id]
    if not author:
        raise Http404
    delicate = apart or event.sealed
    form = CommentForm(
        request.POST or None, alone=author, partners=partners, delicate=delicate, initial={"to": str(sent.author_id)}
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        audience = audience_of(said["to"], partners)
        try:
            threads.answer_to(sent, audience, by=request.membership, text=said["text"], key=said["key"])
        except threads.Closed:
            form.add_error("text", NOT_IN_CARE)
        else:
            messages.success(request, _("Sent. It waits in their own space."))
            return redirect(_way_back(request, couple, sent, apart))
    context = {
        **around(request, couple),
        "event": event,
        "apart": apart,
        "client": sent.author if apart else None,
        "author": sent.author,
        "sealed": event.sealed,
        "form": form,
        "back": request.POST.get("back") or request.GET.get("back", ""),
    }
    return render(request, "exercises/desk/comment.html", context, status=422 if form.errors else 200)
