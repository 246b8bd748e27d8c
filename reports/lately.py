"""One partner's own progress page: their line first, the others' beside it only where everybody shows theirs.

Short, in plain words, and without a verdict: a score is higher, lower or about the same as at the start, and only
where a change of that size is known to be more than chance; a single question is told in numbers alone. Nothing is
counted of anybody else that this partner could not read, nothing is ranked, and a gap is a gap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clients.models import Client, Couple
from exercises.measures.definition import About, Measure
from exercises.vocabulary import METRICS, Direction
from practice import tenancy
from reports import charts, editions, releases, series
from reports.cutoffs import edge_for_partners, help_range
from reports.exercise_scores import daily
from reports.findings import names_joined, number
from reports.line_chart import PLAIN
from reports.material import ExerciseScale, ExerciseScore, Material, Period, Shown
from reports.metrics import reading
from reports.metrics.own import Told, told
from reports.models import Release, Showing
from reports.paper import Line, Partner, Point, Series
from reports.reliable_change import Z

#: How far back the page looks.
REACH = timedelta(weeks=26)
#: A drawing is never of less, or a few days would look like a long way.
SHORTEST = timedelta(weeks=6)
#: Short enough for the end of a day.
MOST_SERIES, MOST_TOGETHER, MOST_DIFFERENT, LATEST = 4, 3, 3, 4
#: So many drawings of questions, and of measures, are open at once; the first glance has the others in words.
MOST_OPEN = 1
#: Answers on a scale from 0 to 10 this far apart are named as seen differently.
APART = 3

Said = tuple[str, tuple[str, ...]]
"""What is said of a line: in a few words, and in sentences."""

WORDS = {
    "closeness": gettext_lazy("How close I felt"),
    "felt_heard": gettext_lazy("Feeling heard"),
    "felt_known": gettext_lazy("How well we know each other"),
    "presence": gettext_lazy("Undivided attention"),
    "openness": gettext_lazy("How open I was"),
    "support": gettext_lazy("Feeling supported"),
    "appreciation_felt": gettext_lazy("Feeling appreciated"),
    "enjoyment": gettext_lazy("Enjoying things together"),
    "energy": gettext_lazy("My energy"),
    "hope": gettext_lazy("My hope"),
    "stress": gettext_lazy("My stress"),
    "repair_quality": gettext_lazy("Making up again"),
}


@dataclass(frozen=True)
class Row:
    """One day of a table: what each of ``people`` answered, empty where nothing was."""

    on: date
    values: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """One series: what it is, what is said of it, its drawing and its numbers."""

    key: str
    title: str
    about: str
    said: tuple[str, ...]
    drawing: SafeString | None
    starts: date
    ends: date
    people: tuple[Partner, ...]
    rows: tuple[Row, ...]
    scale: str
    credit: str = ""
    gaps: bool = False
    #: The same in a few words, for the first glance.
    short: str = ""
    #: Whether its drawing waits to be unfolded.
    folded: bool = False
    #: None: there is nothing to decide. Otherwise whether this partner lets the others see it.
    shows: bool | None = None
    #: Whether the others' scores stand here as well.
    together: bool = False

    @property
    def days(self) -> tuple[date, date, date]:
        """The first day of the drawing, the one in its middle and the last."""
        return self.starts, self.starts + (self.ends - self.starts) // 2, self.ends


@dataclass(frozen=True)
class Done:
    """Something that they did in one, or side by side and opened."""

    what: str
    on: date


@dataclass(frozen=True)
class Aimed:
    """A goal, and where each began and is now."""

    words: str
    private: bool
    courses: tuple[tuple[Partner, int, int], ...]


@dataclass(frozen=True)
class Apart:
    """A question that they answered differently in the same week."""

    statement: str
    answers: tuple[tuple[Partner, str], ...]


@dataclass(frozen=True)
class Page:
    """Everything on the page. ``others`` are the names of the other partners, for its sentences."""

    me: Partner
    others: str
    since: date
    glance: tuple[tuple[str, str], ...]
    own: tuple[Card, ...]
    together: tuple[Card, ...]
    early: tuple[tuple[str, str], ...]
    done: tuple[Done, ...]
    aims: tuple[Aimed, ...]
    apart: tuple[Apart, ...]
    numbers: tuple[Told, ...] = ()
    #: Whether measures are shown as they come, once each has said a word; and this partner's word on all of them.
    asked: bool = False
    shows_all: bool | None = None

    @property
    def folded(self) -> tuple[Card, ...]:
        """Those that wait to be unfolded: never one that still asks whether it is shown."""
        return tuple(card for card in self.own if card.folded and card.shows is None)

    @property
    def unfolded(self) -> tuple[Card, ...]:
        return tuple(card for card in self.own if card not in self.folded)

    @property
    def is_empty(self) -> bool:
        return not (self.own or self.together or self.early or self.done or self.aims or self.numbers)


def page_of(couple: Couple, client: Client, now: datetime) -> Page:
    """Return the page of one partner as it stands at ``now``. Needs ``with_partners``.

    In the portal the wall lets through what this partner may read; for a therapist's preview the same rows are
    chosen here, but for what the partner keeps to themselves alone.
    """
    today = timezone.localtime(now, couple.zone).date()
    period = Period(today - REACH + timedelta(days=1), today, couple.zone)
    material = editions.portal_material(couple, client, period, now)
    scores = editions.shown_scores(couple, client, period)
    standing = _Standing(couple, client)
    me = next(one for one in material.partners if one.position == standing.position)
    since = _since(material, [one for one in scores if period.holds(one.on)], me.position) or today
    cards = _Cards(material, me, standing, since)
    lines = [*cards.of_series(), *cards.of_measures(scores)]
    drawn = [card for card in lines if card.drawing is not None]
    mine = tuple(card for card in drawn if not card.together)
    aims = tuple(_aims(material))
    with tenancy.elevated():
        # Rows are chosen as for a paper of the couple: nothing but what every one of them may read, so this one too.
        facts = reading.shared(couple, period, now, to=client)
    return Page(
        me=me,
        others=names_joined([one.name for one in material.partners if one != me]) if len(material.partners) > 1 else "",
        since=since,
        glance=tuple(_glance(mine, aims, material, me)),
        own=mine,
        together=tuple(card for card in drawn if card.together),
        early=tuple((card.title, card.said[0]) for card in lines if card.drawing is None and not card.together),
        done=tuple(_done(material)),
        aims=aims,
        apart=tuple(_apart(material)),
        numbers=tuple(told(facts, me.position, without={card.key for card in mine})),
        asked=standing.asked,
        shows_all=standing.words.get(releases.EVERYTHING),
    )


def _since(material: Material, scores: Iterable[Shown], position: int) -> date | None:
    """The first of one's own answers on the page."""
    days = [one.on for one in material.numbers if one.position == position]
    days += [one.on for one in scores if one.position == position]
    return min(days, default=None)


class _Standing:
    """What was released of one partner, and what they said to it: their own rows alone."""

    def __init__(self, couple: Couple, client: Client) -> None:
        self.position = next(one.position for one in couple.partners.all() if one.client_id == client.pk)
        released = Release.objects.filter(couple=couple, client=client, withdrawn_at=None)
        self.released = dict(released.values_list("series", "to_all"))
        said = Showing.objects.filter(couple=couple, client=client, ended_at=None)
        self.words = dict(said.values_list("series", "shows"))
        self.asked = releases.EVERYTHING in self.released and client.practice.scores_by_agreement

    def shows(self, subject: str, *, measure: bool) -> bool | None:
        """Whether one's own is shown to the others; None where that is not on offer."""
        offered = self.released.get(subject, measure and self.asked)
        return self.words.get(subject, self.words.get(releases.EVERYTHING, False)) if offered else None


# ── lines ────────────────────────────────────────────────────────────────────


class _Cards:
    """Makes a card of each series: one's own line, and everybody's where they are there."""

    def __init__(self, material: Material, me: Partner, standing: _Standing, since: date) -> None:
        self.material, self.me, self.standing = material, me, standing
        self.period = material.period
        # Drawn from one's own first answer on, so that a short time fills the width as well.
        weeks = (min(since, self.period.ends - SHORTEST) - self.period.starts).days // 7
        self.starts = self.period.starts + timedelta(weeks=max(weeks, 0))

    def of_series(self) -> Iterator[Card]:
        counts: dict[str, int] = defaultdict(int)
        for one in self.material.numbers:
            if one.position == self.me.position and one.series in WORDS:
                counts[one.series] += 1
        chosen = sorted(counts, key=lambda key: (key != series.FIRST, -counts[key], key))[:MOST_SERIES]
        for at, key in enumerate(chosen):
            yield from self._of_series(key, folded=at >= MOST_OPEN)

    def _of_series(self, key: str, *, folded: bool) -> Iterator[Card]:
        numbers = series.of_partners(self.material, key)
        lines = [
            Line(one.position, series.weekly([n for n in numbers if n.position == one.position], self.period.starts))
            for one in self.material.partners
        ]
        drawn = Series(str(METRICS[key].label), 0, 10, tuple(line for line in lines if line.points))
        card = Card(
            key, str(WORDS[key]), "", (), None, self.starts, self.period.ends, (), (),
            _("0 is not at all, 10 is very much. Each point is the middle of a week's answers."),
            folded=folded, shows=self.standing.shows(key, measure=False),
        )  # fmt: skip
        yield from self._cards(card, drawn, _said_in_numbers)

    def of_measures(self, scores: tuple[Shown, ...]) -> Iterator[Card]:
        found: dict[str, list[Shown]] = defaultdict(list)
        for one in scores:
            measure = releases.measure_of(one.series)
            if measure is not None and ("." not in one.series) == (measure.total is not None):
                found[one.series].append(one)
        mine = [name for name in found if any(one.position == self.me.position for one in found[name])]
        for at, name in enumerate(sorted(mine, key=_order)):
            measure = releases.measure_of(name)
            if measure is not None:
                yield from self._of_measure(name, measure, found[name], folded=at >= MOST_OPEN)

    def _of_measure(self, name: str, measure: Measure, scores: list[Shown], *, folded: bool) -> Iterator[Card]:
        part = measure.part(name.partition(".")[2]) if "." in name else None
        scale = part or measure.total
        if scale is None:
            return
        low, high = float(scale.low), float(scale.high)
        mine = [one for one in scores if one.position == self.me.position]
        began = Line(self.me.position, _points(name, mine, low, high)).values[:1]
        recent = [one for one in scores if self.period.holds(one.on)]
        lines = [
            Line(
                one.position,
                _points(name, [n for n in recent if n.position == one.position], low, high),
                error=float(Z * measure.sem) if measure.sem and part is None else 0,
            )
            for one in self.material.partners
        ]
        title = f"{measure.name}, {part.name}" if part else measure.name
        drawn = Series(
            title, low, high, tuple(line for line in lines if line.points), by_day=True,
            cutoff=None if part else edge_for_partners(measure),
        )  # fmt: skip
        ways = _("higher is better") if measure.direction is Direction.HIGHER_BETTER else _("lower is better")
        ends = _("From %(low)s to %(high)s; %(way)s.") % {"low": number(low), "high": number(high), "way": ways}
        if measure.sem and part is None:
            ends = f"{ends} " + _("A thin bar shows how far one score may be off by chance.")
        if drawn.cutoff:
            ends = f"{ends} " + _("The dashed line is the edge of the %(range)s.") % {"range": help_range(measure)}
        card = Card(
            measure.key, title, measure.title, (), None, self.starts, self.period.ends, (), (), ends,
            measure.credit, folded=folded, shows=self.standing.shows(measure.key, measure=True),
        )  # fmt: skip
        yield from self._cards(
            card, drawn, lambda values: _said_of_measure(measure, began + values, whole=part is None)
        )

    def _cards(self, card: Card, drawn: Series, say: Callable[[tuple[float, ...]], Said]) -> Iterator[Card]:
        """One's own card, and one of everybody where the others' lines are there."""
        own = [line for line in drawn.lines if line.position == self.me.position]
        if not own or not own[0].values:
            return
        short, said = say(own[0].values)
        yield self._card(replace(card, short=short), replace(drawn, lines=tuple(own)), said)
        if len(drawn.lines) > 1:
            beside = replace(card, together=True, folded=False)
            yield self._card(beside, drawn, tuple(self._side_by_side(drawn.lines)))

    def _card(self, card: Card, drawn: Series, said: tuple[str, ...]) -> Card:
        people = tuple(
            one for one in self.material.partners if any(line.position == one.position for line in drawn.lines)
        )
        names = {one.position: _("You") if one == self.me else one.name for one in people}
        if not drawn.enough:
            return replace(card, said=(_too_early(max(len(line.values) for line in drawn.lines)),))
        title = _finding(card.title, drawn, names)
        return replace(
            card,
            said=said,
            drawing=self._drawn(drawn, card, title),
            people=people,
            rows=tuple(_rows(drawn, people)),
            gaps=any(point.value is None for line in drawn.lines for point in line.points),
        )

    def _drawn(self, drawn: Series, card: Card, title: str) -> SafeString:
        if card.together:
            return charts.line(drawn, card.starts, card.ends, title=title, frame=PLAIN)
        return charts.own(drawn, self.me.position, card.starts, card.ends, title=title, frame=PLAIN)

    def _side_by_side(self, lines: tuple[Line, ...]) -> Iterator[str]:
        """Where each of them is now, their own first. Nobody is set before anybody."""
        names = {one.position: one.name for one in self.material.partners}
        for line in sorted(lines, key=lambda line: (line.position != self.me.position, line.position)):
            words = {"name": names[line.position], "now": number(line.values[-1])}
            mine = line.position == self.me.position
            yield _("You are at %(now)s.") % words if mine else _("%(name)s is at %(now)s.") % words


def _order(name: str) -> tuple[int, str]:
    measure = releases.measure_of(name)
    return (0 if measure and measure.about is About.RELATIONSHIP else 1), name


def _points(name: str, scores: list[Shown], low: float, high: float) -> tuple[Point, ...]:
    scale = ExerciseScale(name, name, "measure", "", "", low, high)
    return daily([ExerciseScore(scale, "", one.position, one.on, float(one.value)) for one in scores])


def _rows(drawn: Series, people: tuple[Partner, ...]) -> Iterator[Row]:
    values = {line.position: {point.on: point.value for point in line.points} for line in drawn.lines}
    for day in sorted({point.on for line in drawn.lines for point in line.points}, reverse=True):
        cells = [values.get(one.position, {}).get(day) for one in people]
        if any(cell is not None for cell in cells) or len(people) == 1:
            yield Row(day, tuple("" if cell is None else number(cell) for cell in cells))


# ── words ────────────────────────────────────────────────────────────────────


def _too_early(count: int) -> str:
    words = ngettext(
        "One answer so far. From the third on there is something to draw.",
        "%(count)d answers so far. From the third on there is something to draw.",
        count,
    )
    return words % {"count": count}


def _said_in_numbers(values: tuple[float, ...]) -> Said:
    """A single question has no threshold, so nothing is said of it but between which numbers it lies."""
    last = values[-LATEST:]
    words = {"low": number(min(last)), "high": number(max(last)), "first": number(values[0]), "now": number(values[-1])}
    if min(last) == max(last):
        return _("lately at %(now)s") % words, (_("Your last answers are all at %(now)s.") % words,)
    said = _("Your last answers lie between %(low)s and %(high)s.") % words
    return _("lately between %(low)s and %(high)s") % words, (said,)


def _said_of_measure(measure: Measure, values: tuple[float, ...], *, whole: bool) -> Said:
    """Higher and lower are said only of a change that is known to be more than chance; otherwise numbers alone."""
    words = {"first": number(values[0]), "now": number(values[-1])}
    reliable = measure.reliable if whole else None
    if reliable is None:
        short, said = (
            _("%(first)s at the start, %(now)s now") % words,
            [_("%(first)s at the start, %(now)s now.") % words],
        )
    elif not reliable.holds(abs(Decimal(str(values[-1])) - Decimal(str(values[0])))):
        short, said = (
            _("about the same as at the start"),
            [_("About the same as at the start: %(first)s then, %(now)s now.") % words],
        )
    elif values[-1] > values[0]:
        short, said = (
            _("higher than at the start"),
            [_("Higher than at the start: %(first)s then, %(now)s now.") % words],
        )
    else:
        short, said = _("lower than at the start"), [_("Lower than at the start: %(first)s then, %(now)s now.") % words]
    cut = measure.cut
    if whole and cut and cut.kind == "clinical" and cut.holds(Decimal(str(values[-1]))):
        said.append(_("This lies in the %(range)s.") % {"range": help_range(measure)})
    return short, tuple(said)


def _glance(cards: Iterable[Card], aims: Iterable[Aimed], material: Material, me: Partner) -> Iterator[tuple[str, str]]:
    """What the page comes to, before anything is drawn: one's own lines and goals, and how much was done together."""
    yield from ((card.title, card.short) for card in cards)
    for aim in aims:
        for partner, first, now in aim.courses:
            if partner == me and first != now:
                yield aim.words, _("from %(first)d to %(now)d") % {"first": first, "now": now}
    if count := sum(1 for one in material.sent if one.joint and one.position is None):
        yield _("Done together"), ngettext("once", "%(count)d times", count) % {"count": count}


def _finding(title: str, drawn: Series, names: dict[int, str]) -> str:
    """The drawing as one sentence for those who do not see it."""
    parts = [
        _("%(title)s, from %(low)s to %(high)s.")
        % {"title": title, "low": number(drawn.low), "high": number(drawn.high)}
    ]
    for line in drawn.lines:
        words = {
            "name": names[line.position],
            "first": number(line.values[0]),
            "last": number(line.values[-1]),
            "count": len(line.values),
        }
        parts.append(_("%(name)s: from %(first)s to %(last)s in %(count)s answers.") % words)
    return " ".join(parts)


# ── what was done, wanted, and seen differently ──────────────────────────────


def _done(material: Material) -> Iterator[Done]:
    """What they did in one: of everything else, only each knows their own part."""
    found = [Done(one.what, one.on) for one in material.sent if one.joint and one.position is None]
    yield from sorted(found, key=lambda one: (one.on, one.what), reverse=True)[:MOST_TOGETHER]


def _aims(material: Material) -> Iterator[Aimed]:
    for aim in material.aims:
        courses = []
        for partner in material.partners:
            values = [int(value) for position, value in aim.ratings if position == partner.position]
            if values:
                courses.append((partner, values[0], values[-1]))
        yield Aimed(aim.words, aim.private, tuple(courses))


def _apart(material: Material) -> Iterator[Apart]:
    """The widest differences of a week in which everybody's answers may be read by all."""
    found = series.differences(material)
    people = {one.position: one for one in material.partners}
    for row in found.rows[:MOST_DIFFERENT] if found else ():
        values = [value for _position, value in row.answers]
        if max(values) - min(values) >= APART:
            yield Apart(row.statement, tuple((people[at], number(value)) for at, value in row.answers))
