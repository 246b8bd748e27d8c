"""What this app does when something is sent: it belongs to the same transaction."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from django.db.models.signals import pre_save
from django.dispatch import receiver

from clients.signals import together_changed
from exercises.models import Answer, MeasureEntry, Response
from exercises.signals import response_submitted, response_written, reveal_changed, score_entered
from exercises.vocabulary import Lane
from practice import tenancy
from practice.models import Practice
from practice.signals import scores_by_agreement_changed
from reports import handing_over, releases
from reports.alerts import raise_alerts, raise_for_entry
from reports.scores import forget_earlier_scores, write_scores


@receiver(response_written)
def look_at_answers(sender: Any, response: Response, answers: Collection[Answer], **kwargs: Any) -> None:
    """Alerts exist together with their answers or not at all; and before anything opens, which they may hold."""
    raise_alerts(response, {answer.key: answer for answer in answers})


@receiver(response_submitted)
def derive(sender: Any, response: Response, answers: Collection[Answer], **kwargs: Any) -> None:
    """So do scores."""
    forget_earlier_scores(response)
    write_scores(response, {answer.key: answer for answer in answers})


@receiver(score_entered)
def look_at_score(sender: Any, entry: MeasureEntry, **kwargs: Any) -> None:
    """A paper form asks for a look like one that was answered here."""
    raise_for_entry(entry)


@receiver(scores_by_agreement_changed)
def shown_as_they_come(sender: Any, practice: Practice, **kwargs: Any) -> None:
    """Switched off, nothing is shown as it comes from this moment on; switched on, it holds where all agreed before."""
    releases.settle_where_shown_as_they_come()


@receiver(together_changed)
def seen_by_who_is_there(sender: Any, couple_id: uuid.UUID, **kwargs: Any) -> None:
    """Who comes was asked nothing yet, and with who leaves nothing is shared any more: not even on paper."""
    releases.settle_anew(couple_id)
    handing_over.take_back_of_those_apart(couple_id)


@receiver(reveal_changed)
def opened_scores(sender: Any, occurrences: Collection[uuid.UUID], **kwargs: Any) -> None:
    """A measure that was answered under a seal is shown from the moment it opens, like any other answer of it."""
    releases.settle_sealed(occurrences)


@receiver(pre_save, sender=MeasureEntry)
def who_sees_it(sender: Any, instance: MeasureEntry, **kwargs: Any) -> None:
    """A score that staff write down is seen by whom the measure is released to, like one from a form."""
    if instance._state.adding:
        with tenancy.elevated():
            releases.in_turn(instance.couple_id)
            standing = releases.standing_of(instance.couple_id)
        instance.readers = standing.readers(instance.client_id, instance.measure, Lane.PRIVATE)
