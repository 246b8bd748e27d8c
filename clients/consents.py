"""What each adult agrees to before anything else, and the version of the words they read."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from clients.models import Client, Consent

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
