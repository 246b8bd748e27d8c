"""Secrets of authenticator apps and recovery codes lie sealed, each for one user and one kind of step.

The library seals and opens a text without saying whose it is. So what is about to be sealed waits until it stands on
an authenticator, and what was read carries along whose row it stood on. A secret in somebody else's row, or in the
row of another kind, does not open: whoever writes to the database cannot sign in as another with what they know.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models.signals import post_init, pre_save
from django.dispatch import receiver

from practice import vault
from practice.keyring import KeyOutOfReach, SealBroken

log = logging.getLogger(__name__)

#: Where secrets stand in an authenticator's data; the last holds a list of them.
ONE, MANY = ("secret", "seed"), "migrated_codes"
#: What all of them were bound to before they were bound to anybody. Nothing opens there but :func:`seal_anew`.
NOBODYS = "mfa"


class Unsealed(str):
    """A secret that no authenticator holds yet. As a text it is empty: nowhere else does it tell or open anything."""

    plain: str

    @classmethod
    def of(cls, plain: str) -> Unsealed:
        found = cls()
        found.plain = plain
        return found


class Sealed(str):
    """A sealed secret, with the place that its row gives it."""

    place: str

    @classmethod
    def at(cls, text: str, place: str) -> Sealed:
        found = cls(text)
        found.place = place
        return found


def place_of(user_id: uuid.UUID, kind: str) -> str:
    """Return what the secrets of one user's authenticator of one kind are bound to."""
    return f"second step {kind} {user_id}"


def opened(text: str) -> str:
    """Open a secret that was read from an authenticator; raise :class:`SealBroken` where it was sealed for another."""
    if not isinstance(text, Sealed):
        raise SealBroken("A second step's secret stands on no authenticator.")
    return vault.unseal_for_installation(text, text.place)


@receiver([post_init, pre_save], sender=Authenticator)
def takes_its_place(instance: Authenticator, **kwargs: Any) -> None:
    """Seal what is new for this row's user, and note on what was read whose row it stands on."""
    held, user_id = instance.__dict__.get("data"), instance.__dict__.get("user_id")
    if held and user_id:
        place = place_of(user_id, instance.type)
        instance.data = _each(held, lambda text: _placed(text, place))


def _placed(text: str, place: str) -> Sealed:
    if isinstance(text, Unsealed):
        text = vault.seal_for_installation(text.plain, place)
    return Sealed.at(text, place)


def _each(data: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    changed: dict[str, Any] = {key: change(data[key]) for key in ONE if isinstance(data.get(key), str)}
    if data.get(MANY):
        changed[MANY] = [change(one) for one in data[MANY]]
    return {**data, **changed}


def seal_anew(rows: Iterable[Any], *, back: bool = False) -> int:
    """Bind secrets from before, which were bound to nobody, to the user in whose row they stand; return how many rows.

    For the one migration that does it, with its historical rows: run again, it would take for somebody's own what was
    put into their row since. A secret that does not open stays as it is, and never will. ``back`` undoes it, for the
    version before.
    """
    done = 0
    for row in rows:
        places = (NOBODYS, place_of(row.user_id, row.type))
        before, after = reversed(places) if back else places
        try:
            row.data = _each(row.data, lambda text, a=before, b=after: _moved(text, a, b))
        except KeyOutOfReach:
            raise
        except SealBroken:
            log.warning("second step %s does not open and was left as it is", row.pk)
            continue
        row.save(update_fields=["data"])
        done += 1
    return done


def _moved(text: str, before: str, after: str) -> str:
    return vault.seal_for_installation(vault.unseal_for_installation(text, before), after)
