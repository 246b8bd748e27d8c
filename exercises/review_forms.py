"""What therapists and partners write when they look back: comments, notes, goals."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Couple, Partner
from exercises import agenda, goals, notes, threads
from exercises.fields import WrittenField
from practice.templatetags.attune import names

EVERYBODY = "all"
SURE = {"required": gettext_lazy("Please write something first.")}


class KeyedForm(forms.Form):
    """A form that can be sent twice and counts once."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("key", uuid.uuid4())
        super().__init__(*args, **kwargs)

    def clean_key(self) -> uuid.UUID:
        return self.cleaned_data.get("key") or uuid.uuid4()


class SayForm(KeyedForm):
    """One more comment in a thread."""

    text = WrittenField(
        rows=4, longest=threads.LONGEST, label=gettext_lazy("Your message"), error_messages=SURE, strip=True
    )


class BeginForm(SayForm):
    """A first comment, and to whom it goes. ``choices`` are (value, words)."""

    to = forms.ChoiceField(
        label=gettext_lazy("Who reads it"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose who reads it. It cannot be changed later."),
            "invalid_choice": gettext_lazy("Choose who reads it. It cannot be changed later."),
        },
    )
    field_order = ["to", "text", "key"]

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = choices  # type: ignore[attr-defined]


class CommentForm(BeginForm):
    """A therapist's words about an answer: to its author (``alone``) or to all.

    Next to something private or still sealed, words to all need a second thought: a tick of their own.
    """

    sure = forms.BooleanField(
        required=False, label=gettext_lazy("Nothing in this message gives away what the others cannot read")
    )

    def __init__(
        self, *args: Any, alone: list[Partner], partners: list[Partner], delicate: bool = False, **kwargs: Any
    ) -> None:
        self.delicate = delicate
        super().__init__(*args, choices=audience_choices(alone, partners), **kwargs)
        if not delicate:
            del self.fields["sure"]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.delicate and said.get("to") == EVERYBODY and not said.get("sure"):
            self.add_error("sure", _("Please look at your words once more, and tick this if they give nothing away."))
        return said


def audience_choices(alone: list[Partner], partners: list[Partner]) -> list[tuple[str, str]]:
    """Each of ``alone`` by themselves, and all partners together."""
    offered = [(str(one.client_id), _("%(name)s alone") % {"name": one.client.name}) for one in alone]
    if len(partners) < 2:
        return offered
    everybody = names([one.client.name for one in partners])
    return [*offered, (EVERYBODY, _("%(names)s together") % {"names": everybody})]


def audience_of(to: str, partners: list[Partner]) -> list[uuid.UUID]:
    """Return the people that a choice of :func:`audience_choices` means."""
    return [one.client_id for one in partners if to in (EVERYBODY, str(one.client_id))]


class NoteForm(forms.Form):
    """A staff note. ``version`` is the one that the writer has read."""

    text = WrittenField(rows=8, longest=notes.LONGEST, label=gettext_lazy("Note"), error_messages=SURE)
    for_session = forms.BooleanField(required=False, label=gettext_lazy("Bring it to the next session"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)


class PsychotherapyNoteForm(forms.Form):
    """A note that its author alone reads. ``version`` is the one that they have read."""

    text = WrittenField(rows=8, longest=notes.LONGEST, label=gettext_lazy("For you alone"), error_messages=SURE)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)


class AgendaForm(forms.Form):
    """A line for the next session."""

    words = WrittenField(rows=2, longest=agenda.LONGEST, label=gettext_lazy("What to bring up"), error_messages=SURE)


class GoalForm(KeyedForm):
    """A goal as staff write it down, with whose it is as long as it is new."""

    words = WrittenField(
        rows=2,
        longest=goals.LONGEST,
        label=gettext_lazy("In their own words"),
        error_messages={"required": gettext_lazy("Please write the goal as they say it.")},
    )
    to = forms.ChoiceField(
        label=gettext_lazy("Whose goal it is"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose whose goal it is."),
            "invalid_choice": gettext_lazy("Choose whose goal it is."),
        },
    )
    review_on = forms.DateField(
        label=gettext_lazy("Look at it again on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": gettext_lazy("This is not a day. Write it like 2026-03-02.")},
        help_text=gettext_lazy("From that day on they are asked how near it feels."),
    )

    #: The words as the writer has read them.
    was = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)

    def __init__(self, *args: Any, partners: list[Partner], known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["to"]
            return
        self.fields["to"].choices = _whose(partners)  # type: ignore[attr-defined]


def _whose(partners: list[Partner]) -> list[tuple[str, str]]:
    alone = [(str(one.client_id), _("%(name)s’s own, private") % {"name": one.client.name}) for one in partners]
    if len(partners) < 2:
        return alone
    everybody = names([one.client.name for one in partners])
    return [(EVERYBODY, _("%(names)s together") % {"names": everybody}), *alone]


class OwnGoalForm(KeyedForm):
    """A goal in a partner's own words."""

    words = WrittenField(
        rows=2,
        longest=goals.LONGEST,
        label=gettext_lazy("What you would like to reach"),
        help_text=gettext_lazy("In your own words. One line is enough."),
        error_messages={"required": gettext_lazy("Please write a few words first.")},
    )
    to = forms.ChoiceField(
        label=gettext_lazy("Who reads it"),
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose who reads it."),
            "invalid_choice": gettext_lazy("Choose who reads it."),
        },
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = choices  # type: ignore[attr-defined]


class RateForm(KeyedForm):
    """How near a goal feels, from 0 to 10."""

    value = forms.TypedChoiceField(
        coerce=int,
        choices=[(str(stop), str(stop)) for stop in goals.STOPS],
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose a number from 0 to 10."),
            "invalid_choice": gettext_lazy("Choose a number from 0 to 10."),
        },
    )


class PhaseForm(forms.Form):
    """Where the work with a couple stands."""

    phase = forms.ChoiceField(label=gettext_lazy("Phase"), choices=Couple.Phase.choices)
