"""What somebody says who opens a couple that is not theirs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clients import emergencies
from clients.models import EmergencyAccess
from practice.fields import KindErrors, WordsField
from practice.models import Membership


def _hours() -> list[tuple[int, str]]:
    return [(n, ngettext("%(n)s hour", "%(n)s hours", n) % {"n": n}) for n in emergencies.HOURS]


class EmergencyForm(KindErrors, forms.Form):
    """Whom it is about, why, and for how long. ``couple`` is who was meant, once the form is valid.

    ``found_nobody``: both names were said, and nobody in care has them. Whoever tries names leaves a trail.
    """

    found_nobody = False

    one = WordsField(label=_("One partner’s name"), max_length=80, help_text=_("As it stands in the record."))
    other = WordsField(label=_("The other’s name"), max_length=80)
    what = forms.ChoiceField(label=_("What you need"), choices=EmergencyAccess.What.choices)
    why = forms.CharField(
        label=_("Why now"),
        help_text=_("The couple’s therapist and the owner read this."),
        widget=forms.Textarea(attrs={"rows": 3}),
        min_length=emergencies.SHORTEST,
        max_length=2000,
        error_messages={"min_length": _("Say it in a sentence: those who were told have to understand it.")},
    )
    hours = forms.TypedChoiceField(label=_("For how long"), choices=_hours, coerce=int)

    def __init__(self, *args: Any, by: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        if not emergencies.may_open(by, EmergencyAccess.What.NOTES):
            self.fields["what"].choices = EmergencyAccess.What.choices[:1]  # type: ignore[attr-defined]
            self.fields["what"].widget = forms.HiddenInput()
            self.fields["what"].initial = EmergencyAccess.What.RECORD

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("one") and said.get("other"):
            try:
                self.couple = emergencies.find(said["one"], said["other"])
            except emergencies.NothingFound:
                self.found_nobody = True
                self.add_error("other", _("No couple in care has partners of these two names."))
        return said

    def save(self) -> EmergencyAccess:
        said = self.cleaned_data
        return emergencies.open_up(self.couple, by=self.by, why=said["why"], hours=said["hours"], what=said["what"])


class FindingForm(KindErrors, forms.Form):
    """What somebody found who looked at it afterwards."""

    finding = forms.CharField(
        label=_("What you found"), widget=forms.Textarea(attrs={"rows": 2}), min_length=5, max_length=2000
    )
