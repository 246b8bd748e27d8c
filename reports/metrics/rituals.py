"""What was practised, and what it gave."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean

from django.utils.translation import gettext as now_in
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from reports.findings import change, number
from reports.metrics.facts import Facts
from reports.metrics.figures import Figure, by_week, first_and_last, share
from reports.metrics.registry import metric

REASONED = ("skipped", "withdrawn", "paused")


@metric(
    "rituals_kept",
    _("Rituals kept"),
    _("How often the answer was yes, of all that fell due; what was left out for a reason does not count as due."),
    _("Counts, no streaks."),
)
def rituals_kept(facts: Facts) -> Iterator[Figure]:
    for position in facts.positions:
        told = facts.inside(facts.of(position, series="ritual_kept", scored=False))
        yes = sum(one.number == 1 for one in told)
        due = [one for one in facts.dues if one.position == position and one.is_ritual and one.state not in REASONED]
        # The couple's own copy says what was done, so it counts only what was told.
        of = len(told) if facts.shared or not due else max(len(due), len(told))
        if of:
            yield share(facts, position, yes, of, text=now_in("kept %(yes)d of %(of)d") % {"yes": yes, "of": of})
    if facts.rituals_running:
        count = facts.rituals_running
        words = ngettext("%(n)d ritual is running", "%(n)d rituals are running", count) % {"n": count}
        yield Figure(None, count, count, text=words, is_count=True)


@metric(
    "own_rituals",
    _("Rituals of their own"),
    _("How many rituals were invented; how many are alive, first and last."),
)
def own_rituals(facts: Facts) -> Iterator[Figure]:
    for position in facts.positions:
        days = {one.on for one in facts.inside(facts.of(position, exercises=("invent-our-ritual",)))}
        if days:
            yield Figure(position, len(days), len(days), _("invented"), is_count=True)
    yield from first_and_last(facts, exercises=("refresh-a-ritual",), key="alive", label=_("alive"), unit=_("rituals"))


@metric(
    "appreciation",
    _("Appreciation"),
    _("Mean of a week of acknowledgements given, beside those received, and the difference of the two."),
    _("Five a day is a habit of an exercise, not a proven dose."),
)
def appreciation(facts: Facts) -> Iterator[Figure]:
    for position in facts.positions:
        weeks = {}
        for series in ("appreciation_given", "appreciation_received"):
            mine = facts.inside(facts.of(position, series=series, scored=False))
            weeks[series] = [value for value in by_week(mine, facts.period.starts) if value is not None], len(mine)
        (given, n), (received, m) = weeks["appreciation_given"], weeks["appreciation_received"]
        if not given and not received:
            continue
        words = {
            "given": number(mean(given)) if given else "–",
            "received": number(mean(received)) if received else "–",
        }
        note = ""
        if given and received:
            note = now_in("received minus given %(gap)s") % {"gap": change(mean(given), mean(received))}
        text = now_in("given %(given)s, received %(received)s a day") % words
        yield Figure(position, mean(given) if given else None, n + m, text=text, note=note)


@metric(
    "bids_met",
    _("Small reaches met"),
    _("Reaches answered, of those noticed, in the one exercise that counts them."),
    _("One week only; partners are not compared."),
    clinical=True,
)
def bids_met(facts: Facts) -> Iterator[Figure]:
    for position in facts.positions:
        noticed = facts.inside(facts.of(position, exercises=("noticing-bids",), key="noticed"))
        met = facts.inside(facts.of(position, exercises=("noticing-bids",), key="met"))
        of, hits = (int(sum(one.number or 0 for one in told)) for told in (noticed, met))
        if of:
            yield share(facts, position, min(hits, of), of)


@metric(
    "goals",
    _("Goals"),
    _("Each goal's latest rating minus its first, from 0 to 10, for everybody who rated it."),
    _("A goal may be dropped without loss."),
)
def goals(facts: Facts) -> Iterator[Figure]:
    for aim in facts.aims:
        for partner in facts.partners:
            values = [value for position, value in aim.ratings if position == partner.position]
            if len(values) > 1:
                words = {"change": change(values[0], values[-1]), "now": number(values[-1])}
                text = now_in("%(change)s, now %(now)s of 10") % words
                yield Figure(partner.position, values[-1] - values[0], len(values), aim.words, text=text, is_count=True)


@metric(
    "agreements",
    _("Agreements"),
    _("Agreements whose words everybody has said yes to, of all that run; and those whose review day has passed."),
)
def agreements(facts: Facts) -> Iterator[Figure]:
    if facts.agreed:
        clear, late = sum(one.is_clear for one in facts.agreed), sum(one.is_overdue for one in facts.agreed)
        note = ngettext("%(n)d to look at again", "%(n)d to look at again", late) % {"n": late} if late else ""
        text = now_in("%(clear)d of %(all)d clear") % {"clear": clear, "all": len(facts.agreed)}
        yield share(facts, None, clear, len(facts.agreed), text=text, note=note)
