"""Scores over time, for the therapist alone: one partner's, both side by side, and from where on they are compared."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clients.models import Client, Couple
from exercises import measured
from exercises.access import couple_or_404, partner_or_404
from exercises.measures import Measure
from exercises.views.desk_measure import measure_or_404, offers
from practice import audit
from practice.access import PracticeRequest, for_clinicians, read_or_send
from reports import baselines
from reports.agreement import FEWEST as FEWEST_TOGETHER
from reports.baseline_form import BaselineForm
from reports.courses import Course, courses, standing
from reports.models import Baseline
from reports.side_by_side import side_by_side


@require_safe
@for_clinicians
def measures_of_partner(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID) -> HttpResponse:
    """What one partner scored, with bands, ranges and changes; safety screens apart and closed."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id)
    audit.looked("opened", "clients_client", client.pk)
    history = baselines.history(couple, client)
    found = courses(measured.results(couple, client), starts_in_force(history))
    context = {
        "couple": couple,
        "client": client,
        "position": _position(couple, client),
        "courses": [(one, history.get(one.measure.key, [])) for one in found if not one.measure.person_only],
        "screens": [one for one in found if one.measure.person_only],
        "groups": offers(),
        "to_look_at": [one for one in found if one.newest.score.flags and not one.measure.person_only],
    }
    return render(request, "reports/measures_of_partner.html", context)


@require_safe
@for_clinicians
def measures_together(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """Every measure with each partner's own line, and what these say together. No screen for violence is named."""
    couple = couple_or_404(couple_id)
    audit.looked("opened", "clients_couple", couple.pk)
    context = {
        "couple": couple,
        "measures": side_by_side(couple, measured.results(couple), baselines.starts_of(couple)),
        "fewest": FEWEST_TOGETHER,
    }
    return render(request, "reports/measures_together.html", context)


@read_or_send
@for_clinicians
def measure_baseline(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID, key: str) -> HttpResponse:
    """Say from which day on a partner's scores of a measure are compared, and why. What stood before stays."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id)
    measure = measure_or_404(key)
    if measure.person_only:
        raise Http404
    rows = baselines.history(couple, client).get(measure.key, [])
    now = standing(rows)
    today = timezone.localdate(timezone=couple.zone)
    form = BaselineForm(request.POST or None, today=today, initial={"seen": now.pk if now else None})
    status = 200
    if request.method == "POST":
        status = _set(request, couple, client, measure, form)
        if status == 302:
            messages.success(request, _("Noted. Changes are now counted from there."))
            return redirect("measures_of_partner", couple.pk, client.pk)
    else:
        audit.looked("opened", "clients_client", client.pk)
    context = {
        "couple": couple,
        "client": client,
        "position": _position(couple, client),
        "measure": measure,
        "course": _course(couple, client, measure, now),
        "history": rows,
        "form": form,
    }
    return render(request, "reports/measure_baseline.html", context, status=status)


def _set(request: PracticeRequest, couple: Couple, client: Client, measure: Measure, form: BaselineForm) -> int:
    """Set what the form says; return the status of the answer."""
    if not form.is_valid():
        return 422
    said = form.cleaned_data
    try:
        baselines.set_baseline(
            couple,
            client,
            measure,
            said["begins_on"],
            reason=said["reason"],
            by=request.membership,
            instead_of=form.instead_of,
        )
    except baselines.Changed:
        form.add_error(None, _("Somebody else set another baseline in the meantime. What you typed is still here; please look at the history below first."))  # fmt: skip  # noqa: E501
        return 409
    return 302


def _course(couple: Couple, client: Client, measure: Measure, now: Baseline | None) -> Course | None:
    starts = {measure.key: now.begins_on} if now else {}
    found = courses(measured.results(couple, client), starts)
    return next((one for one in found if one.measure.key == measure.key), None)


def starts_in_force(history: Mapping[str, Sequence[Baseline]]) -> dict[str, date]:
    """Return the first day that counts, by the measure's key, from one partner's baselines."""
    return {key: now.begins_on for key, rows in history.items() if (now := standing(rows)) is not None}


def _position(couple: Couple, client: Client) -> int:
    return next(one.position for one in couple.partners.all() if one.client_id == client.pk)
