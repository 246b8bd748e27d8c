"""What an owner says about duty: when somebody is there, who looks when, and what clients read about it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from practice.fields import CountryField, KindErrors, WordsField
from practice.models import Membership, Practice

NOBODY = "nobody"
#: Minutes that can be chosen: quicker than the longest, never slower.
FIRST = (15, 30, 60, 120, 180, 240)
THEN = (15, 30, 60, 120)
OPEN = (240, 480, 960, 1440, 2400)
MOST_HOLIDAYS = 200


def _spans(minutes: tuple[int, ...]) -> list[tuple[int, Any]]:
    return [
        (n, format_lazy(ngettext_lazy("{n} hour", "{n} hours", n // 60), n=n // 60))
        if n >= 60
        else (n, format_lazy(_("{n} minutes"), n=n))
        for n in minutes
    ]


class HolidaysField(forms.Field):
    """A list of days, one a line."""

    widget = forms.Textarea(attrs={"rows": 6})

    def to_python(self, value: Any) -> list[datetime.date]:
        lines = [line.strip() for line in str(value or "").splitlines()]
        found = []
        for line in filter(None, lines):
            try:
                found.append(datetime.date.fromisoformat(line))
            except ValueError:
                message = format_lazy(_("“{line}” is not a day. Write it like 2026-12-25."), line=line[:40])
                raise ValidationError(message) from None
        if len(found) > MOST_HOLIDAYS:
            raise ValidationError(format_lazy(_("There is room for {n} days."), n=MOST_HOLIDAYS))
        return sorted(set(found))


class DutyForm(KindErrors, forms.Form):
    """All of it at once: a practice that asks about safety has said each of these."""

    holidays = HolidaysField(
        label=_("Days on which nobody is there"),
        help_text=_("One day a line, such as 2026-12-25. Take over next year's when you know them."),
        required=False,
    )
    answer_within = forms.TypedChoiceField(
        label=_("Somebody looks within"),
        help_text=_("Counted in your working hours. After that, whoever covers is told as well."),
        choices=_spans(FIRST),
        coerce=int,
    )
    pass_on_after = forms.TypedChoiceField(label=_("The lead is told after another"), choices=_spans(THEN), coerce=int)
    close_within = forms.TypedChoiceField(
        label=_("What somebody took is passed on after"),
        help_text=_(
            "Counted in your working hours, from when they took it or last wrote down what they judged. They keep it;"
            " a colleague, and then the lead, are told that it is still open."
        ),
        choices=_spans(OPEN),
        coerce=int,
    )
    cover = forms.ChoiceField(
        label=_("Who covers"),
        help_text=_("When nobody else was named for an absence. They see such a couple while they look after it."),
    )
    lead = forms.ChoiceField(
        label=_("Who leads"), help_text=_("Here it ends: this person is told again every working day.")
    )
    reply_hours = WordsField(
        label=_("When you read what clients send"),
        help_text=_("Clients read it where they answer, for example: on working days, before noon."),
        max_length=200,
    )
    country = CountryField(help_text=_("Help lines of this country are shown to clients who say no other."))

    def __init__(self, *args: Any, practice: Practice, **kwargs: Any) -> None:
        self.practice = practice
        kwargs["initial"] = {**_as_said(practice), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        for day, name in WEEKDAYS.items():
            self.fields[f"from_{day}"] = _time(format_lazy(_("{day}, from"), day=name))
            self.fields[f"until_{day}"] = _time(format_lazy(_("{day}, until"), day=name))
        clinicians = list(
            Membership.objects.filter(ended_at=None)
            .exclude(role=Membership.Role.COORDINATOR)
            .order_by("name")
            .values_list("pk", "name", "role")
        )
        choose = ("", _("Choose one"))
        nobody = (NOBODY, _("Nobody: it goes straight to the lead"))
        leads = (Membership.Role.OWNER, Membership.Role.SUPERVISOR)
        cover, lead = self.fields["cover"], self.fields["lead"]
        cover.choices = [choose, nobody, *((str(pk), name) for pk, name, _role in clinicians)]  # type: ignore[attr-defined]
        lead.choices = [choose, *((str(pk), name) for pk, name, role in clinicians if role in leads)]  # type: ignore[attr-defined]

    @property
    def days(self) -> Iterator[tuple[Any, Any, Any]]:
        """Each weekday's name with its two fields."""
        for day, name in WEEKDAYS.items():
            yield name, self[f"from_{day}"], self[f"until_{day}"]

    @property
    def others(self) -> list[Any]:
        names = ("answer_within", "pass_on_after", "close_within", "cover", "lead", "reply_hours", "country")
        return [self[name] for name in names]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        week = {}
        for day in WEEKDAYS:
            begins, ends = said.get(f"from_{day}"), said.get(f"until_{day}")
            if begins is None and ends is None:
                continue
            if begins is None or ends is None or begins >= ends:
                if f"until_{day}" not in self.errors and f"from_{day}" not in self.errors:
                    self.add_error(f"until_{day}", _("Work ends after it begins. Leave both empty for a day off."))
                continue
            week[str(day)] = [f"{begins:%H:%M}", f"{ends:%H:%M}"]
        if not week and not self.errors:
            self.add_error("from_0", _("Please name at least one day on which somebody is there."))
        said["working_week"] = week
        return said

    def save(self) -> Practice:
        """Keep all of it on the practice, and that it was said."""
        said, practice = self.cleaned_data, self.practice
        practice.working_week, practice.holidays = said["working_week"], said["holidays"]
        practice.answer_within, practice.pass_on_after = said["answer_within"], said["pass_on_after"]
        practice.close_within = said["close_within"]
        practice.duty_cover_id = None if said["cover"] == NOBODY else said["cover"]
        practice.duty_lead_id = said["lead"]
        practice.reply_hours, practice.country = said["reply_hours"], said["country"]
        practice.duty_set_at = timezone.now()
        practice.save(
            update_fields=[
                "working_week", "holidays", "answer_within", "pass_on_after", "close_within", "duty_cover",
                "duty_lead", "reply_hours", "country", "duty_set_at",
            ]
        )  # fmt: skip
        return practice


def _time(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Please write a time, such as 09:00.")},
    )


def _as_said(practice: Practice) -> dict[str, Any]:
    started: dict[str, Any] = {
        "holidays": "\n".join(day.isoformat() for day in practice.holidays),
        "answer_within": practice.answer_within,
        "pass_on_after": practice.pass_on_after,
        "close_within": practice.close_within,
        "lead": str(practice.duty_lead_id or ""),
        "reply_hours": practice.reply_hours,
        "country": practice.country,
    }
    if practice.duty_set_at is not None:
        started["cover"] = str(practice.duty_cover_id or NOBODY)
    for day, (begins, ends) in practice.working_week.items():
        started |= {f"from_{day}": begins, f"until_{day}": ends}
    return started
