"""What a therapist chose to give, and what speaks against it, in words that people understand.

:class:`Giving` is the choice, :func:`refusals` judges it. Nothing here writes anything; see
:mod:`exercises.assigning` for that.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clients.models import Clearance, Client, Couple
from exercises.lanes import lane_of
from exercises.measures import scoring_in
from exercises.models import Assignment, Edition, Goal, Occurrence
from exercises.questions import Question
from exercises.recurrence import Recurrence
from exercises.safety import goes_to_everybody, held_back, safety_unmarked, waits_for_duty
from exercises.schedule import dates, instant
from exercises.vocabulary import Kind, Lane, Level
from practice.models import Practice

#: From closed to open. A lane may only be moved towards the front.
STRICTNESS = (Lane.OWN, Lane.PRIVATE, Lane.REVEAL, Lane.SHARED, Lane.JOINT)
LONGEST_WHY = 300
FURTHEST = timedelta(days=366)
#: No more hours than this between the moments of a round: sixty days.
MOST_HOURS = 24 * 60

#: Said where somebody would give the private safety check to one partner alone, or change it for one alone.
ALIKE = _("This goes to each of them alike, so that having it says nothing about anybody. Please give it to all.")
ALIKE_AGAIN = _(
    "All of them have this alike, so that having it says nothing about anybody. "
    "To change it, end it for each of them and give it anew."
)

OpensBy, Due, FollowUp = Assignment.OpensBy, Assignment.Due, Assignment.FollowUp
Refusals = dict[str, str | Promise]


@dataclass(frozen=True)
class Giving:
    """One act of giving: an edition, to whom, when, under which lane. ``key`` makes it happen once.

    ``due`` says what decides when: the recurrence; each session (then the recurrence only tells whether once
    or again and again, how many times and until when); or nobody ahead, when it is begun on demand. ``at`` is
    the time of day, and the hour of the evening before a session. Hours are those of :class:`Assignment`.
    """

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
    #: When; None: as the practice does.
    reminder_steps: tuple[str, ...] | None = None
    due: str = Due.RHYTHM
    due_hours_before: int | None = None
    opens_hours_before: int | None = None
    grace_hours: int = 0
    closes_hours_after: int | None = None
    accept_late: bool = True
    whole_page: bool = False
    #: Cards of the deck, counted from 0, that these people do not get.
    left_out: tuple[int, ...] = ()
    #: Which of the edition's adaptations they see.
    adaptations: tuple[str, ...] = ()
    #: A little of it is enough.
    smaller: bool = False
    follow_up: Edition | None = None
    follow_up_when: str = FollowUp.EACH
    follow_up_hours: int = 24
    goal_id: uuid.UUID | None = None
    run_id: uuid.UUID | None = None
    run_week: int | None = None
    #: What this carries on, with other dates or words.
    continues: Assignment | None = None
    key: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def tailoring(self) -> dict[str, object]:
        """What was chosen for these people, as the assignment keeps it."""
        chosen: dict[str, object] = {}
        if self.left_out:
            chosen["left_out"] = sorted(self.left_out)
        if self.adaptations:
            chosen["adaptations"] = list(self.adaptations)
        if self.smaller:
            chosen["smaller"] = True
        return chosen

    @property
    def people(self) -> list[Client]:
        """The chosen partners, in their fixed order."""
        return [client for client in partners_of(self.couple) if client.pk in self.clients]


def partners_of(couple: Couple) -> list[Client]:
    """Return who is a partner of the couple now, by position. Needs ``with_partners`` to cost no query."""
    return [partner.client for partner in couple.partners.all() if partner.left_at is None]


def asks_about_safety(edition: Edition) -> bool:
    """Tell whether an answer may call for help: such questions always reach the therapist."""
    if edition.content["kind"] == Kind.WARNING_SIGNS or any(question.may_flag_urgently for question in edition.form):
        return True
    scoring = scoring_in(edition.content, edition.form)
    return scoring is not None and scoring.measure.asks_about_safety


@receiver(pre_save, sender=Assignment)
def say_whether_it_asks_about_safety(sender: Any, instance: Assignment, **kwargs: Any) -> None:
    """The database refuses what is private in a practice without secrets, but for this."""
    if instance._state.adding and instance.lane == Lane.PRIVATE:
        instance.asks_about_safety = asks_about_safety(instance.edition)


def private_questions(edition: Edition, lane: str) -> list[Question]:
    """Return the questions of a form that are between one person and the therapist, and not about safety."""
    if asks_about_safety(edition):
        return []
    return [one for one in edition.form if lane_of(one, lane) is Lane.PRIVATE and not one.may_flag]


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
    if safety or any(question.may_flag for question in edition.form):
        offered.remove(Lane.OWN)
    return offered


def clearance_missing(couple: Couple, edition: Edition) -> bool:
    """Tell whether the edition may not be given until a therapist records that joint work is safe."""
    if not edition.content.get("needs_clearance"):
        return False
    return not Clearance.objects.filter(couple=couple, withdrawn_at=None).exists()


def deep_too_early(giving: Giving) -> bool:
    """Tell whether this is deep and the couple has done nothing of a middle level yet: worth a second thought."""
    if giving.edition.content.get("level") != Level.DEEP:
        return False
    done = Occurrence.objects.filter(couple=giving.couple, state=Occurrence.State.DONE)
    return not done.filter(assignment__edition__content__level__in=[Level.MODERATE, Level.DEEP]).exists()


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
    if any(safety_unmarked(edition) for edition in (giving.edition, giving.follow_up) if edition is not None):
        found["safety"] = _(
            "Nobody has said yet whether this imported form asks about self-harm, suicide or violence. "
            "Open it in the library and mark its safety questions first."
        )
    if any(
        waits_for_duty(edition, practice, asks_about_safety=asks_about_safety(edition))
        for edition in (giving.edition, giving.follow_up)
        if edition is not None
    ):
        found["safety"] = _(
            "This asks about safety, and the practice has not said yet when somebody is there and who covers. "
            "An owner can do that under Practice, Hours and duty."
        )
    found |= _about_people(giving) | _about_lane(giving, practice) | _about_dates(giving, now)
    found |= _about_hours(giving) | _about_what_follows(giving) | _about_tailoring(giving)
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
    if set(giving.clients) != known and goes_to_everybody(giving.edition):
        return {"who": ALIKE_AGAIN if giving.continues else ALIKE}
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
    if practice.secrets_policy == Practice.Secrets.NO_SECRETS and private_questions(giving.edition, giving.lane):
        return {"lane": _("A question of this is for you alone, and your practice keeps no secrets between partners.")}
    if giving.lane != Lane.REVEAL:
        return {}
    if giving.opens_by not in OpensBy.values:
        return {"opens_by": _("Please choose when the answers open.")}
    once = giving.due == Due.RHYTHM and giving.recurrence.freq == "once"
    if giving.opens_by == OpensBy.DATE and giving.opens_at is not None and once:
        due = instant(giving.starts_on, giving.at, giving.couple.zone)
        if due is not None and giving.opens_at < due:
            return {"opens_on": _("This is before the answers are due. Choose a later moment.")}
    return {}


def _about_dates(giving: Giving, now: datetime) -> Refusals:
    if giving.due == Due.ON_DEMAND:
        return {}
    today = timezone.localtime(now, giving.couple.zone).date()
    if giving.starts_on < today:
        return {"starts_on": _("This day is over. Choose today or a later day.")}
    if giving.starts_on > today + FURTHEST:
        return {"starts_on": _("This is more than a year ahead. Choose an earlier day.")}
    if giving.due == Due.APPOINTMENT:
        until = giving.recurrence.until
        return {"until": _("The last day comes before the first.")} if until and until < giving.starts_on else {}
    first = dates(giving.recurrence, giving.starts_on, end=today + 2 * FURTHEST, limit=1)
    if not first:
        return {"until": _("Nothing would ever fall due: the last day comes before the first.")}
    due = instant(first[0], giving.at, giving.couple.zone)
    if due is not None and due <= now:
        return {"at": _("This time has passed today. Choose a later time or another day.")}
    return {}


def _about_hours(giving: Giving) -> Refusals:
    found: Refusals = {}
    for name in ("due_hours_before", "opens_hours_before", "grace_hours", "closes_hours_after"):
        hours = getattr(giving, name)
        if hours is not None and not 0 <= hours <= MOST_HOURS:
            found[name] = _("This is too long. Sixty days is the limit.")
    return found


def _about_what_follows(giving: Giving) -> Refusals:
    follow_up = giving.follow_up
    if follow_up is None:
        return {}
    joint = follow_up.content["lane"] == Lane.JOINT
    at_the_end = giving.follow_up_when == FollowUp.LAST
    apart = giving.lane != Lane.JOINT and giving.due != Due.ON_DEMAND
    if joint and apart and not at_the_end:
        return {"follow_up": _("This is done together, so it can only come after the last time.")}
    endless = giving.recurrence.freq != "once" and not giving.recurrence.count and not giving.recurrence.until
    if at_the_end and (giving.due == Due.ON_DEMAND or endless):
        return {"follow_up_when": _("There is no last time. Choose how many times, or a last day.")}
    if at_the_end and giving.due == Due.APPOINTMENT and giving.recurrence.until:
        return {"follow_up_when": _("Choose a number of times: which session is the last one is not known ahead.")}
    if not 1 <= giving.follow_up_hours <= MOST_HOURS:
        return {"follow_up_hours": _("Choose between one hour and sixty days.")}
    return {}


def _about_tailoring(giving: Giving) -> Refusals:
    cards = len(giving.edition.content.get("prompts", []))
    if not set(giving.left_out) <= set(range(cards)):
        return {"left_out": _("Please choose among the cards of this deck.")}
    if cards and len(set(giving.left_out)) >= cards:
        return {"left_out": _("At least one card has to stay.")}
    if not set(giving.adaptations) <= set(giving.edition.content.get("adaptations", {})):
        return {"adaptations": _("Please choose among the adaptations of this exercise.")}
    if giving.goal_id is not None and not goals_on_offer(giving.couple, giving.clients).filter(pk=giving.goal_id):
        return {"goal": _("Please choose a goal of the people who get this.")}
    return {}


def goals_on_offer(couple: Couple, clients: tuple[uuid.UUID, ...]) -> QuerySet[Goal]:
    """Return the goals that an assignment for ``clients`` may serve: one that all of them know of."""
    running = Goal.objects.filter(couple=couple, reached_at=None, dropped_at=None)
    return running.filter(audience__contains=list(clients)).order_by("started_on", "pk")
