"""What staff fill in about a meeting: when, how long, where, who comes, and whether it comes again."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from clients import appointments
from clients.appointments import MOST, Meeting, moment
from clients.forms import FURTHEST_AHEAD
from clients.models import Appointment, Couple
from practice.fields import KindErrors, WordsField

ONCE, OPEN, COUNT, UNTIL = "once", "open", "count", "until"


class AppointmentForm(KindErrors, forms.Form):
    """A meeting, as a local day and time of the couple's zone. With ``appointment`` it is about one that is there."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    at = forms.TimeField(label=_("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    minutes = forms.IntegerField(label=_("Minutes"), min_value=10, max_value=480, initial=60)
    place = WordsField(label=_("Room or kind of call"), required=False)
    link = forms.CharField(
        label=_("Link to the call"),
        required=False,
        max_length=500,
        help_text=_("Begins with https://. Only those who come see it."),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    comes = forms.MultipleChoiceField(
        label=_("Who comes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Who does not come sees nothing of it, and nothing of theirs waits for it."),
    )
    repeats = forms.ChoiceField(
        label=_("Again"),
        required=False,
        initial=ONCE,
        widget=forms.RadioSelect,
        choices=[
            (ONCE, _("Only this once")),
            ("1", _("Every week")),
            ("2", _("Every second week")),
            ("3", _("Every third week")),
            ("4", _("Every fourth week")),
        ],
    )
    ends = forms.ChoiceField(
        label=_("Until when"),
        required=False,
        initial=COUNT,
        widget=forms.RadioSelect,
        choices=[(COUNT, _("A number of times")), (UNTIL, _("A last day"))],
    )
    count = forms.IntegerField(label=_("How many in all"), required=False, min_value=2, max_value=MOST, initial=10)
    until = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    scope = forms.ChoiceField(
        label=_("What changes"),
        required=False,
        initial="one",
        widget=forms.RadioSelect,
        choices=[("one", _("This one")), ("following", _("This one and all that follow"))],
    )
    seen = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)

    def __init__(self, *args: Any, couple: Couple, appointment: Appointment | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.couple, self.appointment = couple, appointment
        people = [partner.client for partner in couple.partners.all() if partner.left_at is None]
        self.everybody = [client.pk for client in people]
        comes: Any = self.fields["comes"]
        comes.choices = [(str(client.pk), client.name) for client in people]
        self.initial.setdefault("comes", [str(one) for one in self.everybody])
        if appointment is not None:
            for name in ("repeats", "ends", "count", "until"):
                del self.fields[name]
        if appointment is None or appointment.series is None:
            del self.fields["scope"]

    @classmethod
    def initial_of(cls, appointment: Appointment, couple: Couple) -> dict[str, Any]:
        """Return what the form shows of one that is there."""
        there = timezone.localtime(appointment.starts_at, couple.zone)
        people = [partner.client_id for partner in couple.partners.all() if partner.left_at is None]
        return {
            "day": there.date(),
            "at": there.time(),
            "minutes": appointment.minutes,
            "place": appointment.place,
            "link": appointment.link,
            "comes": [str(one) for one in appointments.comers(appointment, people)],
            "seen": appointments.version_of(appointment),
        }

    def clean_link(self) -> str:
        link = self.cleaned_data["link"].strip()
        if link:
            URLValidator(schemes=["https"], message=now_("Please write a link that begins with https://."))(link)
        return link

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "comes" in self.data and not said.get("comes") and "comes" not in self.errors:
            self.add_error("comes", now_("Somebody has to come."))
        day, at = said.get("day"), said.get("at")
        if not day or at is None:
            return said
        here = timezone.localdate(timezone=self.couple.zone)
        if day < here and not self._stays(day):
            self.add_error("day", now_("This day has passed."))
        elif day > here + FURTHEST_AHEAD:
            self.add_error("day", now_("Choose a day within the next two years."))
        else:
            said["starts_at"] = self._moment(day, at)
            said["days"] = self._days(day, said)
        return said

    def _stays(self, day: datetime.date) -> bool:
        """A meeting of the past may get another room or link, on its own day."""
        if self.appointment is None:
            return False
        return timezone.localtime(self.appointment.starts_at, self.couple.zone).date() == day

    def _moment(self, day: datetime.date, at: datetime.time) -> datetime.datetime | None:
        found = moment(day, at, self.couple.zone)
        if found.astimezone(self.couple.zone).time() != at:
            self.add_error("at", now_("The clocks go forward that day: this time does not exist."))
            return None
        return found

    def _days(self, day: datetime.date, said: dict[str, Any]) -> list[datetime.date]:
        every = said.get("repeats") or ONCE
        if every == ONCE:
            return [day]
        if said.get("ends") == UNTIL:
            until = said.get("until")
            if until is None:
                if "until" not in self.errors:
                    self.add_error("until", now_("Please choose the last day."))
                return [day]
            if until < day:
                self.add_error("until", now_("The last day comes before the first."))
            return appointments.days_of(day, every_weeks=int(every), until=until) or [day]
        if said.get("count") is None and "count" not in self.errors:
            self.add_error("count", now_("Please say how many."))
        return appointments.days_of(day, every_weeks=int(every), count=said.get("count") or 1)

    def meeting(self) -> Meeting:
        """Return what was said; everybody who comes is no audience at all."""
        said = self.cleaned_data
        comes = {uuid.UUID(one) for one in said.get("comes") or ()} or set(self.everybody)
        everybody = comes >= set(self.everybody)
        return Meeting(
            at=said["at"].replace(second=0, microsecond=0),
            minutes=said["minutes"],
            place=said["place"],
            link=said["link"],
            audience=() if everybody else tuple(one for one in self.everybody if one in comes),
        )
