"""A workbook that was looked at becomes a draft of the practice's own."""

from __future__ import annotations

from exercises.models import Exercise, Manuscript
from exercises.sharing.turns import one_at_a_time
from exercises.writing.starting import start_from
from exercises.xlsform.planning import Choices, Plan
from practice import tenancy
from practice.models import Membership


def known_workbook(plan: Plan) -> Exercise | None:
    """The exercise, or the draft of one, that this very file became before."""
    there = {"xlsform": {"sha256": plan.book.sha256}}
    drafts = Manuscript.objects.filter(content__contains=there, exercise__retired_at=None).select_related("exercise")
    found = drafts.order_by("pk").first()
    if found is not None:
        return found.exercise
    rows = Exercise.objects.filter(practice_id=tenancy.current_practice_id(), retired_at=None)
    return rows.filter(newest__content__contains=there).defer("search").order_by("adapted_from", "pk").first()


def take_workbook(plan: Plan, choices: Choices, by: Membership) -> Exercise:
    """Begin a draft. The same file taken twice gives the exercise that it gave the first time."""
    with one_at_a_time():
        known = known_workbook(plan)
        return known if known is not None else start_from(plan.content(choices), by)
