"""What an exercise is, as a form: each field is one part of the manuscript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exercises import wording
from exercises.recurrence import Freq, Recurrence, ScheduleError
from exercises.rhythm import sentence
from exercises.vocabulary import ADAPTATIONS, CAUTIONS, Kind, Lane, Level, Participation, Theme, TimeOfDay
from exercises.when_form import WEEKDAYS

AS_IT_IS = "as_it_is"
RHYTHMS = [
    ("once", _("Once")),
    ("daily", _("Every day")),
    ("weekly", _("Every week")),
    ("fortnightly", _("Every two weeks")),
    ("monthly", _("Every month")),
    ("on_demand", _("Whenever it is needed")),
]
_RULES = {"once": "once", "daily": "FREQ=DAILY", "monthly": "FREQ=MONTHLY", "on_demand": "once"}


class TextOfOurs(forms.CharField):
    """Text that is tidied as all kept text is; what cannot be kept is said beside it."""

    def __init__(self, *args: Any, lines: bool = False, **kwargs: Any) -> None:
        self.lines = lines
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        try:
            return wording.tidy(text, lines=self.lines)
        except wording.UnkeepableText as refusal:
            raise forms.ValidationError(str(refusal.message)) from refusal


class LinesOfOurs(TextOfOurs):
    """One thing a line."""

    widget = forms.Textarea

    def __init__(self, *args: Any, most: int = 100, **kwargs: Any) -> None:
        self.most = most
        super().__init__(*args, lines=True, required=False, **kwargs)

    def clean(self, value: Any) -> list[str]:
        found = [line.strip() for line in str(super().clean(value)).splitlines() if line.strip()]
        if len(found) > self.most:
            raise forms.ValidationError(_("There is room for %(n)s lines.") % {"n": self.most})
        return found


def _lines(label: Any, help_text: Any = "", rows: int = 6, most: int = 100) -> LinesOfOurs:
    return LinesOfOurs(
        label=label, help_text=help_text, most=most, max_length=40_000, widget=forms.Textarea(attrs={"rows": rows})
    )


class NewForm(forms.Form):
    """What is needed to begin: everything else is said on the way."""

    title = TextOfOurs(label=_("Title"), max_length=160, error_messages={"required": _("This needs a title.")})
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind, initial=Kind.EXERCISE.value)


class PartsForm(forms.Form):
    """A form whose fields are parts of a manuscript. Whatever is right is saved, whatever is wrong said beside it."""

    def __init__(self, data: Any = None, *, content: Mapping[str, Any]) -> None:
        self.content = content
        super().__init__(data, initial=self.initial_of(content), auto_id="w-%s")

    def initial_of(self, content: Mapping[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def parts(self) -> dict[str, Any]:
        """What may be saved of what was sent."""
        raise NotImplementedError


class AboutForm(PartsForm):
    """Title, kind, who does it, how often: the facts that the library shows."""

    title = TextOfOurs(label=_("Title"), max_length=160, error_messages={"required": _("This needs a title.")})
    reminder_title = TextOfOurs(
        label=_("Neutral title"),
        max_length=160,
        required=False,
        help_text=_("What lists and reminders say, where the title itself would tell too much to somebody looking on."),
    )
    summary = TextOfOurs(
        label=_("What it is about"),
        lines=True,
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Couples read this before they begin."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind)
    lane = forms.ChoiceField(
        label=_("Who reads the answers"),
        choices=Lane,
        help_text=_("What is proposed when you give it. A question may be more private, never more open."),
    )
    participation = forms.ChoiceField(label=_("Who does it"), choices=Participation)
    level = forms.ChoiceField(label=_("Depth"), choices=Level)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=240)
    rhythm = forms.ChoiceField(label=_("Suggested rhythm"), choices=RHYTHMS)
    weekdays = forms.MultipleChoiceField(
        label=_("On these days"), choices=WEEKDAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    time_of_day = forms.ChoiceField(label=_("Time of day"), choices=TimeOfDay)
    rhythm_words = TextOfOurs(
        label=_("The rhythm in words"),
        max_length=160,
        required=False,
        help_text=_("Left empty, it is written for you."),
    )
    themes = forms.MultipleChoiceField(
        label=_("Themes"), choices=Theme, required=False, widget=forms.CheckboxSelectMultiple
    )
    needs_clearance = forms.BooleanField(label=_("Only after joint work was recorded as safe"), required=False)

    def __init__(self, data: Any = None, *, content: Mapping[str, Any]) -> None:
        super().__init__(data, content=content)
        if self.initial["rhythm"] == AS_IT_IS:
            self.fields["rhythm"].choices = [(AS_IT_IS, _("As it is now")), *RHYTHMS]  # type: ignore[attr-defined]

    def initial_of(self, content: Mapping[str, Any]) -> dict[str, Any]:
        cadence = content.get("cadence") or {}
        rhythm, weekdays = rhythm_of(cadence)
        return {
            **{name: content.get(name) for name in _ABOUT},
            "rhythm": rhythm,
            "weekdays": weekdays,
            "time_of_day": cadence.get("time_of_day", TimeOfDay.ANY.value),
            "rhythm_words": cadence.get("words", ""),
        }

    def parts(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        made = {name: cleaned[name] for name in _ABOUT if name in cleaned}
        if {"rhythm", "weekdays", "time_of_day"} <= cleaned.keys():
            made["cadence"] = self._cadence(cleaned)
        return made

    def _cadence(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        before = dict(self.content.get("cadence") or {})
        chosen = cleaned["rhythm"]
        made = {"words": "", "rule": before.get("rule", "once"), "time_of_day": cleaned["time_of_day"]}
        if chosen == AS_IT_IS:
            made |= {name: before[name] for name in ("reviews", "on_demand") if name in before}
        else:
            made["rule"] = rule_of(chosen, cleaned["weekdays"])
            if chosen == "on_demand":
                made["on_demand"] = True
        words = cleaned.get("rhythm_words", "")
        was = before.get("words", "")
        # Words that were written for the old rhythm do not outlive it.
        changed = made["rule"] != before.get("rule") or made.get("on_demand") != before.get("on_demand")
        made["words"] = words if words and not (changed and words == was) else words_of(made)
        return made


_ABOUT = (
    "title", "reminder_title", "summary", "kind", "lane", "participation", "level", "minutes", "themes",
    "needs_clearance",
)  # fmt: skip


class WordsForm(PartsForm):
    """What people read and do beside the questions: one thing a line."""

    steps = _lines(_("Steps"), _("One step a line."), 7)
    points = _lines(_("Good to know"), _("What to read before beginning. One point a line."), 4)
    prompts = _lines(_("Cards"), _("Prompts for a talk, one a line: they are turned over one at a time."), 6, most=400)
    cautions = _lines(_("Cautions that couples read"), _("One a line."), 3)
    cautions_for_therapist = _lines(_("Cautions for therapists"), _("One a line. Couples do not see these."), 3)
    caution_codes = forms.MultipleChoiceField(
        label=_("Before it is given"),
        choices=list(CAUTIONS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, *, content: Mapping[str, Any]) -> None:
        super().__init__(data, content=content)
        for key, label in ADAPTATIONS.items():
            self.fields[f"adapt_{key}"] = TextOfOurs(
                label=label, lines=True, required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
            )

    @property
    def adaptation_fields(self) -> list[forms.BoundField]:
        return [self[f"adapt_{key}"] for key in ADAPTATIONS]

    def initial_of(self, content: Mapping[str, Any]) -> dict[str, Any]:
        adaptations = content.get("adaptations") or {}
        return {
            **{name: "\n".join(content.get(name) or ()) for name in _WORDS},
            "caution_codes": content.get("caution_codes") or [],
            **{f"adapt_{key}": adaptations.get(key, "") for key in ADAPTATIONS},
        }

    def parts(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        made = {name: cleaned[name] for name in (*_WORDS, "caution_codes") if name in cleaned}
        kept = {
            key: cleaned.get(f"adapt_{key}", (self.content.get("adaptations") or {}).get(key, ""))
            for key in ADAPTATIONS
        }
        others = {key: text for key, text in (self.content.get("adaptations") or {}).items() if key not in ADAPTATIONS}
        made["adaptations"] = {**{key: text for key, text in kept.items() if text}, **others}
        return made


_WORDS = ("steps", "points", "prompts", "cautions", "cautions_for_therapist")


def rhythm_of(cadence: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The choice that stands for a cadence, and its weekdays; 'as it is' where none of the choices does."""
    if cadence.get("on_demand"):
        return "on_demand", []
    try:
        rule = Recurrence.parse(str(cadence.get("rule", "once")))
    except ScheduleError:
        return "once", []
    days = [str(day) for day in rule.weekdays]
    for choice in ("once", "daily", "weekly", "fortnightly", "monthly"):
        if rule_of(choice, days) == rule.rule and not cadence.get("reviews"):
            return choice, days
    return AS_IT_IS, days


def rule_of(choice: str, weekdays: list[str]) -> str:
    if choice not in ("weekly", "fortnightly"):
        return _RULES.get(choice, "once")
    days = tuple(sorted(int(day) for day in weekdays))
    return Recurrence(Freq.WEEKLY, interval=2 if choice == "fortnightly" else 1, weekdays=days).rule


def words_of(cadence: Mapping[str, Any]) -> str:
    """A cadence in words."""
    if cadence.get("on_demand"):
        return str(_("Whenever it is needed"))
    try:
        return sentence(Recurrence.parse(str(cadence["rule"])))
    except ScheduleError:
        return ""
