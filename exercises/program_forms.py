"""What a therapist chooses when a program begins, and when they write one of their own."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Couple
from exercises import programs, wording
from exercises.forms import day_input, time_input
from exercises.giving import FURTHEST, LONGEST_WHY, partners_of
from exercises.models import Exercise, Program
from exercises.programs import MOST_EACH_WEEK, MOST_WEEKS, WEEK, Start

UNLOCKS = [
    ("day", gettext_lazy("On its day")),
    ("done", gettext_lazy("On its day, once something of the week before was done")),
    ("therapist", gettext_lazy("When I open it")),
]
LENGTHS = [(str(WEEK), gettext_lazy("one week")), (str(2 * WEEK), gettext_lazy("two weeks"))]


class BeginForm(forms.Form):
    """A program for one couple: weeks with what stays in them, who, from when, and what opens the next week."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    who = forms.MultipleChoiceField(
        label=gettext_lazy("Who"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Please choose who it is for.")},
    )
    why = forms.CharField(
        label=gettext_lazy("One line, in your own words"),
        max_length=LONGEST_WHY,
        help_text=gettext_lazy("They read it above every exercise of the program."),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Please write one line. They read it above the exercise.")},
    )
    starts_on = forms.DateField(label=gettext_lazy("First day"), widget=day_input())
    at = forms.TimeField(label=gettext_lazy("Time of day"), widget=time_input())
    unlock = forms.ChoiceField(label=gettext_lazy("The next week opens"), choices=UNLOCKS, widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, couple: Couple, program: Program, known: dict[str, Exercise]) -> None:
        self.couple, self.program, self.known = couple, program, known
        self.plan = programs.plan_of(program)
        people = partners_of(couple)
        super().__init__(data, label_suffix="")
        self.fields["who"].choices = [(str(one.pk), one.name) for one in people]  # type: ignore[attr-defined]
        for number, week in enumerate(self.plan["weeks"]):
            self._part(f"week{number}", week["slugs"])
            self.fields[f"days{number}"] = forms.ChoiceField(
                label=_("How long"), choices=LENGTHS, required=False, initial=str(WEEK)
            )
        self._part("baseline", self.plan["baseline"])
        self._part("outcome", self.plan["outcome"])
        self.initial = {
            "key": uuid.uuid4(),
            "who": [str(one.pk) for one in people],
            "starts_on": timezone.localdate(timezone=couple.zone) + datetime.timedelta(days=1),
            "at": datetime.time(18),
            "unlock": self.plan["unlock"],
        }

    def _part(self, name: str, slugs: list[str]) -> None:
        there = [slug for slug in slugs if slug in self.known]
        self.fields[name] = forms.MultipleChoiceField(
            label=_("What is in it"),
            choices=[(slug, self.known[slug].title) for slug in there],
            widget=forms.CheckboxSelectMultiple,
            required=False,
            initial=there,
        )

    def weeks(self) -> list[dict[str, Any]]:
        """Each week with its fields, for the page."""
        return [
            {
                "number": number + 1,
                "focus": week["focus"],
                "field": self[f"week{number}"],
                "days": self[f"days{number}"],
            }
            for number, week in enumerate(self.plan["weeks"])
        ]

    def minutes(self) -> dict[int, int]:
        """How much each week asks of one person at most, with what stays in it."""
        return {number + 1: self._asked(number) for number in range(len(self.plan["weeks"]))}

    def _asked(self, number: int) -> int:
        slugs, days = self[f"week{number}"].value() or [], self[f"days{number}"].value()
        weeks = 2 if days == str(2 * WEEK) else 1
        there = [self.known[slug] for slug in slugs if slug in self.known]
        daily = sum(one.minutes * WEEK for one in there if _is_daily(one))
        return daily + round(sum(one.minutes for one in there if not _is_daily(one)) / weeks)

    def clean_starts_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["starts_on"]
        today = timezone.localdate(timezone=self.couple.zone)
        if not today <= day <= today + FURTHEST:
            raise forms.ValidationError(_("Choose today or a day within the next year."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not any(cleaned.get(f"week{number}") for number in range(len(self.plan["weeks"]))):
            self.add_error(None, _("Nothing is left in the program. Keep at least one exercise in one week."))
        return cleaned

    def start(self) -> Start:
        """What was chosen. A week from which everything was taken is left out."""
        said = self.cleaned_data
        weeks = [
            {"focus": week["focus"], "slugs": said[f"week{number}"], "days": int(said[f"days{number}"] or WEEK)}
            for number, week in enumerate(self.plan["weeks"])
            if said[f"week{number}"]
        ]
        content = {
            **self.plan,
            "why": said["why"],
            "unlock": said["unlock"],
            "baseline": said["baseline"],
            "weeks": weeks,
            "outcome": said["outcome"],
        }
        return Start(
            couple=self.couple,
            program=self.program,
            content=content,
            clients=tuple(uuid.UUID(one) for one in said["who"]),
            starts_on=said["starts_on"],
            at=said["at"].replace(second=0, microsecond=0),
            key=said["key"] or uuid.uuid4(),
        )


class PauseForm(forms.Form):
    """Until when a program rests; without a day, until somebody says so."""

    until = forms.DateField(
        required=False,
        widget=day_input(),
        error_messages={"invalid": gettext_lazy("Please write a date, such as 2026-11-29.")},
    )

    def __init__(self, data: Any = None, *, couple: Couple) -> None:
        self.couple = couple
        super().__init__(data)

    def clean_until(self) -> datetime.date | None:
        day: datetime.date | None = self.cleaned_data["until"]
        if day is not None and day <= timezone.localdate(timezone=self.couple.zone):
            raise forms.ValidationError(_("This day is over. Choose a later one."))
        return day


def _is_daily(exercise: Exercise) -> bool:
    return exercise.newest is not None and "DAILY" in exercise.newest.content["cadence"]["rule"]


class ProgramForm(forms.Form):
    """A program of the practice's own. Exercises are written by their titles, as the library has them."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=160)
    for_whom = forms.CharField(label=gettext_lazy("For whom"), max_length=400, widget=forms.Textarea(attrs={"rows": 2}))
    needs_clearance = forms.BooleanField(label=gettext_lazy("Needs a record that joint work is safe"), required=False)
    length = forms.IntegerField(
        label=gettext_lazy("Weeks"), min_value=1, max_value=MOST_WEEKS,
        help_text=format_lazy(gettext_lazy("From 1 to {n}. Save to see more weeks."), n=MOST_WEEKS),
    )  # fmt: skip

    def __init__(
        self, data: Any = None, *, titles: dict[str, str], content: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        """``titles`` maps a title in small letters to its slug."""
        self.titles = titles
        self.content = content or {"weeks": [], "baseline": [], "outcome": []}
        super().__init__(data, label_suffix="", **kwargs)
        asked = str((data or {}).get("length", ""))
        shown = (
            int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else len(self.content["weeks"]) or 4
        )
        self.shown = min(max(shown, 1), MOST_WEEKS)
        by_slug = {slug: title for title, slug in titles.items()}
        for number in range(self.shown):
            week: dict[str, Any] = {"focus": "", "slugs": []}
            if number < len(self.content["weeks"]):
                week = self.content["weeks"][number]
            self.fields[f"focus{number}"] = forms.CharField(
                label=_("What the week is about"), max_length=120, initial=week["focus"], required=False
            )
            self._lines(f"week{number}", week["slugs"], by_slug)
        self._lines("baseline", self.content["baseline"], by_slug)
        self._lines("outcome", self.content["outcome"], by_slug)
        if data is None:
            self.initial.setdefault("length", self.shown)

    def _lines(self, name: str, slugs: list[str], by_slug: dict[str, str]) -> None:
        shown = "\n".join(by_slug.get(slug, slug).capitalize() for slug in slugs)
        self.fields[name] = forms.CharField(
            label=_("Exercises, one on each line"), initial=shown, required=False,
            widget=forms.Textarea(attrs={"rows": 3, "class": "input", "data-titles": ""}),
        )  # fmt: skip

    def weeks(self) -> list[dict[str, Any]]:
        return [
            {"number": number + 1, "focus": self[f"focus{number}"], "lines": self[f"week{number}"]}
            for number in range(self.shown)
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("title", "for_whom"):
            if name in cleaned:
                try:
                    cleaned[name] = wording.tidy(cleaned[name], lines=False)
                except wording.UnkeepableText as refusal:
                    self.add_error(name, str(refusal.message))
        for name in [*(f"week{number}" for number in range(self.shown)), "baseline", "outcome"]:
            cleaned[name] = self._slugs(name, cleaned.get(name, ""))
        if not self.errors and not any(cleaned[f"week{number}"] for number in range(self.shown)):
            self.add_error("week0", _("Please put at least one exercise into a week."))
        return cleaned

    def _slugs(self, name: str, text: str) -> list[str]:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        unknown = [line for line in lines if line.casefold() not in self.titles]
        if unknown:
            self.add_error(name, _("The library has no exercise called “%(title)s”.") % {"title": unknown[0][:80]})
        if len(lines) > MOST_EACH_WEEK:
            self.add_error(name, _("At most %(n)s in one week. Less is kept more often.") % {"n": MOST_EACH_WEEK})
        return list(dict.fromkeys(self.titles[line.casefold()] for line in lines if line.casefold() in self.titles))

    def written(self) -> dict[str, Any]:
        """The content of a program, as the catalogue has it."""
        said = self.cleaned_data
        weeks = [
            {"number": number + 1, "focus": said.get(f"focus{number}", ""), "slugs": said[f"week{number}"]}
            for number in range(min(self.shown, said["length"]))
        ]
        kept = [week for week in weeks if week["slugs"]]
        for number, week in enumerate(kept, start=1):
            week["number"] = number
        return {**self.content, "weeks": kept, "baseline": said["baseline"], "outcome": said["outcome"]}
