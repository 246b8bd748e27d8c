"""What one person is told of one occurrence: what it is, who reads it, what is asked, and how it stands."""

from __future__ import annotations

from typing import Any, NoReturn

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from clients.models import Appointment
from exercises import answering, attachments, decks
from exercises import doing as doings
from exercises.api.files import FileSerializer
from exercises.api.me.person import ID
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
from exercises.pages import pages_of
from exercises.tailoring import tailored
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
    "files": [],
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
    files = FileSerializer(many=True, help_text="What the therapist put with it.")
    language = serializers.CharField(help_text="What its words are in.")


@example(**DRAFT)
class MyDraftSerializer(serializers.Serializer):
    """What was typed and not sent. Nobody else reads it.

    Where the exercise is one's own, the therapist may see that it was begun; no partner does.
    """

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
            "asked": asked(doing) if answerable else [],
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
        "files": attachments.of_assignment(doing.assignment),
        "language": doing.lang,
    }


def asked(doing: Doing) -> list[str]:
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


def closed_words(doing: Doing) -> str:
    """What the page says over something that can not be answered now."""
    state = doing.occurrence.state
    if state == Occurrence.State.WITHDRAWN:
        return _("%(therapist)s has taken this back") % {"therapist": doing.circle.therapist}
    if state == Occurrence.State.PAUSED:
        return _("This one is resting")
    return _("This one is left out this time") if doing.occurrence.skipped_by_id else _("This one has closed")


def refuse(doing: Doing) -> NoReturn:
    """Say why nothing can be done with it."""
    said = {
        Standing.SENT: _("This was sent already."),
        Standing.ANSWERED_TOGETHER: _("The answers you give together were sent in the meantime."),
        Standing.WAITS: _("This one opens a little later"),
    }
    raise Conflict(said.get(doing.stands) or closed_words(doing), doing.stands.value)
