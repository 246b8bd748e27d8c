"""What the importing person says about a form: its title, licence, score, and its safety questions."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exercises.fhir.planning import LANES, Choices, Plan, questions_of
from exercises.fhir.reading import LARGEST_FILE
from exercises.flags import FlagError, FlagRule
from exercises.vocabulary import Direction, Lane, QuestionType

LANE_WORDS = (
    gettext_lazy("Private: the person and their therapists"),
    gettext_lazy("Reveal: sealed for each other until a stated moment"),
    gettext_lazy("Shared: both partners, at once"),
)
CHOSEN = frozenset({"single", "multi", "checklist"})
COUNTED = frozenset({"scale", "slider", "number", "quantity"})


class UploadForm(forms.Form):
    """A file to look at."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "A FHIR R4 Questionnaire as JSON, an XLSForm as .xlsx, or a library of Attune as YAML; up to 2 MB."
        ),
        widget=forms.FileInput(attrs={"accept": ".json,.xlsx,.csv,.yaml,.yml,application/json,application/fhir+json"}),
        error_messages={"required": gettext_lazy("Please choose a file.")},
        allow_empty_file=True,
    )


def packed(data: bytes) -> str:
    """The file as text that a form can carry to the next page byte for byte."""
    return base64.b64encode(zlib.compress(data)).decode()


def unpacked(text: str) -> bytes | None:
    """The file again; None when it is no such text. Never more than is ever taken."""
    try:
        reader = zlib.decompressobj()
        return reader.decompress(base64.b64decode(text, validate=True), LARGEST_FILE + 1)
    except (binascii.Error, ValueError, zlib.error):
        return None


@dataclass(frozen=True)
class Markable:
    """One question on the page: whether it asks about safety, and which answers raise the flag."""

    number: int
    data: Mapping[str, Any]
    mark: BoundField
    rule: BoundField | None

    @property
    def type(self) -> str:
        return str(QuestionType(self.data["type"]).label)


class SafetyForm(forms.Form):
    """Does any question ask about self-harm, suicide or violence? If so: which, and which answers."""

    asks = forms.ChoiceField(
        label=gettext_lazy("Does any question ask about self-harm, suicide or violence?"),
        choices=[("no", gettext_lazy("No, none does")), ("yes", gettext_lazy("Yes: I mark them below"))],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please read the questions and answer this.")},
    )

    def __init__(self, *args: Any, questions: list[dict[str, Any]], marks: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        for item in questions:
            key, rule = item["key"], marks.get(item["key"], "")
            self.fields[f"mark-{key}"] = forms.BooleanField(
                label=_("Asks about safety"), required=False, initial=key in marks
            )
            field = _rule_field(item, rule)
            if field is not None:
                self.fields[f"rule-{key}"] = field

    @property
    def markable(self) -> Iterator[Markable]:
        for number, item in enumerate(self.questions, start=1):
            rule = f"rule-{item['key']}"
            yield Markable(number, item, self[f"mark-{item['key']}"], self[rule] if rule in self.fields else None)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("asks") != "yes":
            if cleaned.get("asks") == "no" and any(cleaned.get(f"mark-{item['key']}") for item in self.questions):
                self.add_error("asks", _("Here is a “no”, and a question is marked. Please keep one of the two."))
            return cleaned
        marks = {}
        for item in self.questions:
            if cleaned.get(f"mark-{item['key']}"):
                rule = _rule(item, cleaned.get(f"rule-{item['key']}"))
                if rule is None:
                    self.add_error(f"rule-{item['key']}", _("Which answers should you be told of? Tick at least one."))
                else:
                    marks[item["key"]] = rule
        if not marks and not self.errors:
            self.add_error("asks", _("Mark at least one question, or answer “no”."))
        cleaned["marks"] = marks
        return cleaned

    @property
    def marks(self) -> dict[str, str]:
        return dict(self.cleaned_data.get("marks") or {})

    @property
    def none(self) -> bool:
        return bool(self.cleaned_data.get("asks") == "no")


def _rule_field(item: Mapping[str, Any], rule: str) -> forms.Field | None:
    raising = set(rule.removeprefix("any:").split(",")) if rule.startswith("any:") else set()
    if item["type"] in CHOSEN:
        choices = [(option["value"], option["label"]) for option in item["options"]]
        return forms.MultipleChoiceField(
            label=_("Answers that raise the flag"),
            choices=choices,
            required=False,
            initial=[value for value, _label in choices if value in raising],
            widget=forms.CheckboxSelectMultiple,
        )
    if item["type"] == "yes_no":
        return forms.MultipleChoiceField(
            label=_("Answers that raise the flag"),
            choices=[("yes", _("Yes")), ("no", _("No"))],
            required=False,
            initial=[rule] if rule in ("yes", "no") else [],
            widget=forms.CheckboxSelectMultiple,
        )
    if item["type"] in COUNTED:
        return forms.DecimalField(
            label=_("Raise the flag from this number on"),
            required=False,
            max_digits=9,
            decimal_places=2,
            initial=rule.removeprefix(">=") if rule.startswith(">=") else None,
            help_text=_("Left empty: any answer raises it."),
        )
    return None


def _rule(item: Mapping[str, Any], chosen: Any) -> str | None:
    """The rule in our language; None when nothing was chosen where something must be."""
    if item["type"] in CHOSEN:
        return "any:" + ",".join(chosen) if chosen else None
    if item["type"] == "yes_no":
        return None if not chosen else "answered" if len(chosen) == 2 else str(chosen[0])
    if item["type"] in COUNTED and chosen is not None:
        rule = f">={format(chosen.normalize(), 'f')}"
        try:
            FlagRule.parse(rule)
        except FlagError:
            return "answered"
        return rule
    return "answered"


class ReviewForm(SafetyForm):
    """Everything a person decides before a form is taken."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=160)
    summary = forms.CharField(
        label=gettext_lazy("What people read before they begin"),
        max_length=600,
        required=False,
        help_text=gettext_lazy("One or two sentences: what it is about, and which time it asks about."),
    )
    lane = forms.ChoiceField(
        label=gettext_lazy("Who may read the answers at most"),
        choices=list(zip(LANES, LANE_WORDS, strict=True)),
        help_text=gettext_lazy("Whoever gives it may choose something stricter."),
        widget=forms.RadioSelect,
        initial=Lane.PRIVATE.value,
    )
    add_up = forms.BooleanField(
        label=gettext_lazy("Add up the weights to a score"),
        required=False,
        help_text=gettext_lazy("A plain sum: no bands, and no word about reliable change."),
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("How the sum is read"),
        choices=[
            (Direction.LOWER_BETTER.value, Direction.LOWER_BETTER.label),
            (Direction.HIGHER_BETTER.value, Direction.HIGHER_BETTER.label),
        ],
        widget=forms.RadioSelect,
        initial=Direction.LOWER_BETTER.value,
        required=False,
    )
    licence = forms.CharField(
        label=gettext_lazy("Licence or copyright line"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Kept with the form. The file's own copyright line is shown wherever the form is."),
    )
    licence_reference = forms.CharField(
        label=gettext_lazy("Where that is written down"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("A contract, an invoice, an address on the web."),
    )
    licence_confirmed = forms.BooleanField(
        label=gettext_lazy("We may use this form with our clients"),
        error_messages={"required": gettext_lazy("Without a right to use it, the form cannot be taken.")},
        help_text=gettext_lazy("It is free to use, or we hold a licence. Your name and the day are noted."),
    )

    def __init__(self, *args: Any, plan: Plan, needs_licence: bool, **kwargs: Any) -> None:
        self.plan = plan
        initial = {
            "title": plan.title,
            "licence": " ".join(plan.one.questionnaire.copyright.split())[:200],
            **({"asks": "yes"} if plan.offer.safety else {}),
        }
        super().__init__(*args, questions=questions_of(plan), marks=plan.offer.safety, **{"initial": initial, **kwargs})
        measure = plan.offer.measure
        if not plan.offer.sum_of or measure is not None:
            del self.fields["add_up"], self.fields["direction"]
        if measure is not None:
            # Its safety items are known: nobody has to find them, and nobody can unmark them.
            for name in [one for one in self.fields if one == "asks" or one.startswith(("mark-", "rule-"))]:
                del self.fields[name]
            self.questions = []
            if measure.person_only:
                del self.fields["lane"]
        if needs_licence:
            self.fields["licence_reference"].required = True

    def clean(self) -> dict[str, Any]:
        if self.plan.offer.measure is not None:
            return forms.Form.clean(self) or {}
        return super().clean()

    @property
    def choices(self) -> Choices:
        """What was decided; only after the form was found valid."""
        said = self.cleaned_data
        return Choices(
            title=said["title"],
            summary=said["summary"],
            lane=said.get("lane") or Lane.PRIVATE,
            add_up=bool(said.get("add_up")),
            direction=said.get("direction") or Direction.LOWER_BETTER,
            licence=said["licence"],
            licence_reference=said["licence_reference"],
            licence_confirmed=said["licence_confirmed"],
            marks=self.marks,
            no_safety_questions=self.none,
        )
