"""Who sees whose scores. The one place where a release and a partner's own word become readers of scores.

A partner sees a score only after a therapist released it: their own at once, the others' only while the release
goes to every present partner *and* every one of them says yes. So whatever two lines tell together (a gap, a mean,
who moved which way) reaches nobody before all have agreed to it, and is gone for all of them with the first no.
Whoever says no sends no message, gives no reason, and cannot be told from a therapist who took a release back.

What stands here is written on the rows (``readers``), because the wall in the database compares nothing else.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from clients.models import Client, Couple, Partner
from clients.status import ENDED
from exercises import measures
from exercises.measures import Measure
from exercises.models import MeasureEntry, Response
from exercises.vocabulary import METRICS, Lane, QuestionType
from practice import tenancy
from practice.models import Membership, Practice
from practice.written import Asked, Written, taking_turns, together
from reports.models import Release, Score, Showing
from reports.models.release import NEVER

#: A release of every measure as its scores come, and a word on all series.
EVERYTHING = ""
#: A seal that fell by itself is looked for this long, so that none is missed while no job ran.
LOOK_BACK = timedelta(days=7)


class NotReleasable(ValueError):
    """Scores of that series are shown to nobody but therapists."""


# ── what can be released ─────────────────────────────────────────────────────


@cache
def releasable() -> frozenset[str]:
    """The measures and shared series that may be released at all. No screen, nothing that speaks of safety."""
    scales = {key for key, metric in METRICS.items() if metric.type is QuestionType.SCALE and not metric.therapist_only}
    return (frozenset(measure.key for measure in measures.all() if not measure.person_only) | scales) - set(NEVER)


def measure_of(series: str) -> Measure | None:
    """Return the measure whose total or part goes into a series of scores."""
    return measures.find(series.partition(".")[0])


def label_of(series: str) -> str:
    """How a therapist calls it."""
    measure = measure_of(series)
    return measure.name if measure else str(METRICS[series].label)


# ── what holds ───────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Standing:
    """What holds for one couple at this moment."""

    present: frozenset[uuid.UUID] = frozenset()
    #: By client, then by series: whether it goes to all partners.
    releases: Mapping[uuid.UUID, Mapping[str, bool]] = field(default_factory=dict)
    #: By client, then by series: whether they let the others see.
    words: Mapping[uuid.UUID, Mapping[str, bool]] = field(default_factory=dict)

    def released(self, client: uuid.UUID, subject: str) -> bool | None:
        """None: not released; False: to this partner alone; True: to all partners."""
        released = self.releases.get(client, {})
        if subject in released:
            return released[subject]
        as_it_comes = EVERYTHING in released and measure_of(subject) is not None
        # What comes by itself needs a word of each partner before the first score is seen, were it a no to the others.
        return True if as_it_comes and EVERYTHING in self.words.get(client, {}) else None

    def shows(self, client: uuid.UUID, subject: str) -> bool:
        """Tell whether a partner lets the others see a series of theirs."""
        said = self.words.get(client, {})
        return said.get(subject, said.get(EVERYTHING, False))

    def goes_to_all(self, subject: str) -> bool:
        """Tell whether every partner's scores are released to all, and everybody says yes."""
        return len(self.present) > 1 and all(
            self.released(one, subject) is True and self.shows(one, subject) for one in self.present
        )

    def readers(self, client: uuid.UUID, series: str, lane: str, *, sealed: bool = False) -> list[uuid.UUID]:
        """Return who sees a score of ``client`` in their portal. ``sealed``: a reveal that has not opened yet."""
        measure = measure_of(series)
        subject = measure.key if measure else series
        if subject in NEVER or (measure and measure.person_only):
            return []
        if lane == Lane.OWN:
            return [client]
        if measure and self.released(client, subject) is None:
            return []
        # A single question that was not answered for all to read stays so, whatever is released.
        opens = (measure is not None or lane == Lane.SHARED) and not sealed
        if opens and client in self.present and self.goes_to_all(subject):
            return sorted(self.present)
        return [client]

    def is_open(
        self, client: uuid.UUID, opens_at: datetime | None, admitted: Iterable[uuid.UUID], now: datetime
    ) -> bool:
        """Tell whether what ``client`` sent under a seal is open to all the others; who has not sent opens nothing."""
        return opens_at is not None and opens_at <= now and self.present - {client} <= set(admitted)


_RELEASED: Written[tuple[uuid.UUID, str, bool]] = Written(
    lambda couple: Release.objects.filter(couple_id=couple, withdrawn_at=None).values_list(
        "client_id", "series", "to_all"
    ),
    couple=uuid.UUID,
)


def standing_of(couple_id: uuid.UUID) -> Standing:
    """Return what holds for a couple. Needs Attune itself: no partner may read another's word."""
    return _standing(couple_id, _RELEASED.all(couple=couple_id))


def _standing(couple_id: uuid.UUID, released: Iterable[tuple[uuid.UUID, str, bool]]) -> Standing:
    releases: dict[uuid.UUID, dict[str, bool]] = defaultdict(dict)
    for client, series, to_all in released:
        releases[client][series] = to_all
    if any(EVERYTHING in of_one for of_one in releases.values()) and not _by_agreement():
        for of_one in releases.values():
            of_one.pop(EVERYTHING, None)
    if not any(releases.values()):
        return Standing()
    words: dict[uuid.UUID, dict[str, bool]] = defaultdict(dict)
    for client, series, shows in Showing.objects.filter(couple=couple_id, ended_at=None).values_list(
        "client_id", "series", "shows"
    ):
        words[client][series] = shows
    # Who has left, or whose couple is not in care any more, shows nothing and is shown nothing.
    together = Partner.objects.filter(couple=couple_id, left_at=None).exclude(couple__status__in=ENDED)
    return Standing(frozenset(together.values_list("client_id", flat=True)), dict(releases), dict(words))


def _by_agreement() -> bool:
    return Practice.objects.filter(pk=tenancy.current_practice_id(), scores_by_agreement=True).exists()


# ── writing it on the rows ───────────────────────────────────────────────────


def settle(couple_id: uuid.UUID) -> None:
    """Write the readers on all scores of a couple, as they follow from what holds now; again changes nothing.

    Papers that were handed over and print what somebody does not see any more are taken back along with it.
    """
    from reports.handing_over import Lost, take_back_scores

    with tenancy.elevated():
        in_turn(couple_id)
        standing, now = standing_of(couple_id), timezone.now()
        lost: set[Lost] = set()
        scores: dict[tuple[uuid.UUID, ...], list[uuid.UUID]] = defaultdict(list)
        rows = Score.objects.filter(couple=couple_id).values_list(
            "pk", "client_id", "series", "lane", "readers", "response__opens_at", "response__readers",
            "response__author_keeps",
        )  # fmt: skip
        for pk, client, series, lane, readers, opens_at, admitted, kept in rows:
            sealed = lane == Lane.REVEAL and not standing.is_open(client, opens_at, admitted, now)
            found = standing.readers(client, series, lane, sealed=sealed) if kept else []
            if found != readers:
                scores[tuple(found)].append(pk)
                measure = measure_of(series)
                lost |= {Lost(one, client, measure.key) for one in set(readers) - set(found) if measure}
        entries: dict[tuple[uuid.UUID, ...], list[uuid.UUID]] = defaultdict(list)
        for pk, client, key, readers in MeasureEntry.objects.filter(couple=couple_id).values_list(
            "pk", "client_id", "measure", "readers"
        ):
            found = standing.readers(client, key, Lane.PRIVATE)
            if found != readers:
                entries[tuple(found)].append(pk)
                lost |= {Lost(one, client, key) for one in set(readers) - set(found)}
        for model, changed in ((Score, scores), (MeasureEntry, entries)):
            for people, ids in changed.items():
                model._default_manager.filter(pk__in=ids).update(readers=list(people))
        if lost:
            take_back_scores(couple_id, lost)


def settle_anew(couple_id: uuid.UUID) -> None:
    """Settle a couple in which something else than a release or a word changed; nothing where nothing is released."""
    with tenancy.elevated():
        if Release.objects.filter(couple=couple_id, withdrawn_at=None).exists():
            _lock_id(couple_id)
            settle(couple_id)


def settle_sealed(occurrences: Collection[uuid.UUID]) -> None:
    """Settle the couple of a round of sealed answers, where there are scores of them."""
    with tenancy.elevated():
        rows = Score.objects.filter(response__occurrence__in=occurrences, lane=Lane.REVEAL).order_by("couple_id")
        for couple_id in rows.values_list("couple_id", flat=True).distinct():
            settle_anew(couple_id)


def settle_opened(now: datetime) -> None:
    """Settle the couples of the bound practice with scores whose seal fell by itself, at the stated moment."""
    with tenancy.elevated():
        opened = Score.objects.filter(
            lane=Lane.REVEAL, readers__len=1, response__opens_at__lte=now, response__opens_at__gt=now - LOOK_BACK
        )
        released = Release.objects.filter(couple=OuterRef("couple"), to_all=True, withdrawn_at=None)
        rows = opened.filter(Exists(released)).order_by("couple_id")
        for couple_id in rows.values_list("couple_id", flat=True).distinct():
            settle_anew(couple_id)


def settle_where_shown_as_they_come() -> None:
    """Do so for every couple of the bound practice whose scores are shown as they come."""
    with tenancy.elevated():
        rows = Release.objects.filter(series=EVERYTHING, withdrawn_at=None).order_by("couple_id")
        for couple_id in rows.values_list("couple_id", flat=True).distinct():
            _lock_id(couple_id)
            settle(couple_id)


def write_readers(rows: Collection[Score], response: Response) -> None:
    """Say who sees new scores of a response, as it follows from what holds now. They are not saved here."""
    _mine, released = together(_turn(response.couple_id), _RELEASED.of(couple=response.couple_id))
    standing, now = _standing(response.couple_id, released), timezone.now()
    opens_at, admitted = response.opens_at, response.readers
    if any(one.lane == Lane.REVEAL for one in rows):
        # It may have been opened by the very act of sending it.
        opens_at, admitted = Response.objects.values_list("opens_at", "readers").get(pk=response.pk)
    for one in rows:
        sealed = one.lane == Lane.REVEAL and not standing.is_open(one.client_id, opens_at, admitted, now)
        one.readers = standing.readers(one.client_id, one.series, one.lane, sealed=sealed)
        if not response.author_keeps:
            one.readers = []  # a number tells what was answered


# ── a therapist's word ───────────────────────────────────────────────────────


def release(couple: Couple, series: str, *, by: Membership, client: Client | None = None) -> bool:
    """Release a series: of one partner to that partner, or (without ``client``) of all partners to all of them.

    The others' scores are seen once everybody has said yes as well. Returns whether anything changed: again, nothing
    does. Raises :class:`NotReleasable` for what partners never see.
    """
    if series != EVERYTHING and series not in releasable():
        raise NotReleasable(series)
    to_all, changed = client is None, False
    with transaction.atomic():
        _lock(couple)
        for one in [client.pk] if client else _present(couple):
            standing = Release.objects.filter(couple=couple, client_id=one, series=series, withdrawn_at=None)
            if standing.filter(to_all=to_all).exists():
                continue
            changed = True
            standing.update(withdrawn_at=timezone.now(), withdrawn_by=by)
            Release.objects.create(
                couple=couple, client_id=one, series=series, to_all=to_all, released_at=timezone.now(), released_by=by
            )
        settle(couple.pk)
    return changed


def withdraw(couple: Couple, series: str, *, by: Membership) -> bool:
    """Take back what was released of a series, from all partners: also from what they saw before.

    Returns whether there was anything to take back.
    """
    with transaction.atomic():
        _lock(couple)
        standing = Release.objects.filter(couple=couple, series=series, withdrawn_at=None)
        changed = bool(standing.update(withdrawn_at=timezone.now(), withdrawn_by=by))
        if changed:
            settle(couple.pk)
    return changed


def released_in(couple: Couple) -> dict[str, dict[uuid.UUID, bool]]:
    """Return what is released, by series and client: whether it goes to all."""
    found: dict[str, dict[uuid.UUID, bool]] = defaultdict(dict)
    for one in Release.objects.filter(couple=couple, withdrawn_at=None):
        found[one.series][one.client_id] = one.to_all
    return dict(found)


# ── a partner's word ─────────────────────────────────────────────────────────


def say(person: Client, couple_id: uuid.UUID, series: str, *, shows: bool) -> None:
    """Write down whether a partner lets the others see a series of theirs (or all of them), from this moment on.

    A word on all of them takes the place of every single one. No message follows, to nobody. A yes raises
    :class:`tenancy.Closed` where the sign-in only shows that somebody reads the mailbox; a no is always taken.
    """
    if shows:
        tenancy.only_if_open()
    now = timezone.now()
    with transaction.atomic():
        with tenancy.elevated():
            _lock_id(couple_id)
        mine = Showing.objects.filter(couple=couple_id, client=person, ended_at=None)
        if mine.filter(series=series, shows=shows).exists() and (series or mine.count() == 1):
            return
        (mine if series == EVERYTHING else mine.filter(series=series)).update(ended_at=now)
        Showing.objects.create(couple_id=couple_id, client=person, series=series, shows=shows, said_at=now)
        settle(couple_id)


# ── what was seen and is not any more ────────────────────────────────────────


def narrowed_since(couple_id: uuid.UUID, moment: datetime) -> bool:
    """Tell whether a release or a partner's yes has ended since ``moment``. Needs staff or Attune itself."""
    ended = Release.objects.filter(couple=couple_id, withdrawn_at__gt=moment).exists()
    return ended or Showing.objects.filter(couple=couple_id, shows=True, ended_at__gt=moment).exists()


def seen_by(people: Iterable[uuid.UUID]) -> Q:
    """Scores that all of ``people`` may see in their portal: the same words as the wall's."""
    return Q(readers__contains=sorted(people))


def _present(couple: Couple) -> list[uuid.UUID]:
    return sorted(partner.client_id for partner in couple.partners.all() if partner.left_at is None)


def in_turn(couple_id: uuid.UUID) -> None:
    """Let whoever writes readers of a couple's scores wait for the other who does, until the end of the transaction.

    Else a score that is on its way while a release is taken back would be kept with the readers of before.
    """
    together(_turn(couple_id))


def _turn(couple_id: uuid.UUID) -> Asked[None]:
    return taking_turns(f"readers {couple_id}")


def _lock(couple: Couple) -> None:
    _lock_id(couple.pk)


def _lock_id(couple_id: uuid.UUID) -> None:
    """One at a time: two words at once must not settle over each other."""
    Couple.objects.select_for_update(no_key=True).get(pk=couple_id)
