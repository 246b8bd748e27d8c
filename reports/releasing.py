"""What a therapist sees before releasing: each series with its scores, who sees it now, and what each partner said."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass

from clients.models import Couple, Partner
from exercises import measures
from exercises.measures import Measure
from exercises.models import MeasureEntry
from exercises.vocabulary import METRICS, Lane
from reports import lately, releases
from reports.models import Score, Showing


@dataclass(frozen=True)
class OfPartner:
    """Where one partner stands with a series. ``released``: None not at all, False to them alone, True to all."""

    partner: Partner
    scores: int
    released: bool | None
    #: What they said themselves; None while they have said nothing.
    shows: bool | None


@dataclass(frozen=True)
class Row:
    """One series that may be released. ``measure`` is None for a single question that several exercises share."""

    series: str
    label: str
    measure: Measure | None
    partners: tuple[OfPartner, ...]

    @property
    def about(self) -> str:
        return self.measure.title if self.measure else ""

    @property
    def is_released(self) -> bool:
        return any(one.released is not None for one in self.partners)

    @property
    def to_all(self) -> bool:
        return all(one.released for one in self.partners) and len(self.partners) > 1

    @property
    def seen_by_all(self) -> bool:
        return self.to_all and all(one.shows for one in self.partners)


def rows_of(couple: Couple) -> list[Row]:
    """Return every series with scores, or that is released, measures first. Needs ``with_partners``; for therapists."""
    partners = [one for one in couple.partners.all() if one.left_at is None]
    counts = _counts(couple)
    released = releases.released_in(couple)
    words: dict[uuid.UUID, dict[str, bool]] = defaultdict(dict)
    for client, series, shows in Showing.objects.filter(couple=couple, ended_at=None).values_list(
        "client_id", "series", "shows"
    ):
        words[client][series] = shows
    found = {series for series, _client in counts} | (set(released) - {releases.EVERYTHING})
    return [
        Row(
            series,
            releases.label_of(series),
            releases.measure_of(series),
            tuple(
                OfPartner(
                    one,
                    counts.get((series, one.client_id), 0),
                    released.get(series, {}).get(one.client_id),
                    words[one.client_id].get(series, words[one.client_id].get(releases.EVERYTHING)),
                )
                for one in partners
            ),
        )
        for series in sorted(found, key=lambda key: (key in METRICS, releases.label_of(key)))
    ]


def _counts(couple: Couple) -> dict[tuple[str, uuid.UUID], int]:
    """How many scores there are, by series and client: of measures all, of single questions those answered openly."""
    found: dict[tuple[str, uuid.UUID], int] = defaultdict(int)
    may, parts = releases.releasable(), measures.series()
    rows = Score.objects.filter(couple=couple).exclude(lane=Lane.OWN).values_list("series", "client_id", "lane")
    for series, client, lane in rows:
        if series in parts:
            measure = releases.measure_of(series)
            whole = measure is not None and (series == measure.key or measure.total is None)
            key = measure.key if measure and whole else ""
        else:
            key = series if series in lately.WORDS and lane == Lane.SHARED else ""
        if key in may:
            found[key, client] += 1
    entered = MeasureEntry.objects.filter(couple=couple, taken_back_at=None).values_list("measure", "client_id")
    for measure_key, client in entered:
        if measure_key in may:
            found[measure_key, client] += 1
    return found
