"""One partner's scores over time, for the therapist alone."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from exercises import measured
from exercises.access import couple_or_404, partner_or_404
from exercises.views.desk_measure import offers
from practice import audit
from practice.access import PracticeRequest, for_clinicians
from reports.courses import courses


@require_safe
@for_clinicians
def measures_of_partner(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID) -> HttpResponse:
    """What one partner scored, with bands, ranges and changes; safety screens apart and closed."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id)
    audit.looked("opened", "clients_client", client.pk)
    found = courses(measured.results(couple, client))
    context = {
        "couple": couple,
        "client": client,
        "position": next(one.position for one in couple.partners.all() if one.client_id == client.pk),
        "courses": [one for one in found if not one.measure.person_only],
        "screens": [one for one in found if one.measure.person_only],
        "groups": offers(),
        "to_look_at": [one for one in found if one.newest.score.flags and not one.measure.person_only],
    }
    return render(request, "reports/measures_of_partner.html", context)
