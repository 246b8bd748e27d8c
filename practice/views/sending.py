"""What leaves from here: an owner reads what a hold keeps back, releases it, or puts one on after moving."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from practice import exporting, held
from practice.access import PracticeRequest, for_owners, read_or_send
from practice.hold_form import HoldForm

PAST = 10


@read_or_send
@for_owners
def sending(request: PracticeRequest) -> HttpResponse:
    """Show whether anything is sent, and what would come next; stop it where the practice moved."""
    may_stop = exporting.was_made()
    if request.method == "POST" and not may_stop:
        raise Http404
    form = HoldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            held.put_on(by=request.membership, why=form.cleaned_data["why"])
            messages.success(request, _("Nothing is sent from here any more."))
        except held.NotAsItStands:
            messages.warning(request, _("Nothing was sent from here already."))
        return redirect("sending")
    hold = held.now()
    context = {
        "hold": hold,
        "outlook": held.outlook(hold) if hold else [],
        "days": held.AHEAD.days,
        "form": form if may_stop and not hold else None,
        "past": list(held.history()[:PAST]),
    }
    return render(request, "practice/sending.html", context)


@require_POST
@for_owners
def sending_release(request: PracticeRequest) -> HttpResponse:
    """Let leave what falls due from now on."""
    try:
        held.release(by=request.membership)
        messages.success(request, _("What falls due from now on is sent. What was late is not sent any more."))
    except held.NotAsItStands:
        messages.warning(request, _("It was released already."))
    return redirect("sending")
