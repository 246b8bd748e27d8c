"""What a therapist fills in for a report."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clients.models import Couple
from clients.status import ENDED
from exercises.fields import WrittenField
from practice.bare import Unkeepable
from practice.models import Practice
from reports import caseload, days, logos, reading, standing, verifying
from reports.colours import ENOUGH, ON_COVER, contrast, house_colour, is_colour
from reports.days import LONGEST_PERIOD, USUAL
from reports.kinds import composer_of
from reports.making import Wish
from reports.models import Report
from reports.models.report import Audience, Kind

WHOLE = (Audience.SHARED, Audience.CLINICAL)
LONGEST_SUMMARY = 6000
A_DAY = {"required": _("Choose a day."), "invalid": _("This is not a day. Write it like 2026-03-02.")}


def day_field(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, input_formats=["%Y-%m-%d"], error_messages=A_DAY)


class ContentsForm(forms.Form):
    """What every order says: for whom, on which paper, and what stands in it."""

    paper = forms.ChoiceField(
        label=_("Paper"),
        choices=Report.Paper.choices,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose A4 or US Letter.")},
    )
    parts = forms.MultipleChoiceField(
        label=_("What stands in it"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one part."),
            "invalid_choice": _("Choose from the parts on this page."),
        },
    )
    kind = Report.Kind.PROGRESS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.composer = composer_of(self.kind)
        whole = len(self.composer.editions) > 1
        self.fields["parts"].choices = [  # type: ignore[attr-defined]
            (part.key, format_lazy(_("{part} (clinical edition only)"), part=part.label))
            if part.clinical and whole
            else (part.key, part.label)
            for part in self.composer.parts
        ]

    @property
    def every_part(self) -> list[str]:
        return [part.key for part in composer_of(self.kind).parts]

    def chosen_parts(self) -> tuple[str, ...]:
        """The parts that were ticked, in their own order; none of them named where all were."""
        ticked = self.cleaned_data["parts"]
        return () if set(ticked) == set(self.every_part) else tuple(key for key in self.every_part if key in ticked)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        audience, ticked = said.get("audience"), said.get("parts")
        if audience and ticked and not {one.key for one in self.composer.parts_for(audience)} & set(ticked):
            self.add_error("parts", _("What is ticked stands in the clinical edition alone. Tick one more part."))
        return said


class OrderedAheadForm(ContentsForm):
    """For what nobody waits: ``kind`` is one of those that need no further choice."""

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        self.kind = Kind(kind)
        super().__init__(*args, **kwargs)
        field = self.fields["audience"]
        field.choices = [  # type: ignore[attr-defined]
            (value, label)
            for value, label in field.choices  # type: ignore[attr-defined]
            if (value if value in WHOLE else Audience.PARTNER) in self.composer.editions
        ]

    @property
    def asks_days(self) -> bool:
        return self.kind not in days.OF_THEIR_OWN


class ForWhomForm(ContentsForm):
    """One couple's: the edition may be that of one partner by name."""

    audience = forms.ChoiceField(
        label=_("For whom"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose for whom it is."),
            "invalid_choice": _("Choose one of the editions on this page."),
        },
    )

    def __init__(self, *args: Any, couple: Couple, **kwargs: Any) -> None:
        self.couple = couple
        super().__init__(*args, **kwargs)
        self.fields["audience"].choices = [  # type: ignore[attr-defined]
            (Audience.SHARED.value, _("Shared, for the couple")),
            (Audience.CLINICAL.value, _("Clinical, for you")),
            *[(str(one.pk), format_lazy(_("For {name} alone"), name=one.name)) for one in couple.clients],
        ]

    @property
    def is_together(self) -> bool:
        """Whether there still is somebody to share with."""
        return self.couple.status != Couple.Status.SEPARATED

    def clean_audience(self) -> str:
        audience = self.cleaned_data["audience"]
        if audience == Audience.SHARED and not self.is_together:
            raise ValidationError(_("They have separated: what they shared is shared no more. Choose another one."))
        return audience

    def for_whom(self) -> tuple[str, uuid.UUID | None]:
        """The edition and, for that of one partner, whose it is."""
        chosen = self.cleaned_data["audience"]
        if chosen in WHOLE:
            return chosen, None
        return Audience.PARTNER, uuid.UUID(chosen)


class PeriodForm(forms.Form):
    """Two days, both included, of which the last is today at the latest."""

    begins_on = day_field(_("From"))
    ends_on = day_field(_("To"))
    today: date

    def clean_ends_on(self) -> date:
        last = self.cleaned_data["ends_on"]
        if last > self.today:
            raise ValidationError(_("This day has not come yet. Today is the latest one."))
        return last

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("begins_on"), said.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The last day cannot be before the first day."))
        elif first and last and last - first > LONGEST_PERIOD:
            self.add_error("begins_on", _("Two years are the longest period that fits a report. Choose a later day."))
        elif first and first > self.today:
            self.add_error("begins_on", _("This day has not come yet."))
        return said


class ReportForm(PeriodForm, ForWhomForm):
    """A period, for whom, what stands in it, on which paper, and the therapist's own words."""

    language = forms.ChoiceField(label=_("Language"), required=False)
    summary = WrittenField(
        rows=9,
        label=_("Your own words"),
        required=False,
        longest=LONGEST_SUMMARY,
        help_text=_(
            "They stand on the first page, under your name. A blank line begins a new paragraph. "
            "In a shared edition the couple reads them: write nothing there that one of them told you alone."
        ),
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, couple: Couple, practice: Practice, **kwargs: Any) -> None:
        self.today = timezone.localtime(timezone.now(), couple.zone).date()
        self.couple = couple
        kwargs["initial"] = {**self._usual(practice), **(kwargs.get("initial") or {})}
        super().__init__(*args, couple=couple, **kwargs)
        languages = reading.languages()
        if len(languages) > 1:
            choices = [("", _("The reader’s own")), *languages]
            self.fields["language"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["language"]

    def _usual(self, practice: Practice) -> dict[str, Any]:
        return {
            "paper": paper_of(practice),
            "parts": [part.key for part in composer_of(self.kind).parts],
            "request_key": uuid.uuid4(),
        }

    def wish(self) -> Wish:
        said = self.cleaned_data
        audience, partner_id = self.for_whom()
        return Wish(
            kind=self.kind,
            begins_on=said["begins_on"],
            ends_on=said["ends_on"],
            audience=audience,
            partner_id=partner_id,
            paper=said["paper"],
            parts=self.chosen_parts(),
            language=said.get("language", ""),
            summary=said["summary"],
            key=said["request_key"] or uuid.uuid4(),
        )


class StandingForm(OrderedAheadForm, ForWhomForm):
    """A report before each session: for whom, how many days before, how far back."""

    kinds = standing.KINDS

    SINCE = ""

    days_before = forms.IntegerField(
        label=_("Days before the session"),
        min_value=0,
        max_value=14,
        error_messages={
            "required": _("Choose how many days before."),
            "invalid": _("Write a whole number of days."),
            "min_value": _("On the day itself (0) is the latest."),
            "max_value": _("Two weeks (14) before is the earliest."),
        },
    )
    weeks = forms.ChoiceField(
        label=_("How far back"),
        required=False,
        choices=[
            (SINCE, _("Since the session before")),
            ("4", _("Four weeks")),
            ("12", _("Twelve weeks")),
            ("26", _("Half a year")),
            ("52", _("One year")),
        ],
        error_messages={"invalid_choice": _("Choose one of the spans on this page.")},
    )

    def __init__(self, *args: Any, kind: str, couple: Couple, practice: Practice, **kwargs: Any) -> None:
        parts = [part.key for part in composer_of(kind).parts]
        usual = {"days_before": 2, "paper": paper_of(practice), "parts": parts, "audience": Audience.CLINICAL}
        kwargs["initial"] = {**usual, **(kwargs.get("initial") or {})}
        super().__init__(*args, kind=kind, couple=couple, **kwargs)
        if not self.asks_days:
            del self.fields["weeks"]

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if self.couple.status in ENDED:
            self.add_error(None, standing.NotPlaced.message)
        return said

    def contents(self) -> dict[str, Any]:
        """What a standing order says of itself."""
        said = self.cleaned_data
        audience, partner_id = self.for_whom()
        return {
            "kind": self.kind,
            "audience": audience,
            "partner_id": partner_id,
            "paper": said["paper"],
            "parts": list(self.chosen_parts()),
            "days_before": said["days_before"],
            "weeks": int(said["weeks"]) if said.get("weeks") else None,
        }


class CaseloadForm(OrderedAheadForm, PeriodForm):
    """Reports for many couples at once."""

    kinds = caseload.KINDS
    ALL, WEEK, PICKED = "all", "week", "picked"

    which = forms.ChoiceField(
        label=_("For which couples"),
        choices=[(ALL, _("All")), (WEEK, _("Those with a session this week")), (PICKED, _("Those ticked below"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose for which couples."), "invalid_choice": _("Choose one of the three.")},
    )
    couples = forms.MultipleChoiceField(
        label=_("Couples"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("Choose from the couples on this page.")},
    )
    audience = forms.ChoiceField(
        label=_("For whom"),
        choices=[
            (Audience.CLINICAL, _("Clinical, for you")),
            (Audience.SHARED, _("Shared, for the couple")),
            (Audience.PARTNER, _("For each partner alone")),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose for whom they are."),
            "invalid_choice": _("Choose one of the editions on this page."),
        },
    )
    request_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, kind: str, practice: Practice, **kwargs: Any) -> None:
        self.practice = practice
        self.now = timezone.now()
        self.today = timezone.localtime(self.now, practice.zone).date()
        self.there = caseload.choosable()
        kwargs["initial"] = {
            "begins_on": self.today - USUAL + timedelta(days=1),
            "ends_on": self.today,
            "audience": Audience.CLINICAL,
            "which": self.ALL,
            "paper": paper_of(practice),
            "parts": [part.key for part in composer_of(kind).parts],
            "request_key": uuid.uuid4(),
            **(kwargs.get("initial") or {}),
        }
        super().__init__(*args, kind=kind, **kwargs)
        if not self.asks_days:
            del self.fields["begins_on"], self.fields["ends_on"]
        self.fields["couples"].choices = [(str(one.pk), str(one)) for one in self.there]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if not self.errors and not self.chosen():
            if said["which"] == self.PICKED:
                self.add_error("couples", _("Tick at least one couple."))
            else:
                self.add_error("which", _("There is no such couple at the moment."))
        return said

    def chosen(self) -> list[uuid.UUID]:
        """The couples that were chosen, by name."""
        which = self.cleaned_data["which"]
        if which == self.PICKED:
            ticked = set(self.cleaned_data["couples"])
            return [one.pk for one in self.there if str(one.pk) in ticked]
        here = caseload.meeting_this_week(self.there, self.practice, self.now) if which == self.WEEK else self.there
        return [one.pk for one in here]

    def wish(self) -> Wish:
        said = self.cleaned_data
        return Wish(
            kind=self.kind,
            begins_on=said.get("begins_on", self.today),
            ends_on=said.get("ends_on", self.today),
            audience=said["audience"],
            paper=said["paper"],
            parts=self.chosen_parts(),
            key=said["request_key"] or uuid.uuid4(),
        )


class LetterheadForm(forms.Form):
    """The practice's logo and colour on paper."""

    logo = forms.FileField(
        label=_("Logo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        help_text=_("A PNG, JPEG or WebP of at most 2 MB. It is drawn anew and keeps nothing of the file itself."),
    )
    without_logo = forms.BooleanField(label=_("Without a logo"), required=False)
    colour = forms.CharField(
        label=_("Colour of the first page"),
        required=False,
        max_length=7,
        help_text=_("Six digits like #1f4044. White and pale words stand on it, so it has to be dark. Empty: ours."),
    )

    def clean_colour(self) -> str:
        colour = self.cleaned_data["colour"].strip().lower()
        if not colour:
            return ""
        if not is_colour(colour):
            raise ValidationError(_("Write a colour like #1f4044."))
        if not house_colour(colour):
            words = {"found": f"{contrast(colour, ON_COVER):.1f}", "needed": f"{ENOUGH:.1f}"}
            raise ValidationError(
                _("Words on this colour are hard to read: the contrast is %(found)s to 1, and %(needed)s is needed. "
                  "Choose a darker one.") % words
            )  # fmt: skip
        return colour

    def clean_logo(self) -> bytes | None:
        file = self.cleaned_data["logo"]
        if not file:
            return None
        try:
            return logos.redrawn(file)
        except Unkeepable as error:
            raise ValidationError(str(error.message)) from error


class VerifyForm(forms.Form):
    """A file, or its SHA-256. Cleaned, ``fingerprint`` is the one that either gives."""

    file = forms.FileField(
        label=_("The PDF"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "application/pdf"}),
        help_text=_("It is read once and not kept."),
        error_messages={"empty": _("This file is empty."), "invalid": _("Choose the file once more.")},
    )
    sha256 = forms.CharField(
        label=_("Or its SHA-256"),
        required=False,
        max_length=200,
        help_text=_("64 digits and letters from a to f, as they stand on the page of a report."),
    )

    def clean_sha256(self) -> str:
        words = self.cleaned_data["sha256"]
        found = verifying.as_hash(words)
        if words.strip() and not found:
            raise ValidationError(_("A SHA-256 has 64 digits and letters from a to f."))
        return found

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        file, found = said.get("file"), said.get("sha256")
        if file:
            found = verifying.fingerprint(file.chunks())
        elif not found and not self.errors:
            self.add_error("file", _("Choose a file, or write its SHA-256."))
        return said | {"fingerprint": found}


#: Where letters are written on US Letter.
LETTER_COUNTRIES = frozenset({"US", "CA", "MX", "PH", "CL", "CO", "CR", "GT", "PA", "VE", "DO", "PR"})


def paper_of(practice: Practice) -> str:
    """The paper of a practice's country."""
    return Report.Paper.LETTER if practice.country in LETTER_COUNTRIES else Report.Paper.A4
