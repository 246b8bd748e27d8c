"""For how long records are kept, by country, as data with a source and a date.

The rules stand in ``retention.yaml`` beside this module. A practice may set years of its own: more than any rule, and
fewer than guidance, but not fewer than a law that we know of. Where we know of nothing, :data:`USUAL` holds until the
practice says otherwise: what is kept too long can still be erased, what was erased too early is gone.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from practice.models import Practice

LAW, GUIDANCE = "law", "guidance"
#: Years where we know of no rule, and the most that may be set.
USUAL, MOST = 20, 50
#: A rule that nobody has looked at for so long is still used, and shown as old.
OLD = datetime.timedelta(days=365)
#: How long a practice has to answer somebody who asks for erasure: a month (Art. 12(3) GDPR, read at
#: https://www.inforights.im/individuals/data-protection/your-data-protection-rights/erasure/ on 23 November 2026).
#: Used everywhere, since nobody is served by a later answer.
ANSWER_WITHIN = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Rule:
    """What a public source said about one country on one day."""

    country: str
    years: int
    basis: str
    title: str
    source: str
    checked_on: datetime.date
    note: str = ""
    #: Whether the same law lets a person ask for an earlier end.
    asks_for_less: bool = False

    @property
    def is_law(self) -> bool:
        return self.basis == LAW

    @property
    def is_old(self) -> bool:
        """Whether somebody should look again."""
        return datetime.datetime.now(datetime.UTC).date() - self.checked_on > OLD


@dataclass(frozen=True)
class Term:
    """For how many years a practice keeps records, and why: its own word, or else the rule, or neither."""

    years: int
    rule: Rule | None
    own: bool

    @property
    def least(self) -> int:
        """The fewest years that a law allows."""
        return self.rule.years if self.rule and self.rule.is_law else 1


@cache
def rules() -> dict[str, Rule]:
    """Return every rule by its country."""
    rows: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "retention.yaml").read_text("utf-8"))
    return {row["country"]: Rule(**row) for row in rows}


def term_of(practice: Practice) -> Term:
    """Return for how long a practice keeps records now. A law goes before fewer years of its own."""
    rule = rules().get(practice.country)
    if practice.keep_years is None:
        return Term(rule.years if rule else USUAL, rule, own=False)
    return Term(max(practice.keep_years, Term(0, rule, own=True).least), rule, own=True)


def years_after(day: datetime.date, years: int) -> datetime.date:
    """Return the same day so many years later; for the 29th of February the day after it where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return datetime.date(day.year + years, 3, 1)
