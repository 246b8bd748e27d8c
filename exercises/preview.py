"""What a therapist is about to give, said in plain words before it is given."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from clients.models import Appointment, Client
from exercises.giving import Giving, OpensBy
from exercises.load import PLENTY, Piece, minutes_a_week, piece_of
from exercises.models import Assignment
from exercises.occurrences import zones_of
from exercises.rhythm import sentence
from exercises.schedule import next_occurrences
from exercises.vocabulary import Lane
from practice.templatetags.attune import names

DATES_SHOWN = 3


@dataclass(frozen=True)
class ForPartner:
    """What one partner will be asked: the next dates in their own zone, and minutes a week with all of it."""

    client: Client
    position: int
    zone: str
    dates: list[str]
    minutes: int
    full: int = PLENTY


@dataclass(frozen=True)
class Preview:
    """``sentence`` is the whole in one line; ``partners`` what it means for each."""

    who: str
    title: str
    sentence: str
    lane: str
    explanation: str
    partners: list[ForPartner] = field(default_factory=list)


def preview(giving: Giving, now: datetime) -> Preview:
    people = giving.people
    today = timezone.localtime(now, giving.couple.zone).date()
    rhythm = sentence(giving.recurrence, giving.starts_on, giving.at, today)
    parts = [rhythm, _how(giving, people), _who_sees(giving, people, now)]
    return Preview(
        who=names([client.name for client in people]),
        title=giving.edition.title,
        sentence="; ".join(part for part in parts if part) + ".",
        lane=giving.lane,
        explanation=explanation(giving, people),
        partners=_for_partners(giving, people, now),
    )


def _how(giving: Giving, people: list[Client]) -> str:
    if giving.lane == Lane.JOINT:
        return _("they answer together")
    if len(people) > 1:
        return _("each answers alone")
    return _("%(name)s answers alone") % {"name": people[0].name} if people else ""


def _who_sees(giving: Giving, people: list[Client], now: datetime) -> str:
    everybody = _("both") if len(people) == 2 else _("all")
    match giving.lane:
        case Lane.OWN:
            return _("nobody else reads it, not even you")
        case Lane.PRIVATE:
            return _("only you read it")
        case Lane.SHARED:
            return _("their partner and you read it as soon as it is sent")
        case Lane.JOINT:
            return _("they and you read it at once")
    return _("%(everybody)s see the answers %(moment)s") % {
        "everybody": everybody,
        "moment": _moment(giving, everybody, now),
    }


def _moment(giving: Giving, everybody: str, now: datetime) -> str:
    match giving.opens_by:
        case OpensBy.ALL:
            return _("when %(everybody)s have sent") % {"everybody": everybody}
        case OpensBy.THERAPIST:
            return _("when you open them")
        case OpensBy.DATE:
            if giving.opens_at is None:
                return _("when the time to answer is over")
            there = timezone.localtime(giving.opens_at, giving.couple.zone)
            return _("on %(day)s at %(time)s") % {
                "day": date_format(there, "l j F"),
                "time": date_format(there, "H:i"),
            }
    if not Appointment.objects.ahead(now).filter(couple=giving.couple).exists():
        return _("at the next session, once there is one")
    return _("at the next session")


def explanation(giving: Giving, people: list[Client]) -> str:
    """What the lane means, for the therapist who chooses it."""
    private = sum(question.private for question in giving.edition.form)
    match giving.lane:
        case Lane.OWN:
            said = _("A page of their own. You see that it was given and whether it was done, never what was written.")
        case Lane.PRIVATE:
            said = _("Each tells you alone. Their partner cannot learn that it exists: no list, no count, no report.")
        case Lane.REVEAL:
            said = _("Sealed for each other until it opens for all who sent. You read as soon as something is sent.")
        case Lane.SHARED:
            said = _("Every partner and you can read it as soon as it is sent.")
        case _lane:
            said = _("One answer from all of them, read by all of them and by you.")
    if private and giving.lane not in (Lane.OWN, Lane.PRIVATE):
        said += " " + (
            _("One question stays private by its form.")
            if private == 1
            else _("%(n)s questions stay private by their form.") % {"n": private}
        )
    return said


def _for_partners(giving: Giving, people: list[Client], now: datetime) -> list[ForPartner]:
    zones = zones_of(giving.couple, [client.pk for client in people])
    places = {partner.client_id: partner.position for partner in giving.couple.partners.all()}
    pieces = [*_running(giving), _piece(giving)]
    today = timezone.localtime(now, giving.couple.zone).date()
    made = []
    for client in people:
        zone = giving.couple.zone if giving.lane == Lane.JOINT else zones[client.pk]
        made.append(
            ForPartner(
                client=client,
                position=places[client.pk],
                zone=str(zone).replace("_", " "),
                dates=_dates(giving, zone, now),
                minutes=minutes_a_week(pieces, client.pk, today),
            )
        )
    return made


def _running(giving: Giving) -> Iterable[Piece]:
    running = Assignment.objects.running().filter(couple=giving.couple).select_related("edition")
    return [piece_of(one, int(one.edition.content["minutes"])) for one in running]


def _piece(giving: Giving) -> Piece:
    minutes = math.ceil(giving.edition.content["minutes"])
    clients: tuple[uuid.UUID, ...] = tuple(giving.clients)
    return Piece(clients, giving.recurrence, giving.starts_on, minutes)


def _dates(giving: Giving, zone: ZoneInfo, now: datetime) -> list[str]:
    today = timezone.localtime(now, zone).date()
    slots = next_occurrences(
        giving.recurrence,
        giving.starts_on,
        giving.at,
        zone,
        start=today,
        end=giving.starts_on.replace(year=giving.starts_on.year + 2, day=1),
        limit=DATES_SHOWN,
    )
    return [date_format(timezone.localtime(slot.due, zone), _("D j F, H:i")) for slot in slots]
