"""What is asked about a table of couples: the file, its columns, and which of the doubtful ones come in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clients.bringing.columns import ORDERS, Part, guessed, recognised
from clients.bringing.looking import Choices, Look
from clients.bringing.reading import MOST_BYTES, Table, Unreadable, read
from clients.forms import therapists
from practice import tenancy
from practice.fields import KindErrors, ZoneField

#: What cannot stand for two columns.
TWICE = _("Two columns are said to hold the same. Leave one of them out.")


class FileForm(KindErrors, forms.Form):
    """The file."""

    file = forms.FileField(
        label=_("The file"),
        help_text=_("CSV with headings in its first line; up to 1 MB and 500 rows."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv,text/tab-separated-values"}),
        error_messages={"required": _("Please choose a file.")},
        allow_empty_file=True,
    )

    def clean_file(self) -> bytes:
        # One byte more than is taken is enough to say that it is too much.
        data = bytes(self.cleaned_data["file"].read(MOST_BYTES + 1))
        try:
            read(data)
        except Unreadable as error:
            raise ValidationError(str(error), code="unreadable") from None
        return data


class ColumnsForm(KindErrors, forms.Form):
    """What each column holds, and what holds for all rows."""

    order = forms.ChoiceField(label=_("How days are written"), choices=ORDERS)
    time_zone = ZoneField(help_text=_("For whom the file says no other."))
    therapists = forms.MultipleChoiceField(
        label=_("Who looks after them"),
        help_text=_("Where the file names no therapist."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )

    def __init__(self, *args: Any, table: Table, said: Choices | None, time_zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        with tenancy.elevated():
            offered = [(str(one.pk), one.name) for one in therapists()]
        self.fields["therapists"].choices = offered  # type: ignore[attr-defined]
        system = recognised(table.headers)
        self.system = system.name if system else ""
        parts = list(said.parts) if said else guessed(table.headers)
        self.columns = []
        for number, heading in enumerate(table.headers):
            name = f"column-{number}"
            samples = ", ".join(f"“{one}”" for one in table.samples(number))
            self.fields[name] = forms.ChoiceField(
                label=heading, help_text=samples, choices=Part.choices, required=False, initial=parts[number]
            )
            self.columns.append(name)
        self.initial = {
            **self.initial,
            "order": said.order if said else system.order if system else ORDERS[0][0],
            "time_zone": said.time_zone if said else time_zone,
            "therapists": list(said.therapists) if said else [offered[0][0]] if len(offered) == 1 else [],
        }

    def of_columns(self) -> list[forms.BoundField]:
        return [self[name] for name in self.columns]

    def of_all(self) -> list[forms.BoundField]:
        return [self[name] for name in ("order", "time_zone", "therapists")]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        parts = [said.get(name) or "" for name in self.columns]
        for name, part in zip(self.columns, parts, strict=True):
            if part and parts.count(part) > 1:
                self.add_error(name, ValidationError(TWICE, code="twice"))
        if not {Part.NAME_1, Part.GIVEN_1, Part.NAMES} & set(parts):
            self.add_error(None, ValidationError(_("Say which column holds the names."), code="no_name"))
        elif not _says_who_belongs_together(parts):
            words = _(
                "The file must say who belongs together: a second person in each row, or a column with the same word "
                "in the rows of both. If it has neither, add such a column in your spreadsheet."
            )
            self.add_error(None, ValidationError(words, code="no_couple"))
        return said

    def choices(self) -> Choices:
        said = self.cleaned_data
        parts = tuple(said[name] or "" for name in self.columns)
        return Choices(parts, said["order"], said["time_zone"], tuple(said["therapists"]))


def _says_who_belongs_together(parts: Sequence[str]) -> bool:
    return bool({Part.COUPLE, Part.NAMES, Part.NAME_2, Part.GIVEN_2} & set(parts))


class TakeForm(KindErrors, forms.Form):
    """The last page: which doubtful ones come in all the same, and whether anybody is written to."""

    anyway = forms.MultipleChoiceField(
        label=_("Take these all the same"), required=False, widget=forms.CheckboxSelectMultiple
    )
    invite = forms.BooleanField(
        label=_("Send each person with an address their own invitation now"),
        required=False,
        help_text=_("Otherwise nobody is written to, and you invite each from their page when the time has come."),
    )

    def __init__(self, *args: Any, seen: Look, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if seen.doubtful:
            self.fields["anyway"].choices = [  # type: ignore[attr-defined]
                (str(one.number), f"{one.where}: {' & '.join(one.names)}. {' '.join(one.doubts)}")
                for one in seen.doubtful
            ]
        else:
            del self.fields["anyway"]

    def chosen(self) -> set[int]:
        return {int(one) for one in self.cleaned_data.get("anyway", [])}
