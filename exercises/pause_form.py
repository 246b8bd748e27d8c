"""What a therapist fills in to let something rest."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Couple
from exercises.models import Assignment, Pause
from exercises.when_form import day_input

EVERYTHING, DEEP = "all", "deep"


class PauseForm(forms.Form):
    """What rests, from when to when, and why. The reason stays with the practice."""

    what = forms.ChoiceField(label=gettext_lazy("What rests"), widget=forms.RadioSelect)
    kind = forms.ChoiceField(
        label=gettext_lazy("What for"), choices=Pause.Kind.choices, widget=forms.RadioSelect, initial=Pause.Kind.HOLIDAY
    )
    starts_on = forms.DateField(
        label=gettext_lazy("From"),
        widget=day_input(),
        error_messages={
            "required": gettext_lazy("Please choose a first day."),
            "invalid": gettext_lazy("Please write a date, such as 2026-11-29."),
        },
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Until"),
        widget=day_input(),
        required=False,
        error_messages={"invalid": gettext_lazy("Please write a date, such as 2026-11-29.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("A word about why"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Only the practice reads it. To them it rests, no more."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, couple: Couple, assignment: Assignment | None, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        self.couple = couple
        choices: list[tuple[str, Any]] = [
            (EVERYTHING, _("Everything they were given")),
            (DEEP, _("Deep talks only")),
        ]
        if assignment is not None:
            choices.insert(0, (str(assignment.pk), assignment.edition.title))
        self.fields["what"].choices = choices  # type: ignore[attr-defined]
        self.fields["what"].initial = choices[0][0]
        self.fields["starts_on"].initial = timezone.localdate(timezone=couple.zone)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        starts, ends = said.get("starts_on"), said.get("ends_on")
        today = timezone.localdate(timezone=self.couple.zone)
        if starts and starts < today:
            self.add_error("starts_on", _("This day is over. Choose today or a later day."))
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The last day comes before the first."))
        return said
