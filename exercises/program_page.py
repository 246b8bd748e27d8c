"""A run as its page shows it: every week with what was given, how each partner stands, and what waits."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from exercises import library, programs, record
from exercises.desk import QueueItem, asking, register_queue
from exercises.models import Assignment, Occurrence, ProgramRun
from exercises.record import Cell
from exercises.vocabulary import Lane
from practice.links import address_of
from practice.models import Membership


@dataclass
class Row:
    """One exercise of one week."""

    title: str
    assignment: Assignment | None = None
    cells: list[Cell] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@dataclass
class Week:
    """One week of a run. Number 0 is the look before it begins, the one after the last the look back."""

    number: int
    focus: str
    rows: list[Row]
    days: int = 7
    is_open: bool = False
    is_over: bool = False


def weeks(run: ProgramRun, now: datetime, given_rows: QuerySet[Assignment] | None = None) -> list[Week]:
    """Return all weeks in order, in a fixed number of queries.

    ``given_rows`` narrows what of the run may be read, for who asks as Attune itself and not behind a wall.
    """
    content = run.content
    titles = {slug: one.title for slug, one in library.by_slug(programs.named(content)).items()}
    given = _given(run, Assignment.objects.all() if given_rows is None else given_rows)
    cells = _cells(run, [one for rows in given.values() for one in rows], now)
    parts = [
        (0, _("Before it begins"), content["baseline"], 7),
        *(
            (number, week["focus"], week["slugs"], week["days"])
            for number, week in enumerate(content["weeks"], start=1)
        ),
        (len(content["weeks"]) + 1, _("At the end"), content["outcome"], 7),
    ]
    refused = content.get("refused", {})
    return [
        Week(
            number=number,
            focus=focus,
            rows=_rows(slugs, titles, given[number], cells, refused.get(str(number), [])),
            days=days,
            is_open=number == run.week and number > 0 and run.ended_at is None,
            is_over=number < run.week or run.ended_at is not None,
        )
        for number, focus, slugs, days in parts
        if slugs or number == 0
    ]


def _given(run: ProgramRun, rows: QuerySet[Assignment]) -> dict[int, list[Assignment]]:
    found: dict[int, list[Assignment]] = defaultdict(list)
    rows = rows.filter(run=run, withdrawn_at=None).select_related("edition__exercise").defer("why")
    for one in rows.order_by("given_at", "pk"):
        found[one.run_week or 0].append(one)
    return found


def _cells(run: ProgramRun, given: list[Assignment], now: datetime) -> dict[uuid.UUID, list[Cell]]:
    rounds: dict[uuid.UUID, list[Occurrence]] = defaultdict(list)
    for one in Occurrence.objects.filter(assignment__in=given).defer("skip_reason").order_by("due_at"):
        rounds[one.assignment_id].append(one)
    return {one.pk: record.cells(one, rounds[one.pk], run.couple, now) for one in given}


def _rows(
    slugs: list[str],
    titles: dict[str, str],
    given: list[Assignment],
    cells: dict[uuid.UUID, list[Cell]],
    refused: list[dict],
) -> list[Row]:
    """What was given stands with its states; what each got alone is one row a partner."""
    why = {one["slug"]: one["why"] for one in refused}
    rows = []
    for slug in slugs:
        here = [one for one in given if one.edition.exercise.slug == slug]
        rows += [Row(one.edition.title, one, cells[one.pk]) for one in here]
        if not here and slug in titles:
            rows.append(Row(titles[slug], refused=why.get(slug, [])))
    return rows


def openly(rows: list[Row]) -> list[Row]:
    """The rows that may be looked at with both in the room: nothing that is one partner's alone."""
    return [row for row in rows if row.assignment is None or row.assignment.lane not in (Lane.OWN, Lane.PRIVATE)]


@register_queue
@asking(lambda membership, couples: programs.RUNNING.of(couples=couples))
def to_look_at(membership: Membership, couples: Collection[uuid.UUID]) -> list[QueueItem]:
    """Programs in which nothing has been done for days, and those whose next week waits for the therapist."""
    runs = programs.running(couples)
    still = [_standing_still(run) for run in programs.standing_still(runs, timezone.now())]
    return still + [_waiting_to_be_opened(run) for run in runs if _is_to_be_opened(run)]


def _standing_still(run: ProgramRun) -> QueueItem:
    words = _("%(title)s: nothing of week %(week)s was sent yet.")
    return _item(run, kind="talk", what=_("Program stands still"), words=words)


def _is_to_be_opened(run: ProgramRun) -> bool:
    if run.content["unlock"] != "therapist" or not run.week or run.paused_at is not None:
        return False
    day = programs.next_day(run)
    return day is not None and day <= timezone.localdate(timezone=run.couple.zone)


def _waiting_to_be_opened(run: ProgramRun) -> QueueItem:
    words = _("%(title)s: week %(week)s is over; you open the next one.")
    return _item(run, kind="ask", what=_("Next week of a program"), words=words)


def _item(run: ProgramRun, *, kind: str, what: str, words: str) -> QueueItem:
    """One program to look at; ``words`` name its title and the week it is in."""
    return QueueItem(
        kind=kind,
        what=what,
        couple_id=run.couple_id,
        detail=words % {"title": run.content["title"], "week": run.week},
        since=run.week_opened_at or run.given_at,
        url=address_of("program_run", run.couple_id, run.pk),
        action=_("Look"),
    )
