"""What somebody fills in beside something that had to be looked at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from exercises.fields import WrittenField
from reports.alerts import Assessment
from reports.models import Act, Judgement

LONGEST_NOTE = 4000


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
