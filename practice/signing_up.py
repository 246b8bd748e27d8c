"""Signing up: an owner and their practice come into being together."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.utils.text import slugify

from practice import mailboxes, tenancy
from practice.ids import uuid7
from practice.models import Membership, Practice, User

LONGEST_SLUG = 48


@dataclass(frozen=True)
class NewPractice:
    """What the sign-up page asks for."""

    owner: str
    email: str
    password: str
    name: str
    country: str
    time_zone: str


def sign_up(new: NewPractice) -> User | None:
    """Make the account, the practice and its owner; return None when the address is somebody's already.

    Then nothing is made, and it takes as long. Needs the login role and a transaction around it.
    """
    if mailboxes.account_of(new.email) is not None:
        make_password(new.password)
        return None
    user = mailboxes.open_account(new.email, new.password, zone=new.time_zone, verified=False)
    with tenancy.acting(tenancy.as_system(uuid7(), user_id=user.pk)) as asker:
        practice = Practice.objects.create(
            id=asker.practice_id,
            name=new.name,
            slug=slug_for(new.name, asker.practice_id.hex),  # type: ignore[union-attr]
            country=new.country,
            time_zone=new.time_zone,
        )
        Membership.objects.create(practice=practice, user=user, role=Membership.Role.OWNER, name=new.owner)
    return user


def slug_for(name: str, random: str) -> str:
    """Return a short name nobody else has.

    The wall hides other practices' names, so none is asked for: the end of a random id makes it its own.
    """
    return f"{slugify(name)[:LONGEST_SLUG].strip('-') or 'practice'}-{random[-6:]}"
