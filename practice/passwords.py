"""Passwords: how they are kept, and how long they must be."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINIMUM = 15


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
