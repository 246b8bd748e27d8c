"""The hook through which published measures score a form; exercises/measures/ hangs in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from django.utils.translation import gettext_lazy as _

from exercises.questions import Form
from exercises.values import Value
from practice.saying_why import SaysWhy


class ScoringError(SaysWhy):
    """The data is not a way to score that form; `message` says why."""


@dataclass(frozen=True)
class NativeNumber:
    """One number of a published measure. prorated: worked out although some answers were missing.

    rule: the measure and the version of its definition, as in "phq9@1".
    """

    series: str
    value: Decimal
    answered: int = 0
    of: int = 0
    prorated: bool = False
    rule: str = ""


class NativeScoring(Protocol):
    """What exercises/measures/ gives for a form that is a published measure."""

    @property
    def keys(self) -> tuple[str, ...]: ...

    def as_data(self) -> dict[str, Any]: ...

    def numbers(self, answers: Mapping[str, Value], hidden: frozenset[str]) -> Sequence[NativeNumber]: ...


ReadMeasure = Callable[[Mapping[str, Any], Form], NativeScoring]


@dataclass
class _Measures:
    read: ReadMeasure | None = None


_measures = _Measures()


def register_measures(read: ReadMeasure) -> None:
    """Let `{measure: …}` be read. The package of measures does this once; `read` raises ScoringError."""
    _measures.read = read


def read_measure(data: Mapping[str, Any], form: Form) -> NativeScoring:
    if _measures.read is None:
        raise ScoringError(_("No published measures are known here."))
    return _measures.read(data, form)
