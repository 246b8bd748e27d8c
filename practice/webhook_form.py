"""What an owner says about an address that is told of events."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from practice import outside, webhooks
from practice.fields import KindErrors
from practice.models import Webhook


class WebhookForm(KindErrors, forms.Form):
    """Where, and of what."""

    #: Sent twice, the form makes one address (see :func:`practice.webhooks.add`).
    draft = forms.CharField(widget=forms.HiddenInput, initial=webhooks.new_draft, required=False, max_length=100)
    address = forms.URLField(
        label=_("Address"),
        assume_scheme="https",
        max_length=500,
        help_text=_("It begins with https:// and stands on the public internet, on port 443."),
        error_messages={"invalid": _("This is no address.")},
    )
    events = forms.MultipleChoiceField(
        label=_("What it is told of"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("That it happened, and ids. Never who of a couple, never a word of theirs."),
        error_messages={"required": _("Choose at least one.")},
    )

    def __init__(self, *args: Any, webhook: Webhook | None = None, **kwargs: Any) -> None:
        if webhook is not None:
            kwargs["initial"] = {"address": str(webhook.address), "events": webhook.events}
        super().__init__(*args, **kwargs)
        self.fields["events"].choices = [(one.name, one.words) for one in webhooks.events()]  # type: ignore[attr-defined]

    def clean_address(self) -> str:
        address = self.cleaned_data["address"]
        try:
            outside.check_url(address)
        except outside.NotOutside:
            raise ValidationError(_("This does not lead to an https server on the public internet.")) from None
        except OSError:
            raise ValidationError(_("There is no server of this name.")) from None
        return address

    def said(self) -> dict[str, Any]:
        """Return what :func:`practice.webhooks.add` and ``change`` ask for."""
        return {name: self.cleaned_data[name] for name in ("address", "events")}
