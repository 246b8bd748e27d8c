"""What text we keep as people wrote it, and what we have to hand back.

Emoji, right-to-left marks and every script are kept. What a database or a printer cannot hold (NUL and its
kin, halves of characters) is handed back with a kind word instead of being dropped behind the writer's back.
"""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from practice.saying_why import SaysWhy

# C0 and C1 controls except tab and newline, and lone surrogates.
_UNKEEPABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
# Word processors paste soft breaks as vertical tab, form feed or NEL; all of them mean a new line.
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85]")

# Nothing that people write stacks more marks on a letter, and putting longer stacks in order takes
# quadratic time.
_MARKS_IN_A_ROW = 60


class UnkeepableText(SaysWhy):
    """The text holds something that cannot be stored; `message` says so in the reader's words."""


def tidy(text: str, *, lines: bool) -> str:
    """The text as we keep it: composed (NFC), with plain newlines, without blanks around it.

    With `lines` false, line breaks become spaces.
    """
    text = _LINE_BREAK.sub("\n", text)
    if _UNKEEPABLE.search(text):
        raise UnkeepableText(
            _("This text holds an invisible character that cannot be kept. Typing that part anew helps.")
        )
    if not text.isascii():
        if _stacks_marks(text):
            raise UnkeepableText(_("There are too many accents on one letter in this text to keep it."))
        text = unicodedata.normalize("NFC", text)
    if not lines:
        text = text.replace("\n", " ")
    return text.strip()


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing: only blanks and invisible formatting."""
    return all(unicodedata.category(mark) in _INVISIBLE for mark in text)


_INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})


def _stacks_marks(text: str) -> bool:
    run = 0
    for mark in text:
        run = run + 1 if unicodedata.combining(mark) else 0
        if run > _MARKS_IN_A_ROW:
            return True
    return False
