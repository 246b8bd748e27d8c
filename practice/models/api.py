"""What programs that work for a member of staff need: tokens, and what was already done for them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from practice.api.scopes import Scope
from practice.models.base import PracticeModel, inside
from practice.models.practice import Membership
from practice.vault import SealedTextField


class AccessToken(PracticeModel):
    """A program's sign-in as one member of staff (see :mod:`practice.api.tokens`)."""

    membership = inside(Membership, related_name="+")
    user_id = models.UUIDField()
    name = SealedTextField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=40))
    #: SHA-256 of the secret part, in hexadecimal digits.
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(expires_at__gt=models.F("made_at")), name="accesstoken_ends")]
        indexes = [models.Index(fields=["practice", "user_id"], name="accesstoken_of_user")]

    def __str__(self) -> str:
        return f"access token {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None and self.expires_at > timezone.now() and self.membership.ended_at is None

    def scope_names(self) -> list[str]:
        """Return what it may be used for, in words."""
        return [str(scope.label) for scope in Scope if scope.value in self.scopes]


class DoneOnce(PracticeModel):
    """What was answered to a write that carried an ``Idempotency-Key`` (see :mod:`practice.api.repeating`)."""

    user_id = models.UUIDField()
    #: Keyed hashes of the key, and of method, address and body.
    key = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    #: Headers and body as they were sent, as JSON.
    answer = SealedTextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practice", "user_id", "key"], name="doneonce_once")]
        indexes = [models.Index(fields=["at"], name="doneonce_at")]

    def __str__(self) -> str:
        return f"write {self.pk}"
