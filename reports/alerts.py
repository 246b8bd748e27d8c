"""Something a therapist must look at: answers that an exercise marks."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from exercises.flags import raised
from exercises.models import Answer, Response
from practice.models import Membership
from reports.models import Alert
from reports.scores import value_of


def raise_alerts(response: Response, answers: Mapping[str, Answer]) -> list[Alert]:
    """Write one alert for each answer that its question marks, in the transaction of the answer itself.

    Rules look at structured answers only: no words raise or silence anything, and no draft does.
    """
    flags = raised(response.edition.form, {key: value_of(answer) for key, answer in answers.items()})
    rows = [
        Alert(
            couple_id=response.couple_id,
            client_id=response.author_id,
            response=response,
            key=flag.key,
            rule=str(flag.rule)[:120],
        )
        for flag in flags
    ]
    return Alert.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def acknowledge(alert: Alert, *, by: Membership, note: str) -> Alert:
    """Write down who looked and what they did; the first one who acknowledges stands."""
    alert = Alert.objects.select_for_update(of=("self",)).get(pk=alert.pk)
    if alert.acknowledged_at is None:
        alert.acknowledged_at, alert.acknowledged_by, alert.note = timezone.now(), by, note
        alert.save(update_fields=["acknowledged_at", "acknowledged_by", "note"])
    return alert
