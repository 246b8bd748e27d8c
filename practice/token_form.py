"""What somebody says who makes a token for a program."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from practice.api import tokens
from practice.api.scopes import THINGS, Scope
from practice.fields import KindErrors
from practice.models import Membership

#: What nobody else's token opens.
FOR_OWNERS = frozenset({Scope.WEBHOOKS_READ, Scope.WEBHOOKS_WRITE})
DAYS = [(30, _("30 days")), (90, _("90 days")), (365, _("A year"))]


class TokenForm(KindErrors, forms.Form):
    """What the program is called, what it may do, and for how long."""

    #: Sent twice, the form makes one token (see :func:`practice.api.tokens.issue`).
    draft = forms.CharField(widget=forms.HiddenInput, initial=tokens.new_draft, required=False, max_length=100)
    name = forms.CharField(
        label=_("What it is for"),
        max_length=80,
        help_text=_("So that you know it again: the program, or the computer."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("As little as it needs: never more than you may. Whoever changes something also sees it."),
        error_messages={"required": _("Choose at least one.")},
    )
    days = forms.TypedChoiceField(
        label=_("For how long"), coerce=int, choices=DAYS, initial=90, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, membership: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not membership.runs_practice:
            self.fields["scopes"].choices = [one for one in Scope.choices if one[0] not in FOR_OWNERS]  # type: ignore[attr-defined]

    def said(self) -> dict[str, Any]:
        """Return what :func:`practice.api.tokens.issue` asks for."""
        until = timezone.now() + datetime.timedelta(days=self.cleaned_data["days"])
        said = {name: self.cleaned_data[name] for name in ("name", "scopes", "draft")}
        return {**said, "expires_at": until}

    def by_thing(self) -> list[tuple[str, list[Any]]]:
        """Return the boxes to tick, by what they are about: reading and writing stand beside each other."""
        found: dict[str, list[Any]] = {}
        for box in self["scopes"]:
            found.setdefault(box.data["value"].partition(":")[0], []).append(box)
        return [(str(THINGS[thing]), boxes) for thing, boxes in found.items()]
