"""An account that was got back through the mailbox alone: the therapist has met its owner, and opens it again."""

from __future__ import annotations

from clients.models import Client
from practice import audit, signing_in, tenancy
from practice.models import Recovery, User


def waits(client: Client) -> bool:
    """Tell whether what is private to this client is closed to themselves until somebody has met them."""
    return _open(client) is not None


def met_in_person(client: Client, code: str) -> bool:
    """Open what is private to the client again, on the one sign-in that shows ``code``; False where none does.

    For whoever may read the client's answers and has seen who they are, and the code in their hand: not by mail, not
    by telephone. Every other sign-in of the account ends.
    """
    if client.user_id is None:
        return False
    with tenancy.signing_in(client.user_id):
        opened = signing_in.vouch(User(pk=client.user_id), code)
    if opened:
        audit.looked("vouched for", "clients_client", client.pk)
    return opened


def _open(client: Client) -> Recovery | None:
    if client.user_id is None:
        return None
    with tenancy.elevated():
        return signing_in.open_recovery(User(pk=client.user_id))
