"""What asks for a look: all that is open on one page, and each on a page of its own with what was done about it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exercises.access import couple_or_404
from practice import audit
from practice.access import PracticeRequest, for_clinicians, read_or_send
from reports import alert_list, alerts, waiting
from reports.alert_forms import AssessmentForm, ReopenForm
from reports.models import Alert


@require_safe
@for_clinicians
def open_alerts(request: PracticeRequest) -> HttpResponse:
    """Everything that is open in the asker's walls, the longest waiting first, and what was closed lately."""
    rows = alert_list.open_rows()
    context = {
        "rows": [one for one in rows if one.is_urgent],
        "soon": [one for one in rows if not one.is_urgent],
        "closed": alert_list.closed_rows(),
        "practice": request.practice,
        "first": alert_list.span(request.practice.answer_within),
        "more": alert_list.span(request.practice.pass_on_after),
        "kept": alert_list.span(request.practice.close_within),
    }
    return render(request, "reports/open_alerts.html", context)


@read_or_send
@for_clinicians
def alert(request: PracticeRequest, couple_id: uuid.UUID, alert_id: uuid.UUID) -> HttpResponse:
    """The question, the answer and the rule in words, who was told when; the asker takes it on, judges, closes."""
    couple = couple_or_404(couple_id)
    one = alert_or_404(couple_id, alert_id)
    act = request.POST.get("act", "")
    assessing = AssessmentForm(request.POST if act in ("assess", "close") else None, closes=act == "close")
    reopening = ReopenForm(request.POST if act == "reopen" else None)
    status = 200
    if request.method == "POST":
        done = _done(request, one, act, assessing, reopening)
        if done is not None:
            return done
        if not (assessing.errors or reopening.errors):
            # It stands differently by now: what was typed waits in whichever field there is.
            one, typed = alert_or_404(couple_id, alert_id), {"note": request.POST.get("note", "")}
            assessing, reopening, status = AssessmentForm(initial=typed), ReopenForm(initial=typed), 409
    else:
        audit.looked_at("opened", one, lane=audit.STAFF)
    positions = {partner.client_id: partner.position for partner in couple.partners.all()}
    context: dict[str, Any] = {
        "couple": couple,
        "alert": one,
        "told": alerts.told(one),
        "trail": alerts.trail(one),
        "held": waiting.is_held(couple.pk),
        "position": positions[one.client_id],
        "mine": one.acknowledged_by_id == request.membership.pk,
        "form": assessing,
        "reopening": reopening,
        "practice": request.practice,
        "next_at": alert_list.next_of(one, request.practice),
    }
    wrong = assessing.errors or reopening.errors
    return render(request, "reports/alert.html", context, status=422 if wrong else status)


def _done(
    request: PracticeRequest, one: Alert, act: str, assessing: AssessmentForm, reopening: ReopenForm
) -> HttpResponse | None:
    """Do what was asked for, and say where to go; None when something needs another look."""
    by, here = request.membership, redirect("alert", one.couple_id, one.pk)
    try:
        if act == "take":
            taken = alerts.acknowledge(one, by=by)
            if taken.acknowledged_by_id == by.pk:
                messages.success(request, _("It is yours now. It stays on the list until it is closed."))
            else:
                messages.info(request, _("A colleague was quicker, and has taken it."))
        elif act == "over":
            alerts.take_over(one, by=by)
            messages.success(request, _("It is yours now. It stays on the list until it is closed."))
        elif act == "assess" and assessing.is_valid():
            alerts.assess(one, assessing.assessment, by=by)
            messages.success(request, _("Noted, with your name and the time. It stays open."))
        elif act == "close" and assessing.is_valid():
            alerts.close(one, assessing.assessment, by=by)
            messages.success(request, _("Closed, with your name and the time."))
            # Whoever only covered does not see the couple any more.
            return redirect("open_alerts")
        elif act == "seen":
            alerts.seen(one, by=by)
            messages.success(request, _("Put away, with your name and the time."))
            return redirect("couple", one.couple_id)
        elif act == "reopen" and reopening.is_valid():
            alerts.reopen(one, by=by, note=reopening.cleaned_data["note"])
            messages.success(request, _("Open again. It is yours until it is closed."))
        else:
            return None if act in ("assess", "close", "reopen") else here
    except alerts.NotNow:
        messages.warning(request, _("Somebody else was here in the meantime. This is how it stands now."))
        return here if act in ("over", "seen") else None
    return here


def alert_or_404(couple_id: uuid.UUID, alert_id: uuid.UUID) -> Alert:
    rows = Alert.objects.select_related("response__edition", "entry", "client", "acknowledged_by")
    one = rows.filter(couple_id=couple_id, pk=alert_id).first()
    if one is None:
        raise Http404
    return one
