"""What each adult agrees to before anything else, in which words, and how they take it back.

Every consent is one person's, about one thing, in one version of the words; the words themselves are kept beside
it. A new version asks everybody anew. Taken back, it stops at once whatever needs it: the portal leads to the welcome
and takes no answer (the database refuses one as well), and nothing is sent (:mod:`exercises.reminding`). What
somebody wrote stays theirs to read and to take along.
"""

from __future__ import annotations

import hashlib
import html
import re
import uuid
from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.dispatch import receiver
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import strip_tags

from clients.models import Client, Consent, ConsentText, Partner, SecretsPolicy
from clients.signals import consent_taken_back
from practice import identity, roles, tenancy
from practice.models import Membership, Practice
from practice.signals import secrets_policy_changed
from practice.written import Written

About, Ended = Consent.About, Consent.Ended

#: Raise a version when the words change: everybody is asked again.
REQUIRED = {
    About.CARE: "2026-11",
    About.LANES: "2026-11",
    About.SECRETS: "2026-11",
}
#: Where the words stand. A test knows the digest of each version, so that none changes under its name.
WORDS = {
    About.CARE: "clients/_care.html",
    About.LANES: "clients/_lanes.html",
    About.SECRETS: "clients/_secrets.html",
}
_ENDS_A_LINE = re.compile(r"</(?:p|li|h2|h3|div|dt|dd|ul)>")


_REMEMBERED = "_not_agreed_to_at_first"
_GIVEN: Written[tuple[str, str]] = Written(
    lambda client: Consent.objects.filter(client_id=client, withdrawn_at=None).values_list("about", "version"),
    client=uuid.UUID,
)


def missing(client: Client) -> list[str]:
    """Return what this client has not agreed to yet, in its present version."""
    return _not_among(_GIVEN.all(client=client.pk))


def missing_at_first(client: Client) -> list[str]:
    """Return the same of whoever asks for a page, as it stood when the page began."""
    found: list[str] | None = client.__dict__.get(_REMEMBERED)
    return missing(client) if found is None else found


def _remember(client: Client, given: list[tuple[str, str]]) -> None:
    client.__dict__[_REMEMBERED] = _not_among(given)


def _not_among(given: list[tuple[str, str]]) -> list[str]:
    return [about for about, version in REQUIRED.items() if (about, version) not in given]


identity.register_wanted(_GIVEN, _remember)


def give(client: Client, about: str) -> None:
    """Write down that this client agreed to the present words; doing it again changes nothing."""
    about = About(about)
    version = REQUIRED[about]
    try:
        with transaction.atomic():
            if Consent.objects.filter(client=client, about=about, version=version, withdrawn_at=None).exists():
                return
            practice = Practice.objects.get(pk=client.practice_id)
            policy = policy_in_force(practice).number if about == About.SECRETS else None
            Consent.objects.filter(client=client, about=about, withdrawn_at=None).update(
                withdrawn_at=timezone.now(), ended_by=Ended.NEW_WORDS
            )
            Consent.objects.create(
                client=client, about=about, version=version, text=text_of(about, practice), policy=policy
            )
    except IntegrityError:
        pass  # the same button in two tabs: the other one has just written it


def take_back(client: Client, about: str) -> bool:
    """End what this client agreed to about one thing, at once; return False when there was nothing to end."""
    with transaction.atomic():
        rows = Consent.objects.filter(client=client, about=About(about), withdrawn_at=None)
        ended = rows.update(withdrawn_at=timezone.now(), ended_by=Ended.YOU)
        if ended:
            consent_taken_back.send(sender=Consent, client=client, about=about)
    return ended > 0


def of(client: Client) -> list[Consent]:
    """Return all that this client ever agreed to, the latest first, each with the words that were kept.

    A client's role reads no words by itself: when a row of them was made tells when somebody first agreed to them.
    """
    with tenancy.elevated():
        return list(Consent.objects.filter(client=client).select_related("text").order_by("-given_at", "-pk"))


OF: Written[Consent] = Written(
    lambda clients: Consent.objects.filter(client_id__in=clients).order_by("given_at", "pk"), clients=[uuid.UUID]
)


def states(clients: Collection[Any]) -> dict[Any, str]:
    """Return how each person stands to what is required: "agreed", "taken_back" or "not_yet". One query.

    The front desk learns nothing of it: for who may not read consents everybody is "not_yet".
    """
    asker = tenancy.current()
    if asker is not None and asker.role == roles.COORDINATOR:
        return dict.fromkeys(clients, "not_yet")
    newest = {}
    for one in OF.all(clients=list(clients)):
        newest[one.client_id, one.about] = one
    found = {}
    for client in clients:
        mine = [newest.get((client, about)) for about in REQUIRED]
        if any(one and one.ended_by == Ended.YOU for one in mine):
            found[client] = "taken_back"
        else:
            holds = all(one and not one.withdrawn_at and one.version == REQUIRED[About(one.about)] for one in mine)
            found[client] = "agreed" if holds else "not_yet"
    return found


def words(about: str, practice: Practice) -> str:
    """Return what is agreed to, as plain lines, as this practice's clients read it now."""
    told = render_to_string(WORDS[About(about)], {"request": {"practice": practice}})
    lines = strip_tags(_ENDS_A_LINE.sub("\n", told)).splitlines()
    return "\n".join(line for line in (" ".join(html.unescape(one).split()) for one in lines) if line)


def text_of(about: str, practice: Practice) -> ConsentText:
    """Return the present words as they are kept, written down when nobody agreed to them before."""
    said = words(about, practice)
    with tenancy.elevated():
        found, _made = ConsentText.objects.get_or_create(
            about=about,
            version=REQUIRED[About(about)],
            language=translation.get_language() or practice.language,
            digest=hashlib.sha256(said.encode()).hexdigest(),
            defaults={"words": said},
        )
    return found


# ── the policy about secrets ─────────────────────────────────────────────────


def policy_in_force(practice: Practice) -> SecretsPolicy:
    """Return the published policy that holds now; the first one is published when it is first asked for."""
    with tenancy.elevated():
        newest = SecretsPolicy.objects.first()
        if newest is None:
            newest, _made = SecretsPolicy.objects.get_or_create(
                number=1, defaults={"policy": practice.secrets_policy, "published_at": practice.created_at}
            )
    return newest


@receiver(secrets_policy_changed)
def publish_policy(practice: Practice, **kwargs: Any) -> None:
    """Publish the next version. What was agreed to under the earlier one does not hold under the new one."""
    asker = tenancy.current()
    with tenancy.elevated():
        newest = SecretsPolicy.objects.first()
        if newest is None:
            other = next(one for one in Practice.Secrets.values if one != practice.secrets_policy)
            newest = SecretsPolicy.objects.create(number=1, policy=other, published_at=practice.created_at)
        by = Membership.objects.filter(user_id=asker.user_id).first() if asker and asker.user_id else None
        SecretsPolicy.objects.create(number=newest.number + 1, policy=practice.secrets_policy, published_by=by)
        Consent.objects.filter(about=About.SECRETS, withdrawn_at=None).update(
            withdrawn_at=timezone.now(), ended_by=Ended.NEW_WORDS
        )


def all_agreed_about_secrets(couple_id: Any, among: Collection[Any] | None = None) -> bool:
    """Tell whether everybody in care in a couple has agreed to how secrets are handled, in the present version.

    Who agreed under the policy in force and took it back themselves counts: that closes what is theirs (the portal
    and the database see to it), and nothing of the others', who would learn of it by what stops. ``among`` names the
    people; None: whoever is in the couple now.
    """
    with tenancy.elevated():
        if among is None:
            among = set(Partner.objects.filter(couple_id=couple_id, left_at=None).values_list("client_id", flat=True))
        own = Q(ended_by=Ended.YOU, policy=SecretsPolicy.objects.order_by("-number").values("number")[:1])
        agreed = Consent.objects.filter(
            Q(withdrawn_at=None) | own, client_id__in=among, about=About.SECRETS, version=REQUIRED[About.SECRETS]
        )
        return agreed.values("client_id").distinct().count() == len(set(among))
