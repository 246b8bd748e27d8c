"""Softer signs of one couple: what speaks, why, and a word to set it aside. For therapists alone."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from clients.models import Client, Couple
from exercises.access import couple_or_404
from practice import audit, clock
from practice.access import PracticeRequest, for_clinicians, read_or_send
from reports.alert_forms import SetAsideForm
from reports.models import SetAside
from reports.signs import RULES, Sign, signs_of
from reports.signs.reading import set_aside

MOST_ASIDE = 20


@dataclass(frozen=True)
class Card:
    """One sign on the page, with the form that sets it aside."""

    sign: Sign
    client: Client | None
    position: int
    form: SetAsideForm

    @property
    def name(self) -> str:
        """Which sign a form is about: its rule, and whose it is."""
        return name_of(self.sign)


def name_of(sign: Sign) -> str:
    return f"{sign.rule}:{sign.client_id or ''}"


@read_or_send
@for_clinicians
def signs(request: PracticeRequest, couple_id: uuid.UUID) -> HttpResponse:
    """Each sign with its rule and data; a POST sets one aside until there is newer data."""
    couple = couple_or_404(couple_id)
    cards = _cards(request, couple, signs_of([couple.pk], clock.now()).get(couple.pk, []))
    asked = request.POST.get("sign", "")
    card = next((one for one in cards if one.name == asked), None)
    if request.method == "POST":
        if card is None:
            messages.info(request, _("This is not there any more: somebody set it aside, or there is newer data."))
            return redirect("signs", couple.pk)
        if card.form.is_valid():
            set_aside(couple, card.sign, card.client, by=request.membership, note=card.form.cleaned_data["note"])
            messages.success(request, _("Set aside. It comes back when there is newer data of this kind."))
            return redirect("signs", couple.pk)
    else:
        audit.looked("opened", "clients_couple", couple.pk, lane=audit.STAFF)
    context = {
        "couple": couple,
        "cards": cards,
        "aside": [
            (RULES[one.rule].label if one.rule in RULES else one.rule, one)
            for one in SetAside.objects.filter(couple=couple)
            .select_related("client", "set_by")
            .order_by("-set_at")[:MOST_ASIDE]
        ],
        "wrong": card.form if card else None,
    }
    return render(request, "reports/signs.html", context, status=422 if card and card.form.errors else 200)


def _cards(request: PracticeRequest, couple: Couple, found: list[Sign]) -> list[Card]:
    partners = {one.client_id: one for one in couple.partners.all()}
    cards = []
    for number, sign in enumerate(found):
        partner = partners.get(sign.client_id) if sign.client_id else None
        sent = request.POST if request.POST.get("sign") == name_of(sign) else None
        form = SetAsideForm(sent, auto_id=f"aside{number}_%s")
        cards.append(Card(sign, partner.client if partner else None, partner.position if partner else 0, form))
    return cards
