"""What a report says, with nothing about how it is printed.

These dataclasses are the whole input of the PDF. Whoever fills them decides what may be read by whom:
the renderer prints everything it is given and looks nothing up. In the shared edition that means nothing
from a private or an own lane may be in here at all, not as a word, a number, a count or a gap; in the
edition of one partner, nothing that they may not read.

The one thing checked here is shape: only a clinical report carries the table that sets what each partner
did beside their names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

Edition = Literal["clinical", "shared", "partner"]
Paper = Literal["a4", "letter"]
Better = Literal["up", "down", ""]
State = Literal["done", "started", "open", "skipped", "withdrawn", ""]
Tone = Literal["deep", "mid", "pale", "open"]

ENOUGH = 3
"""Answers that a line needs before it is drawn. Below that the report says that it is too early."""

MOST_ROWS = 1000
"""Rows of the table of what was given. More belong in a spreadsheet: cost grows with every row.

What is left out is enclosed in the file (see reports.enclosures)."""

MOST_PARTNERS = 6
"""Partner marks and inks exist for six positions."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The practice as its paper shows it. `logo` is a PNG or JPEG that was re-encoded on upload."""

    name: str
    tagline: str = ""
    colour: str = ""
    lines: tuple[str, ...] = ()
    logo: bytes | None = None


@dataclass(frozen=True, slots=True)
class Partner:
    """One partner. `position` (0 to 5) fixes ink and mark for ever, on the screen and on paper."""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Point:
    """One answer. A value of None is a question that was asked and not answered: drawn as a gap."""

    on: date
    value: float | None


@dataclass(frozen=True, slots=True)
class Around:
    """The first score and how far a later one may lie from it by chance alone, from ``since`` on."""

    since: date
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Line:
    """One partner's answers over time, oldest first. `verdict` is a few words: 'reliably better'.

    ``around`` and ``error`` (how far a single score lies off by chance, either way) are drawn where a line stands
    alone. ``gaps`` are pairs of days between which the line is not joined. ``look`` is how the verdict looks
    ("done", "hold", "ask"), ``told`` are sentences for below the drawing.
    """

    position: int
    points: tuple[Point, ...]
    verdict: str = ""
    around: Around | None = None
    error: float = 0
    gaps: tuple[tuple[date, date], ...] = ()
    look: str = ""
    told: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[float, ...]:
        """The answers given, without the gaps."""
        return tuple(point.value for point in self.points if point.value is not None)

    @property
    def enough(self) -> bool:
        return len(self.values) >= ENOUGH


@dataclass(frozen=True, slots=True)
class Band:
    """A cut-off: one value (low equals high) or the range of doubt between two."""

    low: float
    high: float
    label: str
    #: All that is said of it, where its label and number do not say it.
    words: str = ""
    #: In the words for partners, who do not read of a cut-off.
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """A day on which scores begin to come from something else: another edition, another definition."""

    on: date
    words: str


@dataclass(frozen=True, slots=True)
class Series:
    """One measure over time: its scale, every partner's line, and a cut-off if it has one.

    With ``by_day`` every point is drawn on its own day; else points that come once a week stand in its middle.
    ``drawn_from`` is how many answers a line needs before there is a drawing. ``facts`` are what a reader needs to
    judge the numbers, as pairs of a heading and words. ``together`` are sentences about all partners at once.
    """

    label: str
    low: float
    high: float
    lines: tuple[Line, ...]
    better: Better = ""
    unit: str = ""
    cutoff: Band | None = None
    intro: str = ""
    note: str = ""
    by_day: bool = False
    drawn_from: int = ENOUGH
    turns: tuple[Turn, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    together: tuple[str, ...] = ()

    @property
    def enough(self) -> bool:
        return any(len(line.values) >= self.drawn_from for line in self.lines)


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure at a glance. With a `position` it carries that partner's ink; `trend` draws a sparkline."""

    label: str
    value: str
    of: str = ""
    note: str = ""
    position: int | None = None
    trend: tuple[float | None, ...] = ()
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Takeaways:
    """The therapist's three short answers. An empty one is left out."""

    keep: str = ""
    watch: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """One layer of the weekly bars, drawn from the bottom up in the order given."""

    label: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Week:
    """One bar: its first day and one count for each segment."""

    starts: date
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """Clinical edition only. One row: what was given, and how each partner stands (one state per
    entry of `Report.partners`, in that order; '' where it was not given to them)."""

    week: int
    what: str
    kind: str
    due: date | None
    states: tuple[State, ...]
    helpful: str = ""


@dataclass(frozen=True, slots=True)
class Together:
    """Shared edition. One thing that was done together, or that everybody could read."""

    week: int
    what: str
    kind: str
    on: date
    how: str = ""


@dataclass(frozen=True, slots=True)
class Doing:
    """What was done, week by week. `given` is for the clinical edition, `together` for the shared.

    ``earlier`` are the rows of either table that were too many to print: they come before those that are.
    """

    segments: tuple[Segment, ...] = ()
    weeks: tuple[Week, ...] = ()
    given: tuple[Given, ...] = ()
    together: tuple[Together, ...] = ()
    earlier: tuple[Given, ...] | tuple[Together, ...] = ()
    intro: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class DayMap:
    """One partner's days: one value per day from `Report.starts` on, None for a day without an entry."""

    position: int
    days: tuple[int | None, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mood:
    """Daily entries as calendars, one for each partner. The scale has at most seven steps."""

    maps: tuple[DayMap, ...]
    low: int = 1
    high: int = 5
    title: str = ""
    intro: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One statement and the answers of those who gave one, as (position, value)."""

    statement: str
    answers: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Differences:
    """The same statements answered apart, on one scale. Rows are printed in the order given."""

    rows: tuple[Difference, ...]
    low: float = 0
    high: float = 10
    intro: str = ""


@dataclass(frozen=True, slots=True)
class Areas:
    """Many small ratings on one scale, one row each with a sparkline for every partner."""

    title: str
    rows: tuple[Series, ...]
    intro: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a metric comes to for one partner, or for what they did together (``position`` None), in words.

    ``n`` answers stand behind it; ``began`` is where it was in the first weeks; ``trend`` are weekly values.
    """

    position: int | None
    value: str
    n: int
    began: str = ""
    note: str = ""
    gaps: str = ""
    trend: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """One row: its ``name`` (empty where the row before has it), what of it, and everybody's figure."""

    name: str
    label: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Numbers that are counted from what was answered between sessions, each by its own formula."""

    rows: tuple[Metric, ...]
    intro: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """One partner's way with a goal: their first rating, their latest, and how many there were."""

    position: int
    start: float
    now: float
    ratings: int = 2


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal in people's own words, how near each feels it is, and what was given for it.

    Whose ratings stand here, each beside their own name only, is decided by whoever fills it. ``private``
    belongs to the clinical edition.
    """

    text: str
    courses: tuple[Course, ...] = ()
    served_by: tuple[str, ...] = ()
    private: bool = False
    low: float = 0
    high: float = 10


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's own words, released by them. `position` is None when they wrote it together."""

    text: str
    position: int | None
    on: date | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """One line of what comes next; `who` and `when` are words ('Both', 'Sundays')."""

    what: str
    who: str = ""
    when: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What reports of every kind begin with: for whom, about whom, which days, on what paper.

    ``reader`` is the name of the one partner that an edition is for. ``kind`` is that of reports.kinds.
    """

    kind: ClassVar[str]

    edition: Edition
    letterhead: Letterhead
    partners: tuple[Partner, ...]
    starts: date
    ends: date
    issued: date
    reference: str
    prepared_by: str
    paper: Paper = "a4"
    language: str = "en"
    reader: str = ""
    summary: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    #: When it was asked for, in the practice's zone: on its last page, to the minute.
    made: datetime | None = None

    def __post_init__(self) -> None:
        if self.ends < self.starts:
            raise ValueError("a report's period ends before it starts")
        if not 1 <= len(self.partners) <= MOST_PARTNERS:
            raise ValueError("a report is about one to six partners")
        if (self.edition == "partner") != bool(self.reader):
            raise ValueError("the edition of one partner, and no other, says whose it is")

    @property
    def is_clinical(self) -> bool:
        return self.edition == "clinical"


@dataclass(frozen=True, slots=True)
class Report(Document):
    """A progress report, completely. Every section with nothing in it is left out."""

    kind: ClassVar[str] = "progress"

    headlines: tuple[Headline, ...] = ()
    takeaways: Takeaways | None = None
    series: tuple[Series, ...] = ()
    doing: Doing | None = None
    mood: Mood | None = None
    differences: Differences | None = None
    areas: Areas | None = None
    metrics: Metrics | None = None
    goals: tuple[Goal, ...] = ()
    quotes: tuple[Quote, ...] = ()
    next: tuple[Next, ...] = ()

    def __post_init__(self) -> None:
        Document.__post_init__(self)
        if self.doing and len(self.doing.given) > MOST_ROWS:
            raise ValueError(f"a report lists at most {MOST_ROWS} rows of what was given")
        if self.edition == "shared" and any(goal.private for goal in self.goals):
            raise ValueError("the shared edition holds no goal that one partner has alone")
        if (
            not self.is_clinical
            and self.doing
            and (self.doing.given or any(isinstance(row, Given) for row in self.doing.earlier))
        ):
            raise ValueError("an edition for partners never sets what each of them did beside their names")


def paragraphs(text: str) -> tuple[str, ...]:
    """A blank line begins a new paragraph; single line breaks stay as they are."""
    return tuple(_filled(text.replace("\r\n", "\n").split("\n\n")))


def _filled(parts: list[str]) -> Iterator[str]:
    return (part.strip() for part in parts if part.strip())
