"""What a therapist is about to give, said in plain words before it is given."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Appointment, Client
from exercises.giving import Due, FollowUp, Giving, OpensBy
from exercises.load import Load, Piece, is_main, load_of, main_tasks, pieces_of
from exercises.rounds import zones_of
from exercises.vocabulary import Lane
from exercises.when_words import Moment, People, next_moments, said
from practice.templatetags.attune import names
from practice.times import local_time, weekday_date

DATES_SHOWN = 3


@dataclass(frozen=True)
class ForPartner:
    """What one partner will be asked: the next dates in their own zone, and minutes a week with all of it."""

    client: Client
    position: int
    zone: str
    dates: list[Moment]
    load: Load


@dataclass(frozen=True)
class Preview:
    """``sentence`` is the whole in one line; ``partners`` what it means for each."""

    who: str
    title: str
    sentence: str
    lane: str
    explanation: str
    partners: list[ForPartner] = field(default_factory=list)
    #: What is worth a second thought, in kind words; nothing of it forbids.
    advice: list[str] = field(default_factory=list)
    waits: bool = False
    limit: int = 0


def preview(giving: Giving, now: datetime, limit: int) -> Preview:
    """Say what ``giving`` means; ``limit`` is the practice's own in minutes a week."""
    people = giving.people
    today = timezone.localtime(now, giving.couple.zone).date()
    parts = [said(giving, today), _how(giving, people), _who_sees(giving, people, now), *_besides(giving)]
    before = pieces_of(giving.couple, besides=giving.continues)
    partners = _for_partners(giving, people, before, now, limit)
    return Preview(
        who=names([client.name for client in people]),
        title=giving.edition.title,
        sentence="; ".join(part for part in parts if part) + ".",
        lane=giving.lane,
        explanation=explanation(giving, people),
        partners=partners,
        advice=_advice(giving, partners, before, today),
        waits=giving.due == Due.APPOINTMENT and not any(one.dates for one in partners),
        limit=limit,
    )


def _besides(giving: Giving) -> list[str]:
    """What else was chosen, as far as it changes what they find."""
    found = []
    if giving.follow_up is not None:
        told = {"title": giving.follow_up.title}
        last = giving.follow_up_when == FollowUp.LAST
        found.append((_("“%(title)s” after the last time") if last else _("“%(title)s” follows")) % told)
    if not giving.accept_late:
        found.append(_("late answers are not taken"))
    return found


def _advice(giving: Giving, partners: list[ForPartner], before: list[Piece], today: date) -> list[str]:
    """Kind words about load: the practice's limit, and one main task with one small ritual."""
    found = []
    over = [one for one in partners if one.load.is_over]
    if over and giving.due != Due.ON_DEMAND:
        found.append(
            _("With this, %(people)s would have %(n)s minutes in the fullest week. Your practice set %(limit)s.")
            % {
                "people": names([one.client.name for one in over]),
                "n": max(one.load.minutes for one in over),
                "limit": over[0].load.limit,
            }
        )
    if is_main(giving.edition.content) and giving.due != Due.ON_DEMAND:
        alone = len(partners) == 1
        there = sorted({title for one in partners for title in main_tasks(before, one.client.pk, today, alone=alone)})
        if there:
            found.append(
                _("They have a main task already: %(titles)s. One main task and one small ritual is what is kept best.")
                % {"titles": names(there)}
            )
    return found


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
        case OpensBy.TOGETHER:
            return _("when %(everybody)s have sent and say that they are ready") % {"everybody": everybody}
        case OpensBy.THERAPIST:
            return _("when you open them")
        case OpensBy.DATE:
            if giving.opens_at is None:
                return _("when the time to answer is over")
            return _("on %(day)s at %(time)s") % {
                "day": weekday_date(giving.opens_at, giving.couple),
                "time": local_time(giving.opens_at, giving.couple),
            }
    if not Appointment.objects.ahead(now).filter(couple=giving.couple).attended_by(giving.clients).exists():
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


def _for_partners(
    giving: Giving, people: list[Client], before: list[Piece], now: datetime, limit: int
) -> list[ForPartner]:
    zones = zones_of(giving.couple, [client.pk for client in people])
    places = {partner.client_id: partner.position for partner in giving.couple.partners.all()}
    everybody = People(tuple(people), zones)
    pieces = [*before, _piece(giving)]
    today = timezone.localtime(now, giving.couple.zone).date()
    made = []
    for client in people:
        planned_in = giving.couple.zone if giving.lane == Lane.JOINT else zones[client.pk]
        moments = next_moments(giving, giving.couple, giving.clients, planned_in, now, DATES_SHOWN)
        made.append(
            ForPartner(
                client=client,
                position=places[client.pk],
                zone=str(zones[client.pk]).replace("_", " "),
                dates=[everybody.moment(moment, client) for moment in moments],
                load=load_of(pieces, client.pk, today, limit),
            )
        )
    return made


def _piece(giving: Giving) -> Piece:
    minutes = math.ceil(giving.edition.content["minutes"])
    return Piece(tuple(giving.clients), giving.recurrence, giving.starts_on, minutes, due=giving.due)
