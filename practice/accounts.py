"""How django-allauth behaves here."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpRequest
from django.urls import reverse

from practice import factor_seals, notices, still_here, unwaited

#: To an address that nobody signs in with. It is written like any other, which takes its time, and never leaves.
TO_NOBODY = "account/email/unknown_account"
#: To an address that somebody who has just signed in wants to prove.
PROVING = ("account/email/email_confirmation", "account/email/email_confirmation_signup")


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by signing a practice up or by accepting an invitation, nowhere else."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Whoever left in the middle of a form comes back to it."""
        return reverse("kept_form") if still_here.kept(request) else super().get_login_redirect_url(request)

    def get_login_stages(self) -> list[str]:
        ours = {"allauth.mfa.stages.AuthenticateStage": "practice.login_stages.SecondStep"}
        return [ours.get(one, one) for one in super().get_login_stages()]

    def get_from_email(self) -> str:
        return settings.DEFAULT_FROM_EMAIL

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a letter of the sign-in; its links lead to our own address, whatever host the request named.

        Whoever knows an address can ask for such a letter, so none leaves to a mailbox that nobody signs in with, and
        none to one, or at an hour, that its owner said is not safe (:func:`practice.notices.may_leave_now`); only a
        mailbox that somebody signed in wants to prove is written to at once. The page says the same to all, and is not
        kept waiting: neither what it says nor how long it takes tells whether anything left.
        """
        links = {name: _at_our_address(value) for name, value in context.items() if name.endswith("_url")}
        request = allauth_context.request
        held = {"request": request, "email": email, "current_site": get_current_site(request), **context, **links}
        letter = self.render_mail(template_prefix, email, held)
        may_leave = template_prefix in PROVING or notices.may_leave_now(email)
        unwaited.begin(lambda: unwaited.carry(letter) if may_leave and template_prefix != TO_NOBODY else None)


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
