"""What became of the reminders of one thing that was given."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from exercises import reminder_ledger
from exercises.views.desk_plan import opened_or_404
from practice.access import PracticeRequest, for_clinicians


@require_safe
@for_clinicians
def plan_reminders(request: PracticeRequest, couple_id: uuid.UUID, assignment_id: uuid.UUID) -> HttpResponse:
    """The ledger: each reminder with its time and its end, and whether the person came and answered."""
    head = opened_or_404(couple_id, assignment_id)
    ledger = reminder_ledger.read(head["assignment"], head["couple"], timezone.now())
    return render(request, "exercises/desk/plan_reminders.html", {**head, "ledger": ledger})
