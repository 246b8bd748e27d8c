"""What staff and clients fill in about people, meetings and reachability."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Contact, Couple, Reach
from clients.proving import number_of
from clients.quiet import is_quiet_time
from clients.starting import NewPartner, in_use
from practice import countries, zones
from practice.fields import CountryField, KindErrors, LongSelect, WordsField, ZoneField
from practice.mailboxes import AddressField, mailbox
from practice.models import Membership

SHARED_MAILBOX = _(
    "Each person needs an address of their own. Whoever reads the other's mailbox could also read what was "
    "meant for one person alone. A new, free address made together in the session works well."
)
TAKEN = _(
    "This address cannot be used here. Each person needs one that reaches nobody else in this practice; "
    "please ask for another."
)
FURTHEST_AHEAD = datetime.timedelta(days=730)


class NameField(WordsField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("Name"), "max_length": 80, **kwargs})


class PronounsField(WordsField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{
                "label": _("Pronouns"),
                "help_text": _("In their own words."),
                "max_length": 40,
                "required": False,
                **kwargs,
            }
        )


class PartnerForm(KindErrors, forms.Form):
    """One partner of a new couple."""

    name = NameField(help_text=_("As this person wants to be called."))
    pronouns = PronounsField()
    email = AddressField(required=False, help_text=_("Their own. Without one they cannot sign in yet."))
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, widget=LongSelect)

    def __init__(
        self,
        *args: Any,
        in_use: Callable[[str], bool] = in_use,
        zones_offered: Iterable[Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.in_use = in_use
        offered = zones.choices() if zones_offered is None else zones_offered
        self.fields["time_zone"].choices = [("", _("Same as the couple")), *offered]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if email and self.in_use(email):
            raise ValidationError(TAKEN, code="in_use")
        return email


class PartnersBase(BaseFormSet):
    """Two or more partners, no two of them in one mailbox."""

    def clean(self) -> None:
        seen: set[str] = set()
        for form in self.forms:
            email = form.cleaned_data.get("email") if hasattr(form, "cleaned_data") else ""
            if email and mailbox(email) in seen:
                form.add_error("email", ValidationError(SHARED_MAILBOX, code="shared"))
            seen.add(mailbox(email or ""))


def people(forms_of_partners: BaseFormSet, zone: str) -> list[NewPartner]:
    """Return the people in the order given; who has no zone of their own lives in the couple's."""
    said = [form.cleaned_data for form in forms_of_partners.forms if form.cleaned_data.get("name")]
    return [NewPartner(one["name"], one["pronouns"], one["email"], one["time_zone"] or zone) for one in said]


PartnersForms = formset_factory(
    PartnerForm,
    formset=PartnersBase,
    extra=0,
    min_num=2,
    max_num=6,
    absolute_max=6,
    validate_min=True,
    validate_max=True,
)


class CoupleForm(KindErrors, forms.Form):
    """What belongs to the couple as a whole."""

    time_zone = ZoneField(help_text=_("Sessions are planned in it."))
    therapists = forms.ModelMultipleChoiceField(
        label=_("Who looks after them"),
        queryset=Membership.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )
    invite = forms.BooleanField(
        label=_("Send each their own invitation now"),
        required=False,
        initial=True,
        help_text=_("A short mail in neutral words with a link that works for two weeks."),
    )

    def __init__(self, *args: Any, by: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        if chooses_therapists(by):
            offered = therapists()
            self.fields["therapists"].queryset = offered  # type: ignore[attr-defined]
            if len(offered) == 1:
                self.initial.setdefault("therapists", [offered[0].pk])
        else:
            del self.fields["therapists"]

    def chosen_therapists(self) -> list[Membership]:
        return list(self.cleaned_data.get("therapists") or [self.by])


def chooses_therapists(member: Membership) -> bool:
    """Clinicians take couples on for themselves; owners and whoever runs the office say whose they are."""
    return member.chooses_therapists


def therapists() -> Any:
    """Return the members who can look after a couple."""
    return Membership.objects.filter(ended_at=None).exclude(role=Membership.Role.COORDINATOR).order_by("name")


class TherapistsForm(KindErrors, forms.Form):
    """Whose caseload a couple is on."""

    therapists = forms.ModelMultipleChoiceField(
        label=_("Who looks after them"),
        queryset=Membership.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["therapists"].queryset = therapists()  # type: ignore[attr-defined]


class ClientForm(KindErrors, forms.Form):
    """A partner as staff may correct them. The address is fixed once the person signs in with it."""

    name = NameField(help_text=_("As this person wants to be called."))
    pronouns = PronounsField()
    email = AddressField(required=False, help_text=_("Their own. A new address needs a new invitation."))
    time_zone = ZoneField(help_text=_("Reminders come at this person's local time."))

    def __init__(self, *args: Any, client: Client, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client
        if client.user_id:
            del self.fields["email"]

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if email and in_use(email, besides=self.client):
            raise ValidationError(TAKEN, code="in_use")
        return email


class SafeContactForm(KindErrors, forms.Form):
    """What one partner said in person about how they may be reached."""

    safe_channel = forms.ChoiceField(
        label=_("Letters about their account"),
        choices=list(Contact.safe_channel.field.choices or ()),
        widget=forms.RadioSelect,
        help_text=_(
            "About sign-in, and what the law makes you write. Neutral words, and only in their own hours. A code or "
            "link to get in is such a letter, too: where only their own pages are safe, none is sent. Whoever has lost "
            "every other way in asks you in person; choose e-mail here until they are in again."
        ),
    )
    never_call = forms.BooleanField(
        label=_("Never call"), required=False, help_text=_("Nobody of the practice rings, for no reason.")
    )
    call_when = forms.CharField(
        label=_("When a call is safe"),
        required=False,
        max_length=200,
        help_text=_("For example: weekdays before noon."),
    )
    call_as = forms.CharField(
        label=_("Who to say is calling"),
        required=False,
        max_length=80,
        help_text=_("A name that is harmless on a machine, or to whoever answers. Never the practice’s."),
    )
    asked_apart = forms.BooleanField(
        label=_("I asked this person apart from the others"),
        error_messages={"required": _("Ask each of them apart: what is safe is not said beside the other one.")},
    )

    def __init__(self, *args: Any, ways: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channel: Any = self.fields["safe_channel"]
        channel.choices = [one for one in channel.choices if one[0] in ("portal", *ways)]
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("never_call"):
            said["call_when"] = said["call_as"] = ""
        return said


class ClearanceForm(KindErrors, forms.Form):
    """How the therapist knows that joint work is safe."""

    asked_apart = forms.BooleanField(
        label=_("I have asked each partner alone about safety"),
        error_messages={"required": _("Clearance rests on asking each partner alone.")},
    )
    note = forms.CharField(
        label=_("How you know"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For the record. Sealed; no client reads it."),
    )


class StatusForm(KindErrors, forms.Form):
    """A couple's new status."""

    status = forms.ChoiceField(label=_("Status"), choices=Couple.Status.choices, widget=forms.RadioSelect)


class YouForm(KindErrors, forms.Form):
    """A client about themselves."""

    name = NameField(label=_("What should we call you?"))
    pronouns = PronounsField(help_text="")
    time_zone = ZoneField(help_text=_("Reminders and times follow it."))
    language = forms.ChoiceField(
        label=_("Language"), required=False, help_text=_("For exercises that exist in more than one.")
    )
    country = CountryField(
        label=_("Country"), required=False, help_text=_("Where you live: the help page shows numbers of that country.")
    )

    def __init__(self, *args: Any, languages: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        self.fields["country"].choices = [("", _("As my practice")), *countries.choices()]  # type: ignore[attr-defined]
        if len(languages) < 2:
            del self.fields["language"]
        else:
            self.fields["language"].choices = [("", _("As my practice writes")), *languages]  # type: ignore[attr-defined]


class HourField(forms.TimeField):
    """A time of day by somebody's own clock."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
        super().__init__(**kwargs)


class ReachForm(KindErrors, forms.Form):
    """By which channels somebody may be reached about what, and when. One switch for each pair that is offered."""

    quiet_from = HourField(label=_("Nothing after"))
    quiet_until = HourField(label=_("and not before"))
    remind_at = HourField(
        label=_("Remind me at"),
        required=False,
        help_text=_("Your own time for what is due. Left empty, it comes when it is planned for."),
    )

    def __init__(self, *args: Any, channels: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channels = channels
        for channel in channels:
            for topic in Reach.Topic:
                self.fields[_switch(channel, topic)] = forms.BooleanField(
                    label=topic.label, required=False, widget=forms.CheckboxInput(attrs={"role": "switch"})
                )

    @staticmethod
    def starting_with(contact: Contact, chosen: set[tuple[str, str]]) -> dict[str, Any]:
        """Return what stands in the form before anybody changed it."""
        switches = {_switch(channel, topic): True for channel, topic in chosen}
        return {"quiet_from": contact.quiet_from, "quiet_until": contact.quiet_until,
                "remind_at": contact.remind_at, **switches}  # fmt: skip

    def switches(self, channel: str) -> list[forms.BoundField]:
        """Return the switches of one channel."""
        return [self[_switch(channel, topic)] for topic in Reach.Topic] if channel in self.channels else []

    def wanted(self) -> set[tuple[str, str]]:
        """Return what is switched on: pairs of channel and topic."""
        return {
            (channel, topic.value)
            for channel in self.channels
            for topic in Reach.Topic
            if self.cleaned_data.get(_switch(channel, topic))
        }

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        at, start, end = said.get("remind_at"), said.get("quiet_from"), said.get("quiet_until")
        if at and start and end and is_quiet_time(at, start, end):
            self.add_error("remind_at", ValidationError(_("This lies in the hours in which nothing comes.")))
        return said


def _switch(channel: str, topic: str) -> str:
    return f"{channel}_{topic}"


class NumberForm(KindErrors, forms.Form):
    """A mobile number, read as people of the practice's country write it."""

    number = forms.CharField(
        label=_("Your mobile number"),
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )

    def __init__(self, *args: Any, country: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country

    def clean_number(self) -> str:
        try:
            return number_of(self.cleaned_data["number"], self.country)
        except ValueError:
            raise ValidationError(
                _("This does not read like a mobile number. With the country's code it begins with a +.")
            ) from None


class ProofForm(KindErrors, forms.Form):
    """The code that arrived."""

    code = forms.CharField(
        label=_("The code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"class": "input--code", "inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": 12}
        ),
    )


class MetForm(KindErrors, forms.Form):
    """The code that a client shows in the room, on the sign-in that is closed to them."""

    code = forms.CharField(
        label=_("The code on their screen"),
        help_text=_("Six digits, on the page that says what is not shown. Read them off yourself."),
        max_length=20,
        widget=forms.TextInput(
            attrs={"class": "input--code", "inputmode": "numeric", "autocomplete": "off", "maxlength": 12}
        ),
    )

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split())
