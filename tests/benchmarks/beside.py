"""What was measured beside a floor in one run, in one table: for people as Markdown, for programs as JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class Beside:
    """One measure of ours divided by that of the floor, round by round."""

    case: str
    #: What is divided: "requests a second", "p95", "instructions", "seconds of a processor".
    measure: str
    ratios: Sequence[float]
    goal: float | None = None
    #: More is better, as of a rate.
    more: bool = False

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    @property
    def is_met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.ratio >= self.goal if self.more else self.ratio <= self.goal

    def row(self) -> str:
        spread = f"{min(self.ratios):.2f} to {max(self.ratios):.2f}" if len(self.ratios) > 1 else ""
        goal = "" if self.goal is None else f"{'≥' if self.more else '≤'} {self.goal:g}"
        met = {None: "", True: "met", False: "not met"}[self.is_met]
        return f"| {self.case} | {self.measure} | {self.ratio:.2f} | {spread} | {goal} | {met} |"


FOUND: list[Beside] = []


def found(*measures: Beside) -> None:
    FOUND.extend(measures)


def told() -> str:
    """Return the table, and write the same as JSON beside what else this checkout keeps."""
    place = Path(settings.STATE, "benchmarks", "beside.json")
    place.parent.mkdir(parents=True, exist_ok=True)
    plain = [{**asdict(one), "ratio": one.ratio, "is_met": one.is_met} for one in FOUND]
    place.write_text(json.dumps(plain, indent=1))
    head = [
        "| case | measure | ours to the floor's | least to most | goal | |",
        "| --- | --- | ---: | --- | --- | --- |",
    ]
    return "\n".join([*head, *(one.row() for one in FOUND), "", f"As JSON: {place}"])
