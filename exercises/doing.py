"""One person in the middle of one occurrence: what they are asked, what they typed, who will read it."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from django.http import Http404
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import Client
from exercises import amending, answering, attachments, drafts, lanes, languages, pages
from exercises.answers import Value, clean_form
from exercises.conditions import Visible, visible
from exercises.giving import asks_about_safety
from exercises.lane_words import Circle, Said, circles, said, said_of_doing
from exercises.looking_over import LaneBox
from exercises.models import Assignment, Attachment, Draft, Edition, Occurrence, Response
from exercises.pages import Page, Progress
from exercises.questions import Form, Question
from exercises.screens import Screen, screen
from exercises.support import Support, standing, support
from exercises.vocabulary import Kind, Lane, Participation
from practice import tenancy
from practice.models import Practice
from practice.written import Written, together

#: Cautions that speak to the people who do it; the others are for whoever assigns.
SAID_TO_CLIENTS = ("touch_consent", "pause_signal", "not_mid_conflict")


class Standing(StrEnum):
    """How something stands for one person: what they can do with it."""

    OPEN = "open"
    AMENDING = "amending"
    SENT = "sent"
    #: A partner sent the one answer of all, and no part of one's own is left.
    ANSWERED_TOGETHER = "answered_together"
    OVER = "over"
    #: Not everybody has agreed yet to how secrets are handled.
    WAITS = "waits"


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

    @cached_property
    def language(self) -> str:
        return languages.language_of(self.person, self.practice)

    @cached_property
    def edition(self) -> Edition:
        """The edition that was given, in the language this person reads."""
        return languages.spoken(self.assignment.edition, self.language)

    @property
    def lang(self) -> str:
        """The language that its words are in."""
        return languages.language_said(self.assignment.edition, self.language)

    @property
    def form(self) -> Form:
        return self.edition.form

    @cached_property
    def circle(self) -> Circle:
        couple = self.occurrence.couple_id
        return circles(self.person, self.practice, [couple])[couple].among(self.assignment.audience)

    @cached_property
    def sent(self) -> Response | None:
        return answering.sent_by(self.occurrence, self.person)

    @cached_property
    def draft(self) -> Draft | None:
        return drafts.draft_of(self.occurrence, self.person)

    @cached_property
    def kept(self) -> drafts.Kept:
        return drafts.kept_in(self.draft, self.occurrence)

    def with_draft(self, draft: Draft) -> Doing:
        """Return the same once ``draft`` was saved."""
        saved = Doing(self.occurrence, self.person, self.practice, self.now)
        saved.sent, saved.draft = self.sent, draft
        saved.joint_part_sent, saved.language = self.joint_part_sent, self.language
        return saved

    @cached_property
    def files(self) -> list[Attachment]:
        """Pictures, voice notes and files that go along when it is sent."""
        return list(attachments.of_draft(self.occurrence, self.person))

    @cached_property
    def may_amend(self) -> bool:
        return self.sent is not None and amending.may_amend(self.sent, self.now)

    @property
    def is_amending(self) -> bool:
        """Whether what was sent is being changed, and may be."""
        return self.sent is not None and self.kept.version > 0 and self.may_amend

    @cached_property
    def joint_part_sent(self) -> bool:
        return self.assignment.is_joint and answering.joint_part_sent(self.occurrence)

    @cached_property
    def known(self) -> dict[str, Value]:
        """What was answered together and sent: conditions may look at it."""
        return answering.answers_together(self.occurrence) if self.joint_part_sent and self.branches else {}

    @cached_property
    def questions(self) -> list[Question]:
        """The questions that are this person's to answer, whatever conditions say, each once."""
        return lanes.questions_for(self.form, self.assignment.lane, joint_part_sent=self.joint_part_sent)

    @cached_property
    def local_key(self) -> str:
        """Names what a phone keeps for a while: the same for one person here, telling nothing, nobody else's."""
        return salted_hmac("exercises.kept", f"{self.person.pk}.{self.occurrence.pk}").hexdigest()[:16]

    @property
    def can_answer(self) -> bool:
        return answering.can_answer(self.occurrence, self.now, written_at=self.kept.saved_at)

    @property
    def stands(self) -> Standing:
        """How it stands for this person now: the first that holds."""
        if self.sent is not None:
            return Standing.AMENDING if self.is_amending else Standing.SENT
        if self.assignment.is_joint and self.joint_part_sent and self.nothing_left:
            return Standing.ANSWERED_TOGETHER
        if not self.can_answer:
            return Standing.OVER
        return Standing.WAITS if answering.waits_for_agreement(self.occurrence) else Standing.OPEN

    @property
    def late(self) -> bool:
        """Whether it counts as late by now. It may be answered all the same."""
        return self.now > self.occurrence.on_time_until

    @property
    def together(self) -> bool:
        """Whether it is done by all at once, so that 'we did it' is the word."""
        return self.edition.content.get("participation") != Participation.EACH_ALONE

    @property
    def weekly(self) -> bool:
        return "WEEKLY" in self.assignment.rule

    # ── pages ──

    @cached_property
    def branches(self) -> bool:
        return pages.branches(self.form)

    @cached_property
    def whole(self) -> bool:
        """Whether all questions stand on one page: the therapist prefers it, or there are but a few."""
        return self.assignment.whole_page or pages.is_short(self.form)

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        """Every page there can be, whatever is asked at present."""
        return pages.pages_of(self.form, {one.key for one in self.questions}, whole=self.whole)

    @cached_property
    def values(self) -> dict[str, Value]:
        """What was typed so far, as far as it can be understood; hidden answers, too."""
        return clean_form(self.form, self.kept.raw)[0]

    @cached_property
    def shown(self) -> Visible:
        return visible(self.form, self.values, self.known)

    @cached_property
    def asked(self) -> list[Question]:
        """What is asked of this person at present, as often as it is answered, in the order of the form."""
        keys = {one.key for one in self.questions}
        return [one for one in self.shown.questions if one.base in keys]

    @property
    def nothing_left(self) -> bool:
        """Whether there is nothing that this person could answer, after what was answered together."""
        return not self.questions or (self.branches and not self.asked)

    def is_shown(self, page: Page) -> bool:
        there = {one.base for one in self.shown.items if one.base in page.bases}
        return not there.isdisjoint(one.base for one in page.questions) if page.questions else bool(there)

    def page(self, number: int) -> Page:
        if not 1 <= number <= len(self.pages):
            raise Http404
        return self.pages[number - 1]

    def page_of(self, question: Question) -> int:
        """The number of the page that a question stands on."""
        return next((page.number for page in self.pages if question.base in page.bases), 1)

    def after(self, number: int) -> int | None:
        """The next page with anything on it; None when there is only looking over it left."""
        return next((page.number for page in self.pages[number:] if self.is_shown(page)), None)

    def before(self, number: int) -> int | None:
        return next((page.number for page in reversed(self.pages[: number - 1]) if self.is_shown(page)), None)

    def go_on_at(self) -> int | None:
        """The page after the last one that something was answered on; None when that was all."""
        answered = {self.form[key].base.partition(".")[0] for key, parts in self.kept.raw.items() if any(parts)}
        last = max((page.number for page in self.pages if page.bases & answered), default=0)
        if self.whole:
            return 1
        return self.after(last)

    def reached(self) -> int:
        """The page to open when somebody carries on: the last one when all was answered."""
        return self.go_on_at() or max(len(self.pages), 1)

    def progress(self, number: int) -> Progress:
        at = sum(self.is_shown(page) for page in self.pages[:number])
        single = all(page.alone for page in self.pages)
        return Progress(at, at + len(self.pages) - number, self.branches, single)

    def screen(self, number: int, raw: drafts.Raw | None = None, errors: Mapping[str, object] | None = None) -> Screen:
        """One page, filled with ``raw``, the draft where nothing is given."""
        return screen(
            self.form,
            self.page(number),
            self.kept.raw if raw is None else {**self.kept.raw, **raw},
            self.shown,
            errors=errors,
            said_of=self.said_of,
            heading=self.edition.title if self.whole else "",
        )

    def support(self, number: int) -> Support | None:
        """Help beside the questions of a page, where one of them may call for it."""
        return self.support_beside(self.page(number))

    def support_beside(self, page: Page) -> Support | None:
        """Help beside any of the questions, put together as a page."""
        return support(
            self.edition,
            self.assignment.lane,
            page,
            self.shown_values,
            person=self.person,
            practice=self.practice,
            now=self.now,
        )

    @cached_property
    def standing_support(self) -> Support:
        """Help for pages that several look at: the same for each of them, whatever anybody answered."""
        return standing(person=self.person, practice=self.practice, now=self.now)

    @property
    def shown_values(self) -> dict[str, Value]:
        """What was typed to what is asked at present: what is hidden calls for nothing."""
        return {key: value for key, value in self.values.items() if key in self.shown.keys}

    @cached_property
    def asks_about_safety(self) -> bool:
        """Whether an answer to this form may call for help; the same for everybody, whatever they answered."""
        return asks_about_safety(self.assignment.edition)

    @property
    def is_read_now(self) -> bool:
        """Whether somebody of the practice is there at this hour."""
        return self.practice.hours.is_open(self.now)

    # ── who reads ──

    def said_of(self, question: Question) -> Said:
        return self.said_in(lanes.lane_of(question, self.assignment.lane))

    def said_in(self, lane: str) -> Said:
        if lane not in self._said:
            each = self.assignment.is_joint and lane == Lane.REVEAL
            self._said[lane] = said(lane, self.circle, occurrence=self.occurrence, each_of_joint=each, now=self.now)
        return self._said[lane]

    @cached_property
    def _said(self) -> dict[str, Said]:
        return {}

    @cached_property
    def lane_boxes(self) -> list[LaneBox]:
        """Who reads what, the questions of one lane in one box; a form without questions has one."""
        found = lanes.groups(self.questions, self.assignment.lane)
        if not found and self.assignment.lane == Lane.REVEAL:
            return [LaneBox(self.said_in(Lane.REVEAL), ())]
        if not found:
            return [LaneBox(said_of_doing(self.assignment.lane, self.circle), ())]
        numbered = not self.branches and not self.whole and all(page.alone for page in self.pages)
        return [LaneBox(self.said_in(one.lane), one.numbers, numbered) for one in found]

    @property
    def kicker(self) -> str:
        """'Check-in · 8 questions · about 4 minutes'."""
        content, count = self.edition.content, len(self.questions)
        parts = [str(Kind(content["kind"]).label)]
        if count and self.branches:
            parts.append(_("up to %(count)s questions") % {"count": count})
        elif count:
            parts.append(ngettext("%(count)s question", "%(count)s questions", count) % {"count": count})
        return " · ".join([*parts, minutes_words(content.get("minutes", 0))])

    @cached_property
    def to_send(self) -> dict[str, Value]:
        """What would be sent now."""
        keys = {one.key for one in self.questions}
        return clean_form(self.form, self.kept.raw, keys=keys, sending=True, known=self.known)[0]


def minutes_words(minutes: int) -> str:
    return ngettext("about %(count)s minute", "about %(count)s minutes", minutes) % {"count": minutes}


_OPEN: Written[Occurrence] = Written(
    lambda occurrence, now: Occurrence.objects.select_related("assignment__edition").filter(
        pk=occurrence, opens_at__lte=now
    ),
    occurrence=uuid.UUID,
    now=datetime.datetime,
)


def of(person: Client, practice: Practice, occurrence_id: uuid.UUID) -> Doing:
    """Return what ``person`` is doing. Unknown, foreign, another's and not yet open are the same 404."""
    asker = tenancy.current()
    now = timezone.now()
    there, sent, typed = together(
        _OPEN.of(occurrence=occurrence_id, now=now),
        answering.asking_for_sent(occurrence_id, person),
        drafts.asking_for(occurrence_id, person),
    )
    found = next(iter(there), None)
    if found is None or asker is None or found.couple_id not in asker.couples:
        raise Http404
    if found.client_id not in (None, person.pk):
        raise Http404
    doing = Doing(found, person, practice, now)
    doing.sent, doing.draft = next(iter(sent), None), next(iter(typed), None)
    if doing.sent is not None:
        doing.sent.occurrence = found
    return doing


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
