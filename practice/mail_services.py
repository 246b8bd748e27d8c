"""Mail services with an API of their own, through django-anymail: which there are, and what each needs.

An installation chooses one in its environment (``ATTUNE_MAIL_SERVICE``), a practice on its own page. All of
them are told to count no openings and no clicks. Importing this needs no settings: the settings ask it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _

ENVIRONMENT = "ATTUNE_MAIL_SERVICE_"
#: To connect, and for each piece of an answer.
SECONDS = (5, 10)

Raw = Mapping[str, Any]


@dataclass(frozen=True)
class MailService:
    """One service. ``needs`` and ``may_have`` are django-anymail's names for what opens it."""

    name: str
    label: str
    view: str
    needs: tuple[str, ...]
    may_have: tuple[str, ...] = ()
    #: The keys in ``may_have`` or ``needs`` that its web hook is checked with, besides our own secret.
    hook_keys: tuple[str, ...] = ()
    #: The addresses of its API by region.
    regions: tuple[tuple[str, str], ...] = ()
    #: Openings and clicks can be switched off with each letter; else only in the service's own settings.
    tracking_by_letter: bool = True
    #: It takes a letter with the same key once only, for a day.
    takes_once: bool = False
    #: Whether what it calls a bounce was a passing trouble.
    soft: Callable[[Raw], bool] = lambda raw: False

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of what nobody is shown again."""
        return tuple(one for one in self.needs + self.may_have if one.endswith(("key", "token")))

    def hook(self) -> Any:
        """Return django-anymail's class that checks and reads what the service reports."""
        return getattr(import_module(f"anymail.webhooks.{self.name}"), self.view)


def _sparkpost_soft(raw: Raw) -> bool:
    event: Raw = next(iter(raw.get("msys", {}).values()), {})
    return str(event.get("bounce_class", "")) not in ("10", "30")


def _resend_soft(raw: Raw) -> bool:
    return (raw.get("data", {}).get("bounce") or {}).get("type", "Permanent") != "Permanent"


SERVICES = {
    one.name: one
    for one in (
        MailService(
            "postmark",
            "Postmark",
            "PostmarkTrackingWebhookView",
            needs=("server_token",),
            may_have=("message_stream",),
            soft=lambda raw: raw.get("Type") not in ("HardBounce", "BadEmailAddress"),
        ),
        MailService(
            "mailgun",
            "Mailgun",
            "MailgunTrackingWebhookView",
            needs=("api_key",),
            may_have=("sender_domain", "webhook_signing_key"),
            hook_keys=("webhook_signing_key",),
            regions=(("us", "https://api.mailgun.net/v3"), ("eu", "https://api.eu.mailgun.net/v3")),
        ),
        MailService(
            "brevo",
            "Brevo",
            "BrevoTrackingWebhookView",
            needs=("api_key",),
            tracking_by_letter=False,
            soft=lambda raw: raw.get("event") == "soft_bounce",
        ),
        MailService(
            "resend",
            "Resend",
            "ResendTrackingWebhookView",
            needs=("api_key",),
            tracking_by_letter=False,
            takes_once=True,
            soft=_resend_soft,
        ),
        MailService(
            "mailjet",
            "Mailjet",
            "MailjetTrackingWebhookView",
            needs=("api_key", "secret_key"),
            soft=lambda raw: raw.get("event") == "bounce" and not raw.get("hard_bounce"),
        ),
        MailService(
            "sparkpost",
            "SparkPost",
            "SparkPostTrackingWebhookView",
            needs=("api_key",),
            may_have=("subaccount",),
            regions=(("us", "https://api.sparkpost.com/api/v1/"), ("eu", "https://api.eu.sparkpost.com/api/v1/")),
            soft=_sparkpost_soft,
        ),
    )
}
CHOICES = [(one.name, lazystr(one.label)) for one in SERVICES.values()]
LABELS = {
    "server_token": _("Server token"),
    "api_key": _("API key"),
    "secret_key": _("Secret key"),
    "message_stream": _("Message stream"),
    "sender_domain": _("Sender's domain"),
    "subaccount": _("Subaccount"),
    "webhook_signing_key": _("Web hook signing key"),
}


def from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the environment says about the installation's mail service; {} where it names none.

    A name that the service does not know, or a key that it lacks, stops the start.
    """
    name = environment.get("ATTUNE_MAIL_SERVICE", "").strip().lower()
    if not name:
        return {}
    if name not in SERVICES:
        raise ImproperlyConfigured(f"ATTUNE_MAIL_SERVICE must be one of {', '.join(SERVICES)}.")
    service = SERVICES[name]
    known = {*service.needs, *service.may_have, *(["region"] if service.regions else [])}
    said = {
        key.removeprefix(ENVIRONMENT).lower(): value
        for key, value in environment.items()
        if key.startswith(ENVIRONMENT) and value
    }
    for key in sorted(set(said) - known):
        raise ImproperlyConfigured(f"{ENVIRONMENT}{key.upper()} means nothing to {service.label}.")
    for key in service.needs:
        if key not in said:
            raise ImproperlyConfigured(f"{ENVIRONMENT}{key.upper()} must be set for {service.label}.")
    if said.get("region", "us") not in ("us", "eu"):
        raise ImproperlyConfigured(f"{ENVIRONMENT}REGION must be us or eu.")
    return {"service": name, **said}


def backend(access: Mapping[str, Any], *, fail_silently: bool = False) -> Any:
    """Return django-anymail's way to a service. ``access`` names it and holds its keys."""
    from django.conf import settings

    service = SERVICES[access["service"]]
    options = {key: access[key] for key in service.needs + service.may_have if access.get(key)}
    for key in service.hook_keys:
        options.pop(key, None)
    region = dict(service.regions).get(access.get("region", "us"))
    if settings.ATTUNE_LOCAL_PROVIDERS and access.get("api_url"):
        options["api_url"] = access["api_url"]
    elif region:
        options["api_url"] = region
    if service.tracking_by_letter:
        options["send_defaults"] = {"track_opens": False, "track_clicks": False}
    options["timeout"] = SECONDS
    return _class_of(service)(fail_silently=fail_silently, **options)


def installation(fail_silently: bool = False, **unused: Any) -> Any:
    """Return the way to the installation's mail service: Django's own mail goes through it, too."""
    from django.conf import settings

    return backend(settings.ATTUNE_MAIL_SERVICE, fail_silently=fail_silently)


def _class_of(service: MailService) -> Any:
    plain = import_module(f"anymail.backends.{service.name}").EmailBackend
    if not service.takes_once:
        return plain

    class TakesOnce(plain):  # type: ignore[valid-type]
        """Names each letter to the service, so that it takes a repeat for a repeat."""

        def build_message_payload(self, message: Any, defaults: Any) -> Any:
            payload = super().build_message_payload(message, defaults)
            if reference := getattr(message, "metadata", {}).get("message"):
                payload.headers["Idempotency-Key"] = reference
            return payload

    return TakesOnce
