"""A letter that there is something to look at, once a report lies in somebody's portal: neutral words, no more."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clients import kinds, reach
from clients.kinds import About
from clients.models import Client
from exercises import notices
from practice import outbox, tenancy
from practice.models import Message
from reports.models import Report

KIND = "document"


def tell_of(report: Report) -> list[Message]:
    """Plan a letter for every reader of a report that was just handed over; handed over again, there is a new one."""
    released = int(report.released_at.timestamp() * 1000) if report.released_at else 0
    with tenancy.elevated():
        return outbox.add(
            notices.drafts(
                KIND,
                report.readers,
                timezone.now(),
                about_id=report.pk,
                couple_id=report.couple_id,
                occasion=lambda person: f"document:{report.pk}:{released}",
            )
        )


def _in_portal() -> QuerySet[Report]:
    """Reports that were handed over and not taken back."""
    return Report.objects.filter(released_at__isnull=False, withdrawn_at=None)


class _OfReport(notices.Notice):
    """A letter about a report: it falls away when the report was taken back."""

    def things(self, ids: set[uuid.UUID]) -> dict[uuid.UUID, notices.Thing]:
        there = _in_portal().filter(pk__in=ids).only("couple_id", "readers")
        return {one.pk: notices.Thing(one.couple_id, one.readers) for one in there}


def _described(person: Client, messages: Sequence[Message]) -> dict[uuid.UUID, About]:
    """What each letter was about, as far as it still lies in this person's portal."""
    rows = _in_portal().filter(pk__in={one.about_id for one in messages}, readers__contains=[person.pk])
    there = set(rows.values_list("pk", flat=True))
    about = About(_("A document from your therapist"), reverse("portal_documents"))
    return {one.pk: about for one in messages if one.about_id in there}


outbox.register(KIND, _OfReport())
kinds.register(kinds.Kind(KIND, _described, reach.Topic.NEWS))
