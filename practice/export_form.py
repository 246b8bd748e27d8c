"""What an owner says who wants to take everything out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from practice.fields import KindErrors, NewPasswordField


class ExportForm(KindErrors, forms.Form):
    """Why, and the passphrase that will open the file. Twice: it is kept nowhere, and nobody can find it again.

    Both are named so that a form that came too late waits without them (:mod:`practice.secret_fields`).
    """

    why = forms.CharField(
        label=_("Why"),
        max_length=400,
        help_text=_("Whoever confirms it reads this."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    passphrase = NewPasswordField(
        label=_("Passphrase for the file"),
        help_text=_("At least 15 characters, best five or six everyday words. Write it down: it is kept nowhere here."),
    )
    passphrase_again = NewPasswordField(label=_("The passphrase once more"), help_text="")

    def clean_passphrase(self) -> str:
        passphrase = self.cleaned_data["passphrase"]
        validate_password(passphrase)
        return passphrase

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if {"passphrase", "passphrase_again"} <= said.keys() and said["passphrase"] != said["passphrase_again"]:
            self.add_error("passphrase_again", ValidationError(_("This is not the same as above.")))
        return said
