"""Doing one occurrence: reading it, its draft, and sending it. What the portal's pages decide with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NoReturn
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from exercises import amending, answering, drafts
from exercises import doing as doings
from exercises.answers import QuestionError, clean
from exercises.api.me.person import Mine
from exercises.api.me.shapes import (
    ANSWERS,
    MARKS,
    MyHelpSerializer,
    as_help,
)
from exercises.api.me.telling import (
    MOST_ANSWERS,
    MOST_TEXTS,
    MyOccurrenceSerializer,
    MyStandsSerializer,
    asked,
    closed_words,
    in_full,
    refuse,
    stands,
)
from exercises.doing import Doing, Standing
from exercises.pages import Page
from exercises.views.portal_send import ReasonForm
from practice.api import problems
from practice.api.problems import Conflict
from practice.api.schema import example


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
            refuse(doing)
        if doing.sent is None and not doing.can_answer:
            raise Conflict(closed_words(doing), Standing.OVER.value)
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
        now = doing.with_draft(draft)
        told = {
            "version": draft.version,
            "saved_at": draft.saved_at,
            "errors": _errors(now, raw),
            "asked": asked(now),
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
            refuse(doing)
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
            refuse(doing)
        form = ReasonForm(self.sent(MySkipSerializer))
        if not form.is_valid():
            raise problems.of_form(form)
        answering.skip(doing.occurrence, author=request.person, reason=form.cleaned_data["reason"])
        return self.told(occurrence_id)
