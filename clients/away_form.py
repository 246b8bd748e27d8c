"""What somebody says about being away."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clients import duty
from clients.models import Absence
from practice.fields import KindErrors
from practice.models import Membership

LONGEST = datetime.timedelta(days=366)


class MemberField(forms.ModelChoiceField):
    def label_from_instance(self, member: Any) -> str:
        return member.name


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"required": _("Choose a day."), "invalid": _("This is not a day. Write it like 2026-03-02.")},
    )


class AwayForm(KindErrors, forms.Form):
    """From when until when, and who covers. Owners may say it for somebody else, too."""

    membership = MemberField(label=_("Who is away"), queryset=Membership.objects.none())
    begins_on = _day(_("First day"))
    ends_on = _day(_("Last day"))
    covered_by = MemberField(
        label=_("Who covers"),
        help_text=_("They are told instead, and see the couples of what is urgent for that time."),
        queryset=Membership.objects.none(),
    )

    def __init__(self, *args: Any, by: Membership, today: datetime.date, **kwargs: Any) -> None:
        self.by, self.today = by, today
        super().__init__(*args, **kwargs)
        clinicians = Membership.objects.filter(ended_at=None).exclude(role=Membership.Role.COORDINATOR)
        clinicians = clinicians.order_by("name")
        self.fields["covered_by"].queryset = clinicians  # type: ignore[attr-defined]
        if by.runs_practice:
            self.fields["membership"].queryset = clinicians  # type: ignore[attr-defined]
        else:
            del self.fields["membership"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("begins_on"), said.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The last day cannot be before the first day."))
        elif last and last < self.today:
            self.add_error("ends_on", _("These days are over."))
        elif first and last and last - first > LONGEST:
            self.add_error("ends_on", _("A year is the longest. Choose an earlier day."))
        return said

    def save(self) -> Absence | None:
        """Write it down; None when it cannot be, with the reason beside its field."""
        said = self.cleaned_data
        try:
            return duty.plan_absence(
                said.get("membership", self.by),
                begins_on=said["begins_on"],
                ends_on=said["ends_on"],
                covered_by=said["covered_by"],
                by=self.by,
            )
        except duty.Overlaps:
            self.add_error("begins_on", _("Some of these days are written down already."))
        except duty.NamesThemselves:
            self.add_error("covered_by", _("For somebody else’s absence, name somebody else, or let them name you."))
        except duty.CannotCover:
            self.add_error("covered_by", _("This person cannot cover then. Please choose somebody who is there."))
        return None
