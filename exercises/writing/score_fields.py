"""How an exercise is scored, as a form: some scores, each over some questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.text import slugify

from exercises.form_language import IMPORTED, FormError
from exercises.questions import Form
from exercises.scoring_language import can_be_scored
from exercises.vocabulary import Direction, Method
from exercises.writing.item_fields import number

MOST_SCORES = 10


@dataclass(frozen=True)
class Scored:
    """A question that may be part of a score."""

    key: str
    label: str
    chosen: bool
    reversed: bool


@dataclass(frozen=True)
class ScoreFields:
    """One score as controls. ``is_new``: the empty one at the end."""

    number: int
    name: str
    method: str
    direction: str
    least: str
    series: str
    questions: list[Scored]
    is_new: bool = False


def is_native(scoring: Any) -> bool:
    """Whether a published measure scores it, so that there is nothing to choose."""
    return isinstance(scoring, Mapping) and "measure" in scoring


def score_fields(content: Mapping[str, Any]) -> list[ScoreFields]:
    """The scores of the content, and an empty one."""
    said = content.get("scoring")
    there = said if isinstance(said, list) else [said] if said else []
    scorable = scorable_questions(content)
    made = [_fields(index, one, scorable) for index, one in enumerate(there) if isinstance(one, Mapping)]
    if len(made) < MOST_SCORES:
        empty = {"method": Method.SUM.value, "direction": Direction.HIGHER_BETTER.value}
        made.append(_fields(len(made), empty, scorable, is_new=True))
    return made


def _fields(
    index: int, one: Mapping[str, Any], scorable: list[tuple[str, str]], *, is_new: bool = False
) -> ScoreFields:
    missing = one.get("missing")
    least = missing.get("least", "") if isinstance(missing, Mapping) else ""
    chosen, backwards = set(one.get("questions") or ()), set(one.get("reverse") or ())
    gone = [(key, "") for key in one.get("questions") or () if key not in dict(scorable)]
    return ScoreFields(
        index,
        str(one.get("name", "")),
        str(one.get("method", "")),
        str(one.get("direction", "")),
        str(least),
        str(one.get("series", "")),
        [Scored(key, label, key in chosen, key in backwards) for key, label in [*scorable, *gone]],
        is_new,
    )


def scorable_questions(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The questions whose answers are numbers, or have weights; grids as a whole."""
    return list(_scorable(content.get("questions") or []))


def _scorable(items: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Each item is read by itself, so that an unfinished one does not hide the others. What repeats has no score."""
    for item in items:
        if item.get("repeats", 1) != 1:
            continue
        alone = {name: part for name, part in item.items() if name not in ("show_if", "questions", "metric")}
        try:
            found = Form.from_data([alone], IMPORTED).questions
        except FormError:
            found = ()
        for question in found:
            if any(can_be_scored(question, method) for method in Method):
                yield question.key, question.label
        yield from _scorable(item.get("questions") or [])


def read_scores(data: QueryDict, before: Any) -> list[dict[str, Any]] | dict[str, Any] | None:
    """The scores as posted; those without a question are gone."""
    old = before if isinstance(before, list) else [before] if before else []
    made: list[dict[str, Any]] = []
    taken = {str(one.get("series")) for one in old if isinstance(one, Mapping)}
    for index in range(MOST_SCORES):
        keys = data.getlist(f"score-{index}-question")
        if not keys or data.get(f"score-{index}-drop"):
            continue
        one: dict[str, Any] = {
            "method": data.get(f"score-{index}-method", Method.SUM.value),
            "questions": keys,
            "direction": data.get(f"score-{index}-direction", Direction.HIGHER_BETTER.value),
        }
        name = data.get(f"score-{index}-name", "").replace("\x00", "").strip()[:200]
        one["series"] = data.get(f"score-{index}-series") or _free_series(name, taken)
        taken.add(one["series"])
        if name:
            one["name"] = name
        if backwards := [key for key in data.getlist(f"score-{index}-reverse") if key in keys]:
            one["reverse"] = backwards
        if least := data.get(f"score-{index}-least", "").strip():
            one["missing"] = {"least": number(least)}
        made.append(one)
    if not made:
        return None
    return made[0] if len(made) == 1 and not isinstance(before, list) else made


def _free_series(name: str, taken: set[str]) -> str:
    start = slugify(name).replace("-", "_")[:50] or "score"
    start = start if start.isidentifier() else f"score_{start}"
    series, count = start, 1
    while series in taken:
        count += 1
        series = f"{start}_{count}"
    return series
