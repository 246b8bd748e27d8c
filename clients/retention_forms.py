"""What owners fill in about keeping and erasing."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from practice import retention
from practice.fields import KindErrors
from practice.models import Practice

LONGEST = 2000


def reason(label: Any, hint: Any = "") -> forms.CharField:
    """A field for a line or two that is sealed."""
    return forms.CharField(label=label, help_text=hint, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}))


class YearsForm(KindErrors, forms.Form):
    """For how many years records are kept; empty: by the rule of the country."""

    years = forms.IntegerField(
        label=_("Years after care has ended"),
        required=False,
        min_value=1,
        max_value=retention.MOST,
        help_text=_("Leave it empty to go by the rule below. Fewer years than a law asks for are not possible."),
    )

    def __init__(self, *args: Any, practice: Practice, **kwargs: Any) -> None:
        self.practice = practice
        kwargs.setdefault("initial", {"years": practice.keep_years})
        super().__init__(*args, **kwargs)

    def clean_years(self) -> int | None:
        years = self.cleaned_data["years"]
        least = retention.term_of(self.practice).least
        if years is not None and years < least:
            raise forms.ValidationError(
                _("The law asks for %(least)s years where you are. Choose at least that."), params={"least": least}
            )
        return years

    def save(self) -> None:
        Practice.objects.filter(pk=self.practice.pk).update(keep_years=self.cleaned_data["years"])


class EraseForm(KindErrors, forms.Form):
    """Asking a second person to have it erased."""

    why = reason(_("For whoever confirms it: why now?"), _("Name nobody: this line stays."))
    told = forms.BooleanField(
        label=_("They know of it, or it was tried to tell them. Afterwards there is no address any more."),
        error_messages={"required": _("Tell them first, then tick this.")},
    )


class KeepForm(KindErrors, forms.Form):
    """Keeping it longer."""

    until = forms.DateField(label=_("Keep until"), widget=forms.DateInput(attrs={"type": "date"}))
    why = reason(_("Why it is still needed"))

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)

    def clean_until(self) -> datetime.date:
        until = self.cleaned_data["until"]
        if until <= self.today:
            raise forms.ValidationError(_("Choose a day that is still to come."))
        if until > retention.years_after(self.today, 10):
            raise forms.ValidationError(_("Choose a day within ten years: then look again."))
        return until


class HoldForm(KindErrors, forms.Form):
    """Putting it on hold."""

    why = reason(
        _("Why nothing may be erased"), _("A court, an inquiry, a claim. Read by owners and their therapists.")
    )
    everybody = forms.BooleanField(
        label=_("For everybody they were in care with, too"),
        required=False,
        help_text=_("Else what others shared with them can still be erased when those others ask for it."),
    )
