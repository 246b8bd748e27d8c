"""What is said when a library is shared, and when entries of one are taken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exercises.sharing import terms
from exercises.sharing.matching import Match, ProgramMatch
from exercises.sharing.offering import Offer, Signature
from exercises.writing.about_form import TextOfOurs

NAME_ROOM = 120


class ShareForm(forms.Form):
    """Which entries go into the file, under which licence, and whose name it says, if any."""

    chosen = forms.MultipleChoiceField(
        label=_("What goes into the file"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please choose at least one.")},
    )
    licence = forms.ChoiceField(
        label=_("Licence of what you wrote yourselves"),
        choices=[(key, f"{terms.LICENCES[key].name}") for key in terms.FOR_OWN],
        initial="CC-BY-SA-4.0",
        help_text=_("What came from elsewhere keeps its own licence."),
    )
    with_name = forms.BooleanField(
        label=_("Say the name of our practice"),
        required=False,
        help_text=_("Otherwise nothing in the file says whose it is."),
    )
    name = TextOfOurs(label=_("The name to say"), max_length=NAME_ROOM, required=False)
    author = TextOfOurs(
        label=_("Author to be named"),
        max_length=NAME_ROOM,
        required=False,
        help_text=_("A person or a team, as they wish to be credited. Left empty, nobody is named."),
    )

    def __init__(self, *args: Any, offers: Iterable[Offer], **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        going = [(one.id, one.title) for one in offers if one.goes]
        self.fields["chosen"].choices = going  # type: ignore[attr-defined]
        self.fields["chosen"].initial = [one for one, _title in going]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("with_name") and not cleaned.get("name"):
            self.add_error("name", _("Please write the name to say, or leave it out."))
        found = terms.LICENCES.get(cleaned.get("licence", ""))
        if found is not None and found.named and not cleaned.get("author") and not cleaned.get("with_name"):
            self.add_error("author", _("This licence asks to name whose work it is: an author, or your practice."))
        return cleaned

    @property
    def signature(self) -> Signature:
        said = self.cleaned_data
        return Signature(said["licence"], said["name"] if said["with_name"] else "", said["author"])


class TakeForm(forms.Form):
    """Which entries of a file are taken, and that they may be."""

    chosen = forms.MultipleChoiceField(
        label=_("What to take"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please choose at least one.")},
    )
    confirmed = forms.BooleanField(
        label=_("We keep to these licences"),
        help_text=_("Each entry says its own. Your drafts keep it, with its author."),
        error_messages={"required": _("Without a right to use them, they cannot be taken.")},
    )

    def __init__(self, *args: Any, matches: Iterable[Match | ProgramMatch], **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        there = [(one.name, one.entry.title) for one in matches if one.can_be_taken]
        self.fields["chosen"].choices = there  # type: ignore[attr-defined]
        self.fields["chosen"].initial = [name for name, _title in there]
