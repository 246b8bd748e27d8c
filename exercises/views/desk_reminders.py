"""What became of the reminders of one thing that was given."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from exercises import record, reminder_ledger
from exercises.access import couple_or_404
from exercises.views.desk_plan import given_or_404
from practice import audit
from practice.access import PracticeRequest, for_clinicians


@require_safe
@for_clinicians
def plan_reminders(request: PracticeRequest, couple_id: uuid.UUID, assignment_id: uuid.UUID) -> HttpResponse:
    """The ledger: each reminder with its time and its end, and whether the person came and answered."""
    couple = couple_or_404(couple_id)
    assignment = given_or_404(couple, assignment_id)
    audit.looked("opened", "exercises_assignment", assignment.pk)
    context = {
        "couple": couple,
        "assignment": assignment,
        "ledger": reminder_ledger.read(assignment, couple, timezone.now()),
        "apart": assignment.lane in record.APART,
    }
    return render(request, "exercises/desk/plan_reminders.html", context)
