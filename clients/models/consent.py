"""What each adult agreed to, the words of it, and how the practice handles secrets."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models.person import Client
from practice.models import Membership, PracticeModel, inside


class ConsentText(PracticeModel):
    """The very words that somebody agreed to, as they stood on the page. Never changed.

    ``version`` is that of our words; a practice's name, hours and policy make more than one text of it.
    """

    about = models.CharField(max_length=10)
    version = models.CharField(max_length=20)
    language = models.CharField(max_length=10)
    words = models.TextField()
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "about", "version", "language", "digest"], name="consenttext_once"
            )
        ]

    def __str__(self) -> str:
        return f"text {self.about} {self.version}"


class SecretsPolicy(PracticeModel):
    """How the practice handles secrets between partners, as it was published: a numbered version from a moment on."""

    number = models.PositiveSmallIntegerField()
    policy = models.CharField(max_length=20)
    published_at = models.DateTimeField(default=timezone.now)
    published_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["practice", "number"], name="secretspolicy_once")]

    def __str__(self) -> str:
        return f"policy {self.number}"


class Consent(PracticeModel):
    """What one adult agreed to, in which version of the words. Never changed, only added to and ended."""

    class About(models.TextChoices):
        CARE = "care", _("using the portal between sessions")
        LANES = "lanes", _("who reads what")
        SECRETS = "secrets", _("how secrets between partners are handled")

    class Ended(models.TextChoices):
        YOU = "you", _("taken back")
        NEW_WORDS = "new_words", _("asked anew")

    client = inside(Client, related_name="consents")
    about = models.CharField(max_length=10, choices=About)
    version = models.CharField(max_length=20)
    #: The words themselves; empty for what was agreed to before they were kept.
    text = inside(ConsentText, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    #: The number of the practice's policy, where it is about secrets.
    policy = models.PositiveSmallIntegerField(null=True, blank=True)
    given_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=10, choices=Ended, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "client", "about", "version"],
                condition=Q(withdrawn_at=None),
                name="consent_once_per_version",
            )
        ]

    def __str__(self) -> str:
        return f"consent {self.pk}"
