"""What fits into one text message: 160 characters of the telephones' own alphabet, or 70 of any other."""

from __future__ import annotations

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: These take the place of two.
EXTENDED = frozenset("\f^{}\\[~]|€")
MOST, MOST_OTHERWISE = 160, 70
#: Letters that lose a stroke, and signs that have a plain twin.
PLAIN = str.maketrans(
    {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "’": "'", "‘": "'", "“": '"', "”": '"', "„": '"'}
    | {"–": "-", "—": "-", "…": "...", "·": ".", "\u00a0": " ", "\u202f": " "}
)


def folded(text: str) -> str:
    """Return the text with every letter that the alphabet lacks in its plain form, where it has one."""
    return "".join(_letter(one) for one in text.translate(PLAIN))


def _letter(letter: str) -> str:
    if letter in BASIC or letter in EXTENDED:
        return letter
    plain = "".join(one for one in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(one))
    return plain if plain and all(one in BASIC for one in plain) else letter


def fits(text: str) -> bool:
    """Tell whether a text is one message, and not several that cost and arrive apart."""
    if all(one in BASIC or one in EXTENDED for one in text):
        return len(text) + sum(one in EXTENDED for one in text) <= MOST
    return len(text.encode("utf-16-le")) // 2 <= MOST_OTHERWISE
