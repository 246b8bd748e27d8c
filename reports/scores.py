"""Numbers out of a response, kept for charts.

They are derived: the answers, the edition and the rule that a score names give the same value at any time, so that
all of them may be thrown away and made again (reports/recomputing.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from exercises.answering import answers_together
from exercises.answers import Value
from exercises.measures import is_for_one_alone
from exercises.models import Answer, Response
from exercises.scoring import ScoreValue, read_scorings, scores
from exercises.vocabulary import Lane
from practice.vault import SealBroken
from practice.written import soon
from practice.written.changes import WrittenInsert
from reports import releases
from reports.models import Score

#: From the most closed to the most open.
NARROWEST_FIRST = [Lane.OWN, Lane.PRIVATE, Lane.REVEAL, Lane.JOINT, Lane.SHARED]
#: What is kept of a number: the database holds no more.
KEPT = Decimal("0.001")
UNREADABLE = "…"
_NEW = WrittenInsert(Score, skips=True)


def value_of(answer: Answer) -> Value:
    """Return a stored answer as the value that scoring and flags work with.

    Words whose key was destroyed count as written: that there were some is all that a score can hang on.
    """
    try:
        text = str(answer.text)
    except SealBroken:
        text = UNREADABLE
    return Value(number=answer.number, choices=tuple(answer.choices), text=text, declined=answer.declined)


def write_scores(response: Response, answers: Mapping[str, Answer]) -> list[Score]:
    """Write the scores of a response; writing them again changes nothing."""
    known = answers_together(response.occurrence) if hangs_on_joint(response) else {}
    rows = derived(response, answers, known)
    if rows:
        releases.write_readers(rows, response)
        soon(_NEW.of(rows))
    return rows


def hangs_on_joint(response: Response) -> bool:
    """Tell whether it is one's own part of a joint form, which may hang on what all answered together before."""
    return response.lane != Lane.JOINT and response.occurrence.client_id is None


def derived(response: Response, answers: Mapping[str, Answer], known: Mapping[str, Value]) -> list[Score]:
    """Return the scores of a response, not yet written. ``known`` is what was answered together before.

    A score is as closed as the most closed answer it was made from: it carries that answer's lane. Where a
    private question belongs to it, answered or not, it is private: whether it exists would tell of that answer.
    So is the score of a screen for violence, whatever lane it came in.
    """
    form = response.edition.form
    scorings = read_scorings(response.edition.content.get("scoring"), form)
    found = scores(form, scorings, {key: value_of(answer) for key, answer in answers.items()}, known)
    return [_score(response, one, _lane(one, answers)) for one in found]


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
        rule=one.rule,
        value=one.value.quantize(KEPT, rounding=ROUND_HALF_UP),
        at=response.submitted_at,
        lane=lane,
    )


def _lane(one: ScoreValue, answers: Mapping[str, Answer]) -> Lane:
    lanes = {Lane(answers[key].lane) for key in one.keys}
    if one.private or (one.source == "measure" and is_for_one_alone(one.series)):
        lanes.add(Lane.PRIVATE)
    return min(lanes, key=NARROWEST_FIRST.index)
