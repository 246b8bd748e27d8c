"""E-mail addresses: one human, one address. What counts as the same one, and whose it is."""

from __future__ import annotations

import unicodedata
from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.utils.translation import gettext_lazy as _

from practice.models import User


def normal(address: str) -> str:
    """Return an address as it is kept: one spelling of each letter, small, without what cannot be seen."""
    whole = unicodedata.normalize("NFKC", address)
    seen = "".join(one for one in whole if unicodedata.category(one) != "Cf")
    return seen.strip().lower()


def mailbox(address: str) -> str:
    """Return the mailbox behind an address: with or without ``+something`` the same people read it."""
    local, at, domain = normal(address).rpartition("@")
    return f"{local.split('+', 1)[0]}{at}{domain}"


class AddressField(forms.EmailField):
    """An e-mail address, normalised before it is judged."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("E-mail address"))
        kwargs.setdefault("max_length", 254)
        super().__init__(**kwargs)
        self.widget.attrs.setdefault("autocomplete", "email")
        self.widget.attrs.setdefault("spellcheck", "false")
        self.widget.attrs.setdefault("autocapitalize", "none")

    def to_python(self, value: Any) -> Any:
        return super().to_python(normal(value) if isinstance(value, str) else value)


def account_of(address: str) -> User | None:
    """Return the account that signs in with this address, verified or not."""
    return User.objects.filter(email=normal(address)).first()


def proved(user: User) -> bool:
    """Tell whether somebody has shown that they read this account's mail."""
    return EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True).exists()


def reads(user: User, address: str) -> bool:
    """Tell whether this signed-in account has shown that it reads that very address."""
    return EmailAddress.objects.filter(user=user, email__iexact=normal(address), verified=True).exists()


def open_account(address: str, password: str | None, *, zone: str, verified: bool) -> User:
    """Make the account for an address, or take over one whose mail nobody ever proved to read.

    Without a password nobody signs in with one. Needs the login role, so never inside
    :func:`practice.tenancy.acting`. With ``verified`` the caller vouches that the mailbox was shown to be theirs: an
    invitation reached them there.
    """
    user = account_of(address)
    if user is None:
        user = User.objects.create_user(normal(address), password, time_zone=zone)
    else:
        user.set_password(password)
        user.time_zone = zone
        user.save()
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": verified, "primary": True})
    return user
