"""The forms of django-allauth in our words: labels that stand beside their fields, no grey text inside them."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from allauth.account import forms as account
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from allauth.mfa.webauthn.internal.auth import parse_authentication_response, parse_registration_response
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticatorData

from practice import limits, second_factors
from practice.fields import KindErrors
from practice.models import User

EMAIL = _("E-mail address")
LONG_ENOUGH = _("At least 15 characters. Four or five everyday words make a good one.")
SIX_DIGITS = _("Six digits.")
FROM_APP = _("The six digits that your app shows now, or one of your recovery codes.")


class InOurWords(KindErrors):
    """Mixed in before one of allauth's forms."""

    labels: ClassVar[dict[str, Any]] = {}
    hints: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            field.label = self.labels.get(name, field.label)
            field.help_text = self.hints.get(name, "")
            field.widget.attrs.pop("placeholder", None)
            if name == "code":
                field.widget.attrs |= {
                    "inputmode": "numeric",
                    "class": "input--code",
                    "autocomplete": "one-time-code",
                    "maxlength": "20",
                }
                field.max_length = 20
            if name in ("login", "email"):
                field.widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
            if name.startswith(("password", "oldpassword")):
                # A megabyte of password would only keep the hasher busy.
                field.widget.attrs["maxlength"] = "1000"


class SignIn(InOurWords, account.LoginForm):
    labels: ClassVar = {
        "login": EMAIL,
        "password": _("Password"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"


class AskForCode(InOurWords, account.RequestLoginCodeForm):
    labels: ClassVar = {"email": EMAIL}
    hints: ClassVar = {"email": _("One address for each person, please.")}


class ConfirmCode(InOurWords, account.ConfirmLoginCodeForm):
    labels: ClassVar = {"code": _("Code")}
    hints: ClassVar = {"code": SIX_DIGITS}


class ConfirmAddress(InOurWords, account.ConfirmEmailVerificationCodeForm):
    labels: ClassVar = {"code": _("Code")}
    hints: ClassVar = {"code": SIX_DIGITS}


class NewAddress(InOurWords, account.AddEmailForm):
    labels: ClassVar = {"email": _("New e-mail address")}
    hints: ClassVar = {"email": _("We send a code there. Your present address stays until you enter it.")}


class ChangePassword(InOurWords, account.ChangePasswordForm):
    labels: ClassVar = {
        "oldpassword": _("Present password"),
        "password1": _("New password"),
        "password2": _("New password, once more"),
    }
    hints: ClassVar = {"password1": LONG_ENOUGH}


class SetPassword(InOurWords, account.SetPasswordForm):
    labels: ClassVar = {"password1": _("New password"), "password2": _("New password, once more")}
    hints: ClassVar = {"password1": LONG_ENOUGH}


class ForgottenPassword(InOurWords, account.ResetPasswordForm):
    labels: ClassVar = {"email": EMAIL}


class ChooseNewPassword(InOurWords, account.ResetPasswordKeyForm):
    labels: ClassVar = {"password1": _("New password"), "password2": _("New password, once more")}
    hints: ClassVar = {"password1": LONG_ENOUGH}


class AskPasswordAgain(InOurWords, account.ReauthenticateForm):
    labels: ClassVar = {"password": _("Password")}


class OnceOnly:
    """Mixed in before a form that asks for a code: each code counts once, ever, and few are tried."""

    user: User
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        try:
            for rate in limits.CODES:
                limits.take("code", str(self.user.pk), rate)
        except limits.TooMany as reached:
            raise ValidationError(
                _("Too many codes were tried. Wait %(minutes)s minutes, then try again."),
                params={"minutes": math.ceil(reached.wait / 60)},
            ) from None
        found = second_factors.matching(self.user, self.cleaned_data["code"])
        if found is None:
            raise ValidationError(_("That code does not fit, or it was used before."), code="incorrect_code")
        limits.give_back("code", str(self.user.pk), limits.CODES)
        found.user = self.user
        self.authenticator = found
        return str(self.cleaned_data["code"])


class SecondStep(OnceOnly, InOurWords, mfa.AuthenticateForm):
    labels: ClassVar = {"code": _("Code")}
    hints: ClassVar = {"code": FROM_APP}


class AskCodeAgain(OnceOnly, InOurWords, mfa.ReauthenticateForm):
    labels: ClassVar = {"code": _("Code")}
    hints: ClassVar = {"code": FROM_APP}


class AddApp(InOurWords, totp.ActivateTOTPForm):
    labels: ClassVar = {"code": _("Code from the app")}
    hints: ClassVar = {"code": SIX_DIGITS}


class AddPasskey(InOurWords, webauthn.AddWebAuthnForm):
    labels: ClassVar = {
        "name": _("A name for it"),
        "passwordless": _("Sign in with it alone, without a password"),
    }
    hints: ClassVar = {"name": _("For example: my phone.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["name"] = self.fields["name"].initial = ""
        if "passwordless" in self.fields:
            self.fields["passwordless"].initial = True

    def clean(self) -> dict[str, Any]:
        try:  # before the challenge is used up: the page that tells of an error reads the form once more
            if self._is_somebody_elses():
                self.add_error("name", _("This passkey cannot be used here. Please make a new one."))
                return self.cleaned_data
            cleaned: dict[str, Any] = super().clean()
        except (KeyError, AttributeError):  # the library expects no less than a whole answer
            raise get_adapter().validation_error("incorrect_code") from None
        return cleaned

    def _is_somebody_elses(self) -> bool:
        credential = self.cleaned_data.get("credential")
        if not credential:
            return False
        made = parse_registration_response(credential).response.attestation_object.auth_data
        return second_factors.is_somebody_elses(made, self.user)


class OneOfAKind:
    """Mixed in before a form that asks for a passkey: no copy of one is let in."""

    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Authenticator:
        try:
            said = parse_authentication_response(self.cleaned_data["credential"]).response.authenticator_data
        except (KeyError, AttributeError):  # the library expects no less than a whole answer
            raise get_adapter().validation_error("incorrect_code") from None
        passkey: Authenticator = super().clean_credential()
        self.check(said)
        if second_factors.is_a_copy(passkey, said):
            raise get_adapter().validation_error("incorrect_code")
        return passkey

    def check(self, said: AuthenticatorData) -> None:
        """Refuse what this form does not take, with a ValidationError."""


class PasskeyAlone(OneOfAKind, webauthn.LoginWebAuthnForm):
    """In place of password and second step, so the device must have asked who holds it.

    The library asks for that where it makes the challenge; a challenge from another page does not get round it.
    """

    def check(self, said: AuthenticatorData) -> None:
        if not said.is_user_verified():
            raise get_adapter().validation_error("incorrect_code")


class PasskeyAsSecondStep(OneOfAKind, webauthn.AuthenticateWebAuthnForm):
    """After the password."""


class AskPasskeyAgain(OneOfAKind, webauthn.ReauthenticateWebAuthnForm):
    """Before what asks for a fresh sign-in."""


class RenamePasskey(InOurWords, webauthn.EditWebAuthnForm):
    labels: ClassVar = {"name": _("A name for it")}
