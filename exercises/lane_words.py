"""What a lane means, said to a client before they answer: in their own circle's names, never as a rule."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import CaseloadEntry, Client, Partner
from exercises.models import Assignment, Occurrence
from exercises.vocabulary import Lane
from practice.models import Practice
from practice.templatetags.attune import names
from practice.times import local_time, weekday_date
from practice.written import Written, together


@dataclass(frozen=True)
class Circle:
    """The people around one client in one couple, as names."""

    me: str
    others: tuple[str, ...]
    therapists: tuple[str, ...]
    no_secrets: bool = False
    #: Whose names ``others`` are, in the same order.
    ids: tuple[uuid.UUID, ...] = ()

    @property
    def therapist(self) -> str:
        return names(self.therapists) if self.therapists else _("your therapist")

    @property
    def other(self) -> str:
        return names(self.others)

    @property
    def of_two(self) -> bool:
        return len(self.others) == 1

    def among(self, audience: Collection[uuid.UUID]) -> Circle:
        """Return the circle of something that not all were given: the others are not even named.

        What one person has alone keeps the names: it is about whom it is hidden from.
        """
        if len(audience) < 2 or set(self.ids) <= set(audience):
            return self
        there = [(name, one) for name, one in zip(self.others, self.ids, strict=True) if one in audience]
        return replace(self, others=tuple(name for name, _one in there), ids=tuple(one for _name, one in there))


PARTNERS: Written[tuple[uuid.UUID, uuid.UUID, str]] = Written(
    lambda couples: (
        Partner.objects.filter(couple__in=couples, left_at=None)
        .order_by("position")
        .values_list("couple_id", "client_id", "client__name")
    ),
    couples=[uuid.UUID],
)
STAFF: Written[tuple[uuid.UUID, str]] = Written(
    lambda couples: (
        CaseloadEntry.objects.filter(couple__in=couples, membership__ended_at=None)
        .order_by("since", "pk")
        .values_list("couple_id", "membership__name")
    ),
    couples=[uuid.UUID],
)


def circles(client: Client, practice: Practice, couples: Iterable[uuid.UUID]) -> dict[uuid.UUID, Circle]:
    """Return the circle in each of the client's couples: one trip to the database, whatever their number."""
    couples = list(couples)
    others: dict[uuid.UUID, list[tuple[str, uuid.UUID]]] = {}
    therapists: dict[uuid.UUID, list[str]] = {}
    partners, staff = together(PARTNERS.of(couples=couples), STAFF.of(couples=couples))
    for couple, one, name in partners:
        if one != client.pk:
            others.setdefault(couple, []).append((name, one))
    for couple, name in staff:
        therapists.setdefault(couple, []).append(name)
    no_secrets = practice.secrets_policy == Practice.Secrets.NO_SECRETS
    return {
        couple: Circle(
            client.name,
            tuple(name for name, _id in others.get(couple, ())),
            tuple(therapists.get(couple, ())),
            no_secrets,
            tuple(one for _name, one in others.get(couple, ())),
        )
        for couple in couples
    }


@dataclass(frozen=True)
class Said:
    """A lane as the client hears it: a line above the button, and the line explained."""

    lane: Lane
    line: str
    text: str


def said(
    lane: str,
    circle: Circle,
    *,
    occurrence: Occurrence | None = None,
    each_of_joint: bool = False,
    now: datetime.datetime | None = None,
) -> Said:
    """Return the words for a lane. ``occurrence`` tells when a reveal opens; without one, 'the stated moment'."""
    lane = Lane(lane)
    now = now or timezone.now()
    match lane:
        case Lane.OWN:
            return Said(lane, _("Just you"), _own(circle))
        case Lane.PRIVATE:
            return Said(lane, _("You and %(therapist)s") % {"therapist": circle.therapist}, _private(circle))
        case Lane.SHARED:
            line = _("You both, straight away") if circle.of_two else _("All of you, straight away")
            return Said(lane, line, _shared(circle))
        case Lane.JOINT:
            return Said(lane, _("One answer, together"), _joint(circle))
    if each_of_joint:
        return Said(lane, _("Each for yourself, open once everybody has sent"), _each(circle))
    return _reveal(circle, occurrence, now)


def said_of_doing(lane: str, circle: Circle) -> Said:
    """Return the words for something without questions: there is only that it was done."""
    told = {"other": circle.other, "therapist": circle.therapist}
    lane = Lane(lane)
    if lane is Lane.OWN:
        return Said(lane, _("Just you"), _("There is nothing to write, and nobody else sees that you did it."))
    if lane is Lane.PRIVATE or not circle.others:
        text = _("There is nothing to write. Only %(therapist)s sees that you did it.") % told
        return Said(Lane.PRIVATE, _("You and %(therapist)s") % told, text)
    line = _("You both, straight away") if circle.of_two else _("All of you, straight away")
    text = _("There is nothing to write. %(other)s and %(therapist)s can see that it was done.") % told
    return Said(lane, line, text)


def _own(circle: Circle) -> str:
    if not circle.others:
        return _("Only you can read this. %(therapist)s cannot.") % {"therapist": circle.therapist}
    return _("Only you can read this: neither %(other)s nor %(therapist)s can.") % {
        "other": circle.other,
        "therapist": circle.therapist,
    }


def _private(circle: Circle) -> str:
    told = {"therapist": circle.therapist, "other": circle.other}
    if circle.no_secrets:
        return (
            _(
                "%(therapist)s reads what you send here, and no partner sees it in Attune. In this practice"
                " nothing is a secret between partners: %(therapist)s may bring it up with you both."
            )
            % told
        )
    if not circle.others:
        return _("Only %(therapist)s can read this, once you send it.") % told
    return (
        _(
            "Only %(therapist)s can read this, once you send it. %(other)s never sees it, nor whether there"
            " is anything to see: not in a list and not in a report."
        )
        % told
    )


def _shared(circle: Circle) -> str:
    return _("%(other)s and %(therapist)s can read your answers as soon as you send them.") % {
        "other": circle.other,
        "therapist": circle.therapist,
    }


def _joint(circle: Circle) -> str:
    return _(
        "You answer this together, on one phone or by talking it over. Whoever sends first sends it for all"
        " of you; then %(other)s, %(therapist)s and you can read it."
    ) % {"other": circle.other, "therapist": circle.therapist}


def _each(circle: Circle) -> str:
    return _(
        "Everybody answers these from their own phone. They open for you and %(other)s when all of you"
        " have sent. %(therapist)s can read yours once you send them."
    ) % {"other": circle.other, "therapist": circle.therapist}


def _reveal(circle: Circle, occurrence: Occurrence | None, now: datetime.datetime) -> Said:
    told = {"other": circle.other, "therapist": circle.therapist}
    moment = occurrence.reveals_at if occurrence else None
    if moment is not None and moment <= now:
        line = _("Open to those who send")
        text = _(
            "This opened on %(day)s. Once you send yours, you and %(other)s can read what each of you has"
            " sent. %(therapist)s can read yours, too."
        )
        return Said(Lane.REVEAL, line, text % {**told, "day": weekday_date(moment)})
    sealed = _("Sealed for both") if circle.of_two else _("Sealed for all of you")
    until = until_words(occurrence, circle, now)
    opening = opening_words(occurrence, circle)
    text = _(
        "Your answers and those of %(other)s open side by side %(opening)s. Until then nobody sees the"
        " other's, or whether there are any. %(therapist)s can read yours once you send them."
    )
    return Said(Lane.REVEAL, f"{sealed} {until}", text % {**told, "opening": opening})


def until_words(occurrence: Occurrence | None, circle: Circle, now: datetime.datetime) -> str:
    """'until Thursday': the end of a seal in as few words as it can be said."""
    if occurrence is None:
        return _("until a stated moment")
    if occurrence.reveals_at is not None:
        return _("until %(day)s") % {"day": day_words(occurrence.reveals_at, now)}
    by = occurrence.assignment.opens_by
    if by == Assignment.OpensBy.ALL:
        return _("until you have both sent") if circle.of_two else _("until you have all sent")
    if by == Assignment.OpensBy.TOGETHER:
        return _("until you both want to open it") if circle.of_two else _("until you all want to open it")
    if by == Assignment.OpensBy.THERAPIST:
        return _("until %(therapist)s opens it") % {"therapist": circle.therapist}
    return _("until your next session")


def opening_words(occurrence: Occurrence | None, circle: Circle) -> str:
    """'on Thursday 21 May at 18:00': the moment of opening inside a sentence."""
    if occurrence is None:
        return _("at a stated moment")
    if occurrence.reveals_at is not None:
        return _("on %(day)s at %(time)s") % {
            "day": weekday_date(occurrence.reveals_at),
            "time": local_time(occurrence.reveals_at),
        }
    by = occurrence.assignment.opens_by
    if by == Assignment.OpensBy.ALL:
        return _("when you have both sent") if circle.of_two else _("when you have all sent")
    if by == Assignment.OpensBy.TOGETHER and circle.of_two:
        return _("when you have both sent and both say that you are ready, or in a session")
    if by == Assignment.OpensBy.TOGETHER:
        return _("when you have all sent and all say that you are ready, or in a session")
    if by == Assignment.OpensBy.THERAPIST:
        return _("when %(therapist)s opens them") % {"therapist": circle.therapist}
    return _("at your next session")


def day_words(moment: datetime.datetime, now: datetime.datetime) -> str:
    """The day as one would say it: 'tonight at 21:00', 'tomorrow', 'Thursday', '8 June'."""
    there, today = timezone.localtime(moment), timezone.localtime(now).date()
    away = (there.date() - today).days
    if away == 0:
        return _("today at %(time)s") % {"time": local_time(moment)}
    if away == 1:
        return _("tomorrow")
    return date_format(there, "l") if 1 < away < 7 else date_format(there, "j F")


def question_numbers(numbers: Iterable[int]) -> str:
    """'Question 7', 'Questions 7 and 8': which questions a lane is about."""
    every = list(numbers)
    return ngettext("Question %(numbers)s", "Questions %(numbers)s", len(every)) % {"numbers": names(every)}
