"""What somebody may say about how it went."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from exercises import feedback, wording
from exercises.feedback import OBSTACLES
from exercises.models import Feedback

TEN = [(str(number), str(number)) for number in range(11)]


class AfterForm(forms.Form):
    """Everything is optional: an empty form is an answer, too."""

    extent = forms.ChoiceField(
        label=gettext_lazy("Did you do it?"), choices=Feedback.Extent.choices, required=False, widget=forms.RadioSelect
    )
    usefulness = forms.TypedChoiceField(
        label=gettext_lazy("How useful was it?"), choices=TEN, coerce=int, empty_value=None, required=False
    )
    difficulty = forms.TypedChoiceField(
        label=gettext_lazy("How hard was it?"), choices=TEN, coerce=int, empty_value=None, required=False
    )
    too_much = forms.BooleanField(label=gettext_lazy("It is too much just now"), required=False)
    obstacles = forms.MultipleChoiceField(
        label=gettext_lazy("What got in the way?"),
        choices=list(OBSTACLES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    words = forms.CharField(
        label=gettext_lazy("Anything else about it"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    win = forms.CharField(
        label=gettext_lazy("Something small that went well"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    show = forms.BooleanField(required=False)

    def clean_words(self) -> str:
        return self._tidy("words")

    def clean_win(self) -> str:
        return self._tidy("win")

    def _tidy(self, name: str) -> str:
        try:
            return wording.tidy(self.cleaned_data[name], lines=True)
        except wording.UnkeepableText as refusal:
            raise forms.ValidationError(str(refusal.message)) from refusal

    def said(self) -> feedback.Said:
        chosen = self.cleaned_data
        return feedback.Said(
            extent=chosen["extent"],
            usefulness=chosen["usefulness"],
            difficulty=chosen["difficulty"],
            too_much=chosen["too_much"],
            obstacles=tuple(chosen["obstacles"]),
            words=chosen["words"],
            show=chosen["show"],
            win=chosen["win"],
        )
