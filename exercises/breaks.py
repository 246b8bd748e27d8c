"""The break that anybody may call at any time: how long it lasts, and what the couple agreed on for it."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass

from exercises.models import Agreement, AgreementVersion, Answer, Assent
from exercises.vocabulary import Lane

#: The exercise in which partners agree on it.
AGREED_IN = "pause-and-return-agreement"
USUAL = datetime.timedelta(minutes=20)
SHORTEST, LONGEST = datetime.timedelta(minutes=1), datetime.timedelta(hours=24)


@dataclass(frozen=True)
class Agreed:
    """What holds for a break. ``words`` is the agreement as it was written down, empty without one."""

    length: datetime.timedelta = USUAL
    words: str = ""


def agreed(couple: uuid.UUID) -> Agreed:
    """Return what this couple agreed on, as far as the asker may read it; else the usual break."""
    return Agreed(_length(couple) or USUAL, _words(couple))


def _length(couple: uuid.UUID) -> datetime.timedelta | None:
    answer = (
        Answer.objects.filter(
            couple=couple,
            lane=Lane.JOINT,
            key="minutes",
            number__gt=0,
            response__edition__content__slug=AGREED_IN,
        )
        .order_by("-response__submitted_at")
        .first()
    )
    if answer is None or answer.number is None:
        return None
    minutes = min(float(answer.number), LONGEST.total_seconds() / 60)
    return min(max(datetime.timedelta(minutes=minutes), SHORTEST), LONGEST)


def _words(couple: uuid.UUID) -> str:
    """The newest words of the agreement that everybody it is for says yes to."""
    agreements = Agreement.objects.filter(
        couple=couple, ended_at=None, occurrence__assignment__edition__content__slug=AGREED_IN
    )
    versions = AgreementVersion.objects.filter(agreement__in=agreements, dropped_at=None)
    for version in versions.order_by("-agreement__started_at", "-number"):
        yes = Assent.objects.filter(version=version, withdrawn_at=None).values_list("author_id", flat=True)
        if set(version.audience) <= set(yes):
            return str(version.text)
    return ""
