"""Erasing what is kept of a person: what they wrote, how they are reached, and the keys to all of it.

It needs two people (:mod:`practice.two_people`), and nothing may speak against it when the second one says yes: care,
a hold, a law (:mod:`clients.retaining`). It is one transaction, in turn with everybody who writes about that person:
what was begun before goes along, what comes after is refused by the database. What is left is a row that names
nobody, and the proof (:class:`clients.models.Erasure`). Copies of the database lose its texts with the last copy of
the keys, and the rest when they run out themselves; a restored one is told again by ``manage.py erased --again``.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import logging
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clients import removing, retaining
from clients.models import Client, Couple, Erasure, ErasureRequest, Partner
from clients.retaining import Standing
from clients.signals import somebody_gone
from practice import archives, clock, closing, destroying, envelopes, outbox, roles, tenancy, two_people
from practice.backups.restoring import erases_again, erases_own_again
from practice.models import DataKey, Membership, Message, Practice, TwoPersonAct

log = logging.getLogger("attune.erased")

Extent, Ground = Erasure.Extent, Erasure.Ground
ACT = TwoPersonAct.Act.ERASURE


@dataclass(frozen=True)
class By:
    """Who asked for it and who confirmed it."""

    asked: Membership | None = None
    confirmed: Membership | None = None
    operator: str = ""


def ask(standing: Standing, why: str, *, by: Membership) -> TwoPersonAct:
    """Ask a second person to have a client erased.

    Raises :class:`two_people.CannotBeDone` where something speaks against it, and :class:`two_people.NotWaiting` where
    it waits already.
    """
    _refuse(standing)
    ground = Ground.REQUEST if standing.request else Ground.RETENTION
    return two_people.ask(ACT, by=by, why=why, about_id=standing.client.pk, details={"ground": ground.value})


@two_people.does(ACT)
def after_two_agreed(act: TwoPersonAct) -> None:
    """Erase the client that two people agreed on, unless something speaks against it by now."""
    client = Client.objects.filter(pk=act.about_id).first()
    if client is None:
        raise two_people.CannotBeDone(_("There is nobody to erase."))
    by = By(act.asked_by, act.decided_by, act.operator)
    erase(client, ground=Ground(act.details.get("ground", Ground.RETENTION)), by=by)


def erase(client: Client, *, ground: Erasure.Ground, by: By) -> Erasure:
    """Erase all that is kept of a client in the bound practice; return the proof.

    Raises :class:`two_people.CannotBeDone` where something speaks against it.
    """
    with transaction.atomic(), tenancy.elevated():
        practice = Practice.objects.get(pk=tenancy.current_practice_id())
        held = _in_turn(client)
        standing = retaining.standing_of(held, practice)
        _refuse(standing)
        proof = _whole(held, standing, ground, by)
        retaining.answer_erased(held.pk, by=by.confirmed)
    return proof


def erase_own(client: Client, *, by: Membership) -> Erasure | None:
    """Erase at once what nobody but the client could read and what only reaches them; the record of care stays.

    Only their own word does it, a request from their own sign-in: what nobody else can read, nobody else gives away.
    Return the proof; None where nobody asked so, or a hold forbids it.
    """
    with transaction.atomic(), tenancy.elevated():
        practice = Practice.objects.get(pk=tenancy.current_practice_id())
        held = _in_turn(client)
        standing = retaining.standing_of(held, practice)
        their_own_word = standing.request is not None and standing.request.is_their_own_word
        if standing.holds or held.erased_at or not their_own_word:
            return None
        removed, emptied = _remove(held, removing.plan_own)
        outbox.cancel_for_person(held.pk, "erased")
        return _prove(standing, Extent.OWN, Ground.REQUEST, By(asked=by), removed=removed, emptied=emptied, keys=[])


@erases_again
def erase_again(client_id: uuid.UUID) -> Erasure | None:
    """Erase somebody whom a restored copy brought back, whatever stands there now; None for who is erased or unknown.

    Works in the bound practice. It was decided by two people when it was done for the first time.
    """
    with transaction.atomic(), tenancy.elevated():
        client = Client.objects.filter(pk=client_id).first()
        if client is None:
            return None
        held = _in_turn(client)
        if held.erased_at:
            return None
        practice = Practice.objects.get(pk=tenancy.current_practice_id())
        proof = _whole(held, retaining.standing_of(held, practice), Ground.RESTORED, By())
        retaining.answer_erased(held.pk, by=None)
    return proof


@erases_own_again
def erase_own_again(client_id: uuid.UUID, at: datetime.datetime) -> Erasure | None:
    """Erase again what somebody alone could read, where a restored copy is from before ``at``; None where it is not.

    Works in the bound practice. It was their own word when it was done for the first time. Once only: what they
    write afterwards is theirs.
    """
    with transaction.atomic(), tenancy.elevated():
        client = Client.objects.filter(pk=client_id).first()
        if client is None:
            return None
        held = _in_turn(client)
        if held.erased_at or Erasure.objects.filter(client=held, extent=Extent.OWN, at__gte=at).exists():
            return None
        practice = Practice.objects.get(pk=tenancy.current_practice_id())
        removed, emptied = _remove(held, removing.plan_own)
        outbox.cancel_for_person(held.pk, "erased")
        standing = retaining.standing_of(held, practice)
        return _prove(standing, Extent.OWN, Ground.RESTORED, By(), removed=removed, emptied=emptied, keys=[])


def preview(client: Client) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many rows of which tables would go and be emptied, as far as staff may know of them."""
    with _eraser():
        return removing.counts(removing.plan(client.pk))


def is_waiting(client_id: uuid.UUID) -> TwoPersonAct | None:
    """Return the act that waits for a second person, where one does."""
    return two_people.waiting().filter(act=ACT, about_id=client_id).first()


def _refuse(standing: Standing) -> None:
    if standing.against:
        raise two_people.CannotBeDone(" ".join(standing.against))


def _in_turn(client: Client) -> Client:
    """Wait for everybody who writes about a client or puts a paper about them away, and let nobody begin."""
    couples = Couple.objects.filter(partners__client_id=client.pk).order_by("pk").values_list("pk", flat=True)
    list(Couple.objects.filter(pk__in=list(couples)).order_by("pk").select_for_update(no_key=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('erasing ' || %s, 0))", [str(client.pk)])
    return Client.objects.select_for_update().get(pk=client.pk)


def _whole(client: Client, standing: Standing, ground: Erasure.Ground, by: By) -> Erasure:
    user_id = client.user_id
    outbox.cancel_for_person(client.pk, "erased")
    person = removing.person_of(client.pk)
    removed, emptied = _remove(client, removing.plan)
    # Whoever never had a key gets one to be destroyed: files of keys tell a restored copy by it who is erased.
    DataKey.objects.current(tenancy.current_practice_id(), client.pk)
    keys = [one.key_id for one in destroying.destroy_keys_of(client.pk, why="erasure")]
    Partner.objects.filter(client_id=client.pk, left_at=None).update(left_at=clock.Now())
    Client.objects.filter(pk=client.pk).update(erased_at=clock.Now())
    # They may be in any of what lies here to be taken away; it can be asked for anew.
    archives.destroy_all()
    somebody_gone.send(sender=Client, person=person)
    proof = _prove(standing, Extent.WHOLE, ground, by, removed=removed, emptied=emptied, keys=keys)
    if user_id is not None:
        closing.close_unused(user_id)
    return proof


def _remove(client: Client, planned: Callable[[uuid.UUID], removing.Plan]) -> tuple[dict[str, int], dict[str, int]]:
    with _eraser():
        found = planned(client.pk)
        told = removing.counts(found)
        removing.carry_out(found)
    return told


def _eraser() -> AbstractContextManager[tenancy.Asker]:
    asker = tenancy.current()
    if asker is None:
        raise tenancy.NoPractice("Erasing happens inside a practice.")
    return tenancy.acting(replace(asker, role=roles.ERASER))


def _prove(
    standing: Standing,
    extent: Erasure.Extent,
    ground: Erasure.Ground,
    by: By,
    *,
    removed: dict[str, int],
    emptied: dict[str, int],
    keys: list[uuid.UUID],
) -> Erasure:
    practice = Practice.objects.get(pk=tenancy.current_practice_id())
    proof = Erasure(
        client=standing.client,
        extent=extent,
        ground=ground,
        at=timezone.now(),
        asked_by=by.asked,
        confirmed_by=by.confirmed,
        operator=by.operator,
        country=practice.country,
        years=standing.term.years,
        ended_on=standing.ended_on,
        removed=removed,
        emptied=emptied,
        keys=keys,
    )
    proof.digest = digest_of(proof)
    proof.save(force_insert=True)
    line = line_of(proof)
    transaction.on_commit(lambda: log.warning("%s", line))
    return proof


def digest_of(proof: Erasure) -> str:
    """Return the SHA-256 over what a proof says."""
    return hashlib.sha256(json.dumps(proof.canonical(), sort_keys=True).encode()).hexdigest()


# ── for copies that are restored ─────────────────────────────────────────────


def line_of(proof: Erasure) -> str:
    """Return the line that goes to the log: ids and a time, to be handed to a restored copy."""
    at = proof.at.astimezone(datetime.UTC).isoformat(timespec="seconds")
    word = "ERASED" if proof.extent == Extent.WHOLE else "ERASED-OWN"
    return f"{word} practice={proof.practice_id} client={proof.client_id} at={at}"


def lines_of_practice() -> list[str]:
    """Return the lines of all that was erased in the bound practice, the oldest first."""
    rows = Erasure.objects.exclude(ground=Ground.RESTORED).order_by("at", "pk")
    return [line_of(one) for one in rows]


# ── letters ──────────────────────────────────────────────────────────────────


class RequestLetter(outbox.Handler):
    """That somebody asked for erasure: to the owners, neutral, as long as it waits for an answer."""

    repeats = True

    def wanted(self, message: Message) -> str:
        waits = ErasureRequest.objects.filter(pk=message.about_id, answer="").exists()
        owner = Membership.objects.filter(pk=message.person_id, role=Membership.Role.OWNER, ended_at=None).exists()
        return "" if waits and owner else "answered"

    def compose(self, message: Message) -> outbox.Letter:
        return envelopes.to_review(message, reverse("retention"))


outbox.register(retaining.KIND, RequestLetter())
