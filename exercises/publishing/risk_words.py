"""Words by which questions about self-harm, suicide or violence are known, by language: patterns, to begin a word."""

from __future__ import annotations

import re

#: Words of harming oneself. Somebody who marks these is shown at once where to turn; kept apart from violence by a
#: partner, where help on the screen may be seen by the wrong person.
_SELF_HARM: dict[str, tuple[str, ...]] = {
    "en": (
        r"suicid\w*",
        r"self[- ]?(?:harm|injur)\w*",
        r"(?:kill|killed|killing|hurt|hurting|harm|harmed|harming|cut|cutting) (?:my|your|him|her|them)sel\w+",
        r"better off dead",
        r"(?:want|wanted|wish|wished) to die",
        r"not want(?:ed)? to (?:live|be alive)",
        r"(?:end|take|took) (?:my|your) (?:own )?life",
        r"overdos\w+",
    ),
    "de": (
        r"suizid\w*",
        r"selbstmord\w*",
        r"selbst ?verletz\w*",
        r"(?:mich|sich|dich) (?:selbst )?(?:zu )?(?:um(?:zu)?bringen|töten|verletzen)",
        r"nicht mehr leben",
        r"(?:mir|sich|dir) das leben (?:zu )?nehmen",
    ),
    "fr": (r"suicid\w*", r"automutil\w*", r"(?:me|te|se|vous) (?:tuer|faire du mal)"),
    "es": (r"suicid\w*", r"autoles\w*", r"(?:matar|lastimar)(?:me|te|se)", r"hacer(?:me|te|se) daño"),
}
#: Words of no hope, which ask for the same help.
_NO_HOPE: dict[str, tuple[str, ...]] = {
    "en": (r"hopeless\w*", r"no (?:way out|reason to (?:live|go on))", r"cannot go on"),
    "de": (r"hoffnungslos\w*", r"keinen ausweg"),
    "fr": (r"désesp\w*",),
    "es": (r"desesper\w*",),
}
#: Words of violence, and of fear of a partner.
_VIOLENCE: dict[str, tuple[str, ...]] = {
    "en": (
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
        r"gewalt\w*",
        r"miss(?:brauch|hand)\w*",
        r"angst vor (?:meine|ihre|deine|dem|der)\w* partner\w*",
        r"schlägt|geschlagen|gewürgt|würgt",
        r"bedroht\w*",
        r"vergewaltig\w*",
    ),
    "fr": (r"violen\w+", r"maltrait\w*", r"menac\w+", r"viole?[ée]?e?\b"),
    "es": (r"violen\w+", r"maltrat\w*", r"amenaz\w+", r"violaci[oó]n"),
}
#: Words of fear and of being controlled, whatever of. Alone they do not make a question one about harm: they say
#: that an answer which asks for a look is looked at at once.
_FEAR: dict[str, tuple[str, ...]] = {
    "en": (
        r"afraid",
        r"fear(?:s|ed|ful)?\b",
        r"scare[ds]?\b",
        r"frighten\w*",
        r"terrified",
        r"unsafe",
        r"not safe",
        r"threat\w*",
        r"controll(?:ed|ing)\b",
        r"controls? (?:me|my|your?)\b",
    ),
    "de": (r"angst\b", r"ängst\w*", r"fürcht\w*", r"furcht\w*", r"unsicher zu ?hause", r"bedroh\w*", r"kontrollier\w*"),
    "fr": (r"peur\b", r"crain\w*", r"effray\w*", r"menac\w*", r"contrôl\w*"),
    "es": (r"miedo\w*", r"tem(?:o|e|or|er)\b", r"asusta\w*", r"amenaz\w*", r"controla\w*"),
}


def _patterns(*lists: dict[str, tuple[str, ...]]) -> dict[str, re.Pattern[str]]:
    """One pattern a language, of all that these lists say in it."""
    words = {tag: [word for one in lists for word in one[tag]] for tag in lists[0]}
    return {tag: re.compile(rf"\b(?:{'|'.join(found)})", re.IGNORECASE) for tag, found in words.items()}


_PATTERNS = _patterns(_SELF_HARM, _VIOLENCE)
_FEAR_PATTERNS = _patterns(_FEAR)
_DESPAIR_PATTERNS = _patterns(_SELF_HARM, _NO_HOPE)


def sounds_of_harm(text: str, language: str) -> bool:
    """Whether these words speak of harm. English ones are looked for in every language."""
    return _sounds(_PATTERNS, text, language)


def sounds_of_fear(text: str, language: str) -> bool:
    """Whether these words speak of fear or control. English ones are looked for in every language."""
    return _sounds(_FEAR_PATTERNS, text, language)


def sounds_of_despair(text: str, language: str) -> bool:
    """Whether these words speak of harming oneself, or of no hope. English ones are looked for in every language."""
    return _sounds(_DESPAIR_PATTERNS, text, language)


def _sounds(patterns: dict[str, re.Pattern[str]], text: str, language: str) -> bool:
    tag = language.lower().partition("-")[0]
    return any(patterns[one].search(text) for one in {"en", tag} & set(patterns))
