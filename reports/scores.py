"""Numbers out of a response, kept for charts."""

from __future__ import annotations

from collections.abc import Mapping

from exercises.answers import Value
from exercises.models import Answer, Response
from exercises.scoring import ScoreValue, Scoring, scores
from exercises.vocabulary import Lane
from reports.models import Score

#: From the most closed to the most open.
NARROWEST_FIRST = [Lane.OWN, Lane.PRIVATE, Lane.REVEAL, Lane.JOINT, Lane.SHARED]


def value_of(answer: Answer) -> Value:
    """Return a stored answer as the value that scoring and flags work with."""
    return Value(number=answer.number, choices=tuple(answer.choices), text=str(answer.text), declined=answer.declined)


def write_scores(response: Response, answers: Mapping[str, Answer]) -> list[Score]:
    """Write the scores of a response; writing them again changes nothing.

    A score is as closed as the most closed answer it was made from: it carries that answer's lane. Where a
    private question belongs to it, answered or not, it is private: whether it exists would tell of that answer.
    """
    form = response.edition.form
    plan = response.edition.content.get("scoring")
    scoring = Scoring.from_data(plan, form) if plan else None
    found = scores(form, scoring, {key: value_of(answer) for key, answer in answers.items()})
    rows = [_score(response, one, _lane(one, answers)) for one in found]
    return Score.objects.bulk_create(rows, ignore_conflicts=True)


def _score(response: Response, one: ScoreValue, lane: str) -> Score:
    return Score(
        couple_id=response.couple_id,
        client_id=response.author_id,
        response=response,
        series=one.series,
        questions=",".join(one.keys)[:400],
        scored=one.source == "exercise",
        value=one.value,
        at=response.submitted_at,
        lane=lane,
    )


def _lane(one: ScoreValue, answers: Mapping[str, Answer]) -> Lane:
    lanes = {Lane(answers[key].lane) for key in one.keys}
    if one.private:
        lanes.add(Lane.PRIVATE)
    return min(lanes, key=NARROWEST_FIRST.index)
