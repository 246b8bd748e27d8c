"""What people of the demo filled in on paper in the practice: totals that the therapist wrote down afterwards.

No form of a measure comes with Attune, so the demo has scores alone, as a practice with its own licences would.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal

from exercises import measured, measures
from practice import tenancy
from reports import releases
from reports.demo.history import History, standing_at

#: Totals by measure and person, from the first one on: every so many days, the last one some days ago.
WEEKLY, TWO_WEEKLY, SIX_WEEKLY = 7, 14, 42
MARA_AND_THEO: Mapping[tuple[str, int], Mapping[str, Sequence[int | None]]] = {
    ("csi4", WEEKLY): {
        "Mara": (9, 10, 9, 12, 11, 13, None, None, 14, 15, 16, 17),
        "Theo": (12, 11, 12, 10, 11, 12, None, None, 12, 13, 13, 14),
    },
    ("csi16", SIX_WEEKLY): {
        "Mara": (38, 40, 39, 43, 42, 44, 48, 53),
        "Theo": (47, 49, 48, 50, 51, 50, 52, 55),
    },
    ("phq9", TWO_WEEKLY): {"Mara": (8, 7, 8, 6, 5, 5)},
    ("gad7", TWO_WEEKLY): {"Theo": (11, 11, 9, 8, 6, 6)},
}
LAST = 3
#: What the therapist released to both, and both show each other; and what to one of them alone.
SHOWN_TO_BOTH = ("csi4", "closeness")
SHOWN_TO_ONE = (("phq9", "Mara"), ("gad7", "Theo"))
RELEASED_AGO = datetime.timedelta(days=9)
#: Nobody of the demo answers an item about self-harm above the lowest: what follows from that is no story.
SAFETY = {"phq9": {9: Decimal(0)}}


def write_down(history: History, told: Mapping[tuple[str, int], Mapping[str, Sequence[int | None]]]) -> None:
    """Enter every score on the day after it was filled in. What was left out that week stays a gap."""
    for (key, every), lines in told.items():
        for name, values in lines.items():
            for back, total in enumerate(reversed(values)):
                ago = LAST + back * every
                if total is not None and ago < history.household.days:
                    _enter(history, key, name, ago, total)


def _enter(history: History, key: str, name: str, ago: int, total: int) -> None:
    moment = history._past(history._moment(history.household.days - ago, "18:10"))
    measure = measures.get(key)
    safety = SAFETY.get(key, {})
    score = measures.read(measure, Decimal(total), None, safety)
    day = moment.astimezone(history.zone).date()
    with standing_at(moment + datetime.timedelta(minutes=20)), tenancy.acting(history.askers[""]):
        entry = measured.Entry(day, score, safety)
        measured.enter(history.couple, history.clients[name], entry, by=history.therapist)


def show(history: History) -> None:
    """The therapist releases scores, and each partner says yes on their own page."""
    with standing_at(history.now - RELEASED_AGO):
        with tenancy.acting(history.askers[""]):
            for series in SHOWN_TO_BOTH:
                releases.release(history.couple, series, by=history.therapist)
            for series, name in SHOWN_TO_ONE:
                releases.release(history.couple, series, by=history.therapist, client=history.clients[name])
        for name in ("Mara", "Theo"):
            with tenancy.acting(history.askers[name]):
                for series in SHOWN_TO_BOTH:
                    releases.say(history.clients[name], history.couple.pk, series, shows=True)
