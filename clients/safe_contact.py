"""Safe contact: where somebody may be told that something changed in how they sign in, and that nothing else reaches.

Asked by the therapist in person, apart from the others, and again from time to time, because what is safe changes.
Until then there is nothing but their own pages. A notice waits for the person's own hours; where it cannot leave by
the way they named it goes no other way, and stands with the therapist instead.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clients import kinds, letters, quiet
from clients.models import Client, Contact, Partner
from clients.scope import clients_of
from practice import mailboxes, notices, outbox, tenancy
from practice.channels.base import Letter
from practice.ids import uuid7
from practice.models import Membership, Message, User
from practice.tenancy import Asker
from practice.written import Written

KIND = "security"
Channel = Message.Channel
State = Message.State
#: After this a person is told by their therapist, and not by a letter about something long past.
FRESH_FOR = datetime.timedelta(days=3)
#: So often somebody asks anew.
ASK_AGAIN = datetime.timedelta(days=90)
#: Why one did not leave: the way they named is another one by now, or none.
ANOTHER_WAY = "another way is safe"


def tell(user: User, what: str) -> bool:
    """Plan a notice by the safe contact of somebody in care; return whether the user is one.

    ``what`` never leaves the house: the letter has the words of every other. In several practices the one that asked
    last decides. Where nothing but their own pages is safe, nothing is planned.
    """
    contacts = _contacts_of(user)
    if not contacts:
        return False
    newest = _asked_last(contacts)
    if newest.safe_channel != Channel.PORTAL:
        with _inside(newest.client):
            _plan(newest)
    return True


def may_leave_now(user: User) -> bool:
    """Tell whether a letter that somebody asks for to get in may leave to the mailbox of an account now.

    Asked for by whoever knows the address, it is no other than a notice once its owner was asked what is safe: it
    leaves to the mailbox they named, in their own hours, and otherwise not at all. It does not wait, since what is in
    it is good for minutes, and never goes elsewhere, since it opens the account. Before anybody asked them it leaves
    at once: a reminder's quiet hours are not meant to keep people out.
    """
    asked = [one for one in _contacts_of(user) if one.asked_on]
    if not asked:
        return True
    newest = _asked_last(asked)
    if newest.safe_channel != Channel.EMAIL or mailboxes.normal(newest.email) != mailboxes.normal(user.email):
        return False
    return not quiet.is_quiet(timezone.now(), newest.quiet_from, newest.quiet_until, newest.zone)


def _asked_last(contacts: list[Contact]) -> Contact:
    return max(contacts, key=lambda one: (one.asked_on or datetime.date.min, str(one.pk)))


def _contacts_of(user: User) -> list[Contact]:
    bound = tenancy.current()
    if bound is not None:
        with tenancy.elevated():
            return list(Contact.objects.select_related("client").filter(client__user_id=user.pk))
    found: list[Contact] = []
    with transaction.atomic():
        tenancy.bind_user(user.pk)
        clients = clients_of(user)
    for client in clients:
        with _inside(client):
            found += Contact.objects.select_related("client").filter(client=client)
    return found


def _inside(client: Client) -> AbstractContextManager[Asker]:
    """As Attune itself in the practice of somebody, whether or not a request is bound to it already."""
    if tenancy.current() is not None:
        return tenancy.elevated()
    return tenancy.acting(tenancy.as_system(client.practice_id))  # type: ignore[arg-type]


def _plan(contact: Contact) -> None:
    couple = Partner.objects.filter(client=contact.client_id, left_at=None).order_by("-couple__started_on").first()
    outbox.plan(
        KIND,
        person_id=contact.client_id,
        about_id=contact.client_id,
        couple_id=couple.couple_id if couple else None,
        occasion=f"{KIND}:{uuid7()}",
        due_at=timezone.now(),
        fresh_for=FRESH_FOR,
        channel=contact.safe_channel,
    )


class SecurityNotice(outbox.Handler):
    """Rather twice than never, but by the safe way alone and in the person's own hours alone."""

    repeats = True
    passes_holds = True

    def decide(self, messages: Sequence[Message], now: datetime.datetime) -> dict[uuid.UUID, outbox.Verdict]:
        rows = Contact.objects.select_for_update(no_key=True).filter(client__in={one.person_id for one in messages})
        contacts = {one.client_id: one for one in rows.order_by("pk")}
        return {one.pk: verdict(one, contacts.get(one.person_id), now) for one in messages}

    def compose(self, message: Message) -> Letter:
        return letters.write(message, Client.objects.get(pk=message.person_id), "reminder")

    def compose_all(self, messages: Sequence[Message]) -> dict[uuid.UUID, Letter]:
        return letters.write_all(messages, "reminder")


def verdict(message: Message, contact: Contact | None, now: datetime.datetime) -> outbox.Verdict:
    """Say what becomes of one notice: sent by the way and at the hours of the person, later, or not at all."""
    if contact is None or contact.safe_channel != message.channel:
        return outbox.Skip(ANOTHER_WAY)
    windows = [quiet.Window(contact.quiet_from, contact.quiet_until)]
    if message.channel == Channel.SMS:
        windows += quiet.text_message_hours(contact.zone, contact.phone)
    later = quiet.next_allowed_by_all(now, windows, contact.zone)
    if later is None:
        return outbox.Skip("no hour is safe")
    return outbox.Wait(later) if later > now else outbox.Send()


# ── what a therapist does about it ───────────────────────────────────────────


def keep(contact: Contact, said: dict[str, object], *, by: Membership) -> None:
    """Write down what somebody said in person, with the day and who asked."""
    for name in ("safe_channel", "never_call", "call_when", "call_as"):
        setattr(contact, name, said[name])
    contact.asked_on, contact.asked_by = timezone.localdate(), by
    contact.save(update_fields=["safe_channel", "never_call", "call_when", "call_as", "asked_on", "asked_by"])


_TO_ASK: Written[Partner] = Written(
    lambda couples, long_ago: (
        Partner.objects.filter(
            Q(client__contacts__asked_on=None) | Q(client__contacts__asked_on__lt=long_ago),
            couple_id__in=couples,
            left_at=None,
            client__user__isnull=False,
        )
        .select_related("client")
        .distinct()
        .order_by("couple_id", "position")
    ),
    couples=[uuid.UUID],
    long_ago=datetime.date,
)


def to_ask(couples: Collection[uuid.UUID], today: datetime.date) -> list[Partner]:
    """Return the partners in care whom nobody has asked for a while, or ever; one query."""
    return _TO_ASK.all(couples=couples, long_ago=today - ASK_AGAIN)


_UNTOLD: Written[Message] = Written(
    lambda couples, since: Message.objects.filter(
        Q(state=State.SKIPPED) & ~Q(reason=ANOTHER_WAY) | Q(state__in=[State.DEAD, State.BOUNCED]),
        kind=KIND,
        couple_id__in=couples,
        finished_at__gte=since,
    ).order_by("finished_at"),
    couples=[uuid.UUID],
    since=datetime.datetime,
)


def untold(couples: Collection[uuid.UUID], since: datetime.datetime) -> list[Message]:
    """Return notices that could not leave by the safe way: somebody tells these people in person. One query."""
    return _UNTOLD.all(couples=couples, since=since)


def _describe(person: Client, messages: Sequence[Message]) -> dict[uuid.UUID, kinds.About]:
    about = kinds.About(_("Something about how you sign in"), reverse("portal_you"))
    return dict.fromkeys((one.pk for one in messages), about)


outbox.register(KIND, SecurityNotice())
notices.register(tell)
notices.register_gate(may_leave_now)
kinds.register(kinds.Kind(KIND, _describe))
