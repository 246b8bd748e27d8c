"""After a task: how it went, if one likes to say."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.access import for_consenting_clients
from exercises import doing as doings
from exercises import feedback, wording
from exercises.doing import Doing
from exercises.feedback import OBSTACLES
from exercises.lane_words import said
from exercises.models import Feedback, Occurrence
from exercises.vocabulary import Lane
from practice.access import read_or_send

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


@read_or_send
@for_consenting_clients
def after(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """Say how it went: one page, once it was sent or left out."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    if doing.sent is None and doing.occurrence.state not in (Occurrence.State.DONE, Occurrence.State.SKIPPED):
        raise Http404
    form = AfterForm(request.POST if request.method == "POST" else None, initial=_start(doing))
    if request.method == "POST" and form.is_valid():
        feedback.give(doing.occurrence, request.person, form.said())
        messages.success(request, _("Thank you. That helps to find what fits you."))
        return redirect("portal_today")
    may_show = feedback.may_show(doing.occurrence, doing.now) and bool(doing.circle.others)
    own = doing.assignment.lane == Lane.OWN
    return render(
        request,
        "exercises/portal/after.html",
        {
            "doing": doing,
            "form": form,
            "may_show": may_show,
            "read_by": said(Lane.OWN if own else Lane.PRIVATE, doing.circle),
            "ten": range(11),
        },
        status=422 if form.errors else 200,
    )


def _start(doing: Doing) -> dict[str, Any]:
    there = feedback.given(doing.occurrence, doing.person)
    win = feedback.win_of(doing.occurrence, doing.person)
    if there is None:
        return {}
    return {
        "extent": there.extent,
        "usefulness": there.usefulness,
        "difficulty": there.difficulty,
        "too_much": there.too_much,
        "obstacles": there.obstacles,
        "words": there.words,
        "win": win.words if win else "",
        "show": there.lane == Lane.SHARED,
    }
