"""How hard the words of an exercise are to read.

English: the grade of Flesch and Kincaid, plus five years. Elsewhere only the length of sentences, which every
language knows. Counted here and not by a library: `textstat` brings a whole language toolkit and fetches its
dictionary over the network when used, and `pyphen` finds places for hyphens, a tenth fewer than syllables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.publishing.finding import Draft, Finding, warn
from exercises.translations import texts

OLDEST = 12
LONGEST_SENTENCE = 20  # words, on average
#: In fewer words than this, one long word decides everything.
_FEWEST_WORDS = 25
#: Names and single words say nothing of how sentences read.
_FEWEST_IN_SENTENCE = 5
#: Grades of a text as short as a question's; they swing, so they are given some room.
_ROOM = 1.5
_MOST_TEXTS = 20

_SENTENCE_END = re.compile(r"(?<![.!?…:;])[.!?…:;]++(?:\s|$)|\n+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_VOWELS = re.compile(r"[aeiouyáéíóúàèìòùäëïöü]+")
_SILENT = re.compile(r"(?:[^aeiouyl]e|[^aeiouydt]ed|[^aeiouyscxzgh]es)$")
_SPLIT = re.compile(r"i[ao](?!u)|eo|ua(?!l)|iu|ying|uing|uou")
_JOINED = re.compile(r"[tscg]i[oa]|geo|peo|q[u]a|gua|eve(?=r|n)|some(?=t)|ness$|fe(?=t)")


@dataclass(frozen=True)
class Ease:
    """How a text reads. `age`: of a reader who follows it easily; None where we cannot tell."""

    words: int
    sentence: float
    age: float | None


def ease_of(text: str, language: str) -> Ease:
    words = _WORD.findall(text)
    sentences = [part for part in _SENTENCE_END.split(text) if part and _WORD.search(part)]
    if not words:
        return Ease(0, 0.0, None)
    length = len(words) / max(1, len(sentences))
    if language.lower().partition("-")[0] != "en":
        return Ease(len(words), length, None)
    syllables = sum(_syllables(word) for word in words)
    grade = 0.39 * length + 11.8 * syllables / len(words) - 15.59
    return Ease(len(words), length, max(5.0, grade + 5))


def _syllables(word: str) -> int:
    """Near enough: sounds of vowels together, without a silent end."""
    word = word.lower()
    count = len(_VOWELS.findall(word)) + len(_SPLIT.findall(word)) - len(_JOINED.findall(word))
    return max(1, count - bool(_SILENT.search(word) and count > 1))


def check_reading_age(draft: Draft) -> list[Finding]:
    """Texts that clients read: those that are long or hard by themselves, and all of them together."""
    read = [text for text in texts(draft.content) if not text.path.startswith(("adaptations.", "reminder_title"))]
    found = list(_check_texts(draft, [(text.place, text.source) for text in read]))
    sentences = [text.source for text in read if len(_WORD.findall(text.source)) >= _FEWEST_IN_SENTENCE]
    together = ease_of("\n".join(sentences), draft.language)
    if together.age is not None and together.words >= _FEWEST_WORDS and together.age > OLDEST:
        message = _("All in all, this reads like a text for readers of {age} years. Shorter words would help.")
        found.append(warn("questions", "reading_age", format_lazy(message, age=round(together.age))))
    return found


def _check_texts(draft: Draft, read: list[tuple[str, str]]) -> Iterator[Finding]:
    keys = {place: key for key, place in draft.places.items()}
    hard = 0
    for place, text in read:
        ease = ease_of(text, draft.language)
        if ease.words < _FEWEST_WORDS or hard >= _MOST_TEXTS:
            continue
        key = next((keys[start] for start in _starts(place) if start in keys), "")
        if ease.sentence > LONGEST_SENTENCE:
            message = _("These sentences are long: {n} words on average.")
            yield warn(place, "long_sentences", format_lazy(message, n=round(ease.sentence)), key)
            hard += 1
        elif ease.age is not None and ease.age > OLDEST + _ROOM:
            message = _("This reads like a text for readers of {age} years. Shorter words would help.")
            yield warn(place, "reading_age", format_lazy(message, age=round(ease.age)), key)
            hard += 1


def _starts(place: str) -> Iterator[str]:
    while place:
        yield place
        place = place.rpartition(".")[0]
