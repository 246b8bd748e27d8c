"""Open alerts as staff see them: how long each waits, at which step it is, who was told and who has it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import Appointment, Client, Couple
from practice import clock, tenancy
from practice.models import Practice
from reports import alert_ladder
from reports.models import Alert, AlertStep, Rung

MOST_CLOSED = 20


@dataclass(frozen=True)
class Row:
    """One alert on a list. It names a person and no answer."""

    alert: Alert
    couple: Couple
    client: Client
    position: int
    told: tuple[str, ...]
    age: str
    #: When somebody else is told, unless it is taken, judged anew or closed by then; None for what is not urgent.
    next_at: datetime | None = None
    #: The couple's next session.
    session_at: datetime | None = None
    #: Which of how many that one form raised at the same moment; empty where it is the only one.
    of_form: str = ""

    @property
    def step_words(self) -> str:
        return step_words(self.alert, self.told)

    @property
    def is_urgent(self) -> bool:
        return self.alert.is_urgent


def step_words(alert: Alert, told: Collection[str] = ()) -> str:
    """'Told: Dr Lund (covering colleague)', or who has it and whether it was judged."""
    if alert.acknowledged_at is not None:
        name = alert.acknowledged_by.name if alert.acknowledged_by else ""
        words = _("%(name)s has it, judged, not closed") if alert.assessed_at else _("%(name)s has it, not judged yet")
        said_so = words % {"name": name}
        if alert.next_at is None or not told:
            return said_so
        return _("%(how)s. Told that it is still open: %(names)s") % {"how": said_so, "names": ", ".join(told)}
    if not alert.is_urgent:
        return _("Not looked at yet")
    said = {"step": Rung(alert.rung).label, "names": ", ".join(told)}
    if not told:
        return str(said["step"])
    return _("Nobody has it yet. Told: %(names)s (%(step)s)") % said


def open_rows() -> list[Row]:
    """Everything to look at that the asker may see, the longest waiting first; a fixed number of queries."""
    alerts = Alert.objects.to_look_at().select_related("client", "acknowledged_by").defer("note")
    return rows_of(alerts.order_by("raised_at", "pk"))


def closed_rows() -> list[Row]:
    alerts = Alert.objects.exclude(closed_at=None).select_related("client", "acknowledged_by").defer("note")
    return rows_of(alerts.order_by("-closed_at", "-pk")[:MOST_CLOSED])


def rows_of(alerts: Iterable[Alert]) -> list[Row]:
    """Return these alerts as a list shows them, in their order; a fixed number of queries."""
    found = list(alerts)
    if not found:
        return []
    couples = {one.pk: one for one in Couple.objects.with_partners().filter(pk__in={one.couple_id for one in found})}
    told, now = told_names(found), clock.now()
    practice, sessions = Practice.objects.get(pk=tenancy.current_practice_id()), _sessions(couples, now)
    made = []
    together: dict[object, list[uuid.UUID]] = defaultdict(list)
    for one in found:
        together[one.response_id or one.entry_id].append(one.pk)
    for one in found:
        couple = couples[one.couple_id]
        places = {partner.client_id: partner.position for partner in couple.partners.all()}
        age = age_words(one.raised_at, now)
        made.append(
            Row(
                one,
                couple,
                one.client,
                places.get(one.client_id, 0),
                tuple(told[one.pk]),
                age,
                next_of(one, practice),
                sessions.get(one.couple_id),
                _of_form(one.pk, together[one.response_id or one.entry_id]),
            )
        )
    return made


def _of_form(alert_id: uuid.UUID, all_of_it: list[uuid.UUID]) -> str:
    if len(all_of_it) == 1:
        return ""
    return _("%(n)d of %(count)d from one form") % {"n": all_of_it.index(alert_id) + 1, "count": len(all_of_it)}


def next_of(alert: Alert, practice: Practice) -> datetime | None:
    """When somebody else is told of an open alert; None where nobody ever is."""
    if alert.is_closed or not alert.is_urgent:
        return None
    return alert.next_at or alert_ladder.kept_until(alert, practice)


def _sessions(couples: Iterable[uuid.UUID], now: datetime) -> dict[uuid.UUID, datetime]:
    """When each of these couples comes next."""
    rows = Appointment.objects.filter(couple_id__in=couples).ahead(now).order_by("-starts_at")
    return dict(rows.values_list("couple_id", "starts_at"))


def told_names(alerts: Collection[Alert]) -> dict[uuid.UUID, list[str]]:
    """The names of those who were told at the present step, by alert."""
    at = {one.pk: (one.round, one.number) for one in alerts}
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    rows = AlertStep.objects.filter(alert_id__in=at, kind=AlertStep.Kind.TOLD).order_by("at", "pk")
    for alert_id, round_, number, name in rows.values_list("alert_id", "round", "number", "member__name"):
        if (round_, number) == at[alert_id]:
            found[alert_id].append(name)
    return found


def age_words(since: datetime, now: datetime) -> str:
    """'3 hours', '2 days': how long something has waited, rounded down."""
    minutes = max(int((now - since).total_seconds() // 60), 0)
    if minutes < 60 * 24:
        return span(minutes if minutes < 60 else minutes - minutes % 60)
    days = minutes // (60 * 24)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def span(minutes: int) -> str:
    """'4 hours', or '90 minutes' where the hours are not whole."""
    if minutes % 60 or not minutes:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    return ngettext("%(n)s hour", "%(n)s hours", minutes // 60) % {"n": minutes // 60}
