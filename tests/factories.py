"""Factories: one object, one practice, nothing hidden. All of them work inside ``acting(practice)``."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from clients import reach
from clients.models import CaseloadEntry, Client, Consent, Contact, Couple, Partner
from practice import identity, tenancy
from practice.ids import uuid7
from practice.models import Membership, Practice, User

PASSWORD = "four everyday words here"
_numbers = itertools.count(1)


def make_practice(name: str = "Linden House", **fields: Any) -> Practice:
    practice_id = uuid7()
    with tenancy.acting(tenancy.as_system(practice_id)):
        return Practice.objects.create(
            id=practice_id,
            **{
                "name": name,
                "slug": f"practice-{next(_numbers)}",
                "country": "GB",
                "time_zone": "Europe/London",
                "duty_set_at": timezone.now(),
                **fields,
            },
        )


@contextmanager
def inside(practice: Practice) -> Iterator[None]:
    """Work as Attune itself in a practice."""
    with tenancy.acting(tenancy.as_system(practice.pk)):
        yield


def make_user(email: str = "", time_zone: str = "Europe/London") -> User:
    from allauth.account.models import EmailAddress

    user = User.objects.create_user(email or f"person{next(_numbers)}@example.org", PASSWORD, time_zone=time_zone)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_member(practice: Practice, role: str = "therapist", name: str = "Dr Ines Karlsen") -> Membership:
    user = make_user()
    with inside(practice):
        return Membership.objects.create(practice=practice, user=user, role=role, name=name)


def make_client(practice: Practice, name: str, *, login: bool = True, time_zone: str = "") -> Client:
    zone = time_zone or practice.time_zone
    user = make_user(time_zone=zone) if login else None
    with inside(practice):
        client = Client.objects.create(practice=practice, name=name, user=user)
        Contact.objects.create(practice=practice, client=client, time_zone=zone, email=user.email if user else "")
        reach.begin(client)
        if login:
            from clients.consents import REQUIRED

            Consent.objects.bulk_create(
                Consent(practice=practice, client=client, about=about, version=version)
                for about, version in REQUIRED.items()
            )
        return client


def make_couple(
    practice: Practice,
    names: tuple[str, ...] = ("Mara", "Theo"),
    *,
    therapist: Membership | None = None,
    login: bool = True,
) -> Couple:
    people = [make_client(practice, name, login=login) for name in names]
    with inside(practice):
        couple = Couple.objects.create(
            practice=practice, time_zone=practice.time_zone, started_on=datetime.date(2026, 3, 2)
        )
        for position, person in enumerate(people):
            Partner.objects.create(practice=practice, couple=couple, client=person, position=position)
        if therapist is not None:
            CaseloadEntry.objects.create(practice=practice, membership=therapist, couple=couple)
        return Couple.objects.with_partners().get(pk=couple.pk)


def takes_part(couple: Couple, member: Membership) -> Membership:
    """Put a couple on somebody's caseload as well: no role reads answers by itself."""
    with inside(member.practice):
        CaseloadEntry.objects.get_or_create(membership=member, couple=couple)
    return member


def asker_for(who: Membership | Client) -> tenancy.Asker:
    """Return what a request of this member or client is bound to."""
    if isinstance(who, Membership):
        one = identity.Identity(user_of(who), who.practice_id, membership=who)
    else:
        one = identity.Identity(user_of(who), who.practice_id, person=who)
    return tenancy.scoped(one.asker())


def user_of(who: Membership | Client) -> User:
    return User.objects.get(pk=who.user_id)


@contextmanager
def acting_as(who: Membership | Client) -> Iterator[None]:
    """Bind the database exactly as a request of this person does."""
    with tenancy.acting(asker_for(who)):
        yield


def signed_in(who: Membership | Client, **kwargs: Any) -> Browser:
    """Return a test browser signed in as a member or client."""
    browser = Browser(**kwargs)
    browser.force_login(user_of(who), backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


@pytest.fixture
def practice(db: None) -> Practice:
    return make_practice()


@pytest.fixture
def neighbour(db: None) -> Practice:
    """Another practice in the same installation."""
    return make_practice("Harbour Rooms")


@pytest.fixture
def therapist(practice: Practice) -> Membership:
    return make_member(practice)


@pytest.fixture
def owner(practice: Practice) -> Membership:
    return make_member(practice, "owner", "Olu Owner")


@pytest.fixture
def colleague(practice: Practice) -> Membership:
    """A therapist of the same practice whose caseload is another one."""
    return make_member(practice, name="Dr Sam Lund")


@pytest.fixture
def coordinator(practice: Practice) -> Membership:
    return make_member(practice, "coordinator", "Cory Desk")


@pytest.fixture
def couple(practice: Practice, therapist: Membership) -> Couple:
    return make_couple(practice, therapist=therapist)


@pytest.fixture
def mara(couple: Couple) -> Client:
    return couple.clients[0]


@pytest.fixture
def theo(couple: Couple) -> Client:
    return couple.clients[1]
