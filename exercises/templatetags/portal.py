"""What the client's pages say about their items: when, until when, how far."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clients.models import Appointment
from exercises.comparing import Voice
from exercises.doing import minutes_words
from exercises.lane_words import day_words, until_words
from exercises.models import Occurrence
from exercises.questions import Question
from exercises.together import Opened
from exercises.vocabulary import Kind, Lane, QuestionType
from practice.crisis import Resource
from practice.links import address_of, addresses
from practice.markup import Markup, Open
from practice.templatetags.attune import mark
from practice.times import there, weekday_date

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


def kicker(item: Item, here: _Here) -> str:
    """'Check-in · best before Thursday 18:00'; without the kind where that would tell too much."""
    if item.doing.edition.is_discreet:
        return capfirst(_when(item, here))
    return f"{Kind(item.doing.edition.content['kind']).label} · {_when(item, here)}"


@register.filter
def when(item: Item, now: datetime.datetime) -> str:
    """'best before today 18:00', or 'still open from Saturday'."""
    return _when(item, _Here.at(now))


class _Here(NamedTuple):
    """A moment, and what it is for whoever reads: worked out once for a list."""

    now: datetime.datetime
    zone: datetime.tzinfo
    today: datetime.date
    language: str | None

    @classmethod
    def at(cls, now: datetime.datetime) -> _Here:
        zone = timezone.get_current_timezone()
        return cls(now, zone, now.astimezone(zone).date(), get_language())


def _when(item: Item, here: _Here) -> str:
    occurrence = item.occurrence
    if occurrence.has_no_date:
        return _("before your next session")
    due = occurrence.due_at.astimezone(here.zone)
    away = (due.date() - here.today).days
    if item.late:
        day = _("yesterday") if away == -1 else date_format(due, "l" if away > -7 else "j F")
        return _("still open from %(day)s") % {"day": day}
    if due <= here.now:
        return _("for today")
    time = f"{due:%H:%M}"
    if away == 0:
        return _best_before_today(here.language) % {"time": time}
    return _("best before %(day)s %(time)s") % {"day": date_format(due, "l" if away < 7 else "j F"), "time": time}


@lru_cache(maxsize=16)
def _best_before_today(_language: str | None) -> str:
    return _("best before %(time)s today")


def from_when(occurrence: Occurrence, now: datetime.datetime) -> str:
    """'From Friday'."""
    day = day_words(occurrence.opens_at, now)
    return _("Tomorrow") if day == _("tomorrow") else _("From %(day)s") % {"day": day}


def stopped_at(item: Item) -> str:
    """'You stopped at question 3 of 8.'"""
    at = item.doing.go_on_at()
    if at is None:
        return _("You have been through all the questions. Nothing has been sent yet.")
    if item.doing.whole:
        return _("You have begun. Nothing has been sent yet.")
    return _("You stopped here: %(place)s.") % {"place": str(item.doing.progress(at)).lower()}


def carry_on(item: Item) -> str:
    """The address to go on at: the first page after what was answered, or the check page."""
    pk = item.occurrence.pk
    if not item.doing.questions:
        return reverse("do", args=[pk])
    at = item.doing.go_on_at()
    return reverse("do_check", args=[pk]) if at is None else reverse("do_question", args=[pk, at])


@register.simple_tag
def lead_card(item: Item, now: datetime.datetime) -> SafeString:
    """The one thing to do now."""
    edition, said, here = item.doing.edition, item.said, _Here.at(now)
    summary = "" if edition.is_discreet else edition.content.get("summary", "")
    texts = {
        "kicker": kicker(item, here),
        "title": edition.neutral_title,
        "text": stopped_at(item) if item.started else summary,
        "line": said.line,
        "address": carry_on(item) if item.started else address_of("do", item.occurrence.pk),
    }
    return _lead(here.language, said.lane, item.started).filled(texts.__getitem__)


@lru_cache(maxsize=64)
def _lead(_language: str | None, lane: Lane, started: bool) -> Markup:
    return _open("_lead", "kicker", "title", "text", "line", "address", lane=lane, started=started)


@register.simple_tag
def items_listed(items: Iterable[Item], now: datetime.datetime) -> SafeString:
    """Several things to do now, each as an entry of a list."""
    here, to_begin = _Here.at(now), addresses("do")

    def texts(item: Item) -> dict[str, str]:
        edition, said = item.doing.edition, _when(item, here)
        return {
            "address": carry_on(item) if item.started else to_begin(item.occurrence.pk),
            "title": edition.neutral_title,
            "when": f"{said[:1].upper()}{said[1:]}",
            "minutes": _minutes(here.language, edition.content.get("minutes", 0)),
        }

    return _item(here.language).filled_for_each(map(texts, items))


@lru_cache(maxsize=16)
def _item(_language: str | None) -> Markup:
    return _open("_item", "address", "title", "when", "minutes")


@register.simple_tag
def later_listed(occurrences: Iterable[Occurrence], now: datetime.datetime) -> SafeString:
    """What opens later, each as an entry of a list."""
    language = get_language()

    def texts(occurrence: Occurrence) -> dict[str, str]:
        edition = occurrence.assignment.edition
        return {
            "title": edition.neutral_title,
            "when": from_when(occurrence, now),
            "minutes": _minutes(language, edition.content.get("minutes", 0)),
        }

    return _later(language).filled_for_each(map(texts, occurrences))


@lru_cache(maxsize=16)
def _later(_language: str | None) -> Markup:
    return _open("_later", "title", "when", "minutes")


@register.simple_tag
def session_line(session: Appointment, therapist: str) -> SafeString:
    """The next session, as an entry of a list."""
    local = there(session.starts_at)
    texts = {
        "therapist": therapist,
        "day": weekday_date(local),
        "time": f"{local:%H:%M}",
        "place": session.place,
        "link": session.link,
    }
    shown = tuple(name for name in ("place", "link") if texts[name])
    return _session(get_language(), session.minutes, shown).filled(texts.__getitem__)


@lru_cache(maxsize=256)
def _session(_language: str | None, minutes: int, shown: tuple[str, ...]) -> Markup:
    return _open("_session", "therapist", "day", "time", *shown, minutes=minutes)


def _open(name: str, *texts: str, **looks: object) -> Markup:
    """Return what a template makes of ``looks``, with a place for each of ``texts``."""
    return Markup.of(render_to_string(f"exercises/portal/{name}.html", {**{one: Open(one) for one in texts}, **looks}))


@lru_cache(maxsize=1024)
def _minutes(_language: str | None, count: int) -> str:
    return minutes_words(count)


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
