"""Measures on the desk: what may be used and under which licence, and scores entered by hand."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clients.models import Client, Couple
from exercises import licences, measured, measures
from exercises.access import couple_or_404, partner_or_404
from exercises.measure_forms import LicenceForm, ScoreForm
from exercises.measures import Measure
from exercises.measures.explaining import explained
from exercises.models import LicenceConfirmation, MeasureEntry
from practice import audit
from practice.access import PracticeRequest, for_clinicians, read_or_send


@dataclass(frozen=True)
class Offer:
    """A measure on the list, and whether the practice may use it."""

    measure: Measure
    usable: bool
    confirmation: LicenceConfirmation | None


def offers(*, alone: bool | None = None) -> list[tuple[str, list[Offer]]]:
    """Return all measures by what they ask about; ``alone`` only those (not) for one person alone."""
    standing = licences.confirmed()
    found: dict[str, list[Offer]] = {}
    for one in measures.all():
        if alone is None or one.person_only is alone:
            offer = Offer(one, licences.may_use(one, standing), standing.get(one.key))
            found.setdefault(str(one.about.label), []).append(offer)
    return list(found.items())


def measure_or_404(key: str) -> Measure:
    """Return the newest version of a measure."""
    measure = measures.find(key)
    if measure is None:
        raise Http404
    return measure


def address_of_results(couple: Couple, client: Client) -> str:
    """The page of a partner's scores belongs to the app above; it is linked when it is there."""
    try:
        return reverse("measures_of_partner", args=[couple.pk, client.pk])
    except NoReverseMatch:
        return reverse("measures_of_couple", args=[couple.pk])


# ── what may be used ─────────────────────────────────────────────────────────


@require_safe
@for_clinicians
def measures_of_practice(request: PracticeRequest) -> HttpResponse:
    """All measures, with what their licences allow."""
    return render(request, "exercises/desk/measures.html", {"groups": offers()})


@read_or_send
@for_clinicians
def measure(request: PracticeRequest, key: str) -> HttpResponse:
    """One measure: its facts, and the practice's word that it holds a licence, given or withdrawn."""
    one = measure_or_404(key)
    form = LicenceForm(request.POST or None)
    if request.method == "POST" and one.licence.needs_confirmation:
        if "withdraw" in request.POST:
            licences.withdraw(one)
            messages.success(request, _("Withdrawn. Scores that are there stay; nothing new can be entered."))
            return redirect("measure", one.key)
        if form.is_valid():
            licences.confirm(one, by=request.membership, reference=form.cleaned_data["reference"])
            messages.success(request, _("Noted, with your name and the day."))
            return redirect("measure", one.key)
    context = {
        "measure": one,
        "explained": explained(one),
        "confirmation": licences.confirmed().get(one.key),
        "form": form,
    }
    return render(request, "exercises/desk/measure.html", context, status=422 if form.errors else 200)


@require_safe
@for_clinicians
def measures_of_couple(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """Where scores are entered, and the way to each partner's own. No score stands here, and no safety screen."""
    couple = couple_or_404(couple_id)
    partners = [partner for partner in couple.partners.all() if partner.left_at is None]
    context = {
        "couple": couple,
        "partners": [(partner, address_of_results(couple, partner.client)) for partner in partners],
        "groups": offers(alone=False),
    }
    return render(request, "exercises/desk/measures_of_couple.html", context)


# ── scores entered by hand ───────────────────────────────────────────────────


@read_or_send
@for_clinicians
def enter(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID, key: str) -> HttpResponse:
    """Enter the total, and the parts where there are any, of one partner on one day."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id)
    one = measure_or_404(key)
    if not licences.may_use(one):
        messages.info(request, _("First note that the practice holds a licence for it."))
        return redirect("measure", one.key)
    today = timezone.localdate(timezone=couple.zone)
    form = ScoreForm(request.POST or None, measure=one, today=today, initial={"taken_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            entry = measured.enter(couple, client, form.entry, by=request.membership)
        except measured.AlreadyThere:
            form.add_error("taken_on", _("There is a score for this day already. It can be corrected."))
        else:
            return _entered(request, couple, client, entry)
    return _page(request, couple, client, form, "exercises/desk/measure_enter.html")


@read_or_send
@for_clinicians
def correct(request: PracticeRequest, couple_id: uuid.UUID, entry_id: uuid.UUID) -> HttpResponse:
    """Correct an entered score. What stood there before stays in the audit trail and in the record."""
    couple = couple_or_404(couple_id)
    old = _entry_or_404(couple, entry_id)
    one = measures.get(old.measure, old.definition_version)
    today = timezone.localdate(timezone=couple.zone)
    form = ScoreForm(request.POST or None, measure=one, today=today, initial=ScoreForm.initial_of(old))
    status = 422
    if request.method == "POST" and form.is_valid():
        try:
            return _entered(request, couple, old.client, measured.correct(old, form.entry, by=request.membership))
        except measured.AlreadyThere:
            form.add_error("taken_on", _("There is another score for this day already."))
        except measured.Changed:
            status = 409
            form.add_error(None, _("Somebody has corrected this score, or taken it back, in the meantime. What you typed is still here; please compare it with the scores as they are now."))  # fmt: skip  # noqa: E501
    elif old.taken_back_at is not None:
        return redirect(address_of_results(couple, old.client))
    return _page(request, couple, old.client, form, "exercises/desk/measure_enter.html", old=old, refused=status)


@read_or_send
@for_clinicians
def take_back(request: PracticeRequest, couple_id: uuid.UUID, entry_id: uuid.UUID) -> HttpResponse:
    """Ask once, then take an entered score back."""
    couple = couple_or_404(couple_id)
    old = _entry_or_404(couple, entry_id)
    back = address_of_results(couple, old.client)
    if request.method == "POST":
        measured.take_back(old)
        messages.success(request, _("Taken back. The audit trail keeps who entered it and who took it back."))
        return redirect(back)
    context = {"couple": couple, "client": old.client, "score": measured.score_of(old), "old": old, "back": back}
    return render(request, "exercises/desk/measure_take_back.html", context)


def _entry_or_404(couple: Couple, entry_id: uuid.UUID) -> MeasureEntry:
    rows = MeasureEntry.objects.select_related("client", "couple", "entered_by")
    one = rows.filter(couple=couple, pk=entry_id).first()
    if one is None:
        raise Http404
    return one


def _entered(request: PracticeRequest, couple: Couple, client: Client, entry: MeasureEntry) -> HttpResponse:
    score = measured.score_of(entry)
    if score.flags:
        messages.warning(request, _("Kept. This score asks you to look at somebody's safety: see below."))
    else:
        messages.success(request, _("Kept."))
    return redirect(address_of_results(couple, client))


def _page(
    request: PracticeRequest,
    couple: Couple,
    client: Client,
    form: ScoreForm,
    template: str,
    *,
    old: MeasureEntry | None = None,
    refused: int = 422,
) -> HttpResponse:
    if request.method != "POST":
        audit.looked("opened", "clients_client", client.pk)
    positions = {partner.client_id: partner.position for partner in couple.partners.all()}
    context: dict[str, Any] = {
        "couple": couple,
        "client": client,
        "position": positions[client.pk],
        "measure": form.measure,
        "explained": explained(form.measure),
        "form": form,
        "old": old,
        "back": address_of_results(couple, client),
    }
    return render(request, template, context, status=refused if form.errors else 200)
