"""Back into the form: what to put into its fields from an answer given earlier, or from a draft.

"Raw" is what a browser sends, right or wrong: a list of strings for each question's key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from exercises.answers import DECLINED, NONE_OF_THESE, QuestionError, Value
from exercises.questions import CHOICE_TYPES, TEXT_TYPES, Form, Question
from exercises.vocabulary import QuestionType

DRAFT_LIMIT = 400_000  # characters in all the answers of a draft together
PARTS_LIMIT = 100  # of one answer


def raw_of(question: Question, value: Value) -> list[str]:
    """What a browser would send for this answer: to fill in a form again."""
    if value.declined:
        return [DECLINED]
    if not value.answered:
        return []
    if question.type in TEXT_TYPES:
        return [value.text]
    if question.type in CHOICE_TYPES:
        return list(value.choices) or [NONE_OF_THESE]
    if question.type is QuestionType.YES_NO:
        return ["yes" if value.number == 1 else "no"]
    number = [] if value.number is None else [str(value.number)]
    return number + list(value.choices)


def raw_to_json(form: Form, raw: Mapping[str, Sequence[str]]) -> str:
    """A draft as text: what was sent for this form's questions, as it was sent, right or wrong.

    Plain ASCII, so that what cannot be kept as an answer still survives in a draft. Raises QuestionError when
    it is longer than any draft that could become an answer.
    """
    kept = {question.key: [str(part) for part in raw[question.key]] for question in form if question.key in raw}
    size = sum(len(part) for parts in kept.values() for part in parts)
    if size > DRAFT_LIMIT or any(len(parts) > PARTS_LIMIT for parts in kept.values()):
        raise QuestionError(_("This is more text than can be kept in one go."))
    return json.dumps(kept)


def raw_from_json(text: str) -> dict[str, list[str]]:
    """What `raw_to_json` wrote. Anything else reads as an empty draft."""
    try:
        data = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(data, dict):
        return {}
    return {
        key: [part for part in parts if isinstance(part, str)] for key, parts in data.items() if isinstance(parts, list)
    }
