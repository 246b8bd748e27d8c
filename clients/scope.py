"""What the person wall lets through: a therapist's caseload and what they cover, a partner's own couples."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.db import connection
from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast

from clients.models import CaseloadEntry, Client, Cover, EmergencyAccess, Partner, Supervision
from practice import identity, roles, tenancy
from practice.clock import Now
from practice.models import Membership, User
from practice.tenancy import Asker
from practice.written import Written

#: An id that nobody has.
NOBODY = uuid.UUID(int=0)


@tenancy.register_scope
def caseload_or_couple(asker: Asker) -> Asker:
    """Fill in couples and people; runs as Attune itself, before the asker's own role is taken on."""
    if asker.role == roles.PORTAL:
        return _of_person(asker)
    if asker.role in (roles.THERAPIST, roles.SUPERVISOR):
        rows = _within_walls(asker)
        couples = {couple for couple, _opened in rows}
        asker = replace(
            asker,
            emergencies=sorted({couple for couple, opened in rows if opened}),
            notes=sorted({couple for couple, opened in rows if opened == EmergencyAccess.What.NOTES}),
        )
    else:
        return asker
    found = _shared(asker, list(couples)) if asker.sharing else list(couples)
    places = _PLACES.all(couples=found)
    asker = replace(asker, couples=found, people=sorted({client for client, _left_at in places}))
    return replace(asker, room=_room(places), notes=[]) if asker.sharing else asker


_PLACES: Written[tuple[uuid.UUID, Any]] = Written(
    lambda couples: Partner.objects.filter(couple_id__in=couples).values_list("client_id", "left_at"),
    couples=[uuid.UUID],
)
#: Everybody who is or was in the couples that a person is in now.
_AROUND: Written[tuple[uuid.UUID, uuid.UUID, Any]] = Written(
    lambda person: Partner.objects.filter(
        couple__partners__client_id=person,
        couple__partners__left_at=None,
        couple__status__in=["active", "paused"],
    ).values_list("couple_id", "client_id", "left_at"),
    person=uuid.UUID,
)


def _of_person(asker: Asker) -> Asker:
    if asker.person_id is None:
        return asker
    around = _AROUND.all(person=asker.person_id)
    return replace(
        asker,
        couples=sorted({couple for couple, _client, _left_at in around}),
        people=sorted({asker.person_id, *(client for _couple, client, _left_at in around)}),
        present=sorted({client for _couple, client, left_at in around if left_at is None}),
    )


def _shared(asker: Asker, couples: list[uuid.UUID]) -> list[uuid.UUID]:
    """The one couple in front of the screen, as long as it is one that this member may see."""
    return [asker.sharing] if asker.sharing in couples else []


def _room(places: list[tuple[uuid.UUID, Any]]) -> list[uuid.UUID]:
    """Who sits there: the partners in care. One person alone is no joint session, and then nothing is shown."""
    present = sorted(client for client, left_at in places if left_at is None)
    return present if len(present) > 1 else [NOBODY]


PRACTICE, USER = object(), object()
#: Under its only key: what :func:`_grants` asks, as SQL, and its values with the two that differ left open. The text is
#: the same for everybody, and each request and job asks.
_written: dict[str, tuple[str, tuple[Any, ...]]] = {}


def _within_walls(asker: Asker) -> list[tuple[uuid.UUID, str]]:
    """Return whose words a member of staff reads: ids of couples, and what was opened of each in an emergency.

    Django takes longer to write this query than the server to answer it, so it is written once in each process.
    """
    if asker.practice_id is None:
        raise tenancy.NoPractice("Whose words somebody reads is asked inside a practice.")
    if asker.user_id is None:
        return []  # nobody's caseload; and with nobody in it the query would be another one
    found = _written.get("grants")
    if found is None:
        # Whoever is second writes the same once more.
        found = _written["grants"] = _left_open(asker.practice_id, asker.user_id)
    sql, places = found
    asked: dict[Any, Any] = {PRACTICE: asker.practice_id, USER: asker.user_id}
    with connection.cursor() as cursor:
        cursor.execute(sql, [asked.get(one, one) for one in places])
        return cursor.fetchall()


def _left_open(practice_id: uuid.UUID, user_id: uuid.UUID) -> tuple[str, tuple[Any, ...]]:
    """Write the query for one member and leave open where they and their practice stand in it."""
    sql, values = _grants(user_id).query.sql_with_params()
    own: dict[Any, object] = {practice_id: PRACTICE, user_id: USER}
    places = tuple(own.get(one, one) for one in values)
    # Each of its four parts names both; a value of anybody's that stayed in it would be asked for by all.
    if places.count(USER) < PARTS or places.count(PRACTICE) < PARTS:
        raise AssertionError("The query of whose words staff read does not name its asker in each part.")
    return sql, places


#: Caseload, cover, supervision, emergency.
PARTS = 4


def _grants(user_id: uuid.UUID | None) -> QuerySet:
    """Their caseload, what they cover, whom they supervise, and emergencies.

    It is the same for a therapist, a supervisor and an owner: no role reads answers by itself.
    """
    now_on = Q(until=None) | Q(until__gt=Now())
    member, usual = {"membership__user_id": user_id}, Value("", output_field=CharField())
    grants = Supervision.objects.filter(
        now_on, supervisor__user_id=user_id, supervisor__role=Membership.Role.SUPERVISOR, ended_at=None
    )
    found = [
        CaseloadEntry.objects.filter(**member).annotate(opened=usual),
        Cover.objects.filter(now_on, **member, ended_at=None).annotate(opened=usual),
        CaseloadEntry.objects.filter(membership__supervised_by__in=grants).annotate(opened=usual),
        EmergencyAccess.objects.filter(**member, ended_at=None, until__gt=Now()).annotate(
            opened=Cast("what", CharField())
        ),
    ]
    first, *others = [rows.values_list("couple_id", "opened") for rows in found]
    return first.union(*others)


def clients_of(user: User) -> list[Client]:
    """Return the clients whose portal login this user is, in all practices; read as the login role."""
    return _OF_USER.all(user=user.pk)


def _by_user(user: Any) -> QuerySet[Client]:
    return Client.objects.filter(user_id=user).order_by("made_at")


_OF_USER: Written[Client] = Written(_by_user, user=uuid.UUID)
identity.register_people(Written(lambda: _by_user(identity.BoundUser())))
