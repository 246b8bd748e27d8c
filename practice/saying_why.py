"""An error that a person reads."""

from __future__ import annotations

from django.utils.functional import Promise


class SaysWhy(ValueError):
    """Something cannot be taken as it is; ``message`` says in the reader's words why, or what would help."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)
