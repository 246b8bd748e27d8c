"""A program as its couple sees it: which week it is, and what the week is about. Nothing of who did what."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from exercises import programs
from exercises.models import ProgramRun


@dataclass(frozen=True)
class Along:
    """One program that runs, in words."""

    title: str
    where: str
    resting: bool


def along(couples: list[uuid.UUID]) -> list[Along]:
    """Return the programs that the asker is in, as far as they may know of them."""
    return [_along(run) for run in programs.running(couples)]


def _along(run: ProgramRun) -> Along:
    return Along(run.content["title"], _where(run), run.paused_at is not None)


def _where(run: ProgramRun) -> str:
    weeks = run.content["weeks"]
    if run.paused_at is not None:
        return _("It rests just now")
    if not run.week:
        return _("Begins on %(day)s") % {"day": _day(run.starts_on)}
    at = min(run.week, len(weeks))
    focus = weeks[at - 1]["focus"] if weeks else ""
    said = _("Week %(at)s of %(of)s") % {"at": at, "of": len(weeks)}
    return _("%(week)s: %(focus)s") % {"week": said, "focus": focus} if focus else said


def _day(day: datetime.date) -> str:
    return date_format(day, "l j F")
