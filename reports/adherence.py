"""What was done. In the couple's own copy: what they did together or shared, and nothing that was not done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import cast

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.findings import number
from reports.material import Asked, Material, Round, Sent
from reports.paper import MOST_ROWS, Doing, Given, Headline, Segment, State, Together, Week

#: From this many times a week on, one row tells of all of them.
OFTEN = 3


def doing(material: Material) -> Doing | None:
    """What was done, week by week."""
    if material.shared:
        return _done_openly(material) if material.sent else None
    return _given(material) if material.asked else None


def headlines(material: Material) -> tuple[Headline, ...]:
    """How much was done, and how often a practice took place: counts, no streaks."""
    found = [_together_at_a_glance(material) if material.shared else _answered_at_a_glance(material)]
    kept = [one.value for one in material.numbers if one.series == "ritual_kept"]
    if kept:
        of = _("of %(count)d") % {"count": len(kept)}
        found.append(Headline(_("Rituals kept"), number(sum(kept)), of, _("as you told afterwards")))
    return tuple(one for one in found if one is not None)


# ── the couple's own copy ────────────────────────────────────────────────────


def _done_openly(material: Material) -> Doing:
    rounds = _rounds(material.sent)
    segments = _segments(material)
    counts = [[0] * len(segments) for _week in _weeks(material)]
    for siblings in rounds.values():
        counts[material.week(siblings[0].on) - 1][_part_of(material, siblings)] += 1
    rows = _together_rows(material, rounds)
    return Doing(
        segments=segments,
        weeks=tuple(Week(first, tuple(row)) for first, row in zip(_weeks(material), counts, strict=True)),
        together=rows[-MOST_ROWS:],
        earlier=rows[:-MOST_ROWS],
    )


def _segments(material: Material) -> tuple[Segment, ...]:
    together = Segment(_("Done together"), "deep")
    if material.reader is None:
        return together, Segment(_("Answered apart, then shared"), "mid")
    return together, Segment(_("Answered by you"), "mid"), Segment(_("Opened to you"), "pale")


def _part_of(material: Material, siblings: list[Sent]) -> int:
    """Which layer of its week's bar a round belongs to."""
    if siblings[0].joint:
        return 0
    mine = material.reader is None or any(one.position == material.reader for one in siblings)
    return 1 if mine else 2


def _how(material: Material, siblings: list[Sent]) -> str:
    if siblings[0].joint:
        return _("Together")
    if material.reader is not None and all(one.position == material.reader for one in siblings):
        return _("You")
    return _("Shared")


def _together_rows(material: Material, rounds: dict[Round, list[Sent]]) -> tuple[Together, ...]:
    """One row for a round; one for all rounds of a week where there were many."""
    groups: dict[tuple[int, str, str], list[list[Sent]]] = defaultdict(list)
    for key, siblings in rounds.items():
        groups[material.week(siblings[0].on), key[0], siblings[0].what].append(siblings)
    rows = []
    for (week, _given_key, what), group in groups.items():
        often = len(group) >= OFTEN
        for siblings in group[-1:] if often else group:
            rows.append(
                Together(
                    week=week,
                    what=_times(what, len(group)) if often else what,
                    kind=siblings[0].kind,
                    on=siblings[0].on,
                    how=_how(material, siblings),
                )
            )
    return tuple(sorted(rows, key=lambda row: (row.week, row.on, row.what)))


def _together_at_a_glance(material: Material) -> Headline | None:
    if not material.sent:
        return None
    counts = [0] * len(_weeks(material))
    for siblings in _rounds(material.sent).values():
        counts[material.week(siblings[0].on) - 1] += 1
    total = sum(counts)
    return Headline(
        _("Done together or shared") if material.reader is None else _("Answered, done or opened to you"),
        number(total),
        ngettext("time", "times", total),
        _("week by week"),
        None,
        tuple(float(count) for count in counts),
        0,
        max(counts),
    )


def _rounds(sent: Iterable[Sent]) -> dict[Round, list[Sent]]:
    found: dict[Round, list[Sent]] = defaultdict(list)
    for one in sent:
        found[one.round].append(one)
    return found


# ── the therapist's copy ─────────────────────────────────────────────────────


def _given(material: Material) -> Doing:
    counts = [[0, 0, 0, 0] for _week in _weeks(material)]
    for one in material.asked:
        counts[material.week(one.due) - 1][_layer(one)] += 1
    rows = _given_rows(material)
    return Doing(
        segments=(
            Segment(_("Done by all who were asked"), "deep"),
            Segment(_("Done by some"), "mid"),
            Segment(_("Skipped"), "pale"),
            Segment(_("Open"), "open"),
        ),
        weeks=tuple(Week(first, tuple(row)) for first, row in zip(_weeks(material), counts, strict=True)),
        given=rows[-MOST_ROWS:],
        earlier=rows[:-MOST_ROWS],
        note=_("Counted once for each time something was due. What a partner keeps for themselves is not counted."),
    )


def _layer(one: Asked) -> int:
    """Which layer of its week's bar a round belongs to. What was skipped is no open round."""
    states = [state for _position, state in one.states]
    if all(state == "done" for state in states):
        return 0
    if "done" in states:
        return 1
    return 2 if "skipped" in states else 3


def _given_rows(material: Material) -> tuple[Given, ...]:
    groups: dict[tuple[int, str], list[Asked]] = defaultdict(list)
    for one in material.asked:
        groups[material.week(one.due), one.round[0]].append(one)
    helpful = _helpful(material)
    rows = []
    for (week, _given_key), group in groups.items():
        for part in [group] if len(group) >= OFTEN else [[one] for one in group]:
            last = part[-1]
            kind = _("%(kind)s, private") % {"kind": last.kind} if last.private else last.kind
            rows.append(
                Given(
                    week=week,
                    what=_counted(material, part) if len(part) > 1 else last.what,
                    kind=kind,
                    due=last.due,
                    states=tuple(_state_of(part, partner.position) for partner in material.partners),
                    helpful=helpful.get(last.round, "") if len(part) == 1 else "",
                )
            )
    return tuple(sorted(rows, key=lambda row: (row.week, row.due or date.min, row.what)))


def _state_of(part: list[Asked], position: int) -> State:
    """One partner's state over one or many rounds: done when all are, begun when some are."""
    states = [state for one in part for where, state in one.states if where == position]
    if not states:
        return ""
    if len(set(states)) == 1:
        return cast(State, states[0])
    if "done" in states or "started" in states:
        return "started"
    return "skipped"


def _counted(material: Material, part: list[Asked]) -> str:
    """'Mood log (Mara 5, Theo 7 of 7)'."""
    parts = []
    for partner in material.partners:
        states = [state for one in part for position, state in one.states if position == partner.position]
        if states:
            parts.append(f"{partner.name} {states.count('done')}")
    words = {"what": part[0].what, "who": ", ".join(parts), "count": len(part)}
    return _("%(what)s (%(who)s of %(count)d)") % words


def _helpful(material: Material) -> dict[Round, str]:
    """How useful each said it was, in the partners' order; no mean across them."""
    said: dict[Round, dict[int, float]] = defaultdict(dict)
    for one in material.numbers:
        if one.series == "usefulness" and one.position is not None:
            said[one.round][one.position] = one.value
    return {key: " · ".join(number(values[position]) for position in sorted(values)) for key, values in said.items()}


def _answered_at_a_glance(material: Material) -> Headline | None:
    """Everything that was due and sent, each partner counted for themselves; what was skipped is left out."""
    weeks: list[list[int]] = [[0, 0] for _week in _weeks(material)]
    for one in material.asked:
        for _position, state in one.states:
            if state != "skipped":
                weeks[material.week(one.due) - 1][0] += state == "done"
                weeks[material.week(one.due) - 1][1] += 1
    done, due = sum(week[0] for week in weeks), sum(week[1] for week in weeks)
    if not due:
        return None
    trend = tuple(100 * sent / asked if asked else None for sent, asked in weeks)
    share = number(round(100 * done / due))
    return Headline(
        _("Sent of what was due"),
        f"{share}%",
        _("of %(count)d") % {"count": due},
        _("skipped ones left out"),
        None,
        trend,
        0,
        100,
    )


# ── weeks ────────────────────────────────────────────────────────────────────


def _weeks(material: Material) -> list[date]:
    starts, ends = material.period.starts, material.period.ends
    return [starts + timedelta(days=7 * at) for at in range((ends - starts).days // 7 + 1)]


def _times(what: str, count: int) -> str:
    return ngettext("%(what)s, once", "%(what)s, %(count)d times", count) % {"what": what, "count": count}
