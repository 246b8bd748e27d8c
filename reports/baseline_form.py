"""Setting a baseline: the day from which scores are compared, and why."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exercises.fields import WrittenField
from exercises.measure_forms import EARLIEST
from practice.fields import KindErrors

LONGEST_REASON = 1000


class BaselineForm(KindErrors, forms.Form):
    """``today`` is the couple's own; ``seen`` is the baseline that stood in force when the page was opened."""

    begins_on = forms.DateField(
        label=_("Compare from"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The first complete score from this day on is what later ones are compared with."),
        error_messages={"invalid": _("Please give a date, such as 2026-05-21.")},
    )
    reason = WrittenField(
        rows=3,
        longest=LONGEST_REASON,
        label=_("Why"),
        help_text=_(
            "For you and your colleagues in this practice: for example, that a new episode began. It is kept, with "
            "your name and the day."
        ),
        error_messages={"required": _("Please say why. Whoever reads the course later wants to know.")},
    )
    seen = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["begins_on"].widget.attrs["max"] = today.isoformat()

    def clean_begins_on(self) -> date:
        day: date = self.cleaned_data["begins_on"]
        if day > self.today:
            raise forms.ValidationError(_("This day is still to come. A baseline begins today or earlier."))
        if day < EARLIEST:
            raise forms.ValidationError(_("This is very long ago. Is the year right?"))
        return day

    @property
    def instead_of(self) -> uuid.UUID | None:
        """The baseline that the new one takes the place of. Only after the form was found valid."""
        return self.cleaned_data["seen"]
