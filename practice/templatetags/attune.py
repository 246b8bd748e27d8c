"""What templates say again and again: icons, lane and partner marks, states, names and times."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, widgets
from django.template import TemplateSyntaxError
from django.utils import timezone
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _

from practice import markup, times
from practice.drawings import drawing, face
from practice.fixed_markup import fixed
from practice.leaving import neutral_address

register = template.Library()

# ── icons ────────────────────────────────────────────────────────────────────


@register.simple_tag
@fixed
def icon(name: str, size: int = 20) -> SafeString:
    """An inline SVG: one of our drawings, or any icon of the lucide set by its name."""
    return drawing(str(name), int(size))


# ── lanes ────────────────────────────────────────────────────────────────────

LANE_WORDS = {
    "own": pgettext_lazy("lane", "Own"),
    "private": pgettext_lazy("lane", "Private"),
    "reveal": pgettext_lazy("lane", "Reveal"),
    "shared": pgettext_lazy("lane", "Shared"),
    "joint": pgettext_lazy("lane", "Joint"),
}


def _lane(lane: object) -> str:
    name = str(getattr(lane, "value", lane))
    if name not in LANE_WORDS:
        raise TemplateSyntaxError(f"There is no lane called {name!r}.")
    return name


@register.simple_tag
@fixed
def lane_icon(lane: object, size: int = 20) -> SafeString:
    """The lane's mark alone, for places where its word stands beside it."""
    return drawing(_lane(lane), int(size))


@register.simple_tag
@fixed
def lane_tag(lane: object) -> SafeString:
    """The lane as staff see it in tables: mark and word."""
    return _lane_tag(_lane(lane), get_language())


@lru_cache(maxsize=64)
def _lane_tag(name: str, _language: str | None) -> SafeString:
    return format_html('<span class="tag tag--{}">{}{}</span>', name, drawing(name, 16), LANE_WORDS[name])


@register.simple_tag
@fixed
def lane_line(lane: object, text: str) -> SafeString:
    """The lane as a client reads it: mark and a sentence such as 'You both, straight away'."""
    said = conditional_escape(text)
    return mark_safe(f'<span class="lane">{drawing(_lane(lane), 20)}{said}</span>')  # noqa: S308  both are markup


# ── partners and names ───────────────────────────────────────────────────────

MARKS = "abcdef"


@register.filter
def mark(position: int | None) -> str:
    """The letter of a partner's mark (a circle, b diamond, c square, …) by their fixed position."""
    return MARKS[int(position or 0) % len(MARKS)]


@register.simple_tag
def who(name: object, position: int | None, light: bool = False) -> SafeString:
    """A partner's name behind their mark."""
    return format_html('<span class="who who--{}{}">{}</span>', mark(position), " who--light" if light else "", name)


@register.filter
def amp(names: Iterable[object] | str) -> SafeString:
    """Names as a heading shows them, the last one joined by a quiet ampersand: 'Mara, Noor & Lea'."""
    sign = SafeString(' <span class="amp">&amp;</span> ')
    if isinstance(names, str):
        return format_html_join(sign, "{}", ((part.strip(),) for part in names.split(" & ")))
    every = [str(name) for name in names]
    if len(every) < 2:
        return format_html("{}", "".join(every))
    return format_html("{}{}{}", ", ".join(every[:-1]), sign, every[-1])


@register.filter
def names(people: Iterable[object] | str) -> str:
    """Names in plain words, for titles and labels: 'Mara, Noor and Lea'."""
    every = people.split(" & ") if isinstance(people, str) else [str(one) for one in people]
    if len(every) < 2:
        return "".join(every)
    return _("%(others)s and %(last)s") % {"others": ", ".join(every[:-1]), "last": every[-1]}


# ── states ───────────────────────────────────────────────────────────────────

# kind → (class, icon). 'Not done' stays in neutral ink; the alert colour belongs to risk alone.
STATES = {
    "done": ("done", "check"),
    "open": ("open", "circle"),
    "started": ("open", "half"),
    "skipped": ("open", "clock"),
    "hold": ("open", "circle-pause"),
    "new": ("open", "inbox"),
    "talk": ("open", "message-square"),
    "ask": ("ask", "mail-x"),
    "risk": ("risk", "triangle-alert"),
}


@register.simple_tag
@fixed
def state(kind: str, text: str) -> SafeString:
    """A glyph and a word; neither relies on colour."""
    if kind not in STATES:
        raise TemplateSyntaxError(f"There is no state called {kind!r}.")
    look, glyph = STATES[kind]
    return format_html('<span class="state state--{}">{}{}</span>', look, drawing(glyph, 16), text)


@register.simple_tag
def amount(part: float, whole: float) -> SafeString:
    """A small bar beside a stop in words: how much of the whole it stands for."""
    width = round(52 * min(max(part / whole, 0), 1)) if whole else 0
    return format_html(
        '<svg class="size" viewBox="0 0 52 6" aria-hidden="true" focusable="false">'
        '<rect class="t" width="52" height="6" rx="3"/><rect class="v" width="{}" height="6" rx="3"/></svg>',
        width,
    )


@register.simple_tag
@fixed
def mood_face(position: int, stops: int) -> SafeString:
    """A plain face for one stop of the mood picker, from low to high; its word stands below."""
    return face(round(position / max(stops - 1, 1) * 2 - 1, 2))


# ── times ────────────────────────────────────────────────────────────────────


register.filter("local_time", times.local_time)
register.filter("weekday_date", times.weekday_date)
register.filter("day_month", times.day_month)
register.filter("day_month_time", times.day_month_time)
register.filter("near_day", times.near_day)
register.filter("near_time", times.near_time)


@register.simple_tag
def now_date() -> str:
    """Today's weekday and date where the reader is: the zone that the middleware bound to the request."""
    return times.weekday_date(timezone.now())


# ── form fields ──────────────────────────────────────────────────────────────

_BARE = (widgets.CheckboxInput, widgets.RadioSelect, widgets.CheckboxSelectMultiple, widgets.FileInput)


@register.filter
def field_kind(field: BoundField) -> str:
    """Which shape a field takes on the page: check, group (a fieldset of choices), parts, file or input."""
    widget = field.field.widget
    if isinstance(widget, widgets.RadioSelect | widgets.CheckboxSelectMultiple):
        return "group"
    if isinstance(widget, widgets.CheckboxInput):
        return "check"
    if isinstance(widget, widgets.FileInput):
        return "file"
    return "parts" if field.use_fieldset else "input"


@register.filter
def anchor(field: BoundField) -> str:
    """The id that an error summary leads to: the control's, or its group's."""
    grouped = field_kind(field) in ("group", "parts")
    return field.auto_id if grouped else field.id_for_label


@register.simple_tag
def control(field: BoundField, hint: str = "") -> SafeString:
    """The field's own widget in our clothes, pointing at its hint and its error for those who listen."""
    attrs: dict[str, Any] = {}
    if not isinstance(field.field.widget, _BARE):
        given = field.field.widget.attrs.get("class", "")
        attrs["class"] = f"input {given}".strip()
    if hint and not field.help_text and not field.use_fieldset:
        parts = [f"{field.auto_id}_helptext", f"{field.auto_id}_error" if field.errors else ""]
        attrs["aria-describedby"] = " ".join(filter(None, parts))
    return field.as_widget(attrs=attrs)


register.simple_tag(markup.checked)


# ── page skeletons ───────────────────────────────────────────────────────────


class CaptureNode(template.Node):
    """Renders what it holds, usually a block that pages fill, into a variable."""

    def __init__(self, nodelist: template.NodeList, name: str) -> None:
        self.nodelist = nodelist
        self.name = name

    def render(self, context: template.Context) -> str:
        context[self.name] = SafeString(self.nodelist.render(context).strip())
        return ""


@register.tag
def capture(parser: template.base.Parser, token: template.base.Token) -> CaptureNode:
    """{% capture name %}…{% endcapture %}: lets a skeleton ask what a page put into a block."""
    try:
        _tag, name = token.split_contents()
    except ValueError:
        raise TemplateSyntaxError("capture takes the name of one variable.") from None
    nodelist = parser.parse(("endcapture",))
    parser.delete_first_token()
    return CaptureNode(nodelist, name)


@register.simple_tag
def away() -> str:
    """The neutral site that Leave shows."""
    return neutral_address()
