"""One person in the middle of one occurrence: what they are asked, what they typed, who will read it."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from functools import cached_property

from django.http import Http404
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import Client
from exercises import answering, drafts, lanes
from exercises.answers import QuestionError, Value, clean, words
from exercises.lane_words import Circle, Said, circles, question_numbers, said, said_of_doing
from exercises.models import Assignment, Edition, Occurrence, Response
from exercises.questions import Form, Question
from exercises.vocabulary import Kind, Lane, Participation
from practice import tenancy
from practice.models import Practice

#: Cautions that speak to the people who do it; the others are for whoever assigns.
SAID_TO_CLIENTS = ("touch_consent", "pause_signal", "not_mid_conflict")


@dataclass
class Doing:
    """Everything the pages of one occurrence need, read at most once."""

    occurrence: Occurrence
    person: Client
    practice: Practice
    now: datetime.datetime

    @property
    def assignment(self) -> Assignment:
        return self.occurrence.assignment

    @property
    def edition(self) -> Edition:
        return self.assignment.edition

    @property
    def form(self) -> Form:
        return self.edition.form

    @cached_property
    def circle(self) -> Circle:
        couple = self.occurrence.couple_id
        return circles(self.person, self.practice, [couple])[couple]

    @cached_property
    def sent(self) -> Response | None:
        return answering.sent_by(self.occurrence, self.person)

    @cached_property
    def kept(self) -> drafts.Kept:
        return drafts.kept(self.occurrence, self.person)

    @cached_property
    def joint_part_sent(self) -> bool:
        return self.assignment.is_joint and answering.joint_part_sent(self.occurrence)

    @cached_property
    def questions(self) -> list[Question]:
        return lanes.questions_for(self.form, self.assignment.lane, joint_part_sent=self.joint_part_sent)

    @cached_property
    def local_key(self) -> str:
        """Names what a phone keeps for a while: the same for one person here, telling nothing, nobody else's."""
        return salted_hmac("exercises.kept", f"{self.person.pk}.{self.occurrence.pk}").hexdigest()[:16]

    @property
    def can_answer(self) -> bool:
        return answering.can_answer(self.occurrence, self.now)

    @property
    def together(self) -> bool:
        """Whether it is done by all at once, so that 'we did it' is the word."""
        return self.edition.content.get("participation") != Participation.EACH_ALONE

    @property
    def weekly(self) -> bool:
        return "WEEKLY" in self.assignment.rule

    def question(self, number: int) -> Question:
        if not 1 <= number <= len(self.questions):
            raise Http404
        return self.questions[number - 1]

    def said_of(self, question: Question) -> Said:
        return self._said(lanes.lane_of(question, self.assignment.lane))

    def _said(self, lane: str) -> Said:
        each = self.assignment.is_joint and lane == Lane.REVEAL
        return said(lane, self.circle, occurrence=self.occurrence, each_of_joint=each, now=self.now)

    @cached_property
    def lane_boxes(self) -> list[LaneBox]:
        """Who reads what, the questions of one lane in one box; a form without questions has one."""
        found = lanes.groups(self.questions, self.assignment.lane)
        if not found and self.assignment.lane == Lane.REVEAL:
            return [LaneBox(self._said(Lane.REVEAL), ())]
        if not found:
            return [LaneBox(said_of_doing(self.assignment.lane, self.circle), ())]
        return [LaneBox(self._said(one.lane), one.numbers) for one in found]

    @property
    def kicker(self) -> str:
        """'Check-in · 8 questions · about 4 minutes'."""
        content = self.edition.content
        parts = [str(Kind(content["kind"]).label)]
        if self.questions:
            parts.append(
                ngettext("%(count)s question", "%(count)s questions", len(self.questions))
                % {"count": len(self.questions)}
            )
        return " · ".join([*parts, minutes_words(content.get("minutes", 0))])

    def reached(self) -> int:
        """The number of the question to go on with; one more than there are when all have something."""
        answered = [n for n, one in enumerate(self.questions, start=1) if any(self.kept.raw.get(one.key, ()))]
        return max(answered, default=0) + 1

    def lines(self, numbers: tuple[int, ...]) -> list[Line]:
        """The answers as they stand, for the check page."""
        made = []
        for number in numbers:
            question = self.questions[number - 1]
            raw = self.kept.raw.get(question.key, [])
            try:
                made.append(Line(number, question, clean(question, raw)))
            except QuestionError as error:
                made.append(Line(number, question, Value(), error=str(error), raw=" ".join(raw)))
        return made


@dataclass(frozen=True)
class LaneBox:
    """A lane, and the numbers of the questions it is about."""

    said: Said
    numbers: tuple[int, ...]

    @property
    def title(self) -> str:
        return self.said.line

    @property
    def which(self) -> str:
        return question_numbers(self.numbers)

    @property
    def count(self) -> str:
        return ngettext("%(count)s question", "%(count)s questions", len(self.numbers)) % {"count": len(self.numbers)}


@dataclass(frozen=True)
class Line:
    """One answer on the check page."""

    number: int
    question: Question
    value: Value
    error: str = ""
    raw: str = ""

    @property
    def words(self) -> str:
        return words(self.question, self.value)

    @property
    def is_text(self) -> bool:
        return bool(self.value.text)

    @property
    def left_out(self) -> bool:
        return self.value.blank and not self.error


def minutes_words(minutes: int) -> str:
    return ngettext("about %(count)s minute", "about %(count)s minutes", minutes) % {"count": minutes}


def of(person: Client, practice: Practice, occurrence_id: uuid.UUID) -> Doing:
    """Return what ``person`` is doing. Unknown, foreign, another's and not yet open are the same 404."""
    asker = tenancy.current()
    now = timezone.now()
    found = (
        Occurrence.objects.select_related("assignment__edition")
        .filter(pk=occurrence_id, couple__in=asker.couples if asker else (), opens_at__lte=now)
        .first()
    )
    if found is None or found.client_id not in (None, person.pk):
        raise Http404
    return Doing(found, person, practice, now)


def cautions(doing: Doing) -> list[str]:
    """What to mind, in words meant for those who do it."""
    from exercises.vocabulary import CAUTIONS

    content = doing.edition.content
    general = [str(CAUTIONS[code]) for code in content.get("caution_codes", []) if code in SAID_TO_CLIENTS]
    return [*content.get("cautions", []), *general]


def greeting(person: Client, now: datetime.datetime) -> str:
    """'Good evening, Mara', by the hour where the person is."""
    hour = timezone.localtime(now).hour
    if 5 <= hour < 12:
        return _("Good morning, %(name)s") % {"name": person.name}
    if 12 <= hour < 18:
        return _("Good afternoon, %(name)s") % {"name": person.name}
    return _("Good evening, %(name)s") % {"name": person.name}
