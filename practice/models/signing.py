"""What the installation knows about people signing in. None of it belongs to a practice."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from practice.ids import uuid7
from practice.models.user import User


class Limit(models.Model):
    """How much of a limit is used up. The key is a keyed hash: it names no address, account or place.

    ``full_until`` moves on with every act that is let through, and time catches up with it.
    """

    key = models.CharField(primary_key=True, max_length=100)
    full_until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class SignIn(models.Model):
    """One sign-in of one user in one browser, for as long as it lasts. Its owner sees it, and nobody else.

    Where somebody was, is not kept: no address of a network, no place.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, unique=True)
    #: The kind of browser and device in a few words, such as "Firefox, Android"; empty where it says nothing.
    device = models.CharField(max_length=60, blank=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"sign-in {self.pk}"


class Recovery(models.Model):
    """An account that was got back through its mailbox alone.

    Until it is settled, its owner reads nothing that was written for themselves or for the therapist.
    """

    class How(models.TextChoices):
        FACTOR = "factor", _("a second step from before")
        IN_PERSON = "in_person", _("the therapist, in person")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_how = models.CharField(max_length=10, choices=How, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=models.Q(settled_at=None), name="recovery_one_open")
        ]

    def __str__(self) -> str:
        return f"recovery {self.pk}"


class AccountEvent(models.Model):
    """Something that changed about how a user signs in, told to them where they look after their sign-ins."""

    class What(models.TextChoices):
        NEW_BROWSER = "new_browser", _("You signed in with a browser that was new here.")
        FACTOR_ADDED = "factor_added", _("A passkey or an app for codes was added.")
        FACTOR_REMOVED = "factor_removed", _("A passkey or an app for codes was taken away.")
        CODES_MADE = "codes_made", _("Recovery codes were made.")
        CODE_USED = "code_used", _("A recovery code was used.")
        PASSWORD_CHANGED = "password_changed", _("The password was changed.")
        ADDRESS_CHANGED = "address_changed", _("The e-mail address was changed.")
        RECOVERED = "recovered", _("A new password was chosen through the mailbox.")
        TOKEN_MADE = "token_made", _("A token was made that lets a program work for you.")
        TOKEN_ENDED = "token_ended", _("A token of yours for a program was withdrawn.")
        TOKENS_ENDED = "tokens_ended", _("All tokens that let programs work for you were withdrawn.")
        LINKED = "linked", _("The sign-in of a practice’s provider was linked to this account.")
        UNLINKED = "unlinked", _("The sign-in of a practice’s provider opens this account no more.")
        ROLE_BY_PROVIDER = "role_by_provider", _("A practice’s provider changed what you may do there.")
        TEAM_BY_PROVIDER = "team_by_provider", _("The provider of your practice changed what somebody may do in it.")
        CALENDAR_MADE = "calendar_made", _("A link was made by which a program reads your calendar.")
        OPENED_AGAIN = "opened_again", _("What is private to you was opened again after that.")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    what = models.CharField(max_length=20, choices=What)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-at"], name="accountevent_newest")]

    def __str__(self) -> str:
        return f"event {self.pk}"
