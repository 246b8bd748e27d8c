"""Translations: a language that is named but lacks words, and words that belong to nothing any more."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from exercises.publishing.finding import Draft, Finding, stop, warn
from exercises.translations import TranslationError, missing, read_translations, stray

_MOST_PLACES = 50


def check_translations(draft: Draft) -> list[Finding]:
    said = draft.content.get("translations")
    if not said:
        return []
    try:
        read_translations(said)
    except TranslationError as error:
        return [
            stop(f"translations.{place}", "translation", message)
            for place, messages in error.errors.items()
            for message in messages
        ]
    return [one for language in said for one in _check_language(draft, language)]


def _check_language(draft: Draft, language: str) -> Iterator[Finding]:
    keys = {place: key for key, place in draft.places.items()}
    lacking = missing(draft.content, language)
    for text in lacking[:_MOST_PLACES]:
        message = format_lazy(_("This has no words in “{language}” yet."), language=language)
        yield warn(text.place, "translation_missing", message, _key_of(text.place, keys))
    if len(lacking) > _MOST_PLACES:
        rest = len(lacking) - _MOST_PLACES
        message = format_lazy(
            ngettext_lazy("{n} more text has no words in “{language}” yet.",
                          "{n} more texts have no words in “{language}” yet.", rest),
            n=rest, language=language,
        )  # fmt: skip
        yield warn("translations", "translation_missing", message)
    for path in stray(draft.content, language)[:_MOST_PLACES]:
        message = format_lazy(_("A translation into “{language}” belongs to nothing any more."), language=language)
        yield warn(f"translations.{language}.{path}", "translation_stray", message)


def _key_of(place: str, keys: dict[str, str]) -> str:
    while place:
        if place in keys:
            return keys[place]
        place = place.rpartition(".")[0]
    return ""
