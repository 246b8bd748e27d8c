"""Taking couples from elsewhere in at once, with a record of it; and undoing that where nothing has happened since."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from clients import inviting, starting
from clients.bringing.looking import Choices, look
from clients.bringing.reading import read
from clients.models import BroughtIn, CaseloadEntry, Client, ClientInvitation, Contact, Couple, Partner, Reach
from clients.status import ENDED
from practice import archives, outbox, tenancy, trail_words
from practice.models import Archive, AuditEvent, Membership, Message

#: What the trail calls changes; looks are none.
CHANGES = ("insert", "update", "delete")
#: A letter in these has not left.
STILL_HERE = (Message.State.PLANNED, Message.State.CANCELLED, Message.State.SKIPPED)
UNDONE = "the import was undone"


class NothingToTake(Exception):
    """No couple of the table can come in."""


def take(waiting: Archive, *, anyway: Collection[int], invite: bool, by: Membership) -> BroughtIn:
    """Take in all couples that can come, or none; the file is destroyed. With ``invite``, write to who has an address.

    Looks the table through anew: what stands there now counts. Raises :class:`archives.NotThere` where it was taken
    before, :class:`NothingToTake`, and IntegrityError where somebody began to use an address in this very moment.
    """
    with transaction.atomic(), tenancy.elevated():
        held = archives.waiting(waiting.pk, user_id=waiting.user_id, lock=True)
        choices = Choices.of(held.details)
        if choices is None:
            raise archives.NotThere
        table = read(archives.read(held))
        seen = look(table, choices)
        coming = seen.taken(anyway)
        if not coming:
            raise NothingToTake
        couples = starting.take_on_all([one.new for one in coming if one.new])
        if invite:
            _invite([couple for couple in couples if couple.status not in ENDED], by)
        archives.destroy(held)
        # The last row that is written: what the trail holds behind its line has happened since.
        return BroughtIn.objects.create(
            brought_by=by,
            fingerprint=held.sha256,
            rows=len(table.rows),
            couples=len(couples),
            people=sum(len(one.names) for one in coming),
            left_out=len(seen.couples) - len(coming),
            invited=invite,
            made=[couple.pk for couple in couples],
        )


def _invite(couples: list[Couple], by: Membership) -> None:
    for couple in Couple.objects.with_partners().filter(pk__in=[one.pk for one in couples]):
        for client in couple.clients:
            inviting.invite(client, couple, by=by)


# ── undoing ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Stays:
    """A couple that came in, and what has happened with it since; nothing: it can go again."""

    couple: Couple
    since: tuple[str, ...]


def standing(brought: BroughtIn) -> list[Stays]:
    """Return the couples of an import that are here, and what has happened with each. Costs the same for any number."""
    with tenancy.elevated():
        couples = list(Couple.objects.with_partners().filter(pk__in=brought.made).order_by("pk"))
        since = _since(brought, couples)
    return [Stays(couple, tuple(sorted(since[couple.pk]))) for couple in couples]


def _since(brought: BroughtIn, couples: list[Couple]) -> dict[uuid.UUID, set[str]]:
    whose = {client.pk: couple.pk for couple in couples for client in couple.clients}
    whose |= {couple.pk: couple.pk for couple in couples}
    ids = list(whose)
    mine = AuditEvent.objects.filter(practice_id=brought.practice_id)
    line = mine.filter(subject=BroughtIn._meta.db_table, subject_id=brought.pk, act="insert").values_list(
        "pk", flat=True
    )
    lines = mine.filter(pk__gt=line[0], act__in=CHANGES).filter(
        Q(couple_id__in=ids) | Q(client_id__in=ids) | Q(subject_id__in=ids)
    )
    found: dict[uuid.UUID, set[str]] = defaultdict(set)
    for subject, *about in lines.values_list("subject", "couple_id", "client_id", "subject_id").distinct():
        for one in about:
            if one in whose:
                found[whose[one]].add(trail_words.thing(subject))
    left = Message.objects.filter(Q(couple_id__in=ids) | Q(person_id__in=ids)).exclude(state__in=STILL_HERE)
    for pair in left.values_list("couple_id", "person_id"):
        for one in pair:
            if one in whose:
                found[whose[one]].add(_("a message that has left"))
    return found


def undo(brought: BroughtIn, *, by: Membership) -> list[Stays]:
    """Take back the couples of an import with whom nothing has happened; return those that stay, and why.

    What goes is removed as if it had never come; the trail says that, and the record of the import stays.
    """
    with transaction.atomic(), tenancy.elevated():
        held = BroughtIn.objects.select_for_update().get(pk=brought.pk)
        # Whoever writes about one of them now waits, or has written before we look.
        list(Couple.objects.filter(pk__in=held.made).order_by("pk").select_for_update())
        there = standing(held)
        stay = [one for one in there if one.since]
        _remove([one.couple for one in there if not one.since])
        held.made = [one.couple.pk for one in stay]
        held.taken_back += len(there) - len(stay)
        held.undone_at, held.undone_by = timezone.now(), by
        held.save(update_fields=["made", "taken_back", "undone_at", "undone_by"])
    return stay


def _remove(couples: list[Couple]) -> None:
    ids = [couple.pk for couple in couples]
    people = [client.pk for couple in couples for client in couple.clients]
    outbox.cancel_for_couples(ids, UNDONE)
    for rows in (
        ClientInvitation.objects.filter(couple_id__in=ids),
        CaseloadEntry.objects.filter(couple_id__in=ids),
        Partner.objects.filter(couple_id__in=ids),
        Reach.objects.filter(client_id__in=people),
        Contact.objects.filter(client_id__in=people),
        Couple.objects.filter(pk__in=ids),
        Client.objects.filter(pk__in=people),
    ):
        rows._raw_delete(rows.db)
    # If anything else hangs on them that the trail does not know of, nothing at all is removed.
    connection.check_constraints()
