"""Scores: questions that are gone or cannot be added up, weights that lack, weights that no score looks at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from exercises.publishing.finding import Draft, Finding, stop, warn
from exercises.question import Question
from exercises.scoring import AnyScoring, Scoring, ScoringError, read_scorings


def check_scores(draft: Draft) -> list[Finding]:
    said = draft.content.get("scoring")
    gone = list(_check_gone(draft, said))
    if gone:
        return gone
    try:
        scorings = read_scorings(said, draft.form)
    except ScoringError as error:
        return [stop("scoring", "score_wrong", error.message)]
    return [*_check_scorings(draft, scorings), *_check_unscored(draft, scorings)]


def _check_gone(draft: Draft, said: Any) -> Iterator[Finding]:
    """A score that names a question which is no longer there."""
    several = isinstance(said, list)
    for index, one in enumerate(said if several else [said]):
        place = f"scoring.{index}" if several else "scoring"
        for name in ("questions", "reverse", "items"):
            keys = one.get(name) if isinstance(one, dict) else None
            for key in keys if isinstance(keys, list | dict) else ():
                if not isinstance(key, str) or key not in draft.form:
                    message = _("This score names a question that is gone.")
                    yield stop(f"{place}.{name}", "score_gone", message, str(key)[:100])


def _check_scorings(draft: Draft, scorings: tuple[AnyScoring, ...]) -> Iterator[Finding]:
    for index, one in enumerate(scorings):
        if not isinstance(one, Scoring):
            continue
        place = f"scoring.{index}" if isinstance(draft.content["scoring"], list) else "scoring"
        questions = [draft.form[key] for key in one.answer_keys(draft.form)]
        for question in questions:
            yield from _check_weights(draft, question)
        if len({question.private for question in questions}) > 1:
            message = _("A private question goes into this score, so nobody but the therapists will see it.")
            yield warn(f"{place}.questions", "score_private", message)


def _check_weights(draft: Draft, question: Question) -> Iterator[Finding]:
    if not question.weighted:
        return
    for index, option in enumerate(question.options):
        if option.weight is None:
            message = _("This option has no weight: whoever chooses it counts as not having answered.")
            key = question.key.partition(".")[0]
            yield warn(draft.place(key, f"options.{index}.weight"), "weight_missing", message, key)


def _check_unscored(draft: Draft, scorings: tuple[AnyScoring, ...]) -> Iterator[Finding]:
    scored = {
        key.partition(".")[0]
        for one in scorings
        for key in (one.answer_keys(draft.form) if isinstance(one, Scoring) else one.keys)
    }
    for question in draft.form:
        if question.weighted and question.key not in scored:
            message = _("Its options have weights, but no score looks at this question.")
            yield warn(draft.place(question, "options"), "unscored", message, question.key)
