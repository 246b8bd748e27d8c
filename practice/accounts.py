"""How django-allauth behaves here."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from practice import factor_seals, still_here


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by signing a practice up or by accepting an invitation, nowhere else."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Whoever left in the middle of a form comes back to it."""
        return reverse("kept_form") if still_here.kept(request) else super().get_login_redirect_url(request)

    def get_from_email(self) -> str:
        return settings.DEFAULT_FROM_EMAIL

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Links in letters lead to our own address, whatever host the request named."""
        links = {name: _at_our_address(value) for name, value in context.items() if name.endswith("_url")}
        super().send_mail(template_prefix, email, {**context, **links})


def _at_our_address(link: str) -> str:
    parts = urlsplit(link)
    return f"{settings.ATTUNE_URL}{urlunsplit(('', '', parts.path, parts.query, ''))}"


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are sealed at rest, each for its user."""

    def encrypt(self, text: str) -> str:
        return factor_seals.Unsealed.of(text)

    def decrypt(self, encrypted_text: str) -> str:
        return factor_seals.opened(encrypted_text)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity = super().get_public_key_credential_rp_entity()
        return {**entity, "name": "Attune"}
