"""What a therapist chose to give, and what speaks against it, in words that people understand.

:class:`Giving` is the choice, :func:`refusals` judges it. Nothing here writes anything; see
:mod:`exercises.assigning` for that.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clients.models import Clearance, Client, Couple
from exercises.models import Assignment, Edition
from exercises.recurrence import Recurrence
from exercises.safety import held_back
from exercises.schedule import dates, instant
from exercises.vocabulary import Kind, Lane
from practice.models import Practice

#: From closed to open. A lane may only be moved towards the front.
STRICTNESS = (Lane.OWN, Lane.PRIVATE, Lane.REVEAL, Lane.SHARED, Lane.JOINT)
LONGEST_WHY = 300
FURTHEST = timedelta(days=366)

OpensBy = Assignment.OpensBy
Refusals = dict[str, str | Promise]


@dataclass(frozen=True)
class Giving:
    """One act of giving: an edition, to whom, when, under which lane. ``key`` makes it happen once."""

    couple: Couple
    edition: Edition
    clients: tuple[uuid.UUID, ...]
    lane: str
    why: str
    starts_on: date
    at: time
    recurrence: Recurrence
    opens_by: str = ""
    opens_at: datetime | None = None
    remind: bool = True
    key: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def people(self) -> list[Client]:
        """The chosen partners, in their fixed order."""
        return [client for client in partners_of(self.couple) if client.pk in self.clients]


def partners_of(couple: Couple) -> list[Client]:
    """Return who is a partner of the couple now, by position. Needs ``with_partners`` to cost no query."""
    return [partner.client for partner in couple.partners.all() if partner.left_at is None]


def asks_about_safety(edition: Edition) -> bool:
    """Tell whether an answer may call for help: such questions always reach the therapist."""
    return edition.content["kind"] == Kind.WARNING_SIGNS or any(question.flag for question in edition.form)


def lanes_on_offer(edition: Edition, practice: Practice) -> list[Lane]:
    """Return the lanes a therapist may choose, from closed to open.

    An exercise proposes one; stricter ones are possible, wider ones are not. A practice without secrets
    keeps no private lane, except for questions about safety. Those are never the partner's alone.
    """
    proposed = Lane(edition.content["lane"])
    offered = list(STRICTNESS[: STRICTNESS.index(proposed) + 1])
    safety = asks_about_safety(edition)
    if practice.secrets_policy == Practice.Secrets.NO_SECRETS and not safety:
        offered.remove(Lane.PRIVATE)
    if safety:
        offered.remove(Lane.OWN)
    return offered


def clearance_missing(couple: Couple, edition: Edition) -> bool:
    """Tell whether the edition may not be given until a therapist records that joint work is safe."""
    if not edition.content.get("needs_clearance"):
        return False
    return not Clearance.objects.filter(couple=couple, withdrawn_at=None).exists()


def refusals(giving: Giving, practice: Practice, now: datetime) -> Refusals:
    """Return what speaks against giving this, by the part it belongs to; empty when nothing does."""
    found: Refusals = {}
    if giving.couple.status != Couple.Status.ACTIVE:
        found["couple"] = _("Care for this couple is not active at the moment, so nothing can be given.")
    if clearance_missing(giving.couple, giving.edition):
        found["clearance"] = _("This needs your record that joint work is safe for them. Please add it first.")
    if held_back(giving.couple, giving.edition, len(giving.clients)):
        found["clearance"] = _(
            "An answer of this couple waits for you to look at it. "
            "Until then, give this to one person alone or not at all."
        )
    found |= _about_people(giving) | _about_lane(giving, practice) | _about_dates(giving, now)
    if not giving.why.strip():
        found["why"] = _("Please write one line. They read it above the exercise.")
    elif len(giving.why) > LONGEST_WHY:
        found["why"] = _("This is too long for one line. 300 characters is the limit.")
    return found


def _about_people(giving: Giving) -> Refusals:
    known = {client.pk for client in partners_of(giving.couple)}
    if not giving.clients:
        return {"who": _("Please choose who it is for.")}
    if not set(giving.clients) <= known:
        return {"who": _("Please choose among the partners of this couple.")}
    if giving.lane == Lane.JOINT and len(giving.clients) < 2:
        return {"who": _("One answer together needs at least two people.")}
    if giving.lane == Lane.REVEAL and len(giving.clients) < 2:
        return {"lane": _("Sealing for each other needs at least two people. Choose Private for one person.")}
    return {}


def _about_lane(giving: Giving, practice: Practice) -> Refusals:
    if giving.lane not in Lane.values:
        return {"lane": _("Please choose who reads the answers.")}
    if giving.lane not in lanes_on_offer(giving.edition, practice):
        if giving.lane == Lane.JOINT:
            return {"who": _("This exercise is answered by each person alone.")}
        if giving.lane == Lane.PRIVATE:
            return {"lane": _("Your practice keeps no secrets between partners, so this cannot be private.")}
        if giving.lane == Lane.OWN:
            return {"lane": _("This asks about safety. You need to be able to read the answers.")}
        return {"lane": _("This exercise promises more privacy than that. Choose a stricter setting.")}
    if giving.lane != Lane.REVEAL:
        return {}
    if giving.opens_by not in OpensBy.values:
        return {"opens_by": _("Please choose when the answers open.")}
    if giving.opens_by == OpensBy.DATE and giving.opens_at is not None and giving.recurrence.freq == "once":
        due = instant(giving.starts_on, giving.at, giving.couple.zone)
        if due is not None and giving.opens_at < due:
            return {"opens_on": _("This is before the answers are due. Choose a later moment.")}
    return {}


def _about_dates(giving: Giving, now: datetime) -> Refusals:
    today = timezone.localtime(now, giving.couple.zone).date()
    if giving.starts_on < today:
        return {"starts_on": _("This day is over. Choose today or a later day.")}
    if giving.starts_on > today + FURTHEST:
        return {"starts_on": _("This is more than a year ahead. Choose an earlier day.")}
    first = dates(giving.recurrence, giving.starts_on, end=today + 2 * FURTHEST, limit=1)
    if not first:
        return {"until": _("Nothing would ever fall due: the last day comes before the first.")}
    due = instant(first[0], giving.at, giving.couple.zone)
    if due is not None and due <= now:
        return {"at": _("This time has passed today. Choose a later time or another day.")}
    return {}
