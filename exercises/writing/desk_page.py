"""What the builder's pages show besides the form in the middle: outline, what was saved, and what the gate says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exercises.form_language import FormError
from exercises.models import Exercise, Manuscript
from exercises.question import ASKED_TYPES
from exercises.questions import Form
from exercises.screens import Screen, preview_screen, preview_screens
from exercises.vocabulary import Lane, QuestionType
from exercises.writing.gate import Gate, gate
from exercises.writing.outline import places
from exercises.writing.parts import OUTLINE, key_of, parts_of
from exercises.writing.saving import Clash, clash_on
from practice.models import Practice

_INDENTS = 3


@dataclass(frozen=True)
class OutlineRow:
    """One line of the outline. ``label`` is never empty: what has no words yet is called by its type."""

    key: str
    label: str
    type: str
    number: int
    at: int
    of: int
    indent: int
    ruled: bool
    lane: str
    stops: bool
    warns: bool
    clash: bool
    current: bool


@dataclass(frozen=True)
class DeskPage:
    """Everything beside the middle of the page."""

    exercise: Exercise
    manuscript: Manuscript
    content: Mapping[str, Any]
    gate: Gate
    rows: list[OutlineRow]
    here: str

    @property
    def next_number(self) -> int:
        return self.exercise.newest.number + 1 if self.exercise.newest else 1

    @property
    def items(self) -> dict[str, dict[str, Any]]:
        return items_of(self.content)

    @property
    def row(self) -> OutlineRow | None:
        """The line of the item that the page is about."""
        return next((row for row in self.rows if row.current), None)


def desk_page(exercise: Exercise, manuscript: Manuscript, practice: Practice, here: str = "") -> DeskPage:
    """``here``: the key of the item on the page, or the name of the page."""
    content = manuscript.content
    found = gate(exercise, content, practice)
    return DeskPage(exercise, manuscript, content, found, outline_rows(manuscript, found, here), here)


def outline_rows(manuscript: Manuscript, found: Gate, here: str) -> list[OutlineRow]:
    content = manuscript.content
    items = items_of(content)
    stops = {spot.finding.question_key for spot in found.spots if spot.stops}
    warns = {spot.finding.question_key for spot in found.spots if not spot.stops}
    aside = {key_of(part) for part in manuscript.aside}
    words = dict(QuestionType.choices)
    made = []
    for number, place in enumerate(places(parts_of(content)[OUTLINE]), start=1):
        item = items[place.key]
        kind = str(item.get("type", ""))
        label = str(item.get("label") or item.get("body") or item.get("alt") or "").strip()
        made.append(
            OutlineRow(
                key=place.key,
                label=label[:90] or str(words.get(kind, kind)),
                type=str(words.get(kind, kind)),
                number=number,
                at=place.number,
                of=place.of,
                indent=min(place.depth, _INDENTS),
                ruled="show_if" in item,
                lane=str(item.get("lane") or ""),
                stops=place.key in stops,
                warns=place.key in warns,
                clash=place.key in aside,
                current=place.key == here,
            )
        )
    return made


def items_of(content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every item by its key."""
    return {key_of(name): part for name, part in parts_of(content).items() if key_of(name)}


def labels_of(content: Mapping[str, Any]) -> dict[str, str]:
    """What each question is called, rows of grids among them."""
    made = {}
    for key, item in items_of(content).items():
        made[key] = str(item.get("label") or "")
        for row in item.get("rows") or ():
            made[f"{key}.{row.get('key')}"] = f"{item.get('label') or ''} – {row.get('label', '')}"
    return made


def lanes_for_items(content: Mapping[str, Any]) -> list[Lane]:
    """The lanes that a question of this form may have: narrower ones than the form's own, never wider."""
    lane = content.get("lane")
    order = [Lane.OWN, Lane.PRIVATE, Lane.REVEAL, Lane.SHARED]
    form_lane = Lane(lane) if lane in Lane.values else Lane.SHARED
    if form_lane in (Lane.JOINT, Lane.SHARED):
        return order[:3]
    return order[: order.index(form_lane)]


def clashes_here(manuscript: Manuscript, parts: list[str]) -> list[Clash]:
    """What two people wrote at once, of the parts on this page."""
    return [clash for part in parts if (clash := clash_on(manuscript, part)) is not None]


def screens_of(content: Mapping[str, Any], key: str = "", language: str = "") -> tuple[list[Screen], bool]:
    """The phone's pages, and whether all that was asked for could be shown.

    An unfinished question is left out. Where the rest does not hold together yet (a rule that looks at nothing),
    each question is shown by itself.
    """
    whole = dict(content)
    try:
        if not key:
            return preview_screens(whole, language=language), True
        screen = preview_screen(whole, key, language=language)
        return ([screen] if screen else []), screen is not None
    except FormError:
        pass
    screens: list[Screen] = []
    items = [item for item in whole.get("questions") or [] if not key or _holds(item, key)]
    for item in items:
        try:
            screens += preview_screens({**whole, "questions": [_plain(item)]}, language=language)
        except FormError:
            continue
    return screens, bool(screens) and len(screens) >= len(items)


def _holds(item: Mapping[str, Any], key: str) -> bool:
    return item.get("key") == key or any(_holds(one, key) for one in item.get("questions") or ())


def _plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item without what looks elsewhere, and without children that are unfinished."""
    made = {name: part for name, part in item.items() if name not in ("show_if", "questions", "metric")}
    inside = [_plain(one) for one in item.get("questions") or ()]
    inside = [one for one in inside if _reads(one)]
    return {**made, "questions": inside} if inside else made


def _reads(item: Mapping[str, Any]) -> bool:
    try:
        Form.from_data([item])
    except FormError:
        return False
    return True


def is_asked(item: Mapping[str, Any]) -> bool:
    return item.get("type") in ASKED_TYPES
