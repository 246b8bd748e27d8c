"""Agreements: what partners settled between them, in versions, each with everybody's own yes.

A change by one is a proposal until everybody it concerns has agreed. A yes can be taken back at any time; the
agreement then rests until there is one again that all say yes to. Nothing here is enforced on anybody.
"""

from __future__ import annotations

import datetime
import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from clients.models import Client, Couple
from exercises.models import Agreement, AgreementVersion, Assent, Occurrence
from practice.models import Membership

LIMIT = 4_000


@dataclass
class Kept:
    """An agreement as it stands: what holds, what is proposed, and who said yes to it."""

    agreement: Agreement
    versions: list[AgreementVersion] = field(default_factory=list)
    yes: dict[uuid.UUID, set[uuid.UUID]] = field(default_factory=lambda: defaultdict(set))

    def _agreed(self, version: AgreementVersion) -> bool:
        return set(version.audience) <= self.yes[version.pk] and version.dropped_at is None

    @property
    def holding(self) -> AgreementVersion | None:
        """The newest version that everybody says yes to now."""
        return next((one for one in reversed(self.versions) if self._agreed(one)), None)

    @property
    def proposal(self) -> AgreementVersion | None:
        """A newer version that waits for somebody's yes."""
        newest = next((one for one in reversed(self.versions) if one.dropped_at is None), None)
        return None if newest is None or self._agreed(newest) else newest

    @property
    def earlier(self) -> list[AgreementVersion]:
        """Versions that were replaced or dropped, the newest first."""
        shown = {one.pk for one in (self.holding, self.proposal) if one}
        return [one for one in reversed(self.versions) if one.pk not in shown]

    def said_yes(self, version: AgreementVersion, person: Client) -> bool:
        return person.pk in self.yes[version.pk]

    def waits_for(self, version: AgreementVersion) -> set[uuid.UUID]:
        return set(version.audience) - self.yes[version.pk]

    @property
    def wants_a_look(self) -> bool:
        """Whether the day has come that the partners set themselves to look at it again."""
        return self.holding is not None and self.is_due(timezone.localdate())

    def is_due(self, today: datetime.date) -> bool:
        return self.agreement.review_on is not None and self.agreement.review_on <= today


def of(agreements: QuerySet[Agreement]) -> list[Kept]:
    """Return agreements with their versions and assents: three queries, whatever their number."""
    kept = {one.pk: Kept(one) for one in agreements.order_by("-started_at", "-pk")}
    versions = AgreementVersion.objects.filter(agreement__in=kept).select_related("proposed_by", "written_by")
    by_version = {}
    for version in versions.order_by("number"):
        kept[version.agreement_id].versions.append(version)
        by_version[version.pk] = version.agreement_id
    for assent in Assent.objects.filter(version__in=by_version, withdrawn_at=None):
        kept[by_version[assent.version_id]].yes[assent.version_id].add(assent.author_id)
    return list(kept.values())


def readable(couples: list[uuid.UUID]) -> QuerySet[Agreement]:
    """Agreements of these couples that have not ended, as far as the asker may see them."""
    return Agreement.objects.filter(couple__in=couples, ended_at=None)


def of_couple(couple: Couple) -> QuerySet[Agreement]:
    return Agreement.objects.filter(couple=couple, ended_at=None)


def begin(
    couple: Couple,
    audience: list[uuid.UUID],
    *,
    title: str,
    text: str,
    review_on: datetime.date | None,
    by: Client | Membership,
    key: uuid.UUID,
    occurrence: Occurrence | None = None,
) -> Agreement:
    """Write down a new agreement as a proposal; its author, when a partner, says yes to it by writing it.

    ``key`` becomes its id: the same one twice makes one agreement.
    """
    there = Agreement.objects.filter(pk=key).first()
    if there is not None:
        return there
    agreement = Agreement(
        pk=key, couple=couple, audience=sorted(audience), title=title, review_on=review_on, occurrence=occurrence
    )
    agreement.save(force_insert=True)
    _version(agreement, 1, text, by)
    return agreement


def propose(
    agreement: Agreement, *, text: str, review_on: datetime.date | None, by: Client | Membership
) -> AgreementVersion:
    """Propose other words. What holds goes on holding until everybody says yes to the new ones."""
    locked = Agreement.objects.select_for_update().get(pk=agreement.pk)
    newest = AgreementVersion.objects.filter(agreement=locked).order_by("-number").first()
    locked.review_on = review_on
    locked.save(update_fields=["review_on"])
    if newest is not None and newest.text == text and newest.dropped_at is None:
        return newest
    return _version(locked, (newest.number if newest else 0) + 1, text, by)


def _version(agreement: Agreement, number: int, text: str, by: Client | Membership) -> AgreementVersion:
    partner = by if isinstance(by, Client) else None
    version = AgreementVersion.objects.create(
        couple_id=agreement.couple_id,
        agreement=agreement,
        audience=agreement.audience,
        number=number,
        text=text,
        proposed_by=partner,
        written_by=None if partner else by,
    )
    if partner is not None:
        say_yes(version, partner)
    return version


def say_yes(version: AgreementVersion, person: Client) -> None:
    """One partner's own yes; again changes nothing."""
    try:
        with transaction.atomic():
            Assent.objects.create(
                couple_id=version.couple_id, version=version, audience=version.audience, author=person
            )
    except IntegrityError:  # it stands already
        return


def take_yes_back(version: AgreementVersion, person: Client) -> None:
    """Withdraw a yes, for whatever reason, without giving one."""
    Assent.objects.filter(version=version, author=person, withdrawn_at=None).update(withdrawn_at=timezone.now())


def drop(version: AgreementVersion) -> None:
    """Let a proposal go; what held before holds on."""
    AgreementVersion.objects.filter(pk=version.pk, dropped_at=None).update(dropped_at=timezone.now())


def end(agreement: Agreement) -> None:
    """It no longer holds; its history stays."""
    Agreement.objects.filter(pk=agreement.pk, ended_at=None).update(ended_at=timezone.now())
