"""The page on which the second person of an act confirms it, or does not."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from practice import two_people
from practice.access import PracticeRequest, for_leads
from practice.fresh import ask_again, by_own_means, is_fresh
from practice.models import TwoPersonAct


@require_GET
@for_leads
def second_person(request: PracticeRequest) -> HttpResponse:
    """Show what waits for a second person, with what this one may do about it."""
    rows = [
        {
            "act": act,
            "mine": act.asked_by_id == request.membership.pk,
            "may_decide": two_people.may_decide(act, request.membership),
            "deciders": two_people.deciders(act),
        }
        for act in two_people.waiting()
    ]
    return render(request, "practice/second_person.html", {"rows": rows})


@require_POST
@for_leads
@by_own_means
def second_person_act(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Confirm, decline, or take back what one asked for oneself: each only after a fresh sign-in."""
    act = get_object_or_404(TwoPersonAct, pk=pk)
    if not is_fresh(request):
        return ask_again(request, back=reverse("second_person"))
    choice = request.POST.get("do", "")
    try:
        if choice == "confirm":
            two_people.confirm(act, by=request.membership)
            messages.success(request, _("Confirmed: it is done."))
        elif choice == "decline":
            two_people.decline(act, by=request.membership)
            messages.success(request, _("Declined. Nothing was done."))
        elif choice == "withdraw":
            two_people.withdraw(act, by=request.membership)
            messages.success(request, _("Taken back. Nothing was done."))
    except two_people.NotTheirs:
        raise Http404 from None
    except two_people.CannotBeDone as refusal:
        messages.warning(request, str(refusal))
    except two_people.NotWaiting:
        messages.warning(request, _("That was decided already, or has run out."))
    return redirect("second_person")
