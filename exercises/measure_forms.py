"""Entering the score of a measure that was filled in elsewhere, and saying that the practice holds a licence."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from exercises import measures
from exercises.fields import WrittenField
from exercises.measured import Entry, score_of
from exercises.measures import Measure, ScoreError
from exercises.measures.definition import Item, Scale
from exercises.measures.explaining import figure
from exercises.measures.scoring import SHORT
from exercises.models import MeasureEntry
from practice.fields import KindErrors, WordsField

LONGEST_NOTE = 1000
#: A slip of the pen in the year; nobody enters scores older than that.
EARLIEST = datetime.date(1990, 1, 1)


class FigureField(forms.DecimalField):
    """A number as people write it: with a point or a comma."""

    default_error_messages = {
        "invalid": _("Please write a plain number, such as 12 or 24.5."),
        "required": _("Please fill this in."),
    }

    def __init__(self, range_: Scale | Item, **kwargs: Any) -> None:
        hint = format_lazy(_("From {low} to {high}."), low=figure(range_.low), high=figure(range_.high))
        kwargs.setdefault("help_text", hint)
        attrs = {
            "inputmode": "decimal" if range_.decimals else "numeric",
            "autocomplete": "off",
            "class": "input--number",
        }
        super().__init__(widget=forms.TextInput(attrs=attrs), **kwargs)

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.strip().replace(",", ".") if isinstance(value, str) else value)

    def prepare_value(self, value: Any) -> Any:
        return figure(value) if isinstance(value, Decimal) else value


class ScoreForm(KindErrors, forms.Form):
    """One score: its fields follow from the measure. ``today`` is the couple's own."""

    taken_on = forms.DateField(
        label=_("Filled in on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Please give a date, such as 2026-05-21.")},
    )

    def __init__(self, *args: Any, measure: Measure, today: datetime.date, **kwargs: Any) -> None:
        self.measure, self.today = measure, today
        super().__init__(*args, **kwargs)
        for name, field in self._numbers():
            self.fields[name] = field
        if not measure.person_only and len(measure.items) > SHORT:
            self.fields["prorated"] = forms.BooleanField(
                label=_("Some items were left out, and the score was made up from the others"), required=False
            )
        self.fields["note"] = WrittenField(
            rows=3,
            longest=LONGEST_NOTE,
            label=_("Note"),
            required=False,
            help_text=_("For you and your colleagues in this practice."),
        )
        self.fields["taken_on"].widget.attrs["max"] = today.isoformat()

    def _numbers(self) -> Iterator[tuple[str, forms.Field]]:
        measure = self.measure
        if measure.total is not None:
            yield "total", FigureField(measure.total, label=_("Total"))
        for part in measure.parts:
            needed = measure.total is None
            yield part.key, FigureField(part, label=part.name, required=needed)
        for number in measure.safety_items:
            words = _("Also when the total is low. Left empty, it counts as not answered, never as zero.")
            item = measure.item(number)
            label = format_lazy(_("Answer to item {n}, which asks about safety"), n=number)
            hint = format_lazy("{range} {words}", range=FigureField(item).help_text, words=words)
            yield f"item_{number}", FigureField(item, label=label, required=False, help_text=hint)

    def clean_taken_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["taken_on"]
        if day > self.today:
            raise forms.ValidationError(_("This day is still to come. When was it filled in?"))
        if day < EARLIEST:
            raise forms.ValidationError(_("This is very long ago. Is the year right?"))
        return day

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if any(name in self.errors for name, _field in self._numbers()):
            return said
        safety = {number: said.get(f"item_{number}") for number in self.measure.safety_items}
        try:
            self.score = measures.read(
                self.measure,
                said.get("total"),
                {part.key: said.get(part.key) for part in self.measure.parts},
                safety,
                said.get("prorated", False),
            )
        except ScoreError as refusal:
            for name, message in refusal.errors.items():
                self.add_error(name if name in self.fields else None, str(message))
        return said

    @property
    def entry(self) -> Entry:
        """What was entered. Only after the form was found valid."""
        said = self.cleaned_data
        numbers = {number: said.get(f"item_{number}") for number in self.measure.safety_items}
        safety = {number: value for number, value in numbers.items() if value is not None}
        return Entry(said["taken_on"], self.score, safety, said["note"])

    @staticmethod
    def initial_of(entry: MeasureEntry) -> dict[str, Any]:
        """An entry as the form shows it, to be corrected."""
        score = score_of(entry)
        return {
            "taken_on": entry.taken_on,
            "total": score.total,
            **{key: value for key, value in score.subscales.items() if value is not None},
            **{f"item_{number}": Decimal(value) for number, value in entry.safety.items()},
            "prorated": entry.prorated,
            "note": entry.note,
        }


class LicenceForm(KindErrors, forms.Form):
    """Somebody of the practice says that it holds a licence, and where that is written down."""

    reference = WordsField(
        label=_("Where the licence is written down"),
        max_length=300,
        help_text=_("Its number, the holder's letter, or where the contract is kept."),
    )
    confirmed = forms.BooleanField(
        label=_("We hold a licence that covers entering these scores here"),
        error_messages={"required": _("Please confirm it, or leave the measure unused.")},
    )
