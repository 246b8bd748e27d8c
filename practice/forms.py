"""What people of a practice fill in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from practice import mailboxes, team
from practice.fields import CountryField, KindErrors, NewPasswordField, WordsField, ZoneField
from practice.models import Membership, Practice, StaffInvitation, Step, User
from practice.signing_up import NewPractice


class SignUpForm(KindErrors, forms.Form):
    """A practice and its owner."""

    owner = WordsField(label=_("Your name"), help_text=_("As your clients know you."))
    email = mailboxes.AddressField()
    password = NewPasswordField()
    name = WordsField(label=_("Name of the practice"))
    country = CountryField(help_text=_("Your clients see the emergency numbers of this country."))
    time_zone = ZoneField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].widget.attrs["autocomplete"] = "name"
        self.fields["name"].widget.attrs["autocomplete"] = "organization"
        self.fields["time_zone"].widget.attrs["data-own-zone"] = ""
        self.fields["email"].widget.attrs["autocomplete"] = "username"

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        judge_password(self, "password", User(email=said.get("email", "")))
        return said

    def new_practice(self) -> NewPractice:
        return NewPractice(**self.cleaned_data)


class JoinForm(KindErrors, forms.Form):
    """What an invited person adds: a password, nothing else."""

    password = NewPasswordField(label=_("Choose a password"))

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        self.email = email
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        judge_password(self, "password", User(email=self.email))
        return super().clean() or {}


def judge_password(form: forms.Form, field: str, user: User) -> None:
    """Put what is wrong with a chosen password beside its field."""
    password = form.cleaned_data.get(field)
    if not password:
        return
    try:
        validate_password(password, user)
    except ValidationError as wrong:
        form.add_error(field, wrong)


class PracticeForm(KindErrors, forms.ModelForm):
    """The practice as clients and reports show it."""

    country = CountryField(help_text=_("Your clients see the emergency numbers of this country."))
    time_zone = ZoneField()
    name = WordsField(label=_("Name of the practice"))
    tagline = WordsField(label=_("Line under the name"), required=False)

    weekly_minutes = forms.IntegerField(
        label=_("Minutes a week that you ask of one partner at most"),
        help_text=_("While you assign, Attune says when it would be more. Little and steady is kept best."),
        min_value=5,
        max_value=600,
        required=False,
    )

    reminder_steps = forms.MultipleChoiceField(
        label=_("Remind clients of what they were given"),
        help_text=_("In neutral words, never after they have sent. An assignment may do otherwise."),
        choices=Step.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    class Meta:
        model = Practice
        fields = (
            "name",
            "tagline",
            "address",
            "country",
            "time_zone",
            "reply_hours",
            "weekly_minutes",
            "reminder_steps",
            "secrets_policy",
            "scores_by_agreement",
        )
        widgets = {"address": forms.Textarea(attrs={"rows": 3}), "secrets_policy": forms.RadioSelect}
        labels = {"address": _("Address"), "reply_hours": _("When you read what clients send")}
        help_texts = {
            "address": _("For letters and reports."),
            "reply_hours": _("Clients read it on their help page, for example: on working days, before noon."),
            "secrets_policy": _(
                "Each client reads this before their first answer and agrees to it; after a change, once more."
            ),
            "scores_by_agreement": _(
                "Off: partners see a score only after a therapist has released the measure. On: with a couple a "
                "therapist may switch on that scores are shown as they come, once each partner has agreed to it."
            ),
        }

    def clean_weekly_minutes(self) -> int:
        """Left empty, it stays as it is."""
        return self.cleaned_data["weekly_minutes"] or self.instance.weekly_minutes


class StaffInvitationForm(KindErrors, forms.Form):
    """A colleague to be invited. It shares its page with another form, so its ids are its own."""

    name = WordsField(label=_("Name"))
    email = mailboxes.AddressField()
    role = forms.ChoiceField(
        label=_("Role"),
        choices=Membership.Role.choices,
        initial=Membership.Role.THERAPIST,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "invite_%s", **kwargs})

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        taken = StaffInvitation.objects.filter(email=email, accepted_at=None, withdrawn_at=None).exists()
        if taken:
            raise ValidationError(
                _("There is an open invitation to this address already. You can send it again below.")
            )
        return email


class AccountForm(KindErrors, forms.Form):
    """A member of staff about themselves."""

    name = WordsField(label=_("Your name"), help_text=_("As your clients and colleagues see it."))
    time_zone = ZoneField(help_text=_("Times on your pages are in this zone."))
    digest_at = forms.TimeField(
        label=_("A letter when something new waits for you, at"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        required=False,
        help_text=_("In neutral words, to your own address. Leave it empty for none."),
        error_messages={"invalid": _("Please write a time, such as 07:30.")},
    )
    digest_weekdays = forms.TypedMultipleChoiceField(
        label=_("On these days"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class LeavingForm(KindErrors, forms.Form):
    """Who looks after everything from the moment that somebody's work here ends."""

    to = forms.ModelChoiceField(
        label=_("Who takes over"),
        help_text=_("Their couples, what they cover and what is urgent are this colleague’s at once."),
        queryset=Membership.objects.none(),
    )

    def __init__(self, *args: Any, member: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Membership.objects.filter(pk__in=[one.pk for one in team.successors(member)]).order_by("name")
        self.fields["to"].queryset = others  # type: ignore[attr-defined]
        self.fields["to"].required = member.is_clinician
        if not member.is_clinician:
            self.fields["to"].widget = forms.HiddenInput()
