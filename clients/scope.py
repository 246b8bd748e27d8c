"""What the person wall lets through: a therapist's caseload and what they cover, a partner's own couples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db.models import Q

from clients.models import CaseloadEntry, Client, Contact, Cover, Partner
from practice import identity, roles, tenancy
from practice.clock import Now
from practice.models import User
from practice.tenancy import Asker


@tenancy.register_scope
def caseload_or_couple(asker: Asker) -> Asker:
    """Fill in couples and people; runs as Attune itself, before the asker's own role is taken on."""
    couples: Any
    if asker.role == roles.PORTAL:
        couples = Partner.objects.filter(
            client_id=asker.person_id, left_at=None, couple__status__in=["active", "paused"]
        ).values_list("couple_id", flat=True)
    elif asker.role == roles.THERAPIST:
        own = CaseloadEntry.objects.filter(membership__user_id=asker.user_id).values_list("couple_id", flat=True)
        running = Q(until=None) | Q(until__gt=Now())
        covered = Cover.objects.filter(running, membership__user_id=asker.user_id, ended_at=None)
        couples = own.union(covered.values_list("couple_id", flat=True))
    else:
        return asker
    found = list(couples)
    places = list(Partner.objects.filter(couple_id__in=found).values_list("client_id", "left_at"))
    people = {client for client, _left_at in places}
    if asker.person_id:
        people.add(asker.person_id)
    in_portal = asker.role == roles.PORTAL
    present = {client for client, left_at in places if left_at is None} if in_portal else set()
    return replace(asker, couples=found, people=sorted(people), present=sorted(present))


@identity.register_person_finder
def clients_of(user: User) -> list[Client]:
    """Return the clients whose portal login this user is, in all practices; read as the login role."""
    return list(Client.objects.filter(user_id=user.pk).order_by("made_at"))


@identity.register_zone_finder
def zone_of(client: Client) -> str:
    return Contact.objects.filter(client=client).values_list("time_zone", flat=True).first() or ""
