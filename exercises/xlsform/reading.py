"""A workbook as data: opened apart (sheets), bounded in bytes, time and memory."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises.xlsform import sheets
from exercises.xlsform.findings import Refused
from practice import bare

#: Bytes of a workbook as it arrives.
LARGEST_WORKBOOK = 2_000_000
_CANNOT = _("This workbook cannot be read. Opening it and saving it anew as .xlsx helps.")
_WHY = {
    sheets.TOO_LARGE: _("This workbook holds more than a form can: it becomes too large when it is unpacked."),
    sheets.TOO_MANY: format_lazy(
        _("There is room for {rows} rows of questions and {choices} of choices."),
        rows=sheets.ROWS,
        choices=sheets.CHOICES,
    ),
    sheets.HOSTILE: _("This workbook declares things of its own (a document type). None that people make does."),
    sheets.NO_WORKBOOK: _("This archive is no Excel workbook. Please save the form as .xlsx."),
}


@dataclass(frozen=True)
class Workbook:
    """What pyxform reads in a workbook: its tree, its lists of choices, and the rows that they came from."""

    data: dict[str, Any]
    sha256: str

    @property
    def tree(self) -> dict[str, Any]:
        return dict(self.data["tree"])

    @property
    def choices(self) -> dict[str, list[dict[str, Any]]]:
        return dict(self.data["choices"])

    @cached_property
    def listed(self) -> frozenset[tuple[str, str]]:
        """The choices as they were written: list and name. pyxform adds some of its own."""
        return frozenset((str(one), str(name)) for one, name in self.data["listed"])


def read_workbook(data: bytes, kind: str = ".xlsx") -> Workbook:
    """Read a file of unknown origin. Raises :class:`Refused`."""
    if len(data) > LARGEST_WORKBOOK:
        raise Refused(format_lazy(_("The file is larger than {n} MB."), n=LARGEST_WORKBOOK // 10**6))
    code, told = bare.opened_apart(sheets.__file__, [kind], data, seconds=sheets.SECONDS_OF_WORK * 2)
    if code == sheets.WRONG:
        said = told.decode("utf-8", "replace")
        raise Refused(format_lazy(_("This is no XLSForm. What reads such forms says: {said}"), said=said))
    if code != 0:
        raise Refused(_WHY.get(code, _CANNOT))
    return Workbook(json.loads(told), hashlib.sha256(data).hexdigest())
