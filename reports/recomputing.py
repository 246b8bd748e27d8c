"""Making the scores of a practice again from its answers, by the rules they name: to compare them, or to write them.

One transaction for each batch of responses. What differs is told by the response's id and the name of the field:
no value, no series and nobody's name.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef

from exercises.answers import Value
from exercises.models import Answer, Edition, Occurrence, Response
from exercises.vocabulary import Lane
from practice import tenancy
from reports import releases
from reports.models import Score
from reports.scores import derived, hangs_on_joint

BATCH = 200

#: What a score is, besides the key that it is found by.
COMPARED = ("rule", "value", "at", "lane", "client_id", "couple_id")

MISSING, LEFT_OVER = "missing", "left over"

Key = tuple[uuid.UUID, str, bool, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """A score that is not what its answers give. ``what``: "missing", "left over", or the fields that differ."""

    response_id: uuid.UUID
    what: str


@dataclass
class Tally:
    """What was looked at, and what differed."""

    responses: int = 0
    scores: int = 0
    differences: list[Difference] = field(default_factory=list)


def check(practice_id: uuid.UUID) -> Tally:
    """Compare every score of a practice with what its answers give. Nothing is changed."""
    return _all(practice_id, write=False)


def recompute(practice_id: uuid.UUID) -> Tally:
    """Make every score of a practice again; what is right already keeps its row, so a second time changes nothing."""
    return _all(practice_id, write=True)


def _all(practice_id: uuid.UUID, *, write: bool) -> Tally:
    tally = Tally()
    after: uuid.UUID | None = None
    while True:
        with tenancy.acting(tenancy.as_system(practice_id)):
            rows = Response.objects.order_by("pk")
            batch = list((rows.filter(pk__gt=after) if after else rows).values_list("pk", flat=True)[:BATCH])
            if not batch:
                return tally
            tally.responses += len(batch)
            _batch(batch, tally, write=write)
        after = batch[-1]


def _batch(ids: Sequence[uuid.UUID], tally: Tally, *, write: bool) -> None:
    made, there = _made_and_there(ids)
    differing = _differences(made, there)
    if differing:
        # Somebody may have amended in between: under the lock that sending takes, it is true or it is gone.
        again = sorted({key[0] for key in differing})
        asked = Response.objects.filter(pk__in=again).values("occurrence_id")
        list(Occurrence.objects.filter(pk__in=asked).order_by("pk").select_for_update(of=("self",)).only("pk"))
        fresh_made, fresh_there = _made_and_there(again)
        differing = _differences(fresh_made, fresh_there)
        if write:
            Score.objects.filter(pk__in=[fresh_there[key].pk for key in differing if key in fresh_there]).delete()
            Score.objects.bulk_create([fresh_made[key] for key in differing if key in fresh_made])
            for couple_id in sorted({fresh_made[key].couple_id for key in differing if key in fresh_made}):
                releases.settle(couple_id)
    tally.scores += len(made)
    tally.differences += [Difference(key[0], what) for key, what in differing.items()]


def _differences(made: Mapping[Key, Score], there: Mapping[Key, Score]) -> dict[Key, str]:
    found = dict.fromkeys(there.keys() - made.keys(), LEFT_OVER)
    for key, one in made.items():
        if key not in there:
            found[key] = MISSING
        elif fields := [name for name in COMPARED if getattr(one, name) != getattr(there[key], name)]:
            found[key] = ", ".join(name.removesuffix("_id") for name in fields)
    return found


def _made_and_there(ids: Sequence[uuid.UUID]) -> tuple[dict[Key, Score], dict[Key, Score]]:
    made = {_key(one): one for response, answers, known in _sent(ids) for one in derived(response, answers, known)}
    return made, {_key(one): one for one in Score.objects.filter(response__in=ids)}


def _key(score: Score) -> Key:
    return score.response_id, score.series, score.scored, score.questions


def _sent(ids: Sequence[uuid.UUID]) -> Iterator[tuple[Response, dict[str, Answer], Mapping[str, Value]]]:
    """The responses that stand, each with its answers; what was amended since gives no scores."""
    later = Response.objects.filter(
        occurrence=OuterRef("occurrence_id"), author=OuterRef("author_id"), revision__gt=OuterRef("revision")
    )
    rows = Response.objects.filter(~Exists(later), pk__in=ids).select_related("occurrence")
    responses = list(rows.defer("occurrence__skip_reason").order_by("pk"))
    editions = Edition.objects.in_bulk({one.edition_id for one in responses})
    answers: dict[uuid.UUID, dict[str, Answer]] = defaultdict(dict)
    for answer in Answer.objects.filter(response__in=responses):
        answers[answer.response_id][answer.key] = answer
    together = _answered_together([one for one in responses if hangs_on_joint(one)])
    for one in responses:
        one.edition = editions[one.edition_id]
        yield one, answers[one.pk], together.get(one.occurrence_id, {}) if hangs_on_joint(one) else {}


def _answered_together(responses: Sequence[Response]) -> Mapping[uuid.UUID, dict[str, Value]]:
    found: dict[uuid.UUID, dict[str, Value]] = defaultdict(dict)
    rows = Answer.objects.filter(response__occurrence__in={one.occurrence_id for one in responses}, lane=Lane.JOINT)
    for occurrence_id, answer in ((one.response.occurrence_id, one) for one in rows.select_related("response")):
        found[occurrence_id][answer.key] = answer.value
    return found
