"""Which language somebody reads an exercise in, and the exercise in that language."""

from __future__ import annotations

import copy
from collections.abc import Collection

from django.conf import settings
from django.utils.translation import get_language_info, to_language

from clients import wishes
from clients.languages import register_languages
from clients.models import Client
from exercises.models import Assignment, Edition
from exercises.translations import best_language, languages, translated
from practice.models import Practice


def language_of(client: Client, practice: Practice) -> str:
    """Return the language a client chose to read in; the practice's own where they chose none."""
    return wishes.of(client).language or practice.language


def spoken(edition: Edition, language: str) -> Edition:
    """Return an edition as it reads in a language: the same edition, with other words where there are any.

    Keys, values and everything that is counted are the same in all languages.
    """
    if not edition.content.get("translations") or best_language(edition.content, language) == _source(edition):
        return edition
    said = copy.copy(edition)
    said.__dict__.pop("form", None)
    said.said_in = language
    said.content = translated(edition.content, language)
    said.title = said.content.get("title") or edition.title
    return said


def language_said(edition: Edition, language: str) -> str:
    """Return the language that :func:`spoken` gives for a wish, for the page's ``lang``."""
    return best_language(edition.content, language)


def _source(edition: Edition) -> str:
    return str(edition.content.get("language") or "en")


@register_languages
def on_offer(client: Client) -> list[tuple[str, str]]:
    """Return Attune's own languages and those of what a client was given, each with its own name.

    Read as that client, so that nothing given to somebody else counts.
    """
    codes = {code.partition("-")[0] for code, _name in settings.LANGUAGES}
    given = Assignment.objects.filter(audience__contains=[client.pk], edition__content__has_key="translations")
    for edition in Edition.objects.filter(pk__in=given.values("edition")):
        codes |= set(languages(edition.content))
    return named(codes)


def named(codes: Collection[str]) -> list[tuple[str, str]]:
    """Return languages with their own names, in order."""
    return sorted(((code, _name_of(code)) for code in codes), key=lambda one: one[1].casefold())


def _name_of(code: str) -> str:
    try:
        info = get_language_info(to_language(code))
    except KeyError:
        return code
    return str(info["name_local"]).capitalize()
