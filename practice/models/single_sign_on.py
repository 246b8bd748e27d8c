"""Signing in through an OpenID provider that a practice names itself (see :mod:`practice.single_sign_on`)."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from practice.models.base import PracticeModel, inside
from practice.models.practice import Membership
from practice.vault import SealedTextField

#: Whoever is let in without an invitation never runs the practice.
LET_IN_AS = [(role.value, role.label) for role in Membership.Role if role != Membership.Role.OWNER]


class SingleSignOn(PracticeModel):
    """What an owner says about the practice's provider. There is one of a practice, on or off."""

    issuer = models.CharField(_("address of the provider"), max_length=300)
    application_id = models.CharField(_("client id"), max_length=300)
    client_secret = SealedTextField(verbose_name=_("client secret"))
    #: Only addresses in these domains are let in; the provider must say that it proved them.
    domains = ArrayField(models.CharField(max_length=253), verbose_name=_("domains of e-mail addresses"))
    #: Those of them that were shown to be the practice's own (:func:`practice.single_sign_on.prove`).
    proved = ArrayField(models.CharField(max_length=253), default=list, editable=False)
    #: Where in the provider's claims the groups stand, and which group is which role: [[group, role], …].
    claim = models.CharField(_("claim with the groups"), max_length=120, blank=True)
    mapping = models.JSONField(_("roles by group"), default=list)
    #: Staff with an address in these domains come in through the provider alone; owners always have another way.
    required = models.BooleanField(_("staff of these domains sign in this way only"), default=False)
    #: Role of people whom nobody invited; empty: they are not let in.
    lets_in_as = models.CharField(_("people without an invitation"), max_length=20, choices=LET_IN_AS, blank=True)
    #: Whether what the provider says of a second step stands in for Attune's own.
    trusts_factor = models.BooleanField(_("the provider’s second step counts"), default=False)
    #: Values of ``acr`` that stand for a second step at this provider.
    factor_acr = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)
    #: When somebody last came back from the provider with all of this; null: not since it was changed.
    tried_at = models.DateTimeField(null=True)
    on_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice"], name="singlesignon_one_of_a_practice"),
            models.CheckConstraint(
                condition=Q(on_since=None) | Q(tried_at__isnull=False), name="singlesignon_tried_before_it_is_on"
            ),
            models.CheckConstraint(
                condition=~Q(lets_in_as=Membership.Role.OWNER), name="singlesignon_lets_no_owner_in"
            ),
        ]

    def __str__(self) -> str:
        return f"single sign-on {self.pk}"

    @property
    def is_on(self) -> bool:
        return self.on_since is not None

    @property
    def names_owners(self) -> bool:
        """Whether the provider's groups say who runs the practice."""
        return any(role == Membership.Role.OWNER for _group, role in self.mapping)

    def has_domain_of(self, address: Any) -> bool:
        return str(address).rpartition("@")[2].lower() in self.domains


class ProviderLink(PracticeModel):
    """That somebody of the practice is a certain person at its provider. It leads to this membership and nowhere else.

    Who they are there is kept as a keyed hash of issuer and subject alone: no name, no address.
    """

    membership = inside(Membership, related_name="+")
    user_id = models.UUIDField()
    subject_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)
    #: Whether the practice's single sign-on is on; here too, because whoever asks at sign-in knows no practice yet.
    is_on = models.BooleanField(default=True)
    #: Since when no group of theirs has a role here any more.
    barred_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "subject_hash"], condition=Q(ended_at=None), name="providerlink_one_of_a_subject"
            ),
            models.UniqueConstraint(
                fields=["practice", "user_id"], condition=Q(ended_at=None), name="providerlink_one_of_a_user"
            ),
        ]

    def __str__(self) -> str:
        return f"provider link {self.pk}"


class SignInDoor(models.Model):
    """Where the page of a practice's provider is, for people who have not said yet who they are.

    Belongs to the installation and holds nothing about people. There is one while single sign-on is on.
    """

    practice_id = models.UUIDField(primary_key=True)
    slug = models.SlugField(max_length=60, unique=True)
    #: Domains that were proved: an address in one of them leads here.
    leads = ArrayField(models.CharField(max_length=253), default=list)
    #: Domains whose staff, but owners, reach the practice through its provider alone.
    only_way_for = ArrayField(models.CharField(max_length=253), default=list)

    def __str__(self) -> str:
        return f"sign-in door {self.pk}"
