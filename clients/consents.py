"""What each adult agrees to before anything else, and the version of the words they read."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.dispatch import receiver
from django.utils import timezone

from clients.models import Client, Consent
from practice import tenancy
from practice.models import Practice
from practice.signals import secrets_policy_changed

#: Raise a version when the words change: everybody is asked again.
REQUIRED = {
    Consent.About.CARE: "2026-11",
    Consent.About.LANES: "2026-11",
    Consent.About.SECRETS: "2026-11",
}


def missing(client: Client) -> list[str]:
    """Return what this client has not agreed to yet, in its present version."""
    given = set(Consent.objects.filter(client=client, withdrawn_at=None).values_list("about", "version"))
    return [about for about, version in REQUIRED.items() if (about, version) not in given]


def give(client: Client, about: str) -> None:
    """Write down that this client agreed to the present words; doing it again changes nothing."""
    version = REQUIRED[Consent.About(about)]
    try:
        with transaction.atomic():
            Consent.objects.get_or_create(client=client, about=about, version=version, withdrawn_at=None)
    except IntegrityError:
        pass  # the same button in two tabs: the other one has just written it


@receiver(secrets_policy_changed)
def ask_about_secrets_again(practice: Practice, **kwargs: Any) -> None:
    """What was agreed to under the earlier policy does not hold under the new one."""
    with tenancy.elevated():
        Consent.objects.filter(about=Consent.About.SECRETS, withdrawn_at=None).update(withdrawn_at=timezone.now())
