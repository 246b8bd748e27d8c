"""Reports that will be due before sessions, in the calendar of a therapist."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from clients import calendar_entries
from clients.calendar_entries import SHORT, Entry, Seen, Window
from clients.models import StaffCalendar
from reports import standing


@calendar_entries.for_staff
def due(row: StaffCalendar, seen: Mapping[uuid.UUID, Seen], window: Window) -> Iterable[Entry]:
    """One entry for each report that is ordered before a session and not there yet."""
    found = []
    for ahead in standing.ahead_of([one.couple for one in seen.values()], window.now):
        there = seen[ahead.order.couple_id]
        made_at = max(calendar_entries.made_at(ahead.session.pk), ahead.order.made_at)
        found.append(
            Entry(
                uid=calendar_entries.uid_of(row.membership_id, ahead.order.pk, ahead.session.pk),
                title=_("Report due") + there.suffix,
                starts_at=ahead.due_at,
                ends_at=ahead.due_at + SHORT,
                zone=there.couple.time_zone,
                sequence=ahead.session.sequence,
                changed_at=max(filter(None, (made_at, ahead.session.changed_at))),
            )
        )
    return found
