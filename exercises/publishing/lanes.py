"""Lanes: those that the practice does not offer, that change nothing, or that follow from another question."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.lanes import lane_of
from exercises.publishing.finding import Draft, Finding, stop, warn
from exercises.question import Question
from exercises.vocabulary import METRICS, NARROWEST_FIRST, Lane

CLOSED = (Lane.OWN, Lane.PRIVATE)


def check_lanes(draft: Draft, offered: Collection[str] | None) -> list[Finding]:
    found = []
    if offered is not None and draft.lane not in offered:
        found.append(stop("lane", "lane_not_offered", _("The practice's way of sharing does not offer this lane.")))
    for item in draft.form.every:
        found += _check_item(draft, item, offered)
    return found


def _check_item(draft: Draft, item: Question, offered: Collection[str] | None) -> Iterator[Finding]:
    if item.lane and offered is not None and item.lane not in offered:
        message = _("The practice's way of sharing does not offer this lane.")
        yield stop(draft.place(item, "lane"), "lane_not_offered", message, item.key)
    if item.lane and NARROWEST_FIRST.index(item.lane) > NARROWEST_FIRST.index(draft.lane):
        message = _("This lane is wider than the exercise's, so it changes nothing.")
        yield warn(draft.place(item, "lane"), "lane_wider", message, item.key)
    if item.lane is Lane.REVEAL and draft.lane is Lane.SHARED:
        message = _("When such an exercise is given, say when these answers open.")
        yield warn(draft.place(item, "lane"), "reveal_needs_moment", message, item.key)
    if item.each and draft.lane is not Lane.JOINT:
        message = _("“Each for themselves” has a meaning in a joint answer only.")
        yield warn(draft.place(item, "each"), "each_alone", message, item.key)
    if not item.is_asked:
        return
    lane = lane_of(item, draft.lane)
    if lane is not draft.lane and lane is not item.lane and item.show_if:
        message = format_lazy(
            _("This one is as closed as the answer it depends on ({lane}): else being asked would tell of it."),
            lane=lane.label,
        )
        yield warn(draft.place(item, "show_if"), "lane_follows", message, item.key)
    if item.metric and METRICS[item.metric].therapist_only and lane not in CLOSED:
        message = _("This series is for therapists alone, so its question has to be private.")
        yield stop(draft.place(item, "metric"), "series_open", message, item.key)
