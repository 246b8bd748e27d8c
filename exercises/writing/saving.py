"""Saving a manuscript part by part, so that nothing anybody typed is lost.

A save says which count of the manuscript it was built on. Where a part changed since, what came too late is
kept aside, beside what stands, until somebody chooses; all other parts are saved. What a change replaced is
remembered, so that it can be taken back: nobody is asked 'are you sure?'.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exercises.models import Edition, Exercise, Manuscript
from exercises.writing.parts import OUTLINE, assembled, parts_of
from practice.models import Membership
from practice.saying_why import SaysWhy

#: Bytes of a whole manuscript, and of what is remembered besides.
LIMIT = 600_000
TOO_MUCH = _("This is more than one exercise can hold. Please shorten it a little.")
REMEMBERED = 30
#: Saves of one part by one person so close together are one step back.
ONE_STEP = datetime.timedelta(seconds=20)

#: What may be said of a measure in the practice's own way. Its questions and its scores are not among it.
FREE_WHEN_LOCKED = frozenset(
    {"title", "reminder_title", "summary", "themes", "level", "minutes", "cadence", "participation", "lane"}
    | {"needs_clearance", "cautions", "cautions_for_therapist", "caution_codes", "adaptations"}
)
WHY_LOCKED = _(
    "This is a published measure. Its questions, options and scores are somebody else's work and only mean "
    "something in exactly these words, so they stay as they are. Its title and what "
    "your library says about it are yours."
)


#: Beside the names of parts: the number of the edition that the manuscript began as.
_BEGAN = "::edition"


class Refused(SaysWhy):
    """Nothing was saved. ``message`` says why."""


@dataclass(frozen=True)
class Clash:
    """A part that two people changed: what stands, and what came too late. None: it was taken out."""

    part: str
    kept: Any
    mine: Any
    by: str


@dataclass(frozen=True)
class Saved:
    """What became of a save."""

    manuscript: Manuscript
    clashes: list[Clash] = field(default_factory=list)
    changed: frozenset[str] = frozenset()


def manuscript_of(exercise: Exercise, by: Membership) -> Manuscript:
    """Return the manuscript of an own exercise; where there is none, one that begins with the first save."""
    found = Manuscript.objects.filter(exercise=exercise).first()
    if found is not None:
        return rebased(found, exercise.newest)
    content = exercise.newest.content if exercise.newest else {}
    return Manuscript(exercise=exercise, content=content, changed=_begun(exercise.newest), saved_by=by)


def save(manuscript: Manuscript, parts: Mapping[str, Any], *, base_version: int, by: Membership) -> Saved:
    """Save these parts (None takes one out), built on ``base_version``. Raises :class:`Refused`.

    Saving the same once more changes nothing.
    """
    row = _locked(manuscript)
    before = parts_of(row.content)
    storable = {name: _storable(value) for name, value in parts.items()}
    news = {name: value for name, value in storable.items() if before.get(name) != value}
    _refuse_locked(row.exercise, news)
    # Whoever came too late goes on in their own text, until somebody chooses.
    late = {name for name in news if row.changed.get(name, 0) > base_version or _is_aside(row, name, by)}
    clashes = [Clash(name, before.get(name), news[name], by.name) for name in sorted(late)]
    for clash in clashes:
        row.aside[clash.part] = {"mine": clash.mine, "by": clash.by, "member": str(by.pk)}
    fresh = {name: value for name, value in news.items() if name not in late}
    if fresh or clashes:
        _write(row, fresh, by)
    return Saved(row, clashes, frozenset(fresh))


def _storable(value: Any) -> Any:
    """Without what no database can hold: NUL, and halves of characters."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_storable(one) for one in value]
    return {str(_storable(name)): _storable(one) for name, one in value.items()} if isinstance(value, dict) else value


def _is_aside(row: Manuscript, part: str, by: Membership) -> bool:
    return row.aside.get(part, {}).get("member") == str(by.pk)


def change(manuscript: Manuscript, parts: Mapping[str, Any], *, by: Membership) -> Saved:
    """Save parts that were worked out from what stands now, such as a new order. Raises :class:`Refused`."""
    return save(manuscript, parts, base_version=manuscript.version, by=by)


def choose(manuscript: Manuscript, part: str, *, mine: bool, by: Membership) -> Manuscript:
    """Settle a clash: take what came too late, or leave what stands. Either can be taken back afterwards."""
    row = _locked(manuscript)
    aside = row.aside.pop(part, None)
    if aside is not None:
        _write(row, {part: aside["mine"]} if mine else {}, by, one_step=False)
    return row


def take_back(manuscript: Manuscript, by: Membership) -> frozenset[str]:
    """Undo the last change; return the parts that it was about."""
    row = _locked(manuscript)
    if not row.history:
        return frozenset()
    step = row.history.pop()
    _write(row, step["parts"], by, remember=False)
    return frozenset(step["parts"])


def discard(manuscript: Manuscript) -> None:
    """Go back to the newest edition. The manuscript begins anew when somebody writes again."""
    Manuscript.objects.filter(exercise=manuscript.exercise_id).delete()


def _locked(manuscript: Manuscript) -> Manuscript:
    """The row, made when there is none, locked so that two colleagues take turns."""
    rows = Manuscript.objects.select_for_update(of=("self",)).select_related("exercise__newest")
    found = rows.filter(exercise=manuscript.exercise_id).first()
    if found is not None:
        return rebased(found, found.exercise.newest)
    newest = Exercise.objects.select_related("newest").get(pk=manuscript.exercise_id).newest
    content = newest.content if newest else manuscript.content
    try:
        with transaction.atomic():
            row = Manuscript.objects.create(
                exercise=manuscript.exercise,
                content=content,
                changed=_begun(newest),
                saved_by_id=manuscript.saved_by_id,
            )
    except IntegrityError:  # a colleague was faster by a moment
        return rows.get(exercise=manuscript.exercise_id)
    return row


def rebased(row: Manuscript, newest: Edition | None) -> Manuscript:
    """The manuscript on top of the newest edition, where one was published past it: by marking what a form asks.

    What was not changed here is taken from the newest edition; what was changed stays. Not saved by itself.
    """
    began, now = row.changed.get(_BEGAN, 0), newest.number if newest else 0
    if newest is None or began in (0, now):
        return row
    base = Edition.objects.filter(exercise=row.exercise_id, number=began).first()
    then, here, news = (parts_of(one) for one in (base.content if base else {}, row.content, newest.content))
    row.content = assembled({name: _merged(then.get(name), here.get(name), news.get(name)) for name in {*here, *news}})
    row.version += 1
    row.changed = {**row.changed, _BEGAN: now}
    return row


def _merged(then: Any, here: Any, news: Any) -> Any:
    if here == then:
        return news
    if all(isinstance(one, dict) for one in (then, here, news)):
        made = {name: _merged(then.get(name), here.get(name), news.get(name)) for name in {*here, *news}}
        return {name: part for name, part in made.items() if part is not None}
    return here


def _begun(newest: Edition | None) -> dict[str, int]:
    return {_BEGAN: newest.number} if newest else {}


def _refuse_locked(exercise: Exercise, news: Mapping[str, Any]) -> None:
    if exercise.locked and not FREE_WHEN_LOCKED.issuperset(news):
        raise Refused(WHY_LOCKED)


def _write(
    row: Manuscript, parts: Mapping[str, Any], by: Membership, *, remember: bool = True, one_step: bool = True
) -> None:
    """``one_step``: what is typed in one go is taken back in one go."""
    before = parts_of(row.content)
    content = assembled({**before, **parts})
    if len(json.dumps(content)) > LIMIT:
        raise Refused(TOO_MUCH)
    row.version += 1
    row.changed = {**row.changed, **dict.fromkeys(parts, row.version)}
    if remember and parts:
        _remember(row, {name: before.get(name) for name in parts}, by, one_step)
    row.content, row.saved_by = content, by
    row.save(update_fields=["content", "version", "changed", "aside", "history", "saved_by", "saved_at"])


def _remember(row: Manuscript, replaced: dict[str, Any], by: Membership, one_step: bool) -> None:
    now = timezone.now()
    if one_step and OUTLINE not in replaced and _still_typing(row.history[-1:], replaced, by, now):
        return
    step = {"by": str(by.pk), "at": now.isoformat(), "parts": replaced}
    row.history = [*row.history, step][-REMEMBERED:]
    while len(row.history) > 1 and len(json.dumps(row.history)) > LIMIT:
        row.history = row.history[1:]


def _still_typing(last: list[Any], replaced: Collection[str], by: Membership, now: datetime.datetime) -> bool:
    """Whether the last step is of the same person at the same place, a moment ago: one step back is then enough."""
    return any(
        step["by"] == str(by.pk)
        and set(step["parts"]) == set(replaced)
        and now - datetime.datetime.fromisoformat(step["at"]) < ONE_STEP
        for step in last
    )


def clash_on(manuscript: Manuscript, part: str) -> Clash | None:
    """What was kept aside of a part, if anything."""
    aside = manuscript.aside.get(part)
    if aside is None:
        return None
    return Clash(part, parts_of(manuscript.content).get(part), aside["mine"], aside["by"])
