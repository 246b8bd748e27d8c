"""How messages leave: the owner's page about mail servers, mail services and gateways."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from practice import mail_services, mailboxes, own_providers, texts
from practice.access import PracticeRequest, for_owners
from practice.models import Message, Provider
from practice.provider_forms import FORMS, ProviderForm

Channel = Message.Channel
Kind = Provider.Kind


@for_owners
def delivery(request: PracticeRequest) -> HttpResponse:
    """Show every way out, and how each is doing."""
    standings = own_providers.standings()
    by_channel = [
        (channel, channel.label, [one for one in standings if one.route.channel == channel])
        for channel in (Channel.EMAIL, Channel.SMS, Channel.PUSH)
    ]
    return render(request, "practice/delivery.html", {"by_channel": by_channel, "user_address": _own_address(request)})


@for_owners
def delivery_new(request: PracticeRequest, kind: str) -> HttpResponse:
    """Add a provider of the practice's own."""
    form = FORMS[kind](request.POST or None)
    if request.method == "POST" and form.is_valid():
        provider = own_providers.save(form)
        messages.success(request, _("Saved. It is used from now on; try it out."))
        return redirect("delivery_edit", pk=provider.pk)
    return _form_page(request, form)


@for_owners
def delivery_edit(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Change one. Its secrets are not shown; left empty, they stay."""
    provider = _own(pk)
    form = FORMS[provider.kind](request.POST or None, provider=provider)
    if request.method == "POST" and form.is_valid():
        own_providers.save(form)
        messages.success(request, _("Saved."))
        return redirect("delivery_edit", pk=pk)
    return _form_page(request, form)


@for_owners
@require_POST
def delivery_hook(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Make the address at which a mail service reports, and show it this once."""
    provider = _own(pk)
    if provider.kind != Kind.SERVICE:
        raise Http404
    address = own_providers.new_hook_address(provider)
    return _form_page(request, FORMS[provider.kind](provider=provider), hook_address=address)


@for_owners
@require_POST
def delivery_act(request: PracticeRequest, pk: UUID, act: str) -> HttpResponse:
    """Make one the first choice, or end it."""
    provider = _own(pk)
    if act == "first":
        own_providers.put_first(provider)
        messages.success(request, _("It comes first now."))
    else:
        own_providers.end(provider)
        messages.success(request, _("It is used no more, and its secrets are forgotten."))
    return redirect("delivery")


@for_owners
@require_POST
def delivery_try(request: PracticeRequest, key: str) -> HttpResponse:
    """Send a test through exactly one way out, to the owner's own address or a number they name."""
    route = own_providers.route_of(key)
    if route is None or route.channel not in (Channel.EMAIL, Channel.SMS):
        raise Http404
    address = _own_address(request) if route.channel == Channel.EMAIL else texts.number_of(request.POST.get("number"))
    if not address:
        messages.warning(request, _("Write the number with its country's code, for example +44 7700 900123."))
        return redirect("delivery")
    try:
        outcome = own_providers.attempt(route, address)
    except own_providers.TooMany:
        messages.warning(request, _("These were enough tests for now. Try again in a minute."))
        return redirect("delivery")
    (messages.success if outcome.went_well else messages.warning)(request, outcome.words)
    return redirect("delivery")


def _own(pk: UUID) -> Provider:
    provider = own_providers.own(pk)
    if provider is None:
        raise Http404
    return provider


def _own_address(request: PracticeRequest) -> str:
    return mailboxes.normal(request.user.email)  # type: ignore[union-attr]


def _form_page(request: PracticeRequest, form: ProviderForm, hook_address: str = "") -> HttpResponse:
    provider = form.provider
    service = mail_services.SERVICES.get(form.kept.get("service", "")) if provider else None
    words = {
        "form": form,
        "provider": provider,
        "title": _title(form.kind),
        "service": service,
        "has_hook": bool(form.kept.get("hook_secret")),
        "hook_address": hook_address,
        "domain": provider.sender.rpartition("@")[2] if provider and provider.channel == Channel.EMAIL else "",
        "base": settings.ATTUNE_URL,
    }
    return render(request, "practice/delivery_form.html", words)


def _title(kind: str) -> str:
    return {
        Kind.SMTP: _("A mail server of your own"),
        Kind.SERVICE: _("A mail service of your own"),
        Kind.GATEWAY: _("A text message gateway of your own"),
    }[Kind(kind)]
