"""Filling the form for giving with something that runs already, so that it can be carried on otherwise."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from typing import Any

from exercises.forms import EACH, NEVER, THESE, TOGETHER, USUAL, AssignForm
from exercises.giving import Giving, OpensBy
from exercises.recurrence import Freq, Recurrence
from exercises.vocabulary import Lane
from exercises.when_form import EVENING, with_own


def fill_from(form: AssignForm, draft: Giving) -> None:
    """Fill in what runs already, for carrying it on otherwise."""
    recurrence = draft.recurrence
    for name, choices in (
        ("before", draft.due_hours_before),
        ("opens_hours_before", draft.opens_hours_before),
        ("grace_hours", draft.grace_hours),
        ("closes_hours_after", draft.closes_hours_after),
    ):
        form.choices_of(name, with_own(form.fields[name].choices, choices))  # type: ignore[attr-defined]
    slugs = {one.pk: slug for slug, one in form.follow_ups.items()}
    people = form.partners()
    form.initial = {
        **form.initial,
        "who": TOGETHER if draft.lane == Lane.JOINT else EACH if len(people) > 1 else str(people[0].pk),
        "why": draft.why,
        "due": draft.due,
        "starts_on": draft.starts_on,
        "at": draft.at,
        "before": EVENING if draft.due_hours_before is None else str(draft.due_hours_before),
        **rhythm_of(form, recurrence, draft.starts_on),
        "opens_hours_before": "" if draft.opens_hours_before is None else str(draft.opens_hours_before),
        "grace_hours": str(draft.grace_hours),
        "closes_hours_after": "" if draft.closes_hours_after is None else str(draft.closes_hours_after),
        "refuse_late": not draft.accept_late,
        "lane": draft.lane,
        "opens_by": draft.opens_by or OpensBy.APPOINTMENT,
        "reminders": NEVER if not draft.remind else USUAL if draft.reminder_steps is None else THESE,
        "reminder_steps": form.practice.reminder_steps if draft.reminder_steps is None else list(draft.reminder_steps),
        "whole_page": draft.whole_page,
        "smaller": draft.smaller,
        "adaptations": list(draft.adaptations),
        "cards": [
            str(place) for place in range(len(form.edition.content.get("prompts") or [])) if place not in draft.left_out
        ],
        "follow_up": slugs.get(draft.follow_up.pk, "") if draft.follow_up else "",
        "follow_up_when": draft.follow_up_when,
        "follow_up_hours": draft.follow_up_hours,
        "goal": str(draft.goal_id or ""),
        "key": uuid.uuid4(),
    }


def rhythm_of(form: AssignForm, recurrence: Recurrence, starts_on: date) -> dict[str, Any]:
    """Return what the form's fields about a rhythm say for one that begins on a day."""
    days = recurrence.weekdays or (starts_on.weekday(),)
    return {
        "sessions": "next" if recurrence.freq == "once" else "each",
        "rhythm": _rhythm(form, recurrence),
        "every": recurrence.interval,
        "weekdays": [str(day) for day in days],
        "nth": str(recurrence.nth or 1),
        "nth_weekday": str(days[0]),
        "ends": "count" if recurrence.count else "until" if recurrence.until else "open",
        "count": recurrence.count,
        "until": recurrence.until,
    }


def _rhythm(form: AssignForm, recurrence: Recurrence) -> str:
    """Which choice of the form stands for a rhythm; what no other can say is the exercise's own."""
    if recurrence.freq is Freq.ONCE:
        return "once"
    if _is_suggested(form, recurrence):
        return "suggested"
    return recurrence.freq.value if _is_plain(recurrence) else "suggested"


def is_sayable(form: AssignForm, recurrence: Recurrence) -> bool:
    """Tell whether the form can say this rhythm."""
    return recurrence.freq is Freq.ONCE or _is_suggested(form, recurrence) or _is_plain(recurrence)


def _is_suggested(form: AssignForm, recurrence: Recurrence) -> bool:
    plain = replace(recurrence, count=None, until=None, at=None, reviews=False)
    return plain == replace(form.suggested, count=None, until=None, at=None, reviews=False)


def _is_plain(recurrence: Recurrence) -> bool:
    by_day = recurrence.freq in (Freq.DAILY, Freq.WEEKLY)
    return by_day or (recurrence.freq is Freq.MONTHLY and recurrence.nth is not None)
