"""From where on somebody's scores of a measure are compared: the first complete score, or a therapist's own word.

A new baseline needs a day and a reason. The one before it stays in the record, ended, so that it can be seen when
and why what is said of a course changed. Read as staff: for a partner's page :func:`starts_of` is asked as Attune
itself, and gives days alone.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from clients.models import Client, Couple
from exercises.measures import Measure
from practice.models import Membership
from practice.written import Written
from reports.models import Baseline

Starts = Mapping[tuple[uuid.UUID, str], date]
"""By client and key of the measure: the first day that counts. What is not there begins with the first score."""


class Changed(Exception):
    """Somebody else set a baseline in the meantime."""


class NotCompared(ValueError):
    """A screen for one person alone shows no change, so there is nothing to compare from."""


def baseline_of(couple: Couple, client: Client, measure: Measure) -> Baseline | None:
    """Return the baseline in force, or None where the first complete score is it."""
    return _in_force(couple, client, measure).select_related("set_by").first()


def _in_force(couple: Couple, client: Client, measure: Measure) -> QuerySet[Baseline]:
    """The one that is not ended, or none: the database holds no second."""
    return Baseline.objects.filter(couple=couple, client=client, measure=measure.key, ended_at=None)


STARTS: Written[tuple[uuid.UUID, str, date]] = Written(
    lambda couple: Baseline.objects.filter(couple=couple, ended_at=None).values_list(
        "client_id", "measure", "begins_on"
    ),
    couple=uuid.UUID,
)


def starts_of(couple: Couple, until: date | None = None) -> Starts:
    """Return the first day that counts, for everybody and every measure with a baseline in force. One query.

    ``until`` is the last day of what is looked at: a baseline that begins later does not concern it.
    """
    rows = STARTS.all(couple=couple.pk)
    return {(client, measure): day for client, measure, day in rows if until is None or day <= until}


def history(couple: Couple, client: Client) -> Mapping[str, list[Baseline]]:
    """Return every baseline of one partner by the measure's key, the one in force first. One query."""
    found: dict[str, list[Baseline]] = defaultdict(list)
    rows = Baseline.objects.filter(couple=couple, client=client).select_related("set_by")
    for one in rows.order_by("-set_at", "-pk"):
        found[one.measure].append(one)
    return found


def set_baseline(
    couple: Couple,
    client: Client,
    measure: Measure,
    begins_on: date,
    *,
    reason: str,
    by: Membership,
    instead_of: uuid.UUID | None = None,
) -> Baseline:
    """Compare from ``begins_on`` on; ``instead_of`` is the baseline that the person who sets it has seen in force.

    The same day and reason again change nothing. Raises :class:`Changed` when another one is in force by now, and
    :class:`NotCompared` for a screen.
    """
    if measure.person_only:
        raise NotCompared(measure.key)
    try:
        with transaction.atomic():
            return _set(couple, client, measure, begins_on, reason, by, instead_of)
    except IntegrityError as error:  # two at the same moment, and the other was first
        raise Changed from error


def _set(
    couple: Couple,
    client: Client,
    measure: Measure,
    begins_on: date,
    reason: str,
    by: Membership,
    instead_of: uuid.UUID | None,
) -> Baseline:
    standing = _in_force(couple, client, measure).select_for_update().first()
    if standing is not None and (standing.begins_on, standing.reason) == (begins_on, reason):
        return standing
    if (standing.pk if standing else None) != instead_of:
        raise Changed
    if standing is not None:
        standing.ended_at = timezone.now()
        standing.save(update_fields=["ended_at"])
    return Baseline.objects.create(
        couple=couple, client=client, measure=measure.key, begins_on=begins_on, reason=reason, set_by=by
    )
