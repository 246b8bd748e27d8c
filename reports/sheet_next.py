"""What to try next: a few plain rules over what stands on the sheet. No model, no guess, nothing private."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from reports.sheet import Sheet

MOST = 4
#: From so many times left out or not sent on, less is more.
OFTEN = 2
#: A goal this low, by somebody, is worth a question.
LOW = 4


def suggestions(sheet: Sheet) -> list[str]:
    """Return what the rules say, the most pressing first."""
    found = [*_safety(sheet), *_differences(sheet), *_lighter(sheet), *_goals(sheet), *_give(sheet)]
    return found[:MOST]


def _safety(sheet: Sheet) -> list[str]:
    if not sheet.alerts:
        return []
    return [_("Look at the answer that waits before the session, with that partner alone.")]


def _differences(sheet: Sheet) -> list[str]:
    said = []
    if sheet.near:
        said.append(_("Begin where they are close: %(what)s.") % {"what": _quoted(sheet.near[0].label)})
    if sheet.far:
        widest = sheet.far[0]
        told = {
            "what": _quoted(widest.label),
            "who": ", ".join(f"{name} {value}" for name, _at, value in widest.answers),
        }
        if widest.sealed:
            said.append(_("Widest difference: %(what)s (%(who)s). It is still sealed for them.") % told)
        else:
            said.append(_("Be curious about the widest difference: %(what)s (%(who)s).") % told)
    return said


def _lighter(sheet: Sheet) -> list[str]:
    heavy = [row.title for row in sheet.rows if row.missed >= OFTEN]
    if not heavy:
        return []
    return [_("Ask what got in the way of %(what)s, and give it lighter.") % {"what": _quoted(heavy[0])}]


def _goals(sheet: Sheet) -> list[str]:
    for one in sheet.goals:
        if any(course.now is not None and course.now <= LOW for course in one.courses):
            return [_("Ask what one step nearer would look like: %(goal)s.") % {"goal": _quoted(one.goal.words)}]
    return []


def _give(sheet: Sheet) -> list[str]:
    if sheet.rows:
        return []
    return [_("Nothing is given at the moment: one main practice and one small ritual are enough.")]


def _quoted(words: str) -> str:
    return _("“%(words)s”") % {"words": words}
