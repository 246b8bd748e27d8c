"""The page on which a therapist gives practice: one form, and what it means as a :class:`Giving`."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Couple
from exercises.giving import LONGEST_WHY, Giving, OpensBy, lanes_on_offer, partners_of
from exercises.models import Edition
from exercises.recurrence import LAST, MAX_COUNT, MAX_INTERVAL, Freq, Recurrence, ScheduleError
from exercises.rhythm import sentence
from exercises.schedule import default_time, instant
from exercises.vocabulary import Lane, Participation
from practice.models import Practice

EACH, TOGETHER = "each", "together"

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
#: Which field shows what is wrong with which part of a recurrence.
PART_FIELDS = {"weekdays": "weekdays", "interval": "every", "count": "count", "until": "until", "first": "starts_on"}


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def time_input() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class AssignForm(forms.Form):
    """Everything on one page. After ``is_valid`` :meth:`giving` says what was chosen."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    who = forms.ChoiceField(
        label=_("Who"),
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Please choose among the partners of this couple.")},
    )
    why = forms.CharField(
        label=_("One line, in your own words"),
        max_length=LONGEST_WHY,
        help_text=_("They read it above the exercise. It is part of every assignment."),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Please write one line. They read it above the exercise.")},
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
    lane = forms.ChoiceField(label=_("Who reads"), widget=forms.RadioSelect)
    opens_by = forms.ChoiceField(label=_("The answers open"), required=False, widget=forms.RadioSelect)
    opens_on = forms.DateField(
        label=_("On"), required=False, widget=day_input(), help_text=_("Empty: when the time to answer is over.")
    )
    opens_time = forms.TimeField(label=_("At"), required=False, widget=time_input())
    remind = forms.BooleanField(
        label=_("Remind each of them once"),
        required=False,
        help_text=_("In neutral words, at the hour each of them chose. Never after they have sent."),
    )

    def __init__(self, data: Any = None, *, couple: Couple, edition: Edition, practice: Practice) -> None:
        self.couple, self.edition, self.practice = couple, edition, practice
        cadence = edition.content["cadence"]
        self.suggested = Recurrence.parse(cadence["rule"], reviews=cadence.get("reviews", False))
        self.lanes = lanes_on_offer(edition, practice)
        super().__init__(data, label_suffix="")
        self._offer()
        if data is None:
            self.initial = {**self._suggestion(), **self.initial}

    def _offer(self) -> None:
        people = partners_of(self.couple)
        who: list[tuple[str, Any]] = [(str(client.pk), client.name) for client in people]
        if len(people) > 1:
            who.append((EACH, _("Each of them")))
            if Lane.JOINT in self.lanes:
                who.append((TOGETHER, _("Together")))
        self._choices("who", who)
        rhythms: list[tuple[str, Any]] = list(RHYTHMS)
        if self.suggested.freq != Freq.ONCE:
            open_end = replace(self.suggested, count=None, until=None, at=None)
            rhythms.insert(0, ("suggested", sentence(open_end)))
        self._choices("rhythm", rhythms)
        self._choices("lane", [(lane.value, lane.label) for lane in self.lanes if lane != Lane.JOINT])
        self._choices("opens_by", list(OpensBy.choices))

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def who_choices(self) -> list[tuple[Any, int | None]]:
        """Return each choice of 'who' with the partner's fixed place, or None for all of them."""
        places = {str(partner.client_id): partner.position for partner in self.couple.partners.all()}
        return [(choice, places.get(str(choice.data["value"]))) for choice in self["who"]]

    def _suggestion(self) -> dict[str, Any]:
        """Fill in what the exercise itself proposes, so that a therapist mostly only agrees."""
        content, now = self.edition.content, timezone.now()
        at = self.suggested.at or default_time(content["cadence"]["time_of_day"])
        day = timezone.localtime(now, self.couple.zone).date()
        if (instant(day, at, self.couple.zone) or now) <= now:
            day += timedelta(days=1)
        proposed = Lane(content["lane"])
        together = content["participation"] != Participation.EACH_ALONE and proposed == Lane.JOINT
        people = partners_of(self.couple)
        lanes = [lane for lane in self.lanes if lane != Lane.JOINT]
        each = EACH if len(people) > 1 else str(people[0].pk) if people else ""
        return {
            "key": uuid.uuid4(),
            "who": TOGETHER if together and len(people) > 1 else each,
            "starts_on": day,
            "at": at,
            "rhythm": "once" if self.suggested.freq == Freq.ONCE else "suggested",
            "every": 1,
            "weekdays": [str(day.weekday())],
            "nth": "1",
            "nth_weekday": str(day.weekday()),
            "ends": "count" if self.suggested.count else "open",
            "count": self.suggested.count,
            "lane": lanes[-1] if lanes else "",
            "opens_by": OpensBy.APPOINTMENT,
            "remind": True,
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("rhythm"):
            try:
                cleaned["recurrence"] = self._recurrence(cleaned)
            except ScheduleError as error:
                for part, message in error.errors.items():
                    self.add_error(PART_FIELDS.get(part, "rhythm"), str(message))
        return cleaned

    def _recurrence(self, cleaned: dict[str, Any]) -> Recurrence:
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

    def giving(self) -> Giving | None:
        """Return what was chosen as far as it can be understood; None while too much of it is missing."""
        chosen = self.cleaned_data
        if not {"who", "starts_on", "at", "recurrence"} <= chosen.keys():
            return None
        together = chosen["who"] == TOGETHER
        opens_by = "" if together else chosen.get("opens_by") or ""
        return Giving(
            couple=self.couple,
            edition=self.edition,
            clients=self._clients(chosen["who"]),
            lane=Lane.JOINT if together else chosen.get("lane", ""),
            why=chosen.get("why", ""),
            starts_on=chosen["starts_on"],
            at=chosen["at"].replace(second=0, microsecond=0),
            recurrence=chosen["recurrence"],
            opens_by=opens_by,
            opens_at=self._opens_at(chosen) if opens_by == OpensBy.DATE else None,
            remind=chosen.get("remind", False),
            key=chosen.get("key") or uuid.uuid4(),
        )

    def _clients(self, who: str) -> tuple[uuid.UUID, ...]:
        people = tuple(client.pk for client in partners_of(self.couple))
        return people if who in (EACH, TOGETHER) else tuple(one for one in people if str(one) == who)

    def _opens_at(self, chosen: dict[str, Any]) -> datetime | None:
        day: date | None = chosen.get("opens_on")
        if day is None:
            return None
        return instant(day, chosen.get("opens_time") or time(18), self.couple.zone)

    def refuse(self, errors: dict[str, Any]) -> None:
        """Put what the giving was refused for beside the fields it belongs to."""
        for name, message in errors.items():
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, message)
