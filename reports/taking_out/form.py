"""What somebody says who takes a record out."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from practice.models import Practice
from reports.forms import day_field
from reports.taking_out.asking import Format, Wish

CHOICES = [
    (Format.CSV.value, _("A table (CSV): a row for each answer, for spreadsheets and statistics")),
    (Format.JSON.value, _("Data (JSON): the same for programs")),
    (Format.FHIR.value, _("FHIR: a bundle for other health records")),
    (Format.PDF.value, _("Paper (PDF): the same in words")),
]


class TakingOutForm(forms.Form):
    """Which formats and days, and whether with names."""

    formats = forms.MultipleChoiceField(
        label=_("As what"),
        choices=CHOICES,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Several come as one ZIP."),
        error_messages={
            "required": _("Choose at least one."),
            "invalid_choice": _("Choose from what is on this page."),
        },
    )
    begins_on = day_field(_("From"))
    ends_on = day_field(_("To"))
    names = forms.BooleanField(
        label=_("With names"),
        required=False,
        help_text=_("Otherwise everybody is an arbitrary number. What people wrote may still name somebody."),
    )

    def __init__(self, *args: Any, practice: Practice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.practice = practice
        self.fields["begins_on"].required = self.fields["ends_on"].required = False
        self.fields["begins_on"].help_text = _("Leave both days empty for everything from the beginning until now.")
        self.fields["formats"].initial = [Format.CSV.value]

    def clean_ends_on(self) -> date | None:
        day = self.cleaned_data["ends_on"]
        if day and day > timezone.localdate(timezone=self.practice.zone):
            raise ValidationError(_("This day is still to come. Today is the latest."))
        return day

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("begins_on"), said.get("ends_on")
        if first and last and first > last:
            self.add_error("ends_on", ValidationError(_("This is before the first day.")))
        return said

    def wish(self) -> Wish:
        """What was asked for; the form is valid."""
        said = self.cleaned_data
        return Wish(tuple(map(Format, said["formats"])), said["begins_on"], said["ends_on"], said["names"])
