"""An exercise in several languages: what can be translated, what lacks, and the content in one of them.

    content["language"] = "en"
    content["translations"] = {"de": {"title": "Tee am Abend", "questions.near.label": "Wie nah ich mich fühle",
                                      "questions.how.options.calm": "Ruhig"}}

A path names a text by the keys of its question, so it holds when questions move. What has no translation is
read in the language it was written in.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from exercises import wording

SOURCE = "en"
MOST_LANGUAGES = 20
MOST_TEXTS = 20_000
TEXT_LIMIT = 10_000

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_SINGLE = ("title", "summary", "reminder_title")
_LISTS = ("points", "steps", "prompts", "cautions")
_OF_ITEMS = ("label", "help", "prefix", "low", "high", "unit", "body", "alt", "pattern_hint")
_OF_PARTS = {"options": "value", "rows": "key", "stops": "value", "units": "value"}


class TranslationError(ValueError):
    """The data is no set of translations. `errors` says what is wrong where: a language, or language and path."""

    def __init__(self, errors: Mapping[str, list[str | Promise]]) -> None:
        super().__init__(errors)
        self.errors = dict(errors)


@dataclass(frozen=True)
class Text:
    """One text that people read. `path` names it for translations, `place` is where it stands in the content."""

    path: str
    source: str
    place: str


@dataclass(frozen=True)
class _Spot:
    path: str
    place: str
    holder: Any
    name: Any

    @property
    def text(self) -> str:
        found = self.holder[self.name]
        return found if isinstance(found, str) else ""


def texts(content: Mapping[str, Any]) -> list[Text]:
    """Every text of the content that can be translated, in the order in which people meet it."""
    return [Text(spot.path, spot.text, spot.place) for spot in _spots(content) if spot.text]


def languages(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The language it was written in, then those it is translated into."""
    source = str(content.get("language") or SOURCE)
    return (source, *(one for one in sorted(content.get("translations") or {}) if one != source))


def language_name(tag: str) -> str:
    """A language in its own words; the tag itself where we know none."""
    try:
        return str(get_language_info(tag)["name_local"]).capitalize()
    except KeyError:
        return tag


def best_language(content: Mapping[str, Any], wanted: str) -> str:
    """The language to show to somebody who reads `wanted`: "de-AT", else "de", else any German, else as written."""
    there = languages(content)
    by_name = {one.lower(): one for one in reversed(there)}
    tag = wanted.replace("_", "-").lower()
    while tag:
        if tag in by_name:
            return by_name[tag]
        tag = tag.rpartition("-")[0]
    main = wanted.replace("_", "-").lower().partition("-")[0]
    return next((one for one in there if main and one.lower().startswith(f"{main}-")), there[0])


def translated(content: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The content in the best language there is for `language`; its own `language` says which."""
    chosen = best_language(content, language)
    found = _translation(content, chosen)
    if chosen == languages(content)[0] or not found:
        return dict(content)
    made = copy.deepcopy(dict(content))
    for spot in _spots(made):
        if spot.text and (words := found.get(spot.path)):
            spot.holder[spot.name] = words
    made["language"] = chosen
    return made


def missing(content: Mapping[str, Any], language: str) -> list[Text]:
    """The texts that this language has no words for."""
    found = _translation(content, language)
    return [text for text in texts(content) if not found.get(text.path)]


def stray(content: Mapping[str, Any], language: str) -> list[str]:
    """Paths of translations that name nothing: the text was removed, or given another key."""
    there = {text.path for text in texts(content)}
    return [path for path in _translation(content, language) if path not in there]


def read_translations(data: Any) -> dict[str, dict[str, str]]:
    """Translations as somebody wrote them, tidied and bounded; blank ones left out. Raises TranslationError."""
    errors: dict[str, list[str | Promise]] = {}
    if not isinstance(data, dict) or len(data) > MOST_LANGUAGES:
        message = format_lazy(_("Translations are texts by language, at most {n} languages."), n=MOST_LANGUAGES)
        raise TranslationError({"translations": [message]})
    made: dict[str, dict[str, str]] = {}
    for language, found in data.items():
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            errors[str(language)[:40]] = [_("There is no such language.")]
        elif not isinstance(found, dict) or len(found) > MOST_TEXTS:
            errors[language] = [_("These are texts by name.")]
        else:
            made[language] = _read(language, found, errors)
    if errors:
        raise TranslationError(errors)
    return made


def _read(language: str, found: Mapping[Any, Any], errors: dict[str, list[str | Promise]]) -> dict[str, str]:
    made: dict[str, str] = {}
    for path, text in found.items():
        spot = f"{language}.{str(path)[:200]}"
        if not isinstance(path, str) or not isinstance(text, str) or len(path) > 200:
            errors[spot] = [_("This is a line of text.")]
        elif len(text) > TEXT_LIMIT:
            errors[spot] = [format_lazy(_("There is room for {n} characters."), n=TEXT_LIMIT)]
        else:
            try:
                tidied = wording.tidy(text, lines=path.endswith((".body", ".help")))
            except wording.UnkeepableText as refusal:
                errors[spot] = [refusal.message]
            else:
                made |= {path: tidied} if tidied else {}
    return made


def _translation(content: Mapping[str, Any], language: str) -> Mapping[str, str]:
    found = (content.get("translations") or {}).get(language)
    return found if isinstance(found, dict) else {}


def _spots(content: Mapping[str, Any]) -> Iterator[_Spot]:
    for name in _SINGLE:
        if name in content:
            yield _Spot(name, name, content, name)
    for name in _LISTS:
        for index in range(len(content.get(name) or ())):
            yield _Spot(f"{name}.{index}", f"{name}.{index}", content[name], index)
    for key in content.get("adaptations") or {}:
        yield _Spot(f"adaptations.{key}", f"adaptations.{key}", content["adaptations"], key)
    yield from _spots_of_items(content.get("questions") or [], "questions")


def _spots_of_items(items: list[dict[str, Any]], place: str) -> Iterator[_Spot]:
    for index, item in enumerate(items):
        key, here = item["key"], f"{place}.{index}"
        for name in _OF_ITEMS:
            if name in item:
                yield _Spot(f"questions.{key}.{name}", f"{here}.{name}", item, name)
        for name, by in _OF_PARTS.items():
            for at, part in enumerate(item.get(name) or ()):
                yield _Spot(f"questions.{key}.{name}.{part[by]}", f"{here}.{name}.{at}.label", part, "label")
        yield from _spots_of_items(item.get("questions") or [], f"{here}.questions")
