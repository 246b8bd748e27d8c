"""What happens after sending, in the order of time and in the words of the lane."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import Appointment
from exercises.doing import Doing
from exercises.lane_words import opening_words
from exercises.vocabulary import Lane
from practice.times import weekday_date_time


@dataclass(frozen=True)
class Step:
    when: str
    text: str
    done: bool = False
    order: int = 1


def next_steps(doing: Doing, session: Appointment | None) -> list[Step]:
    """Return what this person is told after sending. Nothing in it depends on anybody else's answers."""
    lane = Lane(doing.assignment.lane)
    steps = [Step(_("Now"), _now(doing, lane), done=True)]
    if lane in (Lane.REVEAL, Lane.JOINT) and Lane.REVEAL in {box.said.lane for box in doing.lane_boxes}:
        steps.append(_opening(doing))
    if lane is not Lane.OWN:
        steps.append(Step(_("Next"), _reading(doing), order=0))
    steps.sort(key=lambda step: (not step.done, step.order))
    if session is not None and lane is not Lane.OWN and doing.occurrence.reveals_at != session.starts_at:
        steps.append(Step(weekday_date_time(session.starts_at), _("Your session, where you can talk about it.")))
    if lane in (Lane.REVEAL, Lane.SHARED, Lane.JOINT):
        steps.append(Step(_("After that"), _("You find what has opened under Together.")))
    return steps


def _now(doing: Doing, lane: Lane) -> str:
    told = {"therapist": doing.circle.therapist, "other": doing.circle.other}
    if not doing.form.questions:
        return _("It is noted that you did this.")
    if lane is Lane.OWN:
        return _("Your notes are kept. Only you can open them.")
    if lane is Lane.PRIVATE:
        return _("Your answers went to %(therapist)s alone.") % told
    private = sum(1 for one in doing.form if one.private)
    text = {
        Lane.REVEAL: _("Your answers are sealed."),
        Lane.SHARED: _("Your answers are there for %(other)s and %(therapist)s to read."),
        Lane.JOINT: _("Your answers together are there for all of you and %(therapist)s."),
    }[lane] % told
    if lane is Lane.REVEAL and _is_open(doing):
        text = _("Your answers are open to those who have sent theirs.")
    if not private:
        return text
    alone = ngettext(
        "One question went to %(therapist)s alone.", "%(count)s questions went to %(therapist)s alone.", private
    ) % {"count": private, **told}
    return f"{text} {alone}"


def _is_open(doing: Doing) -> bool:
    moment = doing.occurrence.reveals_at
    return moment is not None and moment <= doing.now


def _reading(doing: Doing) -> str:
    return _("%(therapist)s reads what you sent %(hours)s. Nobody reads it at night.") % {
        "therapist": doing.circle.therapist,
        "hours": doing.practice.reply_hours or _("on working days"),
    }


def _opening(doing: Doing) -> Step:
    moment = doing.occurrence.reveals_at
    if moment is not None and moment <= doing.now:
        return Step(_("Now"), _("What each of you has sent lies side by side under Together."), done=True)
    if moment is not None:
        return Step(
            weekday_date_time(moment),
            _("The sealed answers open side by side. If one side is empty, you decide together what to do."),
        )
    if doing.assignment.is_joint:
        return Step(_("Then"), _("What each of you said alone opens when all of you have sent."))
    return Step(
        _("Then"),
        _("The sealed answers open side by side %(opening)s.")
        % {"opening": opening_words(doing.occurrence, doing.circle)},
    )
