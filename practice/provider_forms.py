"""What an owner says about a mail server, mail service or text message gateway of the practice's own.

Secrets go in and never come out: left empty, what is kept stays. Hosts are looked at before anything is saved, and
once more at each connection (:mod:`practice.outside`).
"""

from __future__ import annotations

import json
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from practice import mail_services, mailboxes, outside, texts
from practice.fields import KindErrors, WordsField
from practice.models import Message, Provider

HOST = re.compile(
    r"^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$", re.I
)


class SecretField(forms.CharField):
    """A password or key: never shown again, and under a name that says so (:mod:`practice.secret_fields`)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "max_length": 1000, "strip": True, **kwargs})
        self.widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"})


class ProviderForm(KindErrors, forms.Form):
    """What all kinds have in common. ``kept`` is what is known of the one that is edited."""

    kind: str
    channel: str = Message.Channel.EMAIL
    #: Needed once; left empty later, they stay as they are.
    secrets: tuple[str, ...] = ()
    #: Those of them without which nothing works.
    needed: tuple[str, ...] = ()

    def __init__(self, *args: Any, provider: Provider | None = None, **kwargs: Any) -> None:
        self.provider = provider
        self.kept: dict[str, Any] = json.loads(provider.access or "{}") if provider else {}
        if provider:
            kwargs["initial"] = {"sender": provider.sender, **self.shown(self.kept)}
        super().__init__(*args, **kwargs)
        for name in self.secrets:
            if self.kept.get(self.key_of(name)):
                self.fields[name].widget.attrs["placeholder"] = _("kept")
                self.fields[name].help_text = _("Leave it empty to keep what is there.")
            elif name in self.needed:
                self.fields[name].required = True

    def shown(self, kept: dict[str, Any]) -> dict[str, Any]:
        """Return what may be seen again of what is kept."""
        return {name: kept[name] for name in self.fields_of_class() if name in kept and name not in self.secrets}

    @classmethod
    def fields_of_class(cls) -> list[str]:
        return list(cls.base_fields)

    def key_of(self, name: str) -> str:
        """Return under which name a secret is kept."""
        return name

    def secret_of(self, name: str, *, needed: bool = True) -> str:
        """Return what was typed, else what is kept; without either, ask for it."""
        value = str(self.cleaned_data.get(name) or self.kept.get(self.key_of(name), ""))
        if needed and not value:
            self.add_error(name, _("Please fill this in."))
        return value

    def access(self) -> dict[str, Any]:
        """Return everything that opens the provider, to be sealed."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not self.errors:
            self.made = self.access()
        return self.cleaned_data


class ServerForm(ProviderForm):
    """A mail server."""

    kind = Provider.Kind.SMTP
    secrets = ("password",)

    sender = mailboxes.AddressField(label=_("Sender's address"), help_text=_("Choose one that gives nothing away."))
    host = forms.CharField(label=_("Server"), max_length=253, help_text=_("For example smtp.example.org"))
    port = forms.TypedChoiceField(
        label=_("Port"), coerce=int, initial=587, choices=[(one, str(one)) for one in (587, 465, 2525, 25)]
    )
    security = forms.ChoiceField(
        label=_("Encryption"),
        initial="starttls",
        choices=[("starttls", _("STARTTLS (mostly with 587)")), ("tls", _("TLS from the start (with 465)"))],
    )
    username = forms.CharField(label=_("User name"), max_length=254, required=False)
    password = SecretField(label=_("Password"))

    def shown(self, kept: dict[str, Any]) -> dict[str, Any]:
        return super().shown(kept) | {"security": "tls" if kept.get("use_ssl") else "starttls"}

    def clean_host(self) -> str:
        host = self.cleaned_data["host"].strip().lower()
        if not HOST.match(host):
            raise ValidationError(_("This is no name of a server."))
        return host

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if not self.errors:
            _look_at(self, "host", lambda: outside.check(said["host"], said["port"], ports=outside.MAIL_PORTS))
        return said

    def access(self) -> dict[str, Any]:
        said = self.cleaned_data
        sealed = said["security"] == "tls"
        moved = (said["host"], said["username"]) != (self.kept.get("host"), self.kept.get("username"))
        if moved:
            self.kept = {}  # a password is never sent to another server than the one it was typed for
        return {
            "host": said["host"],
            "port": said["port"],
            "username": said["username"],
            "password": self.secret_of("password", needed=bool(said["username"])),
            "use_tls": not sealed,
            "use_ssl": sealed,
        }


class ServiceForm(ProviderForm):
    """A mail service with an API of its own."""

    kind = Provider.Kind.SERVICE
    secrets = ("api_secret", "second_secret", "signing_secret")
    needed = ("api_secret",)

    sender = mailboxes.AddressField(label=_("Sender's address"), help_text=_("Choose one that gives nothing away."))
    service = forms.ChoiceField(label=_("Service"), choices=mail_services.CHOICES)
    region = forms.ChoiceField(
        label=_("Region of your account"),
        choices=[("us", _("Everywhere, or the United States")), ("eu", _("European Union"))],
        help_text=_("Mailgun and SparkPost have two."),
    )
    api_secret = SecretField(label=_("API key or server token"))
    second_secret = SecretField(label=_("Secret key"), help_text=_("Only Mailjet has one."))
    signing_secret = SecretField(label=_("Web hook signing key"), help_text=_("Only Mailgun has one."))

    def key_of(self, name: str) -> str:
        service = mail_services.SERVICES.get(self.kept.get("service", ""))
        first = service.needs[0] if service else "api_key"
        return {"api_secret": first, "second_secret": "secret_key", "signing_secret": "webhook_signing_key"}[name]

    def access(self) -> dict[str, Any]:
        service = mail_services.SERVICES[self.cleaned_data["service"]]
        if self.kept.get("service") != service.name:
            self.kept = {"service": service.name}
        made = {"service": service.name, "region": self.cleaned_data["region"]}
        made[service.needs[0]] = self.secret_of("api_secret")
        if len(service.needs) > 1:
            made["secret_key"] = self.secret_of("second_secret")
        if service.hook_keys:
            made["webhook_signing_key"] = self.secret_of("signing_secret", needed=False)
        return made | {"hook_secret": self.kept.get("hook_secret", "")}


class GatewayForm(ProviderForm):
    """A gateway for text messages."""

    kind = Provider.Kind.GATEWAY
    channel = Message.Channel.SMS
    secrets = ("token", "secret")
    needed = ("token",)

    sender = WordsField(
        label=_("Number that texts come from"), max_length=20, help_text=_("With the country's code: +44 …")
    )
    url = forms.URLField(label=_("Address of the gateway"), assume_scheme="https", max_length=500)
    token = SecretField(label=_("Token"))
    secret = SecretField(label=_("Secret that the gateway signs its calls with"))

    def clean_sender(self) -> str:
        number = texts.number_of(self.cleaned_data["sender"])
        if not number or not self.cleaned_data["sender"].strip().startswith(("+", "00")):
            raise ValidationError(_("Write the number with its country's code, for example +44 7700 900123."))
        return number

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if not self.errors:
            _look_at(self, "url", lambda: outside.check_url(said["url"]))
        return said

    def access(self) -> dict[str, Any]:
        if self.cleaned_data["url"] != self.kept.get("url"):
            self.kept = {}  # a token is never sent to another gateway than the one it was typed for
        url = self.cleaned_data["url"]
        return {"url": url, "token": self.secret_of("token"), "secret": self.secret_of("secret", needed=False)}


FORMS: dict[str, type[ProviderForm]] = {one.kind: one for one in (ServerForm, ServiceForm, GatewayForm)}


def _look_at(form: forms.Form, field: str, check: Any) -> None:
    try:
        check()
    except outside.NotOutside:
        form.add_error(field, _("This does not lead to a server on the public internet."))
    except OSError:
        form.add_error(field, _("There is no server of this name."))
