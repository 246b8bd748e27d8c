"""A program that runs: tailored before it begins, opened week by week, paused, repeated, stretched, shrunk.

A run holds its own copy of the weeks, so that nothing that happens to the program changes what people were
promised. What a week asks for is given like anything else, with the run and the week written on it. What was
done stays done: every change here concerns what is ahead.
"""

from __future__ import annotations

import copy
import hashlib
import json
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from clients.models import Couple
from exercises import library, pausing, plans
from exercises.assigning import Refused, give
from exercises.giving import Giving, lanes_on_offer
from exercises.models import Assignment, Edition, Occurrence, Pause, Program, ProgramRun
from exercises.recurrence import Freq, Recurrence
from exercises.schedule import default_time
from exercises.vocabulary import Lane
from practice import tenancy
from practice.ids import uuid7
from practice.models import Membership, Practice
from practice.written import Written

#: When the next week opens: on its day; on its day, once something of this week was done; when the therapist says so.
UNLOCKS = ("day", "done", "therapist")
WEEK = 7
MOST_WEEKS = 26
MOST_EACH_WEEK = 6

Due = Assignment.Due


@dataclass(frozen=True)
class Start:
    """One act of beginning: the tailored weeks, for whom, from when. ``key`` makes it happen once."""

    couple: Couple
    program: Program
    content: dict[str, Any]
    clients: tuple[uuid.UUID, ...]
    starts_on: date
    at: time
    key: uuid.UUID


def plan_of(program: Program) -> dict[str, Any]:
    """Return the plan as the program proposes it, ready to be tailored."""
    content = program.content
    return {
        "title": program.title,
        "why": "",
        "unlock": "therapist" if program.needs_clearance else "day",
        "baseline": list(content["baseline"]),
        "weeks": [{"focus": week["focus"], "slugs": list(week["slugs"]), "days": WEEK} for week in content["weeks"]],
        "outcome": list(content["outcome"]),
    }


def named(content: dict[str, Any]) -> list[str]:
    """Return the slugs of everything a plan holds, each once, in their order."""
    every = [*content["baseline"], *(slug for week in content["weeks"] for slug in week["slugs"]), *content["outcome"]]
    return list(dict.fromkeys(every))


def begin(start: Start, *, by: Membership) -> ProgramRun:
    """Begin a program: the baseline is given at once, the first week on its day. Twice under one key begins once.

    Raises :class:`exercises.assigning.Refused` when care is not active or somebody is not a partner.
    """
    with transaction.atomic():
        couple = Couple.objects.select_for_update().get(pk=start.couple.pk)
        there = ProgramRun.objects.filter(couple=couple, given_key=start.key).first()
        if there is not None:
            return there
        if couple.status != Couple.Status.ACTIVE:
            raise Refused({"couple": _("Care for this couple is not active at the moment, so nothing can be given.")})
        run = ProgramRun.objects.create(
            couple=couple,
            program=start.program,
            audience=sorted(start.clients),
            content=start.content,
            starts_on=start.starts_on,
            at=start.at,
            given_by=by,
            given_key=start.key,
        )
        now = timezone.now()
        _give_all(run, 0, run.content["baseline"], _today(run, now), WEEK, by, now)
        open_what_is_due(run, now)
    return run


# ── opening weeks ────────────────────────────────────────────────────────────


def next_day(run: ProgramRun) -> date | None:
    """Return the day on which the next week may open; None when no week is left or nobody can say."""
    if run.ended_at is not None or run.week > len(run.content["weeks"]):
        return None
    if run.week == 0:
        return run.starts_on
    opened = timezone.localtime(run.week_opened_at, run.couple.zone).date() if run.week_opened_at else run.starts_on
    return opened + timedelta(days=int(run.content["weeks"][run.week - 1]["days"]))


def open_what_is_due(run: ProgramRun, now: datetime) -> bool:
    """Open the next week if its time has come and its rule allows; safe to run again at any time."""
    locked = ProgramRun.objects.select_for_update(of=("self",)).select_related("couple", "given_by").get(pk=run.pk)
    if not _may_open(locked, now):
        return False
    _open_next(locked, now)
    run.refresh_from_db()
    return True


def _may_open(run: ProgramRun, now: datetime) -> bool:
    today, day = _today(run, now), next_day(run)
    if run.paused_at is not None and run.resumes_on is not None and run.resumes_on <= today:
        _resume(run, now)
    if run.paused_at is not None or run.couple.status != Couple.Status.ACTIVE or day is None or day > today:
        return False
    if run.week == 0 or run.content["unlock"] == "day":
        return True
    return run.content["unlock"] == "done" and something_done(run, run.week)


def something_done(run: ProgramRun, week: int) -> bool:
    """Tell whether anything of one week was sent by anybody."""
    return Occurrence.objects.filter(
        assignment__run=run, assignment__run_week=week, state=Occurrence.State.DONE
    ).exists()


def open_now(run: ProgramRun) -> None:
    """Open the next week now, because the therapist says so."""
    with tenancy.elevated():
        locked = ProgramRun.objects.select_for_update(of=("self",)).select_related("couple", "given_by").get(pk=run.pk)
        if locked.ended_at is None and locked.week <= len(locked.content["weeks"]):
            _open_next(locked, timezone.now())


def _open_next(run: ProgramRun, now: datetime) -> None:
    """Give what the next week holds; after the last one, the closing look, and the run has ended."""
    weeks = run.content["weeks"]
    run.week += 1
    run.week_opened_at = now
    if run.week <= len(weeks):
        week = weeks[run.week - 1]
        _give_all(run, run.week, week["slugs"], _today(run, now), int(week["days"]), run.given_by, now)
    else:
        _give_all(run, run.week, run.content["outcome"], _today(run, now), WEEK, run.given_by, now)
        run.ended_at = now
    run.save(update_fields=["week", "week_opened_at", "ended_at", "content"])


def _give_all(
    run: ProgramRun, week: int, slugs: Iterable[str], first: date, days: int, by: Membership, now: datetime
) -> None:
    """Give each exercise of a week, spread over its days; what can't be given is noted on the run with the reason."""
    known = library.by_slug(list(slugs))
    found = [known[slug] for slug in slugs if slug in known]
    refused = []
    for number, exercise in enumerate(found):
        edition = exercise.newest
        if edition is None:
            continue
        last = first + timedelta(days=max(round((number + 1) * days / len(found)) - 1, 0))
        try:
            with transaction.atomic():
                give(_giving(run, week, edition, first, last, days), by=by)
        except Refused as refusal:
            refused.append({"slug": exercise.slug, "why": [str(text) for text in refusal.errors.values()]})
    notes = {**run.content.get("refused", {}), str(week): refused}
    run.content = {**run.content, "refused": notes}
    run.save(update_fields=["content"])


def _giving(run: ProgramRun, week: int, edition: Edition, first: date, last: date, days: int) -> Giving:
    """What one exercise asks for in one week: as often as it is meant, and never beyond the week."""
    cadence = edition.content["cadence"]
    meant = Recurrence.parse(cadence["rule"], reviews=cadence.get("reviews", False))
    lane = _lane(edition, run)
    at = meant.at or run.at or default_time(cadence["time_of_day"])
    shared = {
        "couple": run.couple,
        "edition": edition,
        "clients": tuple(run.audience),
        "lane": lane,
        "why": run.content["why"] or run.content["title"],
        "at": at,
        "opens_by": Assignment.OpensBy.APPOINTMENT if lane == Lane.REVEAL else "",
        "run_id": run.pk,
        "run_week": week,
        "key": uuid.uuid5(run.given_key, f"{week}.{run.week_opened_at}.{edition.exercise_id}"),
    }
    if cadence.get("on_demand"):
        return Giving(**shared, starts_on=first, recurrence=Recurrence(Freq.ONCE), due=Due.ON_DEMAND)
    end = first + timedelta(days=days - 1)
    if meant.freq == Freq.DAILY or (meant.freq == Freq.WEEKLY and len(meant.weekdays) > 1):
        daily = Recurrence(meant.freq, interval=meant.interval, weekdays=meant.weekdays, until=end)
        return Giving(**shared, starts_on=_not_past(first, at, run), recurrence=daily)
    hours = (last - first).days * 24 + at.hour
    return Giving(
        **shared,
        starts_on=_not_past(last, at, run),
        recurrence=Recurrence(Freq.ONCE),
        opens_hours_before=hours or None,
    )


def _not_past(day: date, at: time, run: ProgramRun) -> date:
    """A time that has passed today is tomorrow's."""
    here = timezone.localtime(timezone.now(), run.couple.zone)
    return day + timedelta(days=1) if day <= here.date() and at <= here.time() else day


def _lane(edition: Edition, run: ProgramRun) -> str:
    """The lane the exercise proposes, or the widest narrower one that the practice and its people allow."""
    offered = lanes_on_offer(edition, Practice.objects.get(pk=run.practice_id))
    if len(run.audience) < 2:
        offered = [lane for lane in offered if lane not in (Lane.JOINT, Lane.REVEAL)]
    proposed = Lane(edition.content["lane"])
    return proposed if proposed in offered else offered[-1]


def _today(run: ProgramRun, now: datetime) -> date:
    return timezone.localtime(now, run.couple.zone).date()


# ── changing what is ahead ───────────────────────────────────────────────────


def pause(run: ProgramRun, *, by: Membership, until: date | None = None) -> None:
    """Let the program rest, open weeks included; it goes on by itself on ``until``, or when told."""
    with transaction.atomic():
        locked = _locked(run)
        if locked.paused_at is not None or locked.ended_at is not None:
            return
        now = timezone.now()
        locked.paused_at, locked.resumes_on = now, until
        locked.save(update_fields=["paused_at", "resumes_on"])
        day = _today(locked, now)
        last = until - timedelta(days=1) if until else None
        for assignment in _running(locked):
            pausing.pause(
                locked.couple, by=by, kind=Pause.Kind.OTHER, starts_on=day, ends_on=last, assignment=assignment
            )


def resume(run: ProgramRun) -> None:
    """Go on where it was: the week that is open gets the days back that it rested."""
    with transaction.atomic():
        _resume(_locked(run), timezone.now())


def _resume(run: ProgramRun, now: datetime) -> None:
    if run.paused_at is None:
        return
    if run.week_opened_at is not None:
        run.week_opened_at += now - run.paused_at
    run.paused_at = run.resumes_on = None
    run.save(update_fields=["paused_at", "resumes_on", "week_opened_at"])
    for one in Pause.objects.filter(assignment__in=_running(run), lifted_at=None):
        pausing.lift(one)


def repeat_week(run: ProgramRun) -> None:
    """Do this week once more before the next one opens."""
    _change(
        run,
        lambda weeks, at: weeks.insert(at, copy.deepcopy(weeks[at - 1])) if at and len(weeks) < MOST_WEEKS else None,
    )


def stretch(run: ProgramRun, days: int = WEEK) -> None:
    """Give this week more days; the next one opens that much later. Bounded to six weeks in all."""

    def longer(weeks: list[dict[str, Any]], at: int) -> None:
        if at:
            weeks[at - 1]["days"] = min(int(weeks[at - 1]["days"]) + days, 6 * WEEK)

    _change(run, longer)


def drop_weeks(run: ProgramRun, numbers: Iterable[int]) -> None:
    """Leave out weeks that have not opened yet; those that have stay as they were."""
    chosen = set(numbers)

    def fewer(weeks: list[dict[str, Any]], at: int) -> None:
        weeks[at:] = [week for number, week in enumerate(weeks[at:], start=at + 1) if number not in chosen]

    _change(run, fewer)


def _change(run: ProgramRun, how: Any) -> None:
    with transaction.atomic():
        locked = _locked(run)
        if locked.ended_at is not None:
            return
        content = copy.deepcopy(locked.content)
        how(content["weeks"], min(locked.week, len(content["weeks"])))
        locked.content = content
        locked.save(update_fields=["content"])
    run.refresh_from_db()


def end(run: ProgramRun, *, with_outcome: bool) -> None:
    """End it now: nothing more comes, what is open may be finished, all that was done stays."""
    with tenancy.elevated():
        locked = ProgramRun.objects.select_for_update(of=("self",)).select_related("couple", "given_by").get(pk=run.pk)
        if locked.ended_at is not None:
            return
        for assignment in _running(locked):
            plans.end(assignment)
        now = timezone.now()
        locked.ended_at = now
        if with_outcome:
            last = len(locked.content["weeks"]) + 1
            _give_all(locked, last, locked.content["outcome"], _today(locked, now), WEEK, locked.given_by, now)
        locked.save(update_fields=["ended_at", "content"])


def _locked(run: ProgramRun) -> ProgramRun:
    return ProgramRun.objects.select_for_update(of=("self",)).select_related("couple").get(pk=run.pk)


def _running(run: ProgramRun) -> QuerySet[Assignment]:
    return Assignment.objects.running().filter(run=run)


# ── how it stands ────────────────────────────────────────────────────────────

#: Days after which a week in which nobody sent anything counts as standing still.
STILL_AFTER = 5


RUNNING: Written[ProgramRun] = Written(
    lambda couples: (
        ProgramRun.objects.filter(couple__in=couples, ended_at=None).select_related("couple").order_by("given_at")
    ),
    couples=[uuid.UUID],
)


def running(couples: Collection[uuid.UUID]) -> list[ProgramRun]:
    """Return the programs that have not ended."""
    return RUNNING.all(couples=couples)


def standing_still(runs: list[ProgramRun], now: datetime) -> list[ProgramRun]:
    """Return those whose open week nobody has sent anything of for days; one query for all."""
    asked = [
        run
        for run in runs
        if run.week and run.paused_at is None and run.week_opened_at
        and now - run.week_opened_at >= timedelta(days=STILL_AFTER)
    ]  # fmt: skip
    if not asked:
        return []
    done = set(
        Occurrence.objects.filter(assignment__run__in=asked, state=Occurrence.State.DONE).values_list(
            "assignment__run_id", "assignment__run_week"
        )
    )
    return [run for run in asked if (run.pk, run.week) not in done]


# ── programs of a practice's own ─────────────────────────────────────────────


def write(
    title: str,
    for_whom: str,
    needs_clearance: bool,
    content: dict[str, Any],
    *,
    program: Program | None = None,
    adapted_from: Program | None = None,
    key: uuid.UUID | None = None,
) -> Program:
    """Keep a program of the bound practice's own, new or changed. What runs keeps the weeks it began with."""
    practice_id = tenancy.current_practice_id()
    with tenancy.elevated():
        row = program or Program.objects.filter(practice_id=practice_id, pk=key).first()
        if row is None:
            row = Program(pk=key or uuid7(), practice_id=practice_id, slug=_free_slug(title), adapted_from=adapted_from)
        if row.practice_id != practice_id:
            raise ValueError("Only a program of one's own is written.")
        row.title, row.for_whom, row.needs_clearance = title, for_whom, needs_clearance
        row.content, row.weeks = content, len(content["weeks"])
        row.digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        row.save()
    return row


def _free_slug(title: str) -> str:
    base = slugify(title)[:60] or "program"
    taken = set(Program.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, 1000))) if slug not in taken)


def retire(program: Program) -> None:
    """Take a program of one's own off the list; what runs goes on."""
    with tenancy.elevated():
        Program.objects.filter(pk=program.pk, practice_id=tenancy.current_practice_id()).update(
            retired_at=timezone.now()
        )
