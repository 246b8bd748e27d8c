"""Whether the parts of one item fit each other: ends, lengths, addresses, patterns."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import regex
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.form_language.bounds import MAX_STEPS
from exercises.form_language.parts import Parts
from exercises.question import NUMBER_LIMIT, NUMBER_TYPES, Question
from exercises.vocabulary import QuestionType

_OWN_PICTURE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/-]*\.(?:png|jpe?g|webp|svg|avif|gif)")
#: A counted repeat of more than this many could make a small pattern a big machine.
_REPEAT_IN_PATTERN = re.compile(r"\{\s*\d{4,}|\{\s*\d*\s*,\s*\d{4,}|\(\?\(|\(\?[&R]|\(\?P[>&]")


def check_item(item: Question, parts: Parts) -> None:
    """Notes in `parts` whatever in one item cannot be."""
    match item.type:
        case QuestionType.SCALE:
            _check_scale(item, parts)
        case QuestionType.NUMBER | QuestionType.QUANTITY:
            _check_number(item, parts)
        case QuestionType.LINK:
            if item.url and not is_address(item.url, ("https",)):
                parts.wrong("url", _("This is an address that begins with https://."))
        case QuestionType.IMAGE:
            _check_image(item, parts)
        case QuestionType.GROUP:
            if not item.questions and "questions" in parts.data:
                parts.wrong("questions", _("A group holds at least one question."))
    if item.least is not None and item.least > len(item.options):
        parts.wrong("least", _("There are not as many options."))
    if item.most is not None and item.most < (item.least or 1):
        parts.wrong("most", _("The highest number is above the lowest."))
    if item.max_length is not None and item.max_length < (item.least_length or 0):
        parts.wrong("max_length", _("The highest number is above the lowest."))
    if item.earliest and item.latest and item.latest < item.earliest:
        parts.wrong("latest", _("The latest moment is after the earliest."))
    if item.pattern:
        _check_pattern(item, parts)
    _check_exclusive(item, parts)
    if item.severity and not item.may_flag:
        parts.wrong("severity", _("There is no rule here that could ask for a look."))
    if item.repeats > 1 and item.metric:
        parts.wrong("metric", _("What can be answered several times feeds no series."))


def _check_scale(item: Question, parts: Parts) -> None:
    low, high = item.min, item.max
    for name in ("min", "max"):
        if not isinstance(getattr(item, name), int | None):
            parts.wrong(name, _("This is a whole number."))
            return
    if low is None or high is None:
        return
    if not low < high:
        parts.wrong("max", _("The highest number is above the lowest."))
    elif high - low >= MAX_STEPS or low < -1000 or high > 1000:
        parts.wrong("max", format_lazy(_("A scale has at most {n} steps."), n=MAX_STEPS))
    if item.metric and (low, high) != (0, 10):
        parts.wrong("metric", _("Scales that feed a series run from 0 to 10."))


def _check_number(item: Question, parts: Parts) -> None:
    low, high = item.min or 0, item.max
    if (NUMBER_LIMIT if high is None else high) < low:
        parts.wrong("max", _("The highest number is above the lowest."))
    if item.metric and item.type in NUMBER_TYPES and low < 0:
        parts.wrong("metric", _("Numbers that feed a series are not below 0."))


def _check_image(item: Question, parts: Parts) -> None:
    if bool(item.attachment) == bool(item.src):
        parts.wrong("attachment", _("Please choose one picture."))
    if item.src and (not _OWN_PICTURE.fullmatch(item.src) or "//" in item.src):
        parts.wrong("src", _("There is no such picture."))


def _check_pattern(item: Question, parts: Parts) -> None:
    try:
        if _REPEAT_IN_PATTERN.search(item.pattern):
            raise regex.error("too big")
        regex.compile(item.pattern)
    except (regex.error, RecursionError, OverflowError, MemoryError, ValueError):
        parts.wrong("pattern", _("This pattern cannot be used."))


def _check_exclusive(item: Question, parts: Parts) -> None:
    if item.type in (QuestionType.MULTI, QuestionType.CHECKLIST):
        return
    for index, option in enumerate(item.options):
        if option.exclusive:
            parts.wrong(f"options.{index}.exclusive", _("Where one thing is chosen, every option is exclusive."))


def is_address(text: str, schemes: tuple[str, ...]) -> bool:
    """Whether this is a web address with a host and without blanks, names or passwords in it."""
    if not text.isprintable() or any(mark.isspace() or mark in "\"'<>\\^`{|}" for mark in text):
        return False
    try:
        found = urlsplit(text)
        host, _port = found.hostname, found.port
    except ValueError:
        return False
    return found.scheme in schemes and bool(host) and found.username is None
