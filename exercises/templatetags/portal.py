"""What the client's pages say about their items: when, until when, how far."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from exercises.comparing import Voice
from exercises.doing import minutes_words
from exercises.lane_words import day_words, until_words
from exercises.models import Occurrence
from exercises.questions import Question
from exercises.together import Opened
from exercises.vocabulary import Kind, Lane, QuestionType
from practice.crisis import Resource
from practice.links import address_of
from practice.markup import Markup, Open
from practice.templatetags.attune import mark

if TYPE_CHECKING:
    from exercises.today import Item, Waiting

register = template.Library()


@register.filter
def minutes(count: int) -> str:
    """'about 4 minutes'."""
    return minutes_words(count)


@register.filter
def evening(now: datetime.datetime) -> bool:
    return timezone.localtime(now).hour >= 17


@register.filter
def day_said(moment: datetime.datetime, now: datetime.datetime) -> str:
    """'today at 21:00', 'tomorrow', 'on Thursday', 'on 8 June'."""
    said = day_words(moment, now)
    away = (timezone.localtime(moment).date() - timezone.localtime(now).date()).days
    return said if away in (0, 1) else _("on %(day)s") % {"day": said}


@register.filter
def kicker(item: Item, now: datetime.datetime) -> str:
    """'Check-in · best before Thursday 18:00'; without the kind where that would tell too much."""
    if item.doing.edition.is_discreet:
        return capfirst(when(item, now))
    return f"{Kind(item.doing.edition.content['kind']).label} · {when(item, now)}"


@register.filter
def when(item: Item, now: datetime.datetime) -> str:
    """'best before today 18:00', or 'still open from Saturday'."""
    return _when(item, now, timezone.localtime(now).date())


def _when(item: Item, now: datetime.datetime, today: datetime.date) -> str:
    if item.occurrence.has_no_date:
        return _("before your next session")
    due = timezone.localtime(item.occurrence.due_at)
    away = (due.date() - today).days
    if item.late:
        day = _("yesterday") if away == -1 else date_format(due, "l" if away > -7 else "j F")
        return _("still open from %(day)s") % {"day": day}
    if item.occurrence.due_at <= now:
        return _("for today")
    time = f"{due:%H:%M}"
    if away == 0:
        return _("best before %(time)s today") % {"time": time}
    return _("best before %(day)s %(time)s") % {"day": date_format(due, "l" if away < 7 else "j F"), "time": time}


@register.filter
def from_when(occurrence: Occurrence, now: datetime.datetime) -> str:
    """'From Friday'."""
    day = day_words(occurrence.opens_at, now)
    return _("Tomorrow") if day == _("tomorrow") else _("From %(day)s") % {"day": day}


@register.filter
def stopped_at(item: Item) -> str:
    """'You stopped at question 3 of 8.'"""
    at = item.doing.go_on_at()
    if at is None:
        return _("You have been through all the questions. Nothing has been sent yet.")
    if item.doing.whole:
        return _("You have begun. Nothing has been sent yet.")
    return _("You stopped here: %(place)s.") % {"place": str(item.doing.progress(at)).lower()}


@register.filter
def carry_on(item: Item) -> str:
    """The address to go on at: the first page after what was answered, or the check page."""
    pk = item.occurrence.pk
    if not item.doing.questions:
        return reverse("do", args=[pk])
    at = item.doing.go_on_at()
    return reverse("do_check", args=[pk]) if at is None else reverse("do_question", args=[pk, at])


@register.simple_tag
def items_listed(items: Iterable[Item], now: datetime.datetime) -> SafeString:
    """Several things to do now, each as an entry of a list."""
    markup, today = _item(get_language()), timezone.localtime(now).date()
    return format_html_join("", "{}", ((markup.filled(_texts(one, now, today).__getitem__),) for one in items))


def _texts(item: Item, now: datetime.datetime, today: datetime.date) -> dict[str, str]:
    edition = item.doing.edition
    return {
        "address": carry_on(item) if item.started else address_of("do", item.occurrence.pk),
        "title": edition.neutral_title,
        "when": capfirst(_when(item, now, today)),
        "minutes": minutes_words(edition.content.get("minutes", 0)),
    }


@lru_cache(maxsize=16)
def _item(_language: str | None) -> Markup:
    texts = {name: Open(name) for name in ("address", "title", "when", "minutes")}
    return Markup.of(render_to_string("exercises/portal/_item.html", texts))


@register.simple_tag
def place_list(places: Iterable[Resource]) -> SafeString:
    """Places to turn to, as entries of a list: the same for everybody who is shown them."""
    return _places(get_language(), tuple(places))


@lru_cache(maxsize=64)
def _places(_language: str | None, places: tuple[Resource, ...]) -> SafeString:
    return render_to_string("exercises/portal/_places.html", {"places": places})


@register.filter
def sealed_until(waiting: Waiting, now: datetime.datetime) -> str:
    """'Sealed. Opens on Thursday': from the stated moment alone, never from who has sent."""
    occurrence = waiting.response.occurrence
    if waiting.response.opens_at is not None:
        return _("Sealed. Opens %(day)s") % {"day": day_said(waiting.response.opens_at, now)}
    if occurrence.assignment.is_joint:
        return _("Sealed until everybody has sent")
    return _("Sealed %(until)s") % {"until": until_words(occurrence, waiting.circle, now)}


@register.filter
def opened_on(group: Opened) -> str:
    """'Opened on 3 May', in the words of its lane; 'Ready to open' before one has looked."""
    if not group.unfolded:
        return _("Ready to open")
    return _lane_past(group) % {"day": date_format(timezone.localtime(group.moment), "j F")}


@register.filter
def opened_long(group: Opened) -> str:
    """'Opened on Thursday 21 May'."""
    return _lane_past(group) % {"day": date_format(timezone.localtime(group.moment), "l j F")}


def _lane_past(group: Opened) -> str:
    if group.lane == Lane.JOINT:
        return _("Written together on %(day)s")
    return _("Shared on %(day)s") if group.lane == Lane.SHARED else _("Opened on %(day)s")


@register.filter
def short(voice: Voice, question: Question) -> str:
    """The answer beside a line that already shows the scale: '7', not '7 of 10'."""
    if question.type is QuestionType.SCALE and voice.number is not None:
        return str(voice.number.normalize().to_integral_value())
    return voice.words


@register.filter
def plain(number: float) -> str:
    """A coordinate, never in a language's own way of writing numbers."""
    return f"{number:g}"


#: The marks of the six positions around (0, 0): the same shapes as beside the names.
_MARKS = (
    '<circle class="f{}" r="7" cx="{}" cy="14"/>',
    '<path class="f{}" transform="translate({} 14)" d="M0-8.4 8.4 0 0 8.4-8.4 0z"/>',
    '<path class="f{}" transform="translate({} 14)" d="M-6.5-6.5h13v13h-13z"/>',
    '<path class="f{}" transform="translate({} 14)" d="M0-7.5 8 6.5H-8z"/>',
    '<path class="f{}" transform="translate({} 14)" d="M-4-7h8l4 7-4 7h-8l-4-7z"/>',
    '<path class="f{}" transform="translate({} 14)" d="M-2.5-7.5h5v5h5v5h-5v5h-5v-5h-5v-5h5z"/>',
)


@register.simple_tag
def partner_mark(position: int, x: float) -> SafeString:
    """A partner's mark on the line."""
    return format_html(_MARKS[position % len(_MARKS)], mark(position), plain(x))
