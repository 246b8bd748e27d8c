"""The words of an agreement, as partners write them."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exercises import agreements, wording
from exercises.when_form import day_input


class AgreementForm(forms.Form):
    """The words of an agreement, new or changed."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    #: The round of an exercise in which it was settled.
    settled_in = forms.UUIDField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(
        label=gettext_lazy("What it is about"),
        max_length=120,
        help_text=gettext_lazy("A few words, such as: evenings, phones at table, time alone."),
        error_messages={"required": gettext_lazy("Please say in a few words what it is about.")},
    )
    text = forms.CharField(
        label=gettext_lazy("What we agree on"),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Please write down what you agree on.")},
    )
    review_on = forms.DateField(
        label=gettext_lazy("Look at it again on"),
        required=False,
        widget=day_input(),
        help_text=gettext_lazy("Life changes. A date helps you to look whether it still fits."),
    )

    def clean_title(self) -> str:
        return _tidy(self.cleaned_data["title"], lines=False)

    def clean_text(self) -> str:
        text = _tidy(self.cleaned_data["text"], lines=True)
        if len(text) > agreements.LIMIT:
            raise forms.ValidationError(
                _("There is room for %(n)s characters. Shorter is easier to keep.") % {"n": agreements.LIMIT}
            )
        return text


def _tidy(text: str, *, lines: bool) -> str:
    try:
        return wording.tidy(text, lines=lines)
    except wording.UnkeepableText as refusal:
        raise forms.ValidationError(str(refusal.message)) from refusal
