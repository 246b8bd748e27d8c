"""Words of the catalogues are looked up once in each process.

Django asks several catalogues for each word, one after the other, and most for those that stand in none: whatever is
said in the language that the code is written in. Only words that stand in the code are asked for.
"""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.utils.translation import trans_real

#: More than there are words, forms of number included.
MOST = 16_384


def remember() -> None:
    """Let the languages of the installation remember what they found."""
    for language, _name in settings.LANGUAGES:
        catalogue = trans_real.translation(language)
        for look_up in ("gettext", "ngettext"):
            setattr(catalogue, look_up, lru_cache(maxsize=MOST)(getattr(catalogue, look_up)))
