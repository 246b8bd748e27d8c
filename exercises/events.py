"""What other systems of a practice are told about giving and answering (see practice/webhooks.py).

What one partner has or sends alone is not told of at all: not that it was given, not that it was sent, and not by the
time at which something else is said. So a response is told of where every partner reads it as it is sent, and an
assignment where it was given to all of them together.
"""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.events import all_are_among
from exercises.models import Assignment, Response
from exercises.signals import response_submitted
from exercises.vocabulary import Lane
from practice import tenancy, webhooks

CREATED, SUBMITTED = "assignment.created", "response.submitted"

webhooks.register(CREATED, _("Something was given"), door="api_assignment", named=("couple_id", "assignment_id"))
webhooks.register(SUBMITTED, _("Answers were sent"), door="api_response", named=("couple_id", "response_id"))

#: Lanes in which nothing is one partner's alone; what a reveal seals is not told of before it opens, nor then.
TOGETHER = frozenset({Lane.SHARED, Lane.JOINT})


@receiver(post_save, sender=Assignment, dispatch_uid="exercises.events.given")
def given(instance: Assignment, created: bool, **kwargs: Any) -> None:
    """Tell of what was given to all of a couple."""
    if not created or instance.lane not in {*TOGETHER, Lane.REVEAL} or not webhooks.are_wanted(CREATED):
        return
    with tenancy.elevated():
        if not all_are_among(instance.couple_id, instance.audience):
            return
    about = {"couple_id": instance.couple_id, "assignment_id": instance.pk}
    webhooks.tell(CREATED, occasion=str(instance.pk), about=about, couple_id=instance.couple_id)


@receiver(response_submitted, dispatch_uid="exercises.events.sent")
def sent(sender: Any, response: Response, **kwargs: Any) -> None:
    """Tell of answers that every partner may read now. Sent as Attune itself."""
    if response.lane not in TOGETHER or not webhooks.are_wanted(SUBMITTED):
        return
    # As it stands once all has been settled: what an open alert holds back is not told of either.
    readers, opens_at = Response.objects.values_list("readers", "opens_at").get(pk=response.pk)
    if opens_at is None or opens_at > timezone.now():
        return
    if all_are_among(response.couple_id, {*readers, response.author_id}):
        about = {"couple_id": response.couple_id, "response_id": response.pk}
        webhooks.tell(SUBMITTED, occasion=str(response.pk), about=about, couple_id=response.couple_id)
