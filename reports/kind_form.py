"""The form for a report of any kind: what it is about is fixed before it opens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Couple
from practice.models import Practice
from reports.forms import ReportForm
from reports.kinds import composer_of
from reports.making import Wish
from reports.models.report import Audience, Kind
from reports.subjects import Subject

#: The editions in the order they are offered, with their names; that of one partner carries theirs.
NAMES = {
    Audience.CLINICAL: _("Clinical, for you"),
    Audience.SHARED: _("Shared, for the couple"),
}


class AboutForm(ReportForm):
    """For whom, what stands in it, on which paper; days and words of one's own where the kind asks for them."""

    def __init__(self, *args: Any, subject: Subject, couple: Couple, practice: Practice, **kwargs: Any) -> None:
        self.subject = subject
        self.kind = Kind(subject.kind)
        kwargs["initial"] = {
            "begins_on": subject.begins_on,
            "ends_on": subject.ends_on,
            **(kwargs.get("initial") or {}),
        }
        super().__init__(*args, couple=couple, practice=practice, **kwargs)
        field = self.fields["audience"]
        field.choices = self._editions()  # type: ignore[attr-defined]
        self.initial["audience"] = subject.first if self.is_together else Audience.CLINICAL
        if not subject.asks_days:
            del self.fields["begins_on"], self.fields["ends_on"]
        if not subject.asks_words:
            del self.fields["summary"]

    def _editions(self) -> list[tuple[str, Any]]:
        """The editions of this kind; for one partner, of those whom it may be about."""
        there = composer_of(self.kind).editions
        people: list[Client] = [self.subject.partner] if self.subject.partner else self.couple.clients
        names = sorted(NAMES, key=lambda one: one != self.subject.first)
        whole = [(one.value, NAMES[one]) for one in names if one in there]
        if Audience.PARTNER not in there:
            return whole
        return [*whole, *[(str(one.pk), format_lazy(_("For {name} alone"), name=one.name)) for one in people]]

    def clean(self) -> dict[str, Any]:
        """Keep the parts that the chosen edition can have; a part for therapists is left out elsewhere."""
        said = super().clean()
        for name, value in (("begins_on", self.subject.begins_on), ("ends_on", self.subject.ends_on)):
            said.setdefault(name, value)
        said.setdefault("summary", "")
        return said

    def wish(self) -> Wish:
        found = super().wish()
        whom = found.partner_id or (self.subject.partner.pk if self.subject.partner else None)
        return replace(found, partner_id=whom, **self.subject.about)

    def refuse(self) -> None:
        """Say at the edition that there is nothing which it may hold."""
        self.add_error("audience", forms.ValidationError(_(
            "There is nothing here that this edition may tell at the moment. Choose another one, or release it first."
        )))  # fmt: skip
