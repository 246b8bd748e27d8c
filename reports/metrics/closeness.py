"""How people are: closeness, being heard, safety, mood, depth, self."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from django.utils.translation import gettext as now_in
from django.utils.translation import gettext_lazy as _

from reports.findings import number
from reports.metrics.facts import Facts
from reports.metrics.figures import Figure, by_week, first_and_last, medians, share
from reports.metrics.registry import metric

DAILY = ("mood-log",)
TALKS = ("weekly-state-of-us", "monthly-state-of-us")
MARKERS = ("growth-markers",)
#: At or below this, from 0 to 10, felt safety is looked at.
LOW_SAFETY = 3
#: A week counts as one of outside stress from this on; a comparison needs so many weeks of each kind.
STRESSED, SEVERAL = 7, 3


@metric(
    "closeness",
    _("Closeness"),
    _("Median of a week from the mood log; from the weekly and the monthly talk apart from it."),
    _("Days and talks are asked differently, so their lines stay apart."),
)
def closeness(facts: Facts) -> Iterator[Figure]:
    yield from medians(facts, "closeness", exercises=DAILY, label=_("day by day, latest week"), latest=True)
    yield from medians(facts, "closeness", exercises=TALKS, label=_("in talks, latest week"), latest=True)


@metric(
    "felt_heard",
    _("Felt heard"),
    _("Median of all answers after talks, for each partner."),
    _("Low for one and high for the other is the signal."),
)
def felt_heard(facts: Facts) -> Iterator[Figure]:
    yield from medians(facts, "felt_heard")


@metric(
    "emotional_safety",
    _("Emotional safety"),
    _("Median of all answers; any answer of 3 or below is named."),
    _("Private answers, for you alone."),
    clinical=True,
)
def emotional_safety(facts: Facts) -> Iterator[Figure]:
    for one in medians(facts, "emotional_safety"):
        mine = facts.inside(facts.of(one.position, series="emotional_safety"))
        low = sum(fact.number is not None and fact.number <= LOW_SAFETY for fact in mine)
        note = now_in("%(low)d of %(n)d at 3 or below") % {"low": low, "n": one.n} if low else ""
        yield Figure(one.position, one.value, one.n, unit=one.unit, baseline=one.baseline, gaps=one.gaps, note=note)


@metric(
    "presence",
    _("Presence and devices"),
    _("Median of felt presence; interruptions and own screen minutes a day in the first and the last audit."),
    _("Everybody counts their own screens only."),
)
def presence(facts: Facts) -> Iterator[Figure]:
    yield from medians(facts, "presence", label=_("undivided attention"))
    yield from first_and_last(facts, "interruptions", label=_("interruptions"), unit=_("a day"))
    yield from first_and_last(facts, "screen_minutes", label=_("own screen"), unit=_("minutes a day"))


@metric(
    "mood",
    _("Mood, stress and energy"),
    _("Median of the latest week, with the lowest and the highest week of the period."),
    _("Not diagnostic."),
)
def mood(facts: Facts) -> Iterator[Figure]:
    for series, label, unit in (
        ("mood", _("mood"), _("of 5")),
        ("stress", _("stress"), ""),
        ("energy", _("energy"), ""),
    ):
        for one in medians(facts, series, label=label, unit=unit, latest=True):
            weeks = [value for value in one.trend if value is not None]
            span = {"low": number(min(weeks)), "high": number(max(weeks))}
            note = now_in("weeks from %(low)s to %(high)s") % span if len(weeks) > 1 else ""
            yield Figure(one.position, one.value, one.n, label, one.unit, "", one.baseline, one.gaps, note, one.trend)


@metric(
    "depth",
    _("Depth of talks"),
    _("The answer about topics once avoided, first and last; median of felt openness."),
    _("More is not always better."),
)
def depth(facts: Facts) -> Iterator[Figure]:
    yield from first_and_last(facts, exercises=MARKERS, key="taboo", label=_("topics once avoided"))
    yield from medians(facts, "openness", label=_("openness"))


@metric(
    "honesty",
    _("Honesty and ease with discomfort"),
    _("The growth markers' two answers, first and last."),
    _("The middle of the scale means unchanged."),
)
def honesty(facts: Facts) -> Iterator[Figure]:
    yield from first_and_last(facts, exercises=MARKERS, key="honesty", label=_("honesty"))
    yield from first_and_last(facts, exercises=MARKERS, key="discomfort", label=_("ease with discomfort"))


@metric(
    "curiosity",
    _("Curiosity and defensiveness"),
    _("Growth markers, first and last; median of defensiveness in check-ins; median fall of blame in one exercise."),
)
def curiosity(facts: Facts) -> Iterator[Figure]:
    yield from first_and_last(facts, exercises=MARKERS, key="curious", label=_("curious"))
    yield from medians(facts, exercises=("eight-step-check-in",), key="defensive", label=_("defensive"))
    yield from medians(facts, "blame_change", scored=True, label=_("blame, after minus before"), unit=_("points"))


@metric("support", _("Proactive support"), _("Growth markers, first and last; median of felt support."))
def support(facts: Facts) -> Iterator[Figure]:
    yield from first_and_last(facts, exercises=MARKERS, key="support", label=_("offered unasked"))
    yield from medians(facts, "support", label=_("felt"))


@metric(
    "resilience",
    _("Resilience to outside stress"),
    _(
        "Median of days until steady again; and the median closeness of weeks with stress of 7 or more beside that of"
        " all other weeks, once there are three of each."
    ),
    _("Needs several such weeks to say anything."),
)
def resilience(facts: Facts) -> Iterator[Figure]:
    yield from medians(facts, "recovery_days", label=_("until steady again"), unit=_("days"))
    for partner in facts.partners:
        mine = {
            key: facts.inside(facts.of(partner.position, series=key, scored=False)) for key in ("stress", "closeness")
        }
        stress, close = (dict(enumerate(_whole(facts, mine[key]))) for key in ("stress", "closeness"))
        hard = [close[week] for week, value in stress.items() if value is not None and value >= STRESSED]
        easy = [close[week] for week, value in stress.items() if value is not None and value < STRESSED]
        hard_weeks, easy_weeks = ([one for one in weeks if one is not None] for weeks in (hard, easy))
        if min(len(hard_weeks), len(easy_weeks)) >= SEVERAL:
            note = now_in("%(value)s in other weeks") % {"value": number(median(easy_weeks))}
            label = _("closeness in weeks of stress")
            yield Figure(partner.position, float(median(hard_weeks)), len(hard_weeks), label, _("of 10"), note=note)


def _whole(facts: Facts, mine: list) -> list[float | None]:
    """The median of every week of the period, so that two questions can be laid side by side."""
    count = (facts.period.ends - facts.period.starts).days // 7 + 1
    weeks = {week: [one for one in mine if (one.on - facts.period.starts).days // 7 == week] for week in range(count)}
    return [(by_week(those, facts.period.starts) or (None,))[0] for those in weeks.values()]


@metric(
    "autonomy",
    _("Room for oneself"),
    _("Mean score of each self-check, first and last; hours of own time beside those wanted, as last answered."),
    _("What it means differs between cultures."),
)
def autonomy(facts: Facts) -> Iterator[Figure]:
    for position in facts.positions:
        mine = facts.of(position, series="autonomy", scored=True)
        if facts.inside(mine):
            began = mine[0].number if len(mine) > 1 else None
            last = facts.inside(mine)[-1].number
            yield Figure(position, last, len(mine), _("still myself"), _("of 10"), baseline=began, is_count=True)
        had = facts.inside(facts.of(position, series="alone_hours", scored=False))
        wanted = facts.inside(facts.of(position, exercises=("alone-time-agreement",), key="wanted"))
        if had and wanted and had[-1].number is not None and wanted[-1].number is not None:
            hours = {"had": number(had[-1].number), "wanted": number(wanted[-1].number)}
            words = now_in("%(had)s of %(wanted)s hours") % hours
            yield Figure(position, had[-1].number, len(had), _("own time a week"), text=words, is_count=True)


@metric(
    "touch",
    _("Ease with touch"),
    _("Median of ease with touch, and how often somebody did not feel free to say no."),
    _("Never a target for how often."),
)
def touch(facts: Facts) -> Iterator[Figure]:
    yield from medians(facts, "touch_comfort")
    touching = {one.exercise for one in facts.facts if one.series == "touch_comfort"}
    for position in facts.positions:
        free = facts.inside(facts.of(position, exercises=sorted(touching), key="felt_free")) if touching else []
        not_free = sum(one.number == 0 for one in free)
        if free:
            yield share(facts, position, not_free, len(free), label=_("did not feel free"))


@metric("belonging", _("Belonging in a group"), _("Median and lowest answer of each person."))
def belonging(facts: Facts) -> Iterator[Figure]:
    for one in medians(facts, "belonging"):
        values = [f.number for f in facts.inside(facts.of(one.position, series="belonging")) if f.number is not None]
        note = now_in("lowest %(low)s") % {"low": number(min(values))}
        yield Figure(one.position, one.value, one.n, unit=one.unit, baseline=one.baseline, note=note, trend=one.trend)
