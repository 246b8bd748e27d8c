"""What pages draw and say about goals and what happened: a small line, a place, a lane."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from exercises.goals import HIGHEST, Course
from exercises.timeline import Entry
from exercises.vocabulary import Lane
from practice.templatetags.attune import mark

register = template.Library()

WIDE, HIGH, EDGE = 120, 28, 4


@register.simple_tag
def goal_course(course: Course) -> SafeString:
    """A partner's ratings as a small line from left to right, with the numbers in words; nothing below two."""
    values = [one.value for one in course.ratings][-24:]
    if len(values) < 2:
        return SafeString("")
    step = (WIDE - 2 * EDGE) / (len(values) - 1)
    points = [
        (round(EDGE + at * step, 1), round(HIGH - EDGE - value / HIGHEST * (HIGH - 2 * EDGE), 1))
        for at, value in enumerate(values)
    ]
    return format_html(
        '<svg class="chart spark" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{label}">'
        '<polyline class="line {ink}" points="{points}"/><circle class="f{ink}" cx="{x}" cy="{y}" r="3.5"/></svg>',
        w=WIDE,
        h=HIGH,
        ink=mark(course.partner.position),
        label=_("%(name)s: %(values)s") % {"name": course.partner.client.name, "values": ", ".join(map(str, values))},
        points=" ".join(f"{x},{y}" for x, y in points),
        x=points[-1][0],
        y=points[-1][1],
    )


@register.filter
def place(places: Mapping[uuid.UUID, int], client_id: uuid.UUID) -> int:
    """A partner's fixed place in the couple."""
    return places.get(client_id, 0)


@register.simple_tag
def entry_lane(one: Entry) -> str:
    """The lane of something that happened; '' where none is said."""
    match one.kind:
        case "given":
            return str(one.about.lane)
        case "response":
            return str(one.event.lane if one.event else one.about.lane)
        case "skip":
            return str(one.about.assignment.lane)
        case "review":
            return str(Lane.PRIVATE if one.about.apart else one.about.response.lane)
        case "thread":
            return str(Lane.PRIVATE if len(one.about.audience) == 1 else Lane.SHARED)
        case "goal" | "ended":
            return str(one.about.lane)
    return ""
