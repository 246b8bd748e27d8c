"""Partners' scores of each measure side by side, for the therapist: each one's own line, then what they say together.

It holds private scores, and what tells one partner's score from another's: no partner and no joint session sees it.
Screens that are for one person alone are not in here, not even as a name.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import Couple, Partner
from exercises.measured import Result
from exercises.measures import Measure
from exercises.measures.explaining import Line as Explained
from exercises.measures.explaining import figure
from exercises.vocabulary import Direction, Lane
from reports.agreement import FEWEST, SAME_OCCASION, Agreement, Scored, agreement
from reports.baselines import Starts
from reports.courses import Course, courses
from reports.partners import Compared, CoupleState, compare, couple_state


@dataclass(frozen=True)
class Line:
    """One partner on one measure."""

    partner: Partner
    course: Course


@dataclass(frozen=True)
class Beside:
    """One measure. ``compared`` is of the newest scores, and None where these are not of one occasion."""

    measure: Measure
    lines: tuple[Line, ...]
    compared: Compared | None
    state: CoupleState | None
    agreement: Agreement | None

    @property
    def explained(self) -> list[Explained]:
        return [
            *self.lines[0].course.explained,
            (_("Both together"), _how_compared(self.measure)),
            (_("Agreement"), _how_agreed()),
        ]

    @property
    def lower_words(self) -> str:
        """Whose burden is the greater one, and the mean beside it, never alone."""
        if self.compared is None:
            return ""
        better = self.measure.direction is Direction.HIGHER_BETTER
        words = _("The lower score is %(lower)s") if better else _("The more burdened score is %(lower)s")
        mean = _("the mean of all is %(mean)s.") % {"mean": figure(round(self.compared.mean, 1))}
        return f"{words % {'lower': figure(self.compared.lower)}}; {mean}"

    @property
    def gap_words(self) -> str:
        if self.compared is None:
            return ""
        words = {
            None: _("They are %(gap)s points apart."),
            False: _("They are %(gap)s points apart, no more than a reliable change."),
            True: _("They are %(gap)s points apart, more than a reliable change: different experiences."),
        }
        return words[self.compared.is_different] % {"gap": figure(self.compared.gap)}

    @property
    def apart_words(self) -> str:
        """Why the newest scores are not compared, where they lie too far apart in time."""
        days = _newest_days(self.lines)
        if len(days) < 2 or max(days) - min(days) <= SAME_OCCASION:
            return ""
        words = _("The newest scores are %(n)d days apart: too far to be set against each other.")
        return words % {"n": (max(days) - min(days)).days}

    @property
    def agreement_words(self) -> str:
        if self.agreement is None:
            return ""
        found = self.agreement
        parts = [
            _("the same numbers %(value)s (ICC(A,1))") % {"value": _ratio(found.absolute)},
            _("up and down together %(value)s (ICC(C,1))") % {"value": _ratio(found.consistent)},
        ]
        if found.kappa is not None:
            parts.append(_("the same bands %(value)s (weighted kappa)") % {"value": _ratio(found.kappa)})
        count = ngettext("From %(n)d joint occasion", "From %(n)d joint occasions", found.n) % {"n": found.n}
        return f"{count}: {', '.join(parts)}."


def side_by_side(couple: Couple, results: Iterable[Result], starts: Starts) -> list[Beside]:
    """Return every measure that a present partner has a score of. ``results`` are oldest first, of all partners."""
    by_person: dict[uuid.UUID, list[Result]] = defaultdict(list)
    for one in results:
        # What they answered together is nobody's own score.
        if not one.measure.person_only and one.lane != Lane.JOINT:
            by_person[one.client_id].append(one)
    by_measure: dict[str, list[Line]] = defaultdict(list)
    for partner in couple.partners.all():
        if partner.left_at is None:
            own = {measure: day for (client, measure), day in starts.items() if client == partner.client_id}
            for course in courses(by_person[partner.client_id], own):
                by_measure[course.measure.key].append(Line(partner, course))
    return [_beside(lines) for lines in sorted(by_measure.values(), key=lambda one: -len(one))]


def _beside(lines: Sequence[Line]) -> Beside:
    measure = lines[0].course.measure
    newest = {line.partner.position: line.course.last for line in lines}
    scores = {position: row.score for position, row in newest.items() if row is not None}
    days = _newest_days(lines)
    same = len(days) > 1 and max(days) - min(days) <= SAME_OCCASION
    return Beside(
        measure=measure,
        lines=tuple(lines),
        compared=compare(scores, measure) if same else None,
        state=couple_state([line.course.state for line in lines]),
        agreement=agreement(measure, [_scored(line.course) for line in lines]),
    )


def _newest_days(lines: Iterable[Line]) -> list[date]:
    return [line.course.last.result.taken_on for line in lines if line.course.last is not None]


def _scored(course: Course) -> list[Scored]:
    return [(row.result.taken_on, row.score) for row in reversed(course.rows)]


# ── in words ─────────────────────────────────────────────────────────────────


def _ratio(value: float | None) -> str:
    """A correlation or kappa with two decimals; where nothing varies there is none."""
    return _("cannot be said") if value is None else f"{value:.2f}".replace("-", "−")


def _how_compared(measure: Measure) -> str:
    ends = _(
        "The lower score is the lowest of all, or the highest where low is better. Apart is the highest minus the "
        "lowest of the newest scores, when these are at most %(n)d days apart."
    ) % {"n": SAME_OCCASION.days}
    if measure.reliable is None:
        return ends
    words = _(
        "More than the reliable change is called different experiences. Better, worse and diverging follow from each "
        "one's own state."
    )
    return f"{ends} {words}"


def _how_agreed() -> str:
    return _(
        "From %(n)d occasions on which all have a score. ICC(A,1) asks whether they give the same numbers, ICC(C,1) "
        "whether they go up and down together (McGraw and Wong 1996); weighted kappa, with quadratic weights, whether "
        "they fall in the same bands (Cohen 1968). 1 is full agreement, 0 no more than chance."
    ) % {"n": FEWEST}
