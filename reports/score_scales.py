"""What an exercise's own scores say, and between which ends: from how its edition is scored."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from exercises.measures import Measure, MeasureScoring
from exercises.measures.explaining import cut_words
from exercises.models import Edition
from exercises.question import Question
from exercises.questions import Form
from exercises.scoring import Scoring, read_scorings
from exercises.vocabulary import Direction, Method, QuestionType
from reports.material import ExerciseScale
from reports.paper import Better

WAYS: dict[Direction, Better] = {Direction.HIGHER_BETTER: "up", Direction.LOWER_BETTER: "down"}


def scales_of(slug: str, edition: Edition) -> dict[str, ExerciseScale]:
    """Return the scale of each series that an edition's scores go into."""
    found: dict[str, ExerciseScale] = {}
    for one in read_scorings(edition.content.get("scoring"), edition.form):
        if isinstance(one, Scoring):
            found[one.series] = scale_of(slug, one, edition.form)
        elif isinstance(one, MeasureScoring):
            found |= _of_measure(one.measure)
    return found


def scale_of(slug: str, scoring: Scoring, form: Form) -> ExerciseScale:
    """Return what one way of scoring says and between which ends, as far as its questions have ends."""
    asked = [form[key] for key in scoring.answer_keys(form)]
    low, high = _ends(scoring.method, asked)
    return ExerciseScale(
        slug,
        scoring.series,
        scoring.method.value,
        scoring.name or _what(scoring.method, asked),
        WAYS.get(scoring.direction, ""),
        low,
        high,
    )


def _of_measure(measure: Measure) -> dict[str, ExerciseScale]:
    """Scores of one measure stand on one scale, whichever exercise asked them."""
    parts = [(f"{measure.key}.{part.key}", f"{measure.name}, {part.name}", part) for part in measure.subscales]
    whole = [(measure.key, measure.name, measure.total)] if measure.total else []
    cut = cut_words(measure.cut) + ". " if measure.cut else ""
    return {
        series: ExerciseScale(
            measure.key,
            series,
            "measure",
            name,
            WAYS.get(measure.direction, ""),
            float(scale.low),
            float(scale.high),
            note=(cut if series == measure.key else "") + measure.credit,
        )
        for series, name, scale in [*whole, *parts]
    }


def _what(method: Method, asked: Sequence[Question]) -> str:
    if method is Method.CHANGE:
        return _("change from before to after")
    if method is Method.MEAN:
        return _("average of its questions")
    if method is Method.SUM:
        return _("sum of its questions")
    if all(question.type is QuestionType.CHECKLIST for question in asked):
        return _("how many were ticked")
    return _("how many were ticked or answered with yes")


def _ends(method: Method, asked: Sequence[Question]) -> tuple[float, float | None]:
    """The least and the most that a score can be; None where a question has no end."""
    ends = [one.ends for one in asked]
    lows = [float(one.min or 0) if end is None else float(end[0]) for one, end in zip(asked, ends, strict=True)]
    highs = [None if end is None else float(end[1]) for end in ends]
    if method in (Method.COUNT, Method.SUM):
        return sum(lows), None if None in highs else sum(one for one in highs if one is not None)
    low, high = min(lows), max((one for one in highs if one is not None), default=0)
    if None in highs:
        return low, None
    return (low - high, high - low) if method is Method.CHANGE else (low, high)
