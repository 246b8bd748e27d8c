"""Words by which questions about self-harm, suicide or violence are known, by language: patterns, to begin a word."""

from __future__ import annotations

import re

_WORDS: dict[str, tuple[str, ...]] = {
    "en": (
        r"suicid\w*",
        r"self[- ]?(?:harm|injur)\w*",
        r"(?:kill|killed|killing|hurt|hurting|harm|harmed|harming|cut|cutting) (?:my|your|him|her|them)sel\w+",
        r"better off dead",
        r"(?:want|wanted|wish|wished) to die",
        r"not want(?:ed)? to (?:live|be alive)",
        r"(?:end|take|took) (?:my|your) (?:own )?life",
        r"overdos\w+",
        r"afraid of (?:my|your|a|the|his|her|their) partner",
        r"violen(?:t|ce|tly)",
        r"abus(?:e|ed|ive)",
        r"(?:hits?|slap(?:s|ped)?|kick(?:s|ed)?|punch(?:es|ed)?|chok(?:es?|ed)|beat(?:s|en)?) (?:me|you|by)",
        r"strangl\w+",
        r"threaten(?:s|ed)? (?:me|you|to)",
        r"forced? (?:me|you|into|to have)",
        r"weapons?",
        r"raped?\b",
        r"against (?:my|your) will",
    ),
    "de": (
        r"suizid\w*",
        r"selbstmord\w*",
        r"selbst ?verletz\w*",
        r"(?:mich|sich|dich) (?:selbst )?(?:zu )?(?:um(?:zu)?bringen|töten|verletzen)",
        r"nicht mehr leben",
        r"(?:mir|sich|dir) das leben (?:zu )?nehmen",
        r"gewalt\w*",
        r"miss(?:brauch|hand)\w*",
        r"angst vor (?:meine|ihre|deine|dem|der)\w* partner\w*",
        r"schlägt|geschlagen|gewürgt|würgt",
        r"bedroht\w*",
        r"vergewaltig\w*",
    ),
    "fr": (
        r"suicid\w*",
        r"automutil\w*",
        r"violen\w+",
        r"maltrait\w*",
        r"(?:me|te|se|vous) (?:tuer|faire du mal)",
        r"menac\w+",
        r"viole?[ée]?e?\b",
    ),
    "es": (
        r"suicid\w*",
        r"autoles\w*",
        r"violen\w+",
        r"maltrat\w*",
        r"(?:matar|lastimar)(?:me|te|se)",
        r"hacer(?:me|te|se) daño",
        r"amenaz\w+",
        r"violaci[oó]n",
    ),
}
_PATTERNS = {language: re.compile(rf"\b(?:{'|'.join(words)})", re.IGNORECASE) for language, words in _WORDS.items()}


def sounds_of_harm(text: str, language: str) -> bool:
    """Whether these words speak of harm. English ones are looked for in every language."""
    tag = language.lower().partition("-")[0]
    return any(_PATTERNS[one].search(text) for one in {"en", tag} & set(_PATTERNS))


#: Words of despair: somebody who marks these is shown at once where to turn. Kept apart from violence by a partner,
#: where help on the screen may be seen by the wrong person.
_DESPAIR: dict[str, tuple[str, ...]] = {
    "en": (
        *_WORDS["en"][:8],
        r"hopeless\w*",
        r"no (?:way out|reason to (?:live|go on))",
        r"cannot go on",
    ),
    "de": (*_WORDS["de"][:6], r"hoffnungslos\w*", r"keinen ausweg"),
    "fr": (r"suicid\w*", r"automutil\w*", r"(?:me|te|se|vous) (?:tuer|faire du mal)", r"désesp\w*"),
    "es": (r"suicid\w*", r"autoles\w*", r"(?:matar|lastimar)(?:me|te|se)", r"hacer(?:me|te|se) daño", r"desesper\w*"),
}
_DESPAIR_PATTERNS = {
    language: re.compile(rf"\b(?:{'|'.join(words)})", re.IGNORECASE) for language, words in _DESPAIR.items()
}


def sounds_of_despair(text: str, language: str) -> bool:
    """Whether these words speak of harming oneself, or of no hope. English ones are looked for in every language."""
    tag = language.lower().partition("-")[0]
    return any(_DESPAIR_PATTERNS[one].search(text) for one in {"en", tag} & set(_DESPAIR_PATTERNS))
