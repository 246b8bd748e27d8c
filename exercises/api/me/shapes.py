"""What the portal's answers have in common: who reads something, help, and what is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from exercises.answers import DECLINED, NONE_OF_THESE, OTHER
from exercises.asking import ask
from exercises.doing import Doing
from exercises.lane_words import Said
from exercises.lanes import lane_of
from exercises.question import Question
from exercises.support import Support
from exercises.vocabulary import Lane, QuestionType
from practice.api.schema import example

LANE = {
    "key": "private",
    "line": "You and Dr Karlsen",
    "text": "Only Dr Karlsen can read this, once you send it.",
}
HELP = {
    "now": False,
    "said": "Nobody reads this now. What you send is read on working days.",
    "emergency": "999",
    "places": [{"contact": "116 123", "details": ["Samaritans", "day and night"]}],
}
QUESTION = {
    "key": "near",
    "type": "scale",
    "label": "How close I felt",
    "help": "",
    "required": False,
    "may_decline": True,
    "repeats": 1,
    "lane": LANE,
    "min": 0,
    "max": 10,
    "low": "Far",
    "high": "Near",
    "unit": "",
    "units": [],
    "options": [],
    "feelings": [],
    "other": False,
    "rows": [],
    "least": None,
    "most": None,
    "longest": None,
    "earliest": "",
    "latest": "",
    "body": "",
    "url": "",
    "questions": [],
}
#: Answers are what a browser sends: texts in a list, and these marks.
ANSWERS = {"near": ["7"], "ways": ["walks", "tea"], "safe": [DECLINED]}
MARKS = (
    f"A list of texts for each question, as the portal's form sends it: the number, the option's value, the words. "
    f"`{DECLINED}` is 'I would rather not say', `{NONE_OF_THESE}` none of a checklist, `{OTHER}` goes before one's own "
    f"words beside options, and an empty list leaves it out. A row of a grid is `grid.row`, the second of something "
    f"that repeats `key~2`."
)


@example(**LANE)
class MyLaneSerializer(serializers.Serializer):
    """Who reads it, as the portal says it."""

    key = serializers.ChoiceField(Lane.choices, source="lane")
    line = serializers.CharField(help_text="In a few words.")
    text = serializers.CharField(help_text="In full.")


@example(contact="116 123", details=["Samaritans", "day and night"])
class MyPlaceSerializer(serializers.Serializer):
    """One place to turn to."""

    contact = serializers.CharField()
    details = serializers.ListField(child=serializers.CharField())


@example(**HELP)
class MyHelpSerializer(serializers.Serializer):
    """Where to turn when it cannot wait."""

    now = serializers.BooleanField(help_text="Whether to show it at once: an answer calls for it.")
    said = serializers.CharField(help_text="Who reads what is sent, and when.")
    emergency = serializers.CharField(help_text="What to dial in danger.")
    places = MyPlaceSerializer(many=True)


@example(value="tea", label="Tea", alone=False)
class MyOptionSerializer(serializers.Serializer):
    """Something to choose."""

    value = serializers.CharField(help_text="What is sent when it is chosen.")
    label = serializers.CharField()
    alone = serializers.BooleanField(default=False, help_text="Whether nothing else may be chosen with it.")


@example(**QUESTION)
class MyQuestionSerializer(serializers.Serializer):
    """A question, something to read, or a group of others in ``questions``."""

    key = serializers.CharField(help_text="What its answer is sent under.")
    type = serializers.ChoiceField(QuestionType.choices)
    label = serializers.CharField()
    help = serializers.CharField()
    required = serializers.BooleanField(help_text="Whether it must be answered, or declined, before sending.")
    may_decline = serializers.BooleanField(help_text="Whether one may say that one would rather not say.")
    repeats = serializers.IntegerField(help_text="How often it may be answered.")
    lane = MyLaneSerializer(allow_null=True, help_text="Who reads the answer; null where nothing is asked.")
    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)
    low = serializers.CharField(help_text="What the least means.")
    high = serializers.CharField(help_text="What the most means.")
    unit = serializers.CharField()
    units = MyOptionSerializer(many=True, help_text="Units to choose from, sent beside the number.")
    options = MyOptionSerializer(many=True)
    feelings = MyOptionSerializer(many=True, help_text="Words that may go with a mood.")
    other = serializers.BooleanField(help_text="Whether one's own words may stand beside the options.")
    rows = MyOptionSerializer(many=True, help_text="Lines of a grid: `value` is the key that each is answered under.")
    least = serializers.IntegerField(allow_null=True, help_text="The fewest options to choose.")
    most = serializers.IntegerField(allow_null=True, help_text="The most options to choose.")
    longest = serializers.IntegerField(allow_null=True, help_text="The most characters of a text.")
    earliest = serializers.CharField()
    latest = serializers.CharField()
    body = serializers.CharField(help_text="Something to read, in Markdown.")
    url = serializers.CharField(help_text="Where a link leads to.")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "questions": MyQuestionSerializer(many=True, help_text="What lies in it.")}


def as_help(support: Support | None, doing: Doing) -> dict[str, Any] | None:
    """Return help as the page beside a question says it."""
    if support is None:
        return None
    told = {"therapist": doing.circle.therapist, "hours": doing.practice.reply_hours}
    if support.is_read_now:
        said = _("%(therapist)s sees this only after you send it, and reads %(hours)s.") % told
    else:
        said = _("Nobody reads this now. What you send is read %(hours)s.") % told
    return {
        "now": support.now,
        "said": said,
        "emergency": support.help.emergency,
        "places": [{"contact": one.contact, "details": one.details} for one in support.help.places],
    }


def as_questions(doing: Doing) -> list[dict[str, Any]]:
    """Return the form as it is this person's to answer: nothing hidden, no part that was sent for all."""
    asked = {one.key for one in doing.questions}
    said = {lane: doing.said_in(lane) for lane in {_lane(doing, one) for one in doing.questions}}
    return list(_items(doing.form.items, doing, asked, said))


def _lane(doing: Doing, question: Question) -> str:
    return lane_of(question, doing.assignment.lane)


def _items(
    items: Sequence[Question], doing: Doing, asked: Collection[str], said: dict[str, Said]
) -> Iterator[dict[str, Any]]:
    for one in items:
        if one.hidden:
            continue
        inside = list(_items(one.questions, doing, asked, said))
        if one.is_asked and one.key not in asked:
            yield from inside
            continue
        if one.type is QuestionType.GROUP and not inside:
            continue
        yield {**_item(one), "lane": said[_lane(doing, one)] if one.is_asked else None, "questions": inside}


def _item(one: Question) -> dict[str, Any]:
    shown = ask(one)
    return {
        "key": one.key,
        "type": one.type.value,
        "label": shown.label,
        "help": one.help,
        "required": one.required,
        "may_decline": one.is_asked and one.decline,
        "repeats": one.repeats,
        "min": one.steps[0] if one.steps else one.min,
        "max": one.steps[-1] if one.steps else one.max,
        "low": one.low,
        "high": one.high,
        "unit": one.unit,
        "units": [{"value": unit.value, "label": unit.label} for unit in one.units],
        "options": shown.options,
        "feelings": shown.feelings if one.type is QuestionType.MOOD else [],
        "other": one.other,
        "rows": [
            {"value": row.key, "label": named.label} for row, named in zip(one.row_questions, one.rows, strict=True)
        ],
        "least": one.least,
        "most": one.most,
        "longest": shown.limit,
        "earliest": one.earliest,
        "latest": one.latest,
        "body": one.body,
        "url": one.url,
    }
