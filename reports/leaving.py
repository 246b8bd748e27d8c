"""When somebody leaves the practice: what was being made for them ends, and their alerts are a colleague's."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from practice import clock
from practice.models import Membership
from practice.signals import member_left
from reports import alert_ladder
from reports.models import Report, StandingOrder

WHO_ASKED_LEFT = _("Whoever asked for it does not work here any more.")
State = Report.State


@receiver(member_left)
def stop_and_pass_on(sender: object, member: Membership, to: Membership | None, **kwargs: Any) -> None:
    """Runs after the caseload was handed over, so that the ladder begins with whoever looks after it now."""
    being_made = Report.objects.filter(requested_by=member, state__in=[State.WAITING, State.WORKING])
    being_made.update(state=State.FAILED, failure=WHO_ASKED_LEFT, finished_at=timezone.now())
    # What is ready stays with the couples. A batch of theirs opens for nobody any more.
    orders = StandingOrder.objects.filter(made_by=member, ended_at=None)
    orders.update(made_by=to) if to is not None else orders.update(ended_at=timezone.now())
    alert_ladder.pass_on_from(member, clock.now())
