"""Going on with one of a couple that has parted: a record of its own, in which nothing of the old one lies.

Whoever looked after the couple may begin it. To see it for a while, as a cover, a supervisor or in an emergency, is not
enough: the new record would outlast what opened the old one.

The old couple stays as it is. The new one begins empty: no answers, goals, plans, measures, notes or papers, and
no row that points from one to the other. Whoever looks after both knows it; no page of the new one says it.
"""

from __future__ import annotations

from django.db import transaction

from clients.models import CaseloadEntry, Client, Couple, Partner
from clients.status import ENDED
from practice import tenancy
from practice.models import Membership


class NotTheirs(Exception):
    """This member reads the couple's record, and it is not on their caseload."""


class StillInCare(Exception):
    """This person is in care already: with the couple they did not leave, or by themselves."""


def begin(person: Client, *, before: Couple, by: Membership) -> Couple:
    """Make a couple of one for ``person``, who was in ``before``, on the caseload of ``by``; return it.

    Asked twice it makes one. Raises :class:`StillInCare`, also while they are in ``before``, and :class:`NotTheirs`.
    """
    if not looks_after(by, before):
        raise NotTheirs
    with transaction.atomic(), tenancy.elevated():
        Client.objects.select_for_update(no_key=True).get(pk=person.pk)
        place = Partner.objects.get(couple=before, client=person)
        old = Couple.objects.get(pk=before.pk)
        if place.left_at is None and old.status not in ENDED:
            raise StillInCare
        if Couple.objects.in_care().filter(partners__client=person, partners__left_at=None).exists():
            raise StillInCare
        couple = Couple.objects.create(time_zone=old.time_zone)
        Partner.objects.create(couple=couple, client=person, position=0)
        CaseloadEntry.objects.create(membership=by, couple=couple)
    return couple


def looks_after(member: Membership, couple: Couple) -> bool:
    """Whether a couple is on somebody's own caseload."""
    return CaseloadEntry.objects.filter(membership=member, couple=couple).exists()


def can_begin(couple: Couple, by: Membership) -> list[Client]:
    """Return with whom of a couple ``by`` may begin individual work now. Needs ``with_partners``."""
    if not looks_after(by, couple):
        return []
    gone = [one.client for one in couple.partners.all() if one.left_at is not None or couple.status in ENDED]
    with tenancy.elevated():
        busy = Partner.objects.filter(
            client__in=gone, left_at=None, couple__status__in=[Couple.Status.ACTIVE, Couple.Status.PAUSED]
        )
        cared_for = set(busy.values_list("client_id", flat=True))
    return [one for one in gone if one.pk not in cared_for]
