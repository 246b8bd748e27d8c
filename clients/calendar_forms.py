"""What somebody chooses about the calendar that follows along."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clients.models import StaffCalendar
from practice.fields import KindErrors

ALARMS = [
    ("", _("Nothing rings")),
    ("0", _("When it begins")),
    ("60", _("An hour before")),
    ("1440", _("A day before")),
]


def _minutes(said: str) -> int | None:
    return int(said) if said else None


class CalendarForm(KindErrors, forms.Form):
    """Whether it rings, and when."""

    alarm = forms.TypedChoiceField(
        label=_("Alarm"),
        choices=ALARMS,
        coerce=_minutes,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
        help_text=_("An alarm shows its word on a locked phone."),
    )

    def put_into(self, row: Any) -> None:
        """Write what was chosen into a calendar's row, without saving it."""
        row.alarm = self.cleaned_data["alarm"]


class StaffCalendarForm(CalendarForm):
    """The same, and what couples are called."""

    names = forms.ChoiceField(
        label=_("How couples are named"),
        choices=StaffCalendar.Names.choices,
        widget=forms.RadioSelect,
        help_text=_("Whoever runs the calendar reads it: your provider, your phone, whom you share it with."),
    )
    field_order = ["names", "alarm"]

    def put_into(self, row: Any) -> None:
        super().put_into(row)
        row.names = self.cleaned_data["names"]
