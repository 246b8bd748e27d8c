"""A couple's progress over a period, as the dataclasses that paper and page are drawn from."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from clients.models import Couple
from exercises.models import Assignment, MeasureEntry
from exercises.recurrence import Recurrence
from exercises.rhythm import sentence
from exercises.schedule import dates
from exercises.vocabulary import Lane
from practice.models import Practice
from reports import adherence, exercise_scores, goals, measure_series, paper, quoting, series
from reports.editions import clinical_material, shared_material
from reports.kinds import Ordered, composer_of
from reports.letterheads import letterhead_of, words_of
from reports.material import Material, Period, Running
from reports.metrics import Facts, printing
from reports.models import Report
from reports.paper import Next, paragraphs
from reports.paper import Report as Paper

#: The longest period that is still drawn on one page.
LONGEST = timedelta(days=5 * 365)
LOOKING_AHEAD = timedelta(days=366)
MOST_NEXT = 12
#: Editions named on the last page.
MOST_SOURCES = 40


def beginning(couple: Couple, today: date) -> date:
    """The day of the first thing given or scored, at most five years back. For therapists: private things count."""
    given = Assignment.objects.filter(couple=couple).exclude(lane=Lane.OWN).aggregate(first=Min("starts_on"))["first"]
    scored = MeasureEntry.objects.filter(couple=couple, taken_back_at=None).aggregate(first=Min("taken_on"))["first"]
    first = min((day for day in (given, scored) if day is not None), default=today)
    return min(max(first, today - LONGEST), today)


def of_report(report: Report, couple: Couple, practice: Practice, now: datetime) -> paper.Document:
    """Return everything that a report of any kind says, as it may be said at ``now``. Needs ``with_partners``."""
    whole = ordered(report, couple, practice, now)
    with override(whole.language):
        return composer_of(report.kind).compose(whole)


def ordered(report: Report, couple: Couple, practice: Practice, now: datetime) -> Ordered:
    """Return what a composer works from. Needs ``with_partners``."""
    return Ordered(
        report=report,
        couple=couple,
        practice=practice,
        letterhead=letterhead_of(practice),
        language=report.language or practice.language,
        now=now,
    )


def of_page(couple: Couple, practice: Practice, starts: date, ends: date, now: datetime) -> Paper:
    """Return what the therapist's own progress page draws. Needs ``with_partners``."""
    material = material_for(couple, Period(starts, ends, couple.zone), shared=False, now=now)
    return compose(material, practice, today=ends, reference="", prepared_by="")


def material_for(couple: Couple, period: Period, *, shared: bool, now: datetime) -> Material:
    """Read what one edition may say, and nothing else."""
    return (shared_material if shared else clinical_material)(couple, period, now)


def compose(
    material: Material,
    practice: Practice,
    *,
    today: date,
    reference: str,
    prepared_by: str,
    reader: str = "",
    summary: str = "",
    facts: Facts | None = None,
) -> Paper:
    """Arrange what one edition is made of. The same material gives the same report.

    ``reader`` is the name of the one partner that it is for, where it is for one; ``facts`` are what the metrics of
    the same edition are counted from.
    """
    return Paper(
        edition="partner" if reader else "shared" if material.shared else "clinical",
        letterhead=words_of(practice),
        partners=material.partners,
        reader=reader,
        starts=material.period.starts,
        ends=material.period.ends,
        issued=today,
        reference=reference,
        prepared_by=prepared_by,
        language=practice.language,
        headlines=series.headlines(material) + adherence.headlines(material),
        summary=paragraphs(summary),
        series=measure_series.charts(material) + series.charts(material) + exercise_scores.charts(material),
        doing=adherence.doing(material),
        mood=series.mood(material),
        differences=series.differences(material),
        areas=exercise_scores.areas(material, series.areas(material)),
        metrics=printing.section(facts) if facts else None,
        goals=goals.goals(material),
        quotes=quoting.quotes(material),
        next=_next(material, today),
        about=_about(material),
    )


def _next(material: Material, today: date) -> tuple[Next, ...]:
    """What goes on and still has a date ahead."""
    rows = (_one_next(material, one, today) for one in material.running)
    return tuple(row for row in rows if row is not None)[:MOST_NEXT]


def _one_next(material: Material, one: Running, today: date) -> Next | None:
    recurrence = Recurrence.parse(one.rule or "once", reviews=one.reviews)
    ahead = one.when or dates(recurrence, one.starts_on, start=today, end=today + LOOKING_AHEAD, limit=1)
    if not ahead:
        return None
    who = _("Together") if one.joint else series.who(material, one.positions)
    when = one.when or sentence(recurrence, one.starts_on, one.at, today)
    return Next(one.what, _("%(who)s, private") % {"who": who} if one.private else who, when, one.why)


def _sources(material: Material) -> str:
    """Which editions of which exercises were answered: what somebody needs to look a question up."""
    editions = sorted({(one.what, one.edition) for one in material.sent})
    named = [_("%(what)s (edition %(number)d)") % {"what": what, "number": n} for what, n in editions[:MOST_SOURCES]]
    more = len(editions) - len(named)
    if more:
        named.append(ngettext("%(count)d more", "%(count)d more", more) % {"count": more})
    return _("Answered from: %(sources)s.") % {"sources": ", ".join(named)}


def _about(material: Material) -> tuple[str, ...]:
    answers = len(material.numbers) + len(material.scores) + measure_series.count(material)
    count = ngettext("%(count)d number", "%(count)d numbers", answers) % {"count": answers}
    period = (material.period.ends - material.period.starts).days + 1
    span = ngettext("%(count)d day", "%(count)d days", period) % {"count": period}
    told = _(
        "This report rests on %(numbers)s from what people answered in %(days)s. Lines show the median of a week, or "
        "the score of an exercise on its day; where answers are missing the line breaks, and fewer than three "
        "answers are not drawn. "
        "Nothing is averaged across partners."
    )
    parts = [
        told % {"numbers": count, "days": span},
        _(
            "The questions of exercises are no validated measures. Answers go up and down for many reasons. This "
            "report supports a conversation; it is no diagnosis and no assessment for a court."
        ),
    ]
    if material.sent:
        parts.append(_sources(material))
    if not material.shared:
        parts.append(
            _("It holds private answers. Keep it in the clinical record and do not hand it to anybody in the couple.")
        )
    return tuple(parts)
