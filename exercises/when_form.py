"""The part of a form that says when: a rhythm, a session or nobody ahead, and the hours around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Couple
from exercises.giving import Due
from exercises.models import Edition
from exercises.recurrence import LAST, MAX_COUNT, MAX_INTERVAL, Freq, Recurrence, ScheduleError
from exercises.rhythm import sentence
from exercises.schedule import default_time, instant

WEEKDAYS = [
    ("0", _("Mon")),
    ("1", _("Tue")),
    ("2", _("Wed")),
    ("3", _("Thu")),
    ("4", _("Fri")),
    ("5", _("Sat")),
    ("6", _("Sun")),
]
NTH = [
    ("1", _("on the first")),
    ("2", _("on the second")),
    ("3", _("on the third")),
    ("4", _("on the fourth")),
    (str(LAST), _("on the last")),
]
LONG_WEEKDAYS = [
    ("0", _("Monday")),
    ("1", _("Tuesday")),
    ("2", _("Wednesday")),
    ("3", _("Thursday")),
    ("4", _("Friday")),
    ("5", _("Saturday")),
    ("6", _("Sunday")),
]
RHYTHMS = [("once", _("Once")), ("daily", _("Daily")), ("weekly", _("Weekly")), ("monthly", _("Monthly"))]
DUE = [
    (Due.RHYTHM.value, _("On dates")),
    (Due.APPOINTMENT.value, _("Before a session")),
    (Due.ON_DEMAND.value, _("Whenever they need it")),
]
#: Which field shows what is wrong with which part of a recurrence.
PART_FIELDS = {"weekdays": "weekdays", "interval": "every", "count": "count", "until": "until", "first": "starts_on"}

EVENING = "evening"
BEFORE = [
    (EVENING, _("the evening before")),
    ("2", _("2 hours before")),
    ("0", _("when it begins")),
    ("24", _("a day before")),
    ("48", _("two days before")),
]
OPENS = [
    ("", _("with its day, or at once before a session")),
    ("24", _("a day before it is due")),
    ("72", _("three days before")),
    ("168", _("a week before")),
    ("336", _("two weeks before")),
]
GRACE = [
    ("0", _("right after it was due")),
    ("12", _("12 hours later")),
    ("24", _("a day later")),
    ("48", _("two days later")),
]
CLOSES = [
    ("", _("by its rhythm: with the next one, or after a week or two")),
    ("24", _("a day after it was due")),
    ("72", _("three days after")),
    ("168", _("a week after")),
    ("336", _("two weeks after")),
    ("720", _("thirty days after")),
]


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def time_input() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


def with_own(choices: list[tuple[str, Any]], hours: int | None) -> list[tuple[str, Any]]:
    """Return choices of hours, with ``hours`` among them: what was set elsewhere is kept."""
    if hours is None or str(hours) in {value for value, _label in choices}:
        return choices
    return [*choices, (str(hours), _("%(n)s hours") % {"n": hours})]


class WhenForm(forms.Form):
    """When something is due. After ``is_valid`` :meth:`when` gives the parts of a giving that say so."""

    due = forms.ChoiceField(
        label=_("Due"), choices=DUE, widget=forms.RadioSelect, required=False, initial=Due.RHYTHM.value
    )
    starts_on = forms.DateField(
        label=_("First date"),
        widget=day_input(),
        error_messages={
            "required": _("Please choose a first date."),
            "invalid": _("Please write a date, such as 2026-11-29."),
        },
    )
    at = forms.TimeField(
        label=_("Time"),
        widget=time_input(),
        error_messages={
            "required": _("Please choose a time."),
            "invalid": _("Please write a time, such as 18:00."),
        },
    )
    before = forms.ChoiceField(label=_("At the latest"), choices=BEFORE, required=False, initial=EVENING)
    sessions = forms.ChoiceField(
        label=_("How often"),
        widget=forms.RadioSelect,
        required=False,
        initial="next",
        choices=[("next", _("Before the next one")), ("each", _("Before each one"))],
    )
    rhythm = forms.ChoiceField(label=_("Rhythm"), widget=forms.RadioSelect)
    every = forms.IntegerField(
        label=_("Every"),
        min_value=1,
        max_value=MAX_INTERVAL,
        required=False,
        initial=1,
        help_text=_("1 for each, 2 for every second, and so on."),
    )
    weekdays = forms.MultipleChoiceField(
        label=_("On these days"), choices=WEEKDAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    nth = forms.ChoiceField(label=_("Of the month"), choices=NTH, required=False)
    nth_weekday = forms.ChoiceField(label=_("Day"), choices=LONG_WEEKDAYS, required=False)
    ends = forms.ChoiceField(
        label=_("Until when"),
        widget=forms.RadioSelect,
        required=False,
        initial="open",
        choices=[
            ("open", _("No end yet")),
            ("count", _("A number of times")),
            ("until", _("A last day")),
        ],
    )
    count = forms.IntegerField(label=_("How many times"), min_value=1, max_value=MAX_COUNT, required=False)
    until = forms.DateField(label=_("Last day"), required=False, widget=day_input())
    opens_hours_before = forms.ChoiceField(label=_("It opens"), choices=OPENS, required=False, initial="")
    grace_hours = forms.ChoiceField(label=_("It counts as late"), choices=GRACE, required=False, initial="0")
    closes_hours_after = forms.ChoiceField(label=_("It closes"), choices=CLOSES, required=False, initial="")
    refuse_late = forms.BooleanField(
        label=_("Take no late answers"),
        required=False,
        help_text=_("Then it closes when it counts as late. Else late answers are welcome, and marked for you alone."),
    )

    def __init__(self, data: Any = None, *, couple: Couple, edition: Edition, **kwargs: Any) -> None:
        self.couple, self.edition = couple, edition
        cadence = edition.content["cadence"]
        self.suggested = Recurrence.parse(cadence["rule"], reviews=cadence.get("reviews", False))
        super().__init__(self._whole(data), label_suffix="", **kwargs)
        rhythms: list[tuple[str, Any]] = list(RHYTHMS)
        if self.suggested.freq != Freq.ONCE:
            open_end = replace(self.suggested, count=None, until=None, at=None)
            rhythms.insert(0, ("suggested", sentence(open_end)))
        self.choices_of("rhythm", rhythms)

    def _whole(self, data: Any) -> Any:
        """Fill in what a choice leaves unasked: on demand there is no date, before a session no rhythm."""
        if data is None or data.get("due") not in (Due.APPOINTMENT.value, Due.ON_DEMAND.value):
            return data
        data = data.copy()
        for name, value in (("starts_on", self._today().isoformat()), ("at", "18:00"), ("rhythm", "once")):
            if not data.get(name):
                data[name] = value
        return data

    def _today(self) -> date:
        return timezone.localdate(timezone=self.couple.zone)

    def choices_of(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def suggested_when(self) -> dict[str, Any]:
        """What the exercise itself proposes."""
        cadence, now = self.edition.content["cadence"], timezone.now()
        at = self.suggested.at or default_time(cadence["time_of_day"])
        day = timezone.localtime(now, self.couple.zone).date()
        if (instant(day, at, self.couple.zone) or now) <= now:
            day += timedelta(days=1)
        return {
            "due": Due.ON_DEMAND.value if cadence.get("on_demand") else Due.RHYTHM.value,
            "starts_on": day,
            "at": at,
            "rhythm": "once" if self.suggested.freq == Freq.ONCE else "suggested",
            "every": 1,
            "weekdays": [str(day.weekday())],
            "nth": "1",
            "nth_weekday": str(day.weekday()),
            "ends": "count" if self.suggested.count else "open",
            "count": self.suggested.count,
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["due"] = cleaned.get("due") or Due.RHYTHM.value
        if cleaned.get("rhythm"):
            try:
                cleaned["recurrence"] = self._recurrence(cleaned)
            except ScheduleError as error:
                for part, message in error.errors.items():
                    self.add_error(PART_FIELDS.get(part, "rhythm"), str(message))
        return cleaned

    def _recurrence(self, cleaned: dict[str, Any]) -> Recurrence:
        if cleaned["due"] == Due.ON_DEMAND:
            return Recurrence(Freq.ONCE)
        if cleaned["due"] == Due.APPOINTMENT:
            each = cleaned.get("sessions") == "each"
            return Recurrence(Freq.WEEKLY, **self._end(cleaned)) if each else Recurrence(Freq.ONCE)
        rhythm = cleaned["rhythm"]
        if rhythm == "once":
            return Recurrence(Freq.ONCE)
        end = self._end(cleaned)
        if rhythm == "suggested":
            return replace(self.suggested, at=None, **end)
        every = cleaned.get("every") or 1
        if rhythm == "daily":
            return Recurrence(Freq.DAILY, interval=every, **end)
        if rhythm == "weekly":
            days = tuple(int(day) for day in cleaned.get("weekdays", []))
            return Recurrence(Freq.WEEKLY, interval=every, weekdays=days, **end)
        nth, weekday = int(cleaned.get("nth") or 1), int(cleaned.get("nth_weekday") or 0)
        return Recurrence(Freq.MONTHLY, interval=every, weekdays=(weekday,), nth=nth, **end)

    def _end(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        ends = cleaned.get("ends") or "open"
        if ends == "count":
            if cleaned.get("count") is None and "count" not in self.errors:
                raise ScheduleError({"count": _("Please say how many times.")})
            return {"count": cleaned.get("count"), "until": None}
        if ends == "until":
            if cleaned.get("until") is None and "until" not in self.errors:
                raise ScheduleError({"until": _("Please choose the last day.")})
            return {"count": None, "until": cleaned.get("until")}
        return {"count": None, "until": None}

    def when(self) -> dict[str, Any]:
        """Return the parts of a giving that say when; needs ``starts_on``, ``at`` and ``recurrence``."""
        chosen = self.cleaned_data
        before = chosen.get("before") or EVENING
        return {
            "due": chosen["due"],
            "starts_on": chosen["starts_on"] if chosen["due"] == Due.RHYTHM else self._today(),
            "at": chosen["at"].replace(second=0, microsecond=0),
            "recurrence": chosen["recurrence"],
            "due_hours_before": None if before == EVENING else int(before),
            "opens_hours_before": _hours(chosen.get("opens_hours_before")),
            "grace_hours": _hours(chosen.get("grace_hours")) or 0,
            "closes_hours_after": _hours(chosen.get("closes_hours_after")),
            "accept_late": not chosen.get("refuse_late"),
        }


def _hours(chosen: str | None) -> int | None:
    return int(chosen) if chosen else None
