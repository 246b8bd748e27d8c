"""Licences: what they are called, and whether what stands under them may be passed on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Licence:
    """``passes``: others may be given it. ``changed``: also where it was changed. ``named``: with its author."""

    key: str
    name: str | Promise
    meaning: str | Promise
    passes: bool = True
    changed: bool = True
    named: bool = True


#: What a practice says of its own work: the licence is chosen when it is shared.
OWN = "own"
#: What may be used here and goes nowhere else.
USE_ONLY = "use-only"
#: A published measure that is free to use with its credit line.
CREDIT = "credit"

LICENCES: Mapping[str, Licence] = {
    one.key: one
    for one in (
        Licence("CC0-1.0", "CC0 1.0", _("Everybody may do anything with it."), named=False),
        Licence("CC-BY-4.0", "CC BY 4.0", _("Everybody may use and change it, and says whose it is.")),
        Licence(
            "CC-BY-SA-4.0", "CC BY-SA 4.0", _("As CC BY; what is made of it is shared under the same licence.")
        ),
        Licence("CC-BY-NC-4.0", "CC BY-NC 4.0", _("As CC BY, and not for commercial use.")),
        Licence("CC-BY-NC-SA-4.0", "CC BY-NC-SA 4.0", _("As CC BY-SA, and not for commercial use.")),
        Licence(
            "CC-BY-ND-4.0", "CC BY-ND 4.0", _("As CC BY; what was changed is not passed on."), changed=False
        ),
        Licence(
            "CC-BY-NC-ND-4.0",
            "CC BY-NC-ND 4.0",
            _("As CC BY-ND, and not for commercial use."),
            changed=False,
        ),
        Licence(CREDIT, _("Free with its credit line"), _("A published measure: unchanged, with its credit line."),
                changed=False),
        Licence(USE_ONLY, _("Only for our own use"), _("We may use it. It is not passed on."), passes=False),
    )
}  # fmt: skip
#: What a practice may choose for what it wrote itself.
FOR_OWN = ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-NC-ND-4.0")
_IN_WORDS = re.compile(r"(?:cc[ -]|creativecommons\.org/licenses/)(by(?:-nc)?(?:-sa|-nd)?)[ /-]v?4\.0", re.IGNORECASE)
_ZERO = re.compile(r"\bcc[ -]?0\b|creativecommons\.org/publicdomain/zero/1\.0", re.IGNORECASE)


def find(text: str) -> Licence | None:
    """The licence that a line names: by its key, its name or its address. None where nobody can tell."""
    plain = " ".join(text.split())
    if plain in LICENCES:
        return LICENCES[plain]
    found = _IN_WORDS.search(plain)
    if found:
        return LICENCES.get(f"CC-{found[1].upper()}-4.0")
    return LICENCES["CC0-1.0"] if _ZERO.search(plain) else None
