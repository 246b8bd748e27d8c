"""Passwords: how they are kept, and how long they must be."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from practice import mailboxes

MINIMUM = 15
#: What everybody thinks of here, and rows of keys that fingers run along.
OURS = ("attune", "password", "passwort", "therapy", "couple")
RUNS = ("abcdefghijklmnopqrstuvwxyz" * 2, "01234567890" * 4, "12345678901234567890", "qwertyuiopasdfghjklzxcvbnm")
#: So much has to be left of a password without what anybody would guess.
LEFT = 8


class Argon2(Argon2PasswordHasher):
    """Argon2id at a cost that a small server can pay for many people at once (OWASP's second profile)."""

    time_cost = 2
    memory_cost = 19456
    parallelism = 1


class LongEnough:
    """At least fifteen characters: length is what a password without a second factor is worth."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < MINIMUM:
            raise ValidationError(
                ngettext(
                    "This is %(count)d character long. It needs at least %(minimum)d: "
                    "four or five everyday words are easy to remember.",
                    "This is %(count)d characters long. It needs at least %(minimum)d: "
                    "four or five everyday words are easy to remember.",
                    len(password),
                ),
                code="password_too_short",
                params={"count": len(password), "minimum": MINIMUM},
            )

    def get_help_text(self) -> str:
        return _("At least %(minimum)d characters. Four or five everyday words make a good one.") % {"minimum": MINIMUM}


class NotGuessable:
    """Long is not enough where it is one word over and over, a row of keys, or our name and one's own address."""

    def validate(self, password: str, user: Any = None) -> None:
        text = mailboxes.normal(password)
        if _is_over_and_over(text) or _is_a_run(text) or len(_without_what_is_known(text, user)) < LEFT:
            raise ValidationError(
                _("This is long, but easy to guess. Four or five everyday words from different places are better."),
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        return _("No word over and over, no row of keys, not the name of this site or of your address.")


def _is_over_and_over(text: str) -> bool:
    return re.fullmatch(r"(.{1,8}?)\1+.{0,3}", text, re.DOTALL) is not None


def _is_a_run(text: str) -> bool:
    return any(text in row or text[::-1] in row for row in RUNS)


def _without_what_is_known(text: str, user: Any) -> str:
    """Return the letters and digits that are left without our words and those of the user's own address."""
    local, _at, domain = mailboxes.normal(getattr(user, "email", "") or "").partition("@")
    own = re.split(r"[^\w]+", f"{local} {domain}")
    for word in sorted({*OURS, *(one for one in own if len(one) > 3)}, key=len, reverse=True):
        text = text.replace(word, "")
    return re.sub(r"[\W_]+", "", text)
