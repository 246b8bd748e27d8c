"""How we reach you: what comes by which way and when, trying it out, and proving that an address is one's own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from clients import proving, reaching, trying
from clients.access import for_consenting_clients
from clients.forms import NumberForm, ProofForm, ReachForm
from clients.models import Contact
from practice.access import PortalRequest, page_or_part, read_or_send
from practice.models import Message

Channel = Message.Channel
ENOUGH_CODES = gettext_lazy("That were three codes within an hour. Please wait an hour before you ask for another.")
NOT_HERE = gettext_lazy("This number cannot be used here.")


@read_or_send
@for_consenting_clients
def reach(request: PortalRequest) -> HttpResponse:
    """Show what is switched on and how it looks, and keep what is chosen."""
    page = reaching.Page(request.person)
    form = ReachForm(
        request.POST or None,
        initial=ReachForm.starting_with(page.contact, page.chosen),
        channels=[one.channel for one in page.ways if one.address],
    )
    if request.method == "POST" and "only" in request.POST:
        reaching.pages_only(request.person)
        messages.success(request, _("Nothing is sent any more. Everything waits on these pages."))
        return redirect("portal_reach")
    if request.method == "POST" and form.is_valid():
        reaching.keep(request.person, form.cleaned_data, form.wanted(), among=form.channels)
        messages.success(request, _("Saved."))
        return redirect("portal_reach")
    for way in page.ways:
        way.switches = form.switches(way.channel)
    template = page_or_part(request, "clients/portal_reach.html", "tests")
    return render(request, template, {"form": form, "page": page}, status=422 if form.errors else 200)


@require_POST
@for_consenting_clients
def try_out(request: PortalRequest) -> HttpResponse:
    """Send a test by one channel."""
    channel = request.POST.get("channel", "")
    if channel in reaching.can_be_tried(request.person):
        try:
            trying.begin(request.person, channel)
        except trying.TooMany:
            messages.warning(request, _("That were five tests within an hour. Please wait a while."))
    return redirect("portal_reach")


# ── proving ──────────────────────────────────────────────────────────────────


@read_or_send
@for_consenting_clients
def number(request: PortalRequest) -> HttpResponse:
    """Ask for a number, and send a code there."""
    contact = Contact.objects.get(client=request.person)
    form = NumberForm(request.POST or None, country=request.practice.country)
    if request.method == "POST" and form.is_valid():
        return _send_code(request, Channel.SMS, form.cleaned_data["number"])
    words = {"form": form, "phone": proving.spelled(contact.phone)}
    return render(request, "clients/portal_number.html", words, status=422 if form.errors else 200)


@require_POST
@for_consenting_clients
def number_forget(request: PortalRequest) -> HttpResponse:
    """Do without text messages and forget the number."""
    proving.forget_number(request.person)
    messages.info(request, _("The number is forgotten."))
    return redirect("portal_reach")


@require_POST
@for_consenting_clients
def address_again(request: PortalRequest) -> HttpResponse:
    """Send a code to the mail address that is left alone."""
    if reaching.can_be_mended(request.person, Channel.EMAIL):
        return _send_code(request, Channel.EMAIL, request.user.email)  # type: ignore[union-attr]
    return redirect("portal_reach")


@read_or_send
@for_consenting_clients
def code(request: PortalRequest) -> HttpResponse:
    """Take the code that arrived."""
    proof = proving.waiting(request.person)
    if proof is None:
        if request.method == "POST":
            messages.info(request, _("That code has run out. You can ask for another."))
        return redirect("portal_reach")
    form = ProofForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = _proved(request, form)
        if done is not None:
            return done
    by_text = proof.channel == Channel.SMS
    words = {"form": form, "by_text": by_text, "address": proving.spelled(proof.address) if by_text else proof.address}
    return render(request, "clients/portal_proof.html", words, status=422 if form.errors else 200)


def _send_code(request: Any, channel: str, address: str) -> HttpResponse:
    try:
        proving.begin(request.person, channel, address)
    except proving.TooMany:
        messages.warning(request, ENOUGH_CODES)
        return redirect("portal_reach")
    return redirect("portal_proof")


def _proved(request: Any, form: ProofForm) -> HttpResponse | None:
    """Look at a typed code; None when it was wrong and may be tried again."""
    try:
        proof = proving.confirm(request.person, form.cleaned_data["code"])
    except proving.NotUsable:
        messages.warning(request, NOT_HERE)
        return redirect("portal_number")
    if proof is not None:
        messages.success(request, _("Thank you, that works."))
        return redirect("portal_reach")
    if proving.waiting(request.person) is None:
        messages.warning(request, _("That was not the code, and it has been tried too often. You can ask for another."))
        return redirect("portal_reach")
    form.add_error("code", _("That is not the code that we sent. Please look again."))
    return None
