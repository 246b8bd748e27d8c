"""Doing one occurrence: what it is, what is asked, the draft, and sending it. What the portal's pages decide with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NoReturn
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Appointment
from exercises import amending, answering, decks, drafts
from exercises import doing as doings
from exercises.answers import QuestionError, clean
from exercises.api.me.person import ID, Mine
from exercises.api.me.shapes import (
    ANSWERS,
    HELP,
    LANE,
    MARKS,
    QUESTION,
    MyHelpSerializer,
    MyLaneSerializer,
    MyQuestionSerializer,
    as_help,
    as_questions,
)
from exercises.doing import Doing, Standing
from exercises.models import Occurrence
from exercises.next_steps import next_steps
from exercises.pages import Page, pages_of
from exercises.tailoring import tailored
from exercises.views.portal_send import ReasonForm
from practice.api import problems
from practice.api.problems import Conflict
from practice.api.schema import example

STANDINGS = [one.value for one in Standing]
#: Texts of one answer, and answers of one save: more than any form has.
MOST_TEXTS, MOST_ANSWERS = 400, 3_000
STEPS = [{"when": "Now", "text": "Your answers went to Dr Karlsen alone.", "done": True}]
SENT = {
    "said": "Sent. Thank you, Mara.",
    "at": "2026-11-23T20:15:00Z",
    "late": False,
    "copy": True,
    "may_amend": True,
    "next": STEPS,
    "read_when": "Nobody reads this now. Dr Karlsen sees it only after you send it. Not for emergencies.",
    "help": HELP,
}
DRAFT = {
    "version": 3,
    "saved_at": "2026-11-23T20:12:00Z",
    "answers": ANSWERS,
    "asked": ["near", "ways", "safe"],
}
EXERCISE = {
    "title": "How we were",
    "kicker": "Check-in · 8 questions · about 4 minutes",
    "summary": "A look at the week.",
    "why": "I would like us to begin with this.",
    "points": [],
    "steps": ["Sit down for yourself.", "Answer as it comes."],
    "prompts": [],
    "adaptations": [],
    "smaller": False,
    "cautions": [],
    "credit": "",
    "language": "en",
}
STANDS = {"id": ID, "title": "Check-in", "standing": "sent", "sent": SENT}


@example(when="Now", text="Your answers went to Dr Karlsen alone.", done=True)
class MyStepSerializer(serializers.Serializer):
    """Something that happens after sending."""

    when = serializers.CharField()
    text = serializers.CharField()
    done = serializers.BooleanField()


@example(**SENT)
class MySentSerializer(serializers.Serializer):
    """That it was sent, and what comes next. Nothing of the answers is in it."""

    said = serializers.CharField()
    at = serializers.DateTimeField()
    late = serializers.BooleanField(help_text="Late is fine.")
    copy = serializers.BooleanField(help_text="False for what was sent so that only the therapist reads it.")
    may_amend = serializers.BooleanField(help_text="Whether it may still be changed: nobody else can have read it.")
    next = MyStepSerializer(many=True)
    read_when = serializers.CharField(help_text="On forms that ask about safety: when it is read. Show it.")
    help = MyHelpSerializer(
        allow_null=True, help_text="On forms that ask about safety, whatever was answered: where to turn. Show it."
    )


@example(**STANDS)
class MyStandsSerializer(serializers.Serializer):
    """An occurrence, and how it stands for whoever asks."""

    id = serializers.UUIDField()
    title = serializers.CharField(help_text="Neutral, for lists.")
    standing = serializers.ChoiceField(
        STANDINGS,
        help_text="`amending`: what was sent is being changed. `answered_together`: a partner sent it for all. "
        "`over`: closed, resting or taken back. `waits`: not everybody has agreed yet.",
    )
    sent = MySentSerializer(allow_null=True)


@example(title="Breathe", text="Do it sitting.")
class MyAdaptationSerializer(serializers.Serializer):
    """A way that was chosen for these people."""

    label = serializers.CharField()
    text = serializers.CharField()


@example(**EXERCISE)
class MyExerciseSerializer(serializers.Serializer):
    """What it is, before anything is answered."""

    title = serializers.CharField()
    kicker = serializers.CharField()
    summary = serializers.CharField()
    why = serializers.CharField(help_text="What the therapist wrote to it.")
    points = serializers.ListField(child=serializers.CharField())
    steps = serializers.ListField(child=serializers.CharField(), help_text="How it goes, one after the other.")
    prompts = serializers.ListField(child=serializers.CharField())
    adaptations = MyAdaptationSerializer(many=True)
    smaller = serializers.BooleanField(help_text="Whether a little of it is enough.")
    cautions = serializers.ListField(child=serializers.CharField())
    credit = serializers.CharField()
    language = serializers.CharField(help_text="What its words are in.")


@example(**DRAFT)
class MyDraftSerializer(serializers.Serializer):
    """What was typed and not sent. Nobody else reads it, nor that there is one."""

    version = serializers.IntegerField(help_text="Counts the saves; 0 where nothing was typed.")
    saved_at = serializers.DateTimeField(allow_null=True)
    answers = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(allow_blank=True)), help_text=MARKS
    )
    asked = serializers.ListField(
        child=serializers.CharField(), help_text="What is asked with these answers, in the order of the form."
    )


@example(**{**LANE, "which": "Questions 1 to 7"})
class MyLaneBoxSerializer(MyLaneSerializer):
    """Who reads which questions."""

    which = serializers.CharField()


@example(
    id=ID,
    title="Check-in",
    standing="open",
    sent=None,
    due_at="2026-11-26T18:00:00Z",
    late=False,
    minutes=4,
    lanes=[{**LANE, "which": "Questions 1 to 7"}],
    exercise=EXERCISE,
    questions=[QUESTION],
    draft=DRAFT,
    help=HELP,
    may_skip=True,
    may_send_without_copy=True,
)
class MyOccurrenceSerializer(MyStandsSerializer):
    """All that the portal's pages show of one occurrence."""

    due_at = serializers.DateTimeField()
    late = serializers.BooleanField()
    minutes = serializers.IntegerField()
    lanes = MyLaneBoxSerializer(many=True, help_text="Who will read it.")
    exercise = MyExerciseSerializer(allow_null=True, help_text="Null where there is nothing to do.")
    questions = MyQuestionSerializer(many=True, help_text="The whole form; `draft.asked` says what of it is asked.")
    draft = MyDraftSerializer()
    help = MyHelpSerializer(allow_null=True, help_text="Where to turn, where one of the questions may call for it.")
    may_skip = serializers.BooleanField(help_text="Whether it may be put aside: nobody does that for both.")
    may_send_without_copy = serializers.BooleanField()


# ── what is told ──


def stands(doing: Doing) -> dict[str, Any]:
    """Return how something stands for this person."""
    standing = doing.stands
    return {
        "id": doing.occurrence.pk,
        "title": doing.edition.neutral_title,
        "standing": standing.value,
        "sent": _sent(doing) if standing is Standing.SENT else None,
    }


def in_full(doing: Doing) -> dict[str, Any]:
    """Return what the pages show: the form itself only where it can be answered."""
    told = stands(doing)
    answerable = told["standing"] in (Standing.OPEN, Standing.AMENDING)
    return {
        **told,
        "due_at": doing.occurrence.due_at,
        "late": doing.late,
        "minutes": doing.edition.content.get("minutes", 0),
        "lanes": _lanes(doing) if answerable else [],
        "exercise": _exercise(doing) if answerable else None,
        "questions": as_questions(doing) if answerable else [],
        "draft": {
            "version": doing.kept.version,
            "saved_at": doing.kept.saved_at,
            "answers": doing.kept.raw,
            "asked": _asked(doing) if answerable else [],
        },
        "help": as_help(_help_beside_all(doing), doing) if answerable else None,
        "may_skip": answerable and doing.sent is None and doing.occurrence.client_id is not None,
        "may_send_without_copy": answerable and doing.sent is None and _may_keep_none(doing),
    }


def _may_keep_none(doing: Doing) -> bool:
    return bool(doing.questions) and answering.may_go_without_a_copy(doing.assignment)


def _lanes(doing: Doing) -> list[dict[str, Any]]:
    return [
        {"lane": box.said.lane, "line": box.said.line, "text": box.said.text, "which": box.which if box.numbers else ""}
        for box in doing.lane_boxes
    ]


def _exercise(doing: Doing) -> dict[str, Any]:
    content = tailored(doing.edition.content, doing.assignment.tailoring)
    return {
        "title": content["title"],
        "kicker": doing.kicker,
        "summary": content.get("summary", ""),
        "why": doing.assignment.why,
        "points": content.get("points", []),
        "steps": content.get("steps", []),
        "prompts": decks.prompts_of(doing),
        **content["tailored"],
        "cautions": doings.cautions(doing),
        "credit": content.get("credit", ""),
        "language": doing.lang,
    }


def _asked(doing: Doing) -> list[str]:
    return [one.key for one in doing.asked]


def _help_beside_all(doing: Doing) -> Any:
    page = next(iter(pages_of(doing.form, {one.key for one in doing.questions}, whole=True)), None)
    return doing.support_beside(page) if page is not None else None


def _sent(doing: Doing) -> dict[str, Any]:
    response = doing.sent
    if response is None:
        raise LookupError("Nothing was sent.")
    session = Appointment.objects.filter(couple=doing.occurrence.couple_id).ahead(timezone.now()).first()
    told = {"name": doing.person.name}
    thanks = _("Sent. Thank you, %(name)s.") if doing.form.questions else _("Done. Thank you, %(name)s.")
    return {
        "said": thanks % told,
        "at": response.submitted_at,
        "late": doing.occurrence.came_late,
        "copy": response.author_keeps,
        "may_amend": bool(doing.questions) and doing.may_amend,
        "next": next_steps(doing, session),
        # The same whatever was answered, as on the page: whoever looks over a shoulder learns nothing.
        "read_when": _read_when(doing) if doing.asks_about_safety else "",
        "help": as_help(doing.standing_support, doing) if doing.asks_about_safety else None,
    }


def _read_when(doing: Doing) -> str:
    told = {"therapist": doing.circle.therapist, "hours": doing.practice.reply_hours}
    parts = [] if doing.is_read_now else [_("Nobody reads this now.")]
    parts.append(_("%(therapist)s sees it only after you send it, and reads %(hours)s.") % told)
    return " ".join([*parts, _("Not for emergencies.")])


def _closed_words(doing: Doing) -> str:
    """What the page says over something that can not be answered now."""
    state = doing.occurrence.state
    if state == Occurrence.State.WITHDRAWN:
        return _("%(therapist)s has taken this back") % {"therapist": doing.circle.therapist}
    if state == Occurrence.State.PAUSED:
        return _("This one is resting")
    return _("This one is left out this time") if doing.occurrence.skipped_by_id else _("This one has closed")


def _refuse(doing: Doing) -> NoReturn:
    """Say why nothing can be done with it."""
    said = {
        Standing.SENT: _("This was sent already."),
        Standing.ANSWERED_TOGETHER: _("The answers you give together were sent in the meantime."),
        Standing.WAITS: _("This one opens a little later"),
    }
    raise Conflict(said.get(doing.stands) or _closed_words(doing), doing.stands.value)


# ── operations ──


class OfOne(Mine):
    """What is about one occurrence of one's own."""

    serializer_class = MyStandsSerializer

    def doing(self, occurrence_id: UUID) -> Doing:
        """Return what this person does there. Unknown, foreign, another's and not yet open are the same 404."""
        return doings.of(self.request.person, self.request.practice, occurrence_id)

    def told(self, occurrence_id: UUID) -> Response:
        """Answer with how it stands now, read anew."""
        return self.answer_with(self.shown(stands(self.doing(occurrence_id)), MyStandsSerializer))


class OneOccurrence(OfOne):
    """One occurrence."""

    serializer_class = MyOccurrenceSerializer

    @extend_schema(operation_id="me_occurrence_read", summary="Read one exercise that is yours to do")
    def get(self, request: Request, occurrence_id: UUID) -> Response:
        """What it is, who reads it, what is asked, and what you typed so far."""
        return self.answer_with(self.shown(in_full(self.doing(occurrence_id))))


@example(version=3, answers=ANSWERS, gone=[])
class MySaveSerializer(serializers.Serializer):
    """Some or all answers of a draft. What is not named stays as it is."""

    version = serializers.IntegerField(
        min_value=0, max_value=999_999_999, help_text="The draft's `version` that this was typed over."
    )
    answers = serializers.DictField(
        child=serializers.ListField(
            child=serializers.CharField(allow_blank=True, trim_whitespace=False), max_length=MOST_TEXTS
        ),
        help_text=MARKS,
    )
    gone = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        default=list,
        max_length=MOST_ANSWERS,
        help_text="Keys to forget: of something that repeats and was taken away.",
    )


@example(version=4, saved_at="2026-11-23T20:13:00Z", errors={}, asked=["near", "ways", "safe"], help=None)
class MySavedSerializer(serializers.Serializer):
    """That it was kept. Not sent yet."""

    version = serializers.IntegerField()
    saved_at = serializers.DateTimeField()
    errors = serializers.DictField(
        child=serializers.CharField(), help_text="By key: what is kept as typed, and can not be sent like this."
    )
    asked = serializers.ListField(child=serializers.CharField(), help_text="What is asked now.")
    help = MyHelpSerializer(allow_null=True, help_text="Where to turn, where one of these questions may call for it.")


class DraftOfOne(OfOne):
    """The draft of one occurrence."""

    serializer_class = MySavedSerializer
    #: The version in the body says what it was typed over, question by question.
    if_match = False

    @extend_schema(operation_id="me_draft_save", summary="Keep what is being typed", request=MySaveSerializer)
    def patch(self, request: Request, occurrence_id: UUID) -> Response:
        """Keep answers as they are typed, right or wrong. Saves to different questions join.

        Where a question was changed elsewhere since `version`, nothing is written: 409, `changed_elsewhere`, with
        `version` and in `questions` both texts. Choose, and save again over that version.
        """
        doing = self.doing(occurrence_id)
        if doing.sent is not None and not doing.is_amending:
            _refuse(doing)
        if doing.sent is None and not doing.can_answer:
            raise Conflict(_closed_words(doing), Standing.OVER.value)
        said = self.sent(MySaveSerializer)
        _only_of_the_form(doing, said)
        return self._saved(doing, said)

    def _saved(self, doing: Doing, said: dict[str, Any]) -> Response:
        raw = said["answers"]
        try:
            draft = drafts.save_draft(
                doing.occurrence, author=doing.person, raw=raw, base_version=said["version"], gone=said["gone"]
            )
        except drafts.Conflict as conflict:
            _changed_elsewhere(conflict)
        except QuestionError as error:
            raise ValidationError({"answers": [str(error)]}) from None
        now = self.doing(doing.occurrence.pk)
        told = {
            "version": draft.version,
            "saved_at": draft.saved_at,
            "errors": _errors(now, raw),
            "asked": _asked(now),
            "help": as_help(now.support_beside(_page_with(now, raw)), now),
        }
        return self.answer_with(self.shown(told))


def _only_of_the_form(doing: Doing, said: dict[str, Any]) -> None:
    """Refuse what the form does not ask: it would be lost."""
    if len(said["answers"]) > MOST_ANSWERS:
        raise ValidationError({"answers": [_("This is more text than can be kept in one go.")]})
    unknown = [key for key in said["answers"] if key not in doing.form]
    if unknown:
        raise ValidationError({"answers": {key: ["There is no such question."] for key in unknown}})
    if any(key not in doing.form for key in said["gone"]):
        raise ValidationError({"gone": ["There is no such question."]})


def _changed_elsewhere(conflict: drafts.Conflict) -> NoReturn:
    raise Conflict(
        _("This was changed somewhere else in the meantime"),
        "changed_elsewhere",
        version=conflict.draft.version,
        questions=[{"key": key, "mine": conflict.mine[key], "kept": conflict.kept[key]} for key in conflict.mine],
    ) from None


def _errors(doing: Doing, raw: Mapping[str, list[str]]) -> dict[str, str]:
    found = {}
    for key, parts in raw.items():
        try:
            clean(doing.form[key], parts)
        except QuestionError as error:
            found[key] = str(error)
    return found


def _page_with(doing: Doing, keys: Collection[str]) -> Page:
    bases = {key.partition("~")[0].partition(".")[0] for key in keys}
    return Page(1, tuple(one for one in doing.questions if one.key in bases))


@example(keep_copy=True)
class MySendSerializer(serializers.Serializer):
    """How to send it."""

    keep_copy = serializers.BooleanField(
        default=True,
        help_text="False: only the therapist reads it from now on, and you can not open it again. "
        "Only for what `may_send_without_copy`.",
    )


class Submit(OfOne):
    """Sending."""

    @extend_schema(operation_id="me_submit", summary="Send the draft as it stands", request=MySendSerializer)
    def post(self, request: Request, occurrence_id: UUID) -> Response:
        """Send what was typed, to those whom the lanes name. Sent twice, it is sent once and answered alike.

        What needs another look is a 400 that points at each answer; nothing is sent then, and nothing is lost. What is
        being changed (`amending`) becomes the next revision.
        """
        doing = self.doing(occurrence_id)
        keep = self.sent(MySendSerializer)["keep_copy"]
        try:
            if doing.is_amending:
                amending.amend(doing.occurrence, author=request.person, raw=doing.kept.raw)
            else:
                answering.submit(doing.occurrence, author=request.person, raw=doing.kept.raw, keep=keep)
        except answering.NotYetRight as wrong:
            errors = {key: [str(one)] for key, one in wrong.errors.items()}
            raise ValidationError({"answers": errors}) from None
        except answering.NotOpen as closed:
            doing.occurrence.state = closed.occurrence.state
            _refuse(doing)
        return self.told(occurrence_id)


@example(begin=True)
class MyAmendSerializer(serializers.Serializer):
    """Whether to change what was sent, or to let it stand."""

    begin = serializers.BooleanField(default=True, help_text="False: let it stand as it is, and forget the changes.")


class Amend(OfOne):
    """Changing what was sent."""

    @extend_schema(operation_id="me_amend", summary="Change what you sent", request=MyAmendSerializer)
    def post(self, request: Request, occurrence_id: UUID) -> Response:
        """Lay what was sent into the draft, to change and submit it, while nobody else can have read it."""
        doing = self.doing(occurrence_id)
        if doing.sent is None:
            raise Conflict(_("Nothing of yours was sent."), "not_sent")
        if not self.sent(MyAmendSerializer)["begin"]:
            amending.give_up(doing.sent)
        elif not (doing.questions and amending.begin(doing.sent)):
            raise Conflict(_("Somebody may have read it by now, so it stays as it is."), "may_have_been_read")
        return self.told(occurrence_id)


@example(reason="Too tired this week.")
class MySkipSerializer(serializers.Serializer):
    """A word about why, for the therapist alone."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)


class Skip(OfOne):
    """Not this time."""

    @extend_schema(operation_id="me_skip", summary="Put it aside this time", request=MySkipSerializer)
    def post(self, request: Request, occurrence_id: UUID) -> Response:
        """Leave it out this time. The therapist may read why; no partner learns of it."""
        doing = self.doing(occurrence_id)
        if doing.occurrence.client_id is None:
            raise Http404  # nobody puts aside for both
        if doing.stands not in (Standing.OPEN, Standing.AMENDING):
            _refuse(doing)
        form = ReasonForm(self.sent(MySkipSerializer))
        if not form.is_valid():
            raise problems.of_form(form)
        answering.skip(doing.occurrence, author=request.person, reason=form.cleaned_data["reason"])
        return self.told(occurrence_id)
