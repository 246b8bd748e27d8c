"""How django-allauth behaves here."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest

from practice import vault


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by signing a practice up or by accepting an invitation, nowhere else."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_from_email(self) -> str:
        return settings.DEFAULT_FROM_EMAIL


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are sealed at rest."""

    PLACE = "mfa"

    def encrypt(self, text: str) -> str:
        return vault.seal_for_installation(text, self.PLACE)

    def decrypt(self, encrypted_text: str) -> str:
        return vault.unseal_for_installation(encrypted_text, self.PLACE)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity = super().get_public_key_credential_rp_entity()
        return {**entity, "name": "Attune"}
