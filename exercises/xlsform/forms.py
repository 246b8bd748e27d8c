"""What whoever brings a workbook says about it: its title, whose it is, and its safety questions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exercises.fhir.forms import LANE_WORDS, SafetyForm
from exercises.fhir.planning import LANES
from exercises.sharing import terms
from exercises.vocabulary import Lane
from exercises.writing.about_form import TextOfOurs
from exercises.xlsform.planning import Choices, Plan

LICENCES = [
    (terms.OWN, _("We wrote it ourselves")),
    *((key, one.name) for key, one in terms.LICENCES.items() if key not in (terms.CREDIT, terms.USE_ONLY)),
    (terms.USE_ONLY, _("Another one, or a permission: only for our own use")),
]


class SheetForm(SafetyForm):
    """Everything that a person decides before a form becomes a draft."""

    title = TextOfOurs(label=_("Title"), max_length=160)
    summary = TextOfOurs(
        label=_("What people read before they begin"),
        max_length=600,
        required=False,
        lines=True,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One or two sentences: what it is about, and which time it asks about."),
    )
    lane = forms.ChoiceField(
        label=_("Who may read the answers at most"),
        choices=list(zip(LANES, LANE_WORDS, strict=True)),
        help_text=_("Whoever gives it may choose something stricter."),
        widget=forms.RadioSelect,
        initial=Lane.PRIVATE.value,
    )
    licence = forms.ChoiceField(
        label=_("Whose form it is"),
        choices=[("", _("Please choose")), *LICENCES],
        error_messages={"required": _("Please say under which licence you use it.")},
    )
    author = TextOfOurs(
        label=_("Author"),
        max_length=120,
        required=False,
        help_text=_("Shown wherever the form is, and named when it is passed on."),
    )
    licence_confirmed = forms.BooleanField(
        label=_("We may use this form with our clients"),
        error_messages={"required": _("Without a right to use it, the form cannot be taken.")},
    )

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, questions=plan.asked, marks={}, initial={"title": plan.title}, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        found = terms.LICENCES.get(cleaned.get("licence", ""))
        if found is not None and found.passes and found.named and not cleaned.get("author"):
            self.add_error("author", _("This licence asks to name whose work it is."))
        return cleaned

    @property
    def choices(self) -> Choices:
        """What was decided; only after the form was found valid."""
        said = self.cleaned_data
        return Choices(said["title"], said["summary"], said["lane"], said["licence"], said["author"], self.marks)
