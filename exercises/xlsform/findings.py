"""What is told about a workbook: reasons not to take it, and row by row what has no place here."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

Words = str | Promise
#: Rows that a line names before it only counts.
NAMED = 8


class Refused(ValueError):
    """The file is not taken and nothing was saved. ``reasons`` are told to whoever brought it."""

    def __init__(self, *reasons: Words) -> None:
        super().__init__("refused")
        self.reasons = list(reasons)


@dataclass(frozen=True)
class Told:
    """One thing that is not as the file has it, and why. ``rows``: of the sheet; ``gone``: it is not taken at all."""

    message: Words
    rows: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    gone: bool = False

    @property
    def place(self) -> str:
        """Where it is, in words: rows by their numbers in the sheet, and what stands there."""
        if not self.rows:
            return ", ".join(self.names[:NAMED])
        shown = ", ".join(str(one) for one in self.rows[:NAMED])
        text = ngettext("Row %(rows)s", "Rows %(rows)s", len(self.rows)) % {"rows": shown}
        if len(self.rows) > NAMED:
            text = _("%(rows)s and %(n)d more") % {"rows": text, "n": len(self.rows) - NAMED}
        return f"{text} · {', '.join(self.names)}" if len(self.rows) <= 3 and self.names else text


@dataclass
class Telling:
    """Collects while a tree is mapped; what is said of many rows becomes one line that names them."""

    found: list[Told] = field(default_factory=list)

    def say(self, message: Words, row: int = 0, name: str = "", *, gone: bool = False) -> None:
        """Note that something is not as the file has it."""
        self.found.append(Told(message, (row,) if row else (), (name[:60],) if name else (), gone))

    def lines(self, *, gone: bool) -> list[Told]:
        """Everything that is told, each message once."""
        made: dict[str, Told] = {}
        for one in self.found:
            if one.gone is not gone:
                continue
            text = str(one.message)
            had = made.get(text, Told(text, gone=gone))
            rows = tuple(dict.fromkeys((*had.rows, *one.rows)))
            made[text] = Told(text, rows, tuple(dict.fromkeys((*had.names, *one.names))), gone)
        return sorted(made.values(), key=lambda one: one.rows[:1] or (10**6,))
