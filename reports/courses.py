"""One partner's scores on each measure over time, each beside the first complete one. For therapists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from exercises.measured import Result
from exercises.measures import Measure, MeasureScore
from exercises.measures.explaining import Line, explained, figure, past_words
from reports.reliable_change import Change, State, baseline, change

#: How a state looks: never alarming, since a score is no judgement.
LOOKS = {State.RECOVERED: "done", State.IMPROVED: "done", State.UNCHANGED: "hold", State.WORSENED: "ask"}


@dataclass(frozen=True)
class Row:
    """One score in words."""

    result: Result
    is_baseline: bool
    change: Change | None

    @property
    def score(self) -> MeasureScore:
        return self.result.score

    @property
    def value(self) -> str:
        """'12 of 27', or the parts of a measure without a total."""
        measure, total = self.score.measure, self.score.total
        if measure.total is None:
            return ", ".join(f"{name} {value}" for name, value in self.parts)
        if total is None:
            return _("no score")
        return _("%(total)s of %(most)s") % {"total": figure(total), "most": figure(measure.total.high)}

    @property
    def parts(self) -> list[tuple[str, str]]:
        named = ((part.name, self.score.subscales.get(part.key)) for part in self.score.measure.subscales)
        return [(name, figure(value)) for name, value in named if value is not None]

    @property
    def bands(self) -> list[str]:
        """The band; where several sets are in use, each with the name of its set."""
        found = self.score.bands
        sets = [one for one in self.score.measure.band_sets if one.key in found]
        if len(sets) == 1:
            return [found[sets[0].key].name]
        return [f"{found[one.key].name} ({one.name})" for one in sets]

    @property
    def range_words(self) -> str:
        cut, past = self.score.measure.cut, self.score.past_cut
        return "" if cut is None or past is None else past_words(cut, past)

    @property
    def look(self) -> str:
        return LOOKS[self.change.state] if self.change and self.change.state else ""

    @property
    def left_out(self) -> str:
        """'7 of 9 answered', when something was."""
        score = self.score
        if score.answered is None:
            return _("prorated")
        if score.answered == score.of:
            return ""
        words = (
            _("%(answered)d of %(of)d answered, prorated") if score.prorated else _("%(answered)d of %(of)d answered")
        )
        return words % {"answered": score.answered, "of": score.of}

    @property
    def safety(self) -> list[tuple[str, str]]:
        """Each safety item: how it looks and what is said. Left out is never said to be clear, and clear not good."""
        words = {
            "raised": ("risk", _("Item %(n)d: answered above the lowest")),
            "clear": ("", _("Item %(n)d: the lowest answer")),
            "not_answered": ("ask", _("Item %(n)d: not answered")),
        }
        return [(words[state][0], words[state][1] % {"n": number}) for number, state in self.score.safety.items()]


@dataclass(frozen=True)
class Course:
    """All scores of one measure, newest first."""

    measure: Measure
    rows: tuple[Row, ...]

    @property
    def newest(self) -> Row:
        return self.rows[0]

    @property
    def explained(self) -> list[Line]:
        return explained(self.measure)


def courses(results: Iterable[Result]) -> list[Course]:
    """Return the scores by measure; results are oldest first."""
    by_key: dict[str, list[Result]] = defaultdict(list)
    for one in results:
        by_key[one.measure.key].append(one)
    return [_course(found) for found in by_key.values()]


def _course(results: list[Result]) -> Course:
    first = baseline(results)
    rows = [_row(one, first) for one in reversed(results)]
    return Course(results[-1].measure, tuple(rows))


def _row(one: Result, first: Result | None) -> Row:
    if first is None or one is first or one.taken_on < first.taken_on or one.measure.person_only:
        return Row(one, one is first, None)
    return Row(one, False, change(first.score, one.score))
