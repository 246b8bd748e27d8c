"""The client's own pages that are about themselves, and those that are about help and limits."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clients import consents, languages, wishes
from clients.access import for_consenting_clients
from clients.forms import YouForm
from clients.models import Client, Consent, Contact
from clients.signals import contact_changed
from practice import countries, crisis, narrow
from practice.access import PortalRequest, for_clients
from practice.models import User

#: The welcome, in order. Each step but the first is agreed to by itself.
STEPS = ("limits", Consent.About.LANES.value, Consent.About.SECRETS.value, Consent.About.CARE.value)


@for_clients
def welcome(request: PortalRequest, step: str = "limits") -> HttpResponse:
    """Walk through what each adult reads and agrees to before anything else; one step a page."""
    if step not in STEPS:
        raise Http404
    missing = consents.missing(request.person)
    if not missing:
        return redirect("portal_today")
    at = STEPS.index(step)
    if request.method == "POST":
        if step == Consent.About.CARE and "adult" not in request.POST:
            messages.warning(request, _("Please tick that you are an adult and decide for yourself."))
            return redirect("welcome_step", step)
        if step in consents.REQUIRED:
            consents.give(request.person, step)
        ahead = [one for one in STEPS[at + 1 :] if one in missing]
        rest = ahead or [one for one in STEPS if one in consents.missing(request.person)]
        return redirect("welcome_step", rest[0]) if rest else redirect("portal_today")
    words = {"step": step, "at": at + 1, "of": len(STEPS), "before": STEPS[at - 1] if at else ""}
    return render(request, f"clients/welcome_{step}.html", words)


@for_consenting_clients
def portal_you(request: PortalRequest) -> HttpResponse:
    """Show and change what belongs to this person: name, time zone, security, agreements."""
    contact = Contact.objects.get(client=request.person)
    start = {
        "name": request.person.name,
        "pronouns": request.person.pronouns,
        "time_zone": contact.time_zone,
        "language": contact.language,
        "country": contact.country,
    }
    offered = languages.on_offer(request.person)
    chosen = contact.language
    if chosen and chosen not in dict(offered):
        offered.append((chosen, chosen))  # it was offered once, and stays a choice
    form = YouForm(request.POST or None, initial=start, languages=offered)
    if request.method == "POST" and form.is_valid():
        _save(request, form, contact)
        messages.success(request, _("Saved."))
        return redirect("portal_you")
    agreed = Consent.objects.filter(client=request.person, withdrawn_at=None).order_by("given_at")
    return render(request, "clients/portal_you.html", {"form": form, "agreed": agreed, "contact": contact})


def _save(request: PortalRequest, form: YouForm, contact: Contact) -> None:
    said = form.cleaned_data
    person: Client = request.person
    person.name, person.pronouns = said["name"], said["pronouns"]
    person.save(update_fields=["name", "pronouns"])
    contact.time_zone = said["time_zone"]
    contact.language = said.get("language", contact.language)
    contact.country = said.get("country", contact.country)
    contact.confirmed_at = timezone.now()
    contact.save(update_fields=["time_zone", "language", "country", "confirmed_at"])
    User.objects.filter(pk=request.user.pk).update(time_zone=said["time_zone"])
    with transaction.atomic():
        contact_changed.send(sender=Client, client=person)


@login_not_required
@require_safe
def portal_help(request: HttpRequest) -> HttpResponse:
    """Where to turn, in the practice's country or a chosen one; open to everybody, signed in or not."""
    practice = request.practice  # type: ignore[attr-defined]
    asked = request.GET.get("country", "").upper()
    country = asked if asked in countries.names() else _own_country(request) or (practice.country if practice else "")
    words = {
        "country": country,
        "country_name": countries.names().get(country, ""),
        "countries": countries.choices(),
        "emergency": crisis.emergency_number(country),
        "places": crisis.help_in(country),
        "elsewhere": crisis.directory(),
        "base": _base(request),
    }
    return render(request, "clients/portal_help.html", words)


def _own_country(request: HttpRequest) -> str:
    """Where a client says that they live."""
    person = request.person  # type: ignore[attr-defined]
    if person is None:
        return ""
    return wishes.of(person).country


@login_not_required
@require_safe
def portal_limits(request: HttpRequest) -> HttpResponse:
    """What these pages cannot hide; open to everybody."""
    return render(request, "clients/portal_limits.html", {"base": _base(request)})


def _base(request: HttpRequest) -> str:
    person = request.person  # type: ignore[attr-defined]
    ready = person is not None and narrow.of(request) is None and not consents.missing(person)
    return "components/portal.html" if ready else "components/plain.html"
