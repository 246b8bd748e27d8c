"""What an owner says who stops sending from here."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from practice.fields import KindErrors


class HoldForm(KindErrors, forms.Form):
    """Why nothing is to be sent any more."""

    why = forms.CharField(
        label=_("Why"),
        max_length=400,
        help_text=_("Owners read this here, for example where the practice is now."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
