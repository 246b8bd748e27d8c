"""What a therapist fills in for a report, and beside something that had to be looked at."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Couple
from exercises.fields import WrittenField
from reports.alerts import Assessment
from reports.making import Wish
from reports.models import Act, Judgement, Report
from reports.progress import usual_period

LONGEST_PERIOD = timedelta(days=366 * 2)
LONGEST_SUMMARY = 6000
LONGEST_NOTE = 4000
A_DAY = {"required": _("Choose a day."), "invalid": _("This is not a day. Write it like 2026-03-02.")}


def day_field(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, input_formats=["%Y-%m-%d"], error_messages=A_DAY)


class ReportForm(forms.Form):
    """A period, for whom, on which paper, and the therapist's own words."""

    audience = forms.ChoiceField(
        label=_("For whom"),
        choices=[
            (Report.Audience.SHARED, _("Shared, for the couple")),
            (Report.Audience.CLINICAL, _("Clinical, for you")),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose for whom it is."),
            "invalid_choice": _("Choose the shared or the clinical edition."),
        },
    )
    begins_on = day_field(_("From"))
    ends_on = day_field(_("To"))
    paper = forms.ChoiceField(
        label=_("Paper"),
        choices=Report.Paper.choices,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose A4 or US Letter.")},
    )
    summary = WrittenField(
        rows=7,
        label=_("Your summary"),
        required=False,
        longest=LONGEST_SUMMARY,
        help_text=_(
            "It stands on the first page, under your name. A blank line begins a new paragraph. "
            "In the shared edition the couple reads it: write nothing there that one of them told you alone."
        ),
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, couple: Couple, **kwargs: Any) -> None:
        self.couple = couple
        self.today = timezone.localtime(timezone.now(), couple.zone).date()
        kwargs["initial"] = {**self._usual(), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def _usual(self) -> dict[str, Any]:
        first, last = usual_period(self.couple, self.today)
        audience = Report.Audience.SHARED if self.is_together else Report.Audience.CLINICAL
        return {
            "begins_on": first,
            "ends_on": last,
            "audience": audience,
            "paper": Report.Paper.A4,
            "request_key": uuid.uuid4(),
        }

    @property
    def is_together(self) -> bool:
        """Whether there still is somebody to share with."""
        return self.couple.status != Couple.Status.SEPARATED

    def clean_audience(self) -> str:
        audience = self.cleaned_data["audience"]
        if audience == Report.Audience.SHARED and not self.is_together:
            raise ValidationError(_("They have separated: what they shared is shared no more. Choose clinical."))
        return audience

    def clean_ends_on(self) -> date:
        last = self.cleaned_data["ends_on"]
        if last > self.today:
            raise ValidationError(_("This day has not come yet. Today is the latest one."))
        return last

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("begins_on"), said.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The last day cannot be before the first day."))
        elif first and last and last - first > LONGEST_PERIOD:
            self.add_error("begins_on", _("Two years are the longest period that fits a report. Choose a later day."))
        elif first and first > self.today:
            self.add_error("begins_on", _("This day has not come yet."))
        return said

    def wish(self) -> Wish:
        said = self.cleaned_data
        return Wish(
            begins_on=said["begins_on"],
            ends_on=said["ends_on"],
            audience=said["audience"],
            paper=said["paper"],
            summary=said["summary"],
            key=said["request_key"] or uuid.uuid4(),
        )


class AssessmentForm(forms.Form):
    """What somebody judged and did about something that had to be looked at."""

    judgement = forms.ChoiceField(
        label=_("What you judged"),
        choices=Judgement.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one."), "invalid_choice": _("Please choose one of these.")},
    )
    acts = forms.MultipleChoiceField(
        label=_("What you did"),
        choices=Act.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Please tick at least one."),
            "invalid_choice": _("Please choose among these."),
        },
    )
    note = WrittenField(
        rows=4,
        label=_("In your words"),
        longest=LONGEST_NOTE,
        help_text=_("One line is enough. It is kept sealed, with your name and the time, and cannot be changed."),
        error_messages={"required": _("Please write what you did, so that the next person knows.")},
    )

    def __init__(self, *args: Any, closes: bool = False, **kwargs: Any) -> None:
        self.closes = closes
        super().__init__(*args, **kwargs)

    def clean_judgement(self) -> str:
        judgement = self.cleaned_data["judgement"]
        if self.closes and judgement == Judgement.UNCLEAR:
            raise ValidationError(_("What cannot be judged yet stays open. Save it without closing."))
        return judgement

    @property
    def assessment(self) -> Assessment:
        said = self.cleaned_data
        return Assessment(said["judgement"], tuple(said["acts"]), said["note"])


class ReopenForm(forms.Form):
    """Why something that was closed is open again."""

    note = WrittenField(
        rows=2,
        label=_("Why"),
        longest=LONGEST_NOTE,
        error_messages={"required": _("Please write in a line why it is open again.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "reopen_%s", **kwargs})


class SetAsideForm(forms.Form):
    """Why a softer sign is left for now."""

    note = WrittenField(
        rows=2,
        label=_("What you make of it"),
        longest=LONGEST_NOTE,
        help_text=_("It comes back by itself when there is newer data of this kind."),
        error_messages={"required": _("Please write a line, so that the next person knows.")},
    )
