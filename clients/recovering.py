"""An account that was got back through the mailbox alone: the therapist has met its owner, and opens it again."""

from __future__ import annotations

from clients.models import Client
from practice import audit, signing_in, tenancy
from practice.models import Recovery, User


def waits(client: Client) -> bool:
    """Tell whether what is private to this client is closed to themselves until somebody has met them."""
    return _open(client) is not None


def met_in_person(client: Client) -> bool:
    """Open what is private to the client again, to themselves; False where nothing was closed.

    For whoever may read the client's answers and has seen who they are: not by mail, not by telephone.
    """
    recovery = _open(client)
    if recovery is None:
        return False
    audit.looked("vouched for", "clients_client", client.pk)
    with tenancy.elevated():
        signing_in.settle(recovery, Recovery.How.IN_PERSON)
    return True


def _open(client: Client) -> Recovery | None:
    if client.user_id is None:
        return None
    with tenancy.elevated():
        return signing_in.open_recovery(User(pk=client.user_id))
