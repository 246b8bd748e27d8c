"""Changing the keys that wrap others, while everybody works.

Nothing is opened or sealed anew but keys: the installation's key wraps one secret and a key for each practice, and
that one wraps its clients' keys. Each step is small, is a transaction of its own and is found by what is still
under the old key: it can be ended at any moment and begun again, and several may run at once.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.db import connection
from psycopg import sql

from practice import clock, dispatch, keyring, roles, tenancy, vault
from practice.models import DataKey, InstallationSecret, PracticeKey

#: How many keys are wrapped anew in one transaction.
PORTION = 100


def after_migration(**kwargs: Any) -> None:
    make_installation_secret()


def make_installation_secret() -> None:
    """Make the installation's secret where there is none. Needs the owner of the tables.

    An installation from before it had one keeps what it derived from its key, so that links and hashes still hold.
    """
    with connection.cursor() as cursor:
        if _holds_rows(cursor, "practice_installationsecret") is not False:
            return
        in_use = _holds_rows(cursor, "account_emailaddress")
    secret = keyring.present()[1] if in_use else keyring.fresh()
    wrapped_by, wrapped = vault.wrap_installation_secret(secret)
    InstallationSecret.objects.get_or_create(name=vault.ROOT, defaults={"wrapped_by": wrapped_by, "wrapped": wrapped})


def _holds_rows(cursor: Any, table: str) -> bool | None:
    """Tell whether there is anything in a table; None where there is no table (yet, or any more)."""
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
    if not cursor.fetchone()[0]:
        return None
    cursor.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table)))
    return cursor.fetchone()[0]


def has_installation_secret() -> bool:
    """Tell whether the installation's secret was made: the first migration does it."""
    with connection.cursor() as cursor:
        return bool(_holds_rows(cursor, "practice_installationsecret"))


def wrap_installation_secret_anew() -> bool:
    """Put the installation's secret under the present key; tell whether it was under another one."""
    present, _key = keyring.present()
    with tenancy.acting(tenancy.Asker(role=roles.DISPATCH)):
        row = InstallationSecret.objects.select_for_update(of=("self",)).get(name=vault.ROOT)
        if row.wrapped_by == present:
            return False
        secret = keyring.unwrap(row.wrapped_by, bytes(row.wrapped), b"installation")
        wrapped_by, wrapped = vault.wrap_installation_secret(secret)
        InstallationSecret.objects.filter(name=vault.ROOT).update(wrapped_by=wrapped_by, wrapped=wrapped)
    return True


def rotate_practice(practice_id: uuid.UUID, *, portion: int = PORTION) -> int:
    """Put one practice's keys under the installation's present key; return how many were wrapped anew."""
    return _until_none(practice_id, _wrap_practice_keys_anew, portion) + _until_none(practice_id, _move_keys, portion)


def renew_practice_key(practice_id: uuid.UUID, *, portion: int = PORTION) -> int:
    """Give a practice a new key, bring all its keys under that one and destroy the old; return how many moved.

    Where it was ended half-way a new key is there already: the rest is moved to the newest one.
    """
    with tenancy.acting(tenancy.as_system(practice_id)):
        if PracticeKey.objects.filter(wrapped__isnull=False).count() < 2:
            PracticeKey.objects.make(practice_id)
    moved = 0
    while True:
        moved += _until_none(practice_id, _move_keys, portion)
        with tenancy.acting(tenancy.as_system(practice_id)):
            if _destroy_old():
                return moved


def needed_keys() -> Counter[str]:
    """Return by which keys of the installation how many are still wrapped; '' stands for those without a name."""
    found: Counter[str] = Counter()
    with tenancy.acting(tenancy.Asker(role=roles.DISPATCH)):
        found.update(InstallationSecret.objects.values_list("wrapped_by", flat=True))
    for practice_id in dispatch.practices():
        with tenancy.acting(tenancy.as_system(practice_id)):
            found.update(PracticeKey.objects.filter(wrapped__isnull=False).values_list("wrapped_by", flat=True))
            found[""] += DataKey.objects.filter(wrapped_by=None, wrapped__isnull=False).count()
    return +found


def _until_none(practice_id: uuid.UUID, step: Callable[[uuid.UUID, int], int], portion: int) -> int:
    done = 0
    while True:
        with tenancy.acting(tenancy.as_system(practice_id)):
            count = step(practice_id, portion)
        if not count:
            return done
        done += count


def _wrap_practice_keys_anew(practice_id: uuid.UUID, portion: int) -> int:
    present, _key = keyring.present()
    rows = PracticeKey.objects.filter(wrapped__isnull=False).exclude(wrapped_by=present)
    rows = rows.select_for_update(no_key=True)
    held = list(rows.order_by("pk")[:portion])
    for row in held:
        secret = vault.unwrap_practice_key(row)
        row.wrapped_by, row.wrapped = vault.wrap_practice_key(practice_id, row.pk, secret)
        row.save(update_fields=["wrapped_by", "wrapped"])
    return len(held)


def _move_keys(practice_id: uuid.UUID, portion: int) -> int:
    """Bring data keys under the practice's newest key."""
    elsewhere = DataKey.objects.filter(wrapped__isnull=False)
    newest = PracticeKey.objects.filter(wrapped__isnull=False).order_by("-pk").first()
    if newest is not None:
        elsewhere = elsewhere.exclude(wrapped_by=newest)
    rows = elsewhere.select_related("wrapped_by").select_for_update(of=("self",), no_key=True)
    held = list(rows.order_by("pk")[:portion])
    if not held:
        return 0
    newest = PracticeKey.objects.present(practice_id)
    for row in held:
        secret = vault.unwrap(row)
        row.wrapped_by = newest
        row.wrapped = vault.wrap_key(row, secret)
        row.save(update_fields=["wrapped_by", "wrapped"])
    return len(held)


def _destroy_old() -> bool:
    """Destroy practice keys that wrap nothing and are not the newest; tell whether the newest is alone now."""
    whole = PracticeKey.objects.filter(wrapped__isnull=False)
    newest = whole.order_by("-pk").first()
    held = list(whole.exclude(pk=newest and newest.pk).select_for_update(no_key=True).order_by("pk"))
    # Asked only now: whoever made a key under one of these held its row, and is done.
    used = set(DataKey.objects.filter(wrapped_by__in=held, wrapped__isnull=False).values_list("wrapped_by", flat=True))
    unused = [row.pk for row in held if row.pk not in used]
    whole.filter(pk__in=unused).update(wrapped=None, destroyed_at=clock.Now(), destroyed_why="replaced")
    return len(unused) == len(held)
