"""Numbers out of a response, kept for charts."""

from __future__ import annotations

from collections.abc import Mapping

from exercises.answering import answers_together
from exercises.answers import Value
from exercises.measures import is_for_one_alone
from exercises.models import Answer, Response
from exercises.scoring import ScoreValue, read_scorings, scores
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
    So is the score of a screen for violence, whatever lane it came in.
    """
    form = response.edition.form
    scorings = read_scorings(response.edition.content.get("scoring"), form)
    # One's own part of a joint form may hang on what all answered together before.
    apart = response.lane != Lane.JOINT and response.occurrence.client_id is None
    known = answers_together(response.occurrence) if apart else {}
    found = scores(form, scorings, {key: value_of(answer) for key, answer in answers.items()}, known)
    rows = [_score(response, one, _lane(one, answers)) for one in found]
    return Score.objects.bulk_create(rows, ignore_conflicts=True)


def forget_earlier_scores(response: Response) -> None:
    """Let an amended response be the only one that counts: its scores are made anew from what stands now."""
    if response.revision > 1:
        earlier = Score.objects.filter(response__occurrence=response.occurrence_id, response__author=response.author_id)
        earlier.exclude(response=response).delete()


def _score(response: Response, one: ScoreValue, lane: str) -> Score:
    return Score(
        couple_id=response.couple_id,
        client_id=response.author_id,
        response=response,
        series=one.series,
        questions=",".join(one.keys)[:400],
        scored=one.source != "metric",
        value=one.value,
        at=response.submitted_at,
        lane=lane,
    )


def _lane(one: ScoreValue, answers: Mapping[str, Answer]) -> Lane:
    lanes = {Lane(answers[key].lane) for key in one.keys}
    if one.private or (one.source == "measure" and is_for_one_alone(one.series)):
        lanes.add(Lane.PRIVATE)
    return min(lanes, key=NARROWEST_FIRST.index)
