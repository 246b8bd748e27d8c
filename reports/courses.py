"""One partner's scores on each measure over time, each beside the baseline in force. For therapists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from exercises.measured import Result
from exercises.measures import Measure, MeasureScore
from exercises.measures.explaining import Line, explained, figure, past_words
from reports.models import Baseline
from reports.reliable_change import Change, State, baseline, change
from reports.trend import FEWEST, SHORTEST, Trend, in_words, trend

#: How a state looks: never alarming, since a score is no judgement.
LOOKS = {State.RECOVERED: "done", State.IMPROVED: "done", State.UNCHANGED: "hold", State.WORSENED: "ask"}

#: A day far enough back for everything: no baseline was set.
ALWAYS = date.min


@dataclass(frozen=True)
class Row:
    """One score in words. ``turn`` says where the form or the definition is another one than before."""

    result: Result
    is_baseline: bool
    change: Change | None
    turn: str = ""

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
    """All scores of one measure, newest first. ``since`` is the day of the baseline that was set, if one was."""

    measure: Measure
    rows: tuple[Row, ...]
    since: date | None = None
    trend: Trend | None = None

    @property
    def newest(self) -> Row:
        return self.rows[0]

    @property
    def first(self) -> Row | None:
        """The score that later ones are compared with."""
        return next((row for row in self.rows if row.is_baseline), None)

    @property
    def last(self) -> Row | None:
        """The newest score with a total."""
        return next((row for row in self.rows if row.score.total is not None), None)

    @property
    def state(self) -> State | None:
        """What became of it, from the baseline to the newest score; None where nothing may be said."""
        last = self.last
        return last.change.state if last and last.change else None

    @property
    def explained(self) -> list[Line]:
        return [
            *explained(self.measure),
            *([] if self.measure.person_only else [(_("Trend"), _how_trend(self.measure))]),
        ]

    @property
    def compared_with(self) -> str:
        """From where on this course is compared: said wherever a change or a state stands."""
        first = self.first
        if self.since is not None:
            since = {"since": _day(self.since)}
            if first is None:
                return _("Compared from %(since)s on. Since then there is no complete score yet.") % since
            values = since | {"value": first.value, "day": _day(first.result.taken_on)}
            return _("Compared from %(since)s on, with %(value)s of %(day)s.") % values
        if first is None:
            return _("No complete score yet to compare with.")
        values = {"value": first.value, "day": _day(first.result.taken_on)}
        return _("Compared with the first complete score, %(value)s of %(day)s.") % values

    @property
    def trend_words(self) -> str:
        if self.trend is not None:
            return in_words(self.trend)
        return _("No trend yet: it takes %(n)d scores over three weeks.") % {"n": FEWEST}


def courses(results: Iterable[Result], starts: Mapping[str, date] | None = None) -> list[Course]:
    """Return one person's scores by measure; results are oldest first.

    ``starts`` are the days of the baselines in force, by the measure's key (see reports/baselines.py).
    """
    by_key: dict[str, list[Result]] = defaultdict(list)
    for one in results:
        by_key[one.measure.key].append(one)
    return [_course(found, (starts or {}).get(key)) for key, found in by_key.items()]


def standing(rows: Sequence[Baseline]) -> Baseline | None:
    """The one of a history that is in force."""
    return next((one for one in rows if one.ended_at is None), None)


def _course(results: list[Result], since: date | None) -> Course:
    measure = results[-1].measure
    first = baseline(results, since)
    rows = [_row(one, before, first) for before, one in zip([None, *results], results, strict=False)]
    return Course(measure, tuple(reversed(rows)), since, _trend(measure, results, since))


def _row(one: Result, before: Result | None, first: Result | None) -> Row:
    turn = _turn(before, one) if before is not None else ""
    if first is None or one is first or one.taken_on < first.taken_on or not _comparable(first.measure, one.measure):
        return Row(one, one is first, None, turn)
    return Row(one, False, change(first.score, one.score), turn)


def _comparable(one: Measure, other: Measure) -> bool:
    """Two versions of a definition that count between other ends do not give one change."""
    return not other.person_only and (one.total, one.direction) == (other.total, other.direction)


def _trend(measure: Measure, results: Iterable[Result], since: date | None) -> Trend | None:
    if measure.person_only:
        return None
    counted = [
        (one.taken_on, one.score.total)
        for one in results
        if one.score.total is not None and one.taken_on >= (since or ALWAYS) and _comparable(one.measure, measure)
    ]
    return trend(counted, measure.reliable)


def _turn(before: Result, one: Result) -> str:
    """What is new about how a score came about."""
    said = []
    if None not in (before.edition, one.edition) and before.edition != one.edition:
        said.append(_("edition %(n)s of the form") % {"n": one.edition})
    if before.measure.version != one.measure.version:
        said.append(_("version %(n)s of the definition") % {"n": one.measure.version})
    return _("From here on %(what)s.") % {"what": ", ".join(said)} if said else ""


def _how_trend(measure: Measure) -> str:
    slope = _(
        "From %(n)d scores over %(days)d days on: the median of the slopes of all pairs of scores (Theil 1950, Sen "
        "1968). From six on, an interval by least squares."
    ) % {"n": FEWEST, "days": SHORTEST.days}
    if measure.reliable is None:
        return f"{slope} {_('A direction is not put into words for this measure.')}"
    words = _(
        "Rising or falling is said only when that interval leaves out no change and the change over the whole time is "
        "more than the reliable one."
    )
    return f"{slope} {words}"


def _day(day: date) -> str:
    return date_format(day, "j F Y")
