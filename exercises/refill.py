"""Back into the form: what to put into its fields from an answer given earlier, or from a draft.

"Raw" is what a browser sends, right or wrong: a list of strings for each answer's key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from exercises.question import CHOICE_TYPES, DATE_TYPES, TEXT_TYPES, Question
from exercises.questions import Form
from exercises.values import DECLINED, NONE_OF_THESE, OTHER, QuestionError, Value, without_idle_zeros
from exercises.vocabulary import QuestionType

DRAFT_LIMIT = 400_000  # characters in all the answers of a draft together
PARTS_LIMIT = 400  # of one answer
KEYS_LIMIT = 3_000


def raw_of(question: Question, value: Value) -> list[str]:
    """What a browser would send for this answer: to fill in a form again."""
    if value.declined:
        return [DECLINED]
    if not value.answered:
        return []
    if question.type in TEXT_TYPES | DATE_TYPES or question.type is QuestionType.URL:
        return [value.text]
    if question.type in CHOICE_TYPES:
        words = [OTHER, value.text] if value.text else []
        return [*value.choices, *words] or [NONE_OF_THESE]
    if question.type is QuestionType.YES_NO:
        return ["yes" if value.number == 1 else "no"]
    number = [] if value.number is None else [f"{without_idle_zeros(value.number):f}"]
    return number + list(value.choices)


def raw_to_json(form: Form, raw: Mapping[str, Sequence[str]]) -> str:
    """A draft as text: what was sent for this form's answers, as it was sent, right or wrong.

    Plain ASCII, so that what cannot be kept as an answer still survives in a draft. Raises QuestionError when
    it is longer than any draft that could become an answer.
    """
    kept = {key: [str(part) for part in parts] for key, parts in raw.items() if key in form}
    size = sum(len(part) for parts in kept.values() for part in parts)
    if size > DRAFT_LIMIT or len(kept) > KEYS_LIMIT or any(len(parts) > PARTS_LIMIT for parts in kept.values()):
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
