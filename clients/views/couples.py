"""The desk's pages about who a couple is: taking one on, correcting a partner, caseload and status."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.forms import BaseFormSet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from clients import caseloads, recovering
from clients import safe_contact as safe_contacts
from clients import status as statuses
from clients.correcting import correct
from clients.forms import (
    TAKEN,
    ClientForm,
    CoupleForm,
    MetForm,
    PartnersForms,
    SafeContactForm,
    StatusForm,
    TherapistsForm,
    chooses_therapists,
    people,
)
from clients.models import CaseloadEntry, Client, Contact, Couple, Partner
from clients.starting import take_on
from practice.access import PracticeRequest, for_clinicians, for_office, for_whole_office


@for_whole_office
def couple_new(request: PracticeRequest) -> HttpResponse:
    """Take a couple on. The button for one more partner keeps what was typed and judges nothing."""
    adding = request.method == "POST" and "add" in request.POST
    sent = request.POST if request.method == "POST" else None
    form = CoupleForm(sent, by=request.membership, initial={"time_zone": request.practice.time_zone})
    partners = PartnersForms(_with_one_more(sent) if adding else sent, prefix="partner")
    if adding:
        form, partners = _unjudged(form, request), _shown_again(partners)
    elif sent is not None and form.is_valid() & partners.is_valid():
        couple = _taken_on(form, partners, request)
        if couple is not None:
            messages.success(request, _("The couple is set up."))
            return redirect("couple", couple.pk)
    return render(request, "clients/couple_new.html", {"form": form, "partners": partners})


def _taken_on(form: CoupleForm, partners: BaseFormSet, request: PracticeRequest) -> Couple | None:
    said = form.cleaned_data
    try:
        with transaction.atomic():
            return take_on(
                people(partners, said["time_zone"]),
                time_zone=said["time_zone"],
                therapists=form.chosen_therapists(),
                by=request.membership,
                invite=said["invite"],
            )
    except IntegrityError:
        # Somebody else has just begun to use one of these addresses: perhaps this very form, sent twice.
        partners.forms[0].add_error("email", TAKEN)
        return None


def _with_one_more(sent):
    """Return what was sent, with room for one partner more, up to six."""
    copy = sent.copy()
    try:
        there = int(copy.get("partner-TOTAL_FORMS", "2"))
    except ValueError:
        there = 2
    copy["partner-TOTAL_FORMS"] = str(min(max(there, 1) + 1, PartnersForms.max_num))
    return copy


def _shown_again(bound):
    """Return the same partner forms with what was typed, and no errors."""
    typed = [{name: form[name].value() for name in form.fields} for form in bound.forms]
    again = PartnersForms(prefix="partner", initial=typed)
    again.extra = 0
    return again


def _unjudged(form: CoupleForm, request: PracticeRequest) -> CoupleForm:
    typed = {name: form[name].value() for name in form.fields}
    return CoupleForm(by=request.membership, initial=typed)


@for_office
def client_edit(request: PracticeRequest, couple_pk: UUID, pk: UUID) -> HttpResponse:
    """Correct a partner's name, pronouns, address or time zone."""
    couple = get_object_or_404(Couple, pk=couple_pk)
    partner = get_object_or_404(Partner.objects.of_the_kept(), couple=couple, client_id=pk)
    partner.couple = couple
    contact = get_object_or_404(Contact, client_id=pk)
    form = _client_form(partner.client, contact, request.POST or None)
    if request.method == "POST" and form.is_valid():
        correct(partner.client, contact, form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("couple", couple.pk)
    return _edited(request, partner, form, MetForm())


def _client_form(client: Client, contact: Contact, sent: QueryDict | None = None) -> ClientForm:
    start = {
        "name": client.name,
        "pronouns": client.pronouns,
        "email": contact.email,
        "time_zone": contact.time_zone,
    }
    return ClientForm(sent, client=client, initial=start)


def _edited(request: PracticeRequest, partner: Partner, form: ClientForm, met: MetForm) -> HttpResponse:
    context = {
        "form": form,
        "met": met,
        "couple": partner.couple,
        "partner": partner,
        "recovering": request.membership.sees_answers and recovering.waits(partner.client),
    }
    return render(request, "clients/client_edit.html", context, status=422 if met.errors else 200)


@require_POST
@for_clinicians
def client_met(request: PracticeRequest, couple_pk: UUID, pk: UUID) -> HttpResponse:
    """The therapist has met a client whose account was got back through the mailbox, and types the code they show."""
    couple = get_object_or_404(Couple.objects.with_partners(), pk=couple_pk)
    partner = get_object_or_404(Partner.objects.of_the_kept(), couple=couple, client_id=pk)
    partner.couple = couple
    if not recovering.waits(partner.client):
        return redirect("couple", couple.pk)
    met = MetForm(request.POST)
    if met.is_valid() and recovering.met_in_person(partner.client, met.cleaned_data["code"]):
        messages.success(request, _("What is private to them is open to them again."))
        return redirect("couple", couple.pk)
    if not met.errors:
        met.add_error("code", _("No sign-in of theirs shows this code. Let them open the page anew and show it again."))
    return _edited(request, partner, _client_form(partner.client, get_object_or_404(Contact, client_id=pk)), met)


@for_clinicians
def safe_contact(request: PracticeRequest, couple_pk: UUID, pk: UUID) -> HttpResponse:
    """Write down what one partner said, in person and apart, about how they may be reached."""
    couple = get_object_or_404(Couple, pk=couple_pk)
    partner = get_object_or_404(Partner.objects.of_the_kept(), couple=couple, client_id=pk)
    contact = get_object_or_404(Contact.objects.select_related("asked_by"), client_id=pk)
    start = {name: getattr(contact, name) for name in ("safe_channel", "never_call", "call_when", "call_as")}
    ways = [one for one, there in (("email", contact.email), ("sms", contact.phone)) if there]
    form = SafeContactForm(request.POST or None, ways=ways, initial=start)
    if request.method == "POST" and form.is_valid():
        safe_contacts.keep(contact, form.cleaned_data, by=request.membership)
        messages.success(request, _("Saved. Ask again in three months: what is safe changes."))
        return redirect("couple", couple.pk)
    context = {"form": form, "couple": couple, "partner": partner, "contact": contact}
    return render(request, "clients/safe_contact.html", context, status=422 if form.errors else 200)


@for_office
def couple_therapists(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Say whose caseload the couple is on; for those who may decide that."""
    if not chooses_therapists(request.membership):
        raise Http404
    couple = get_object_or_404(Couple.objects.with_partners(), pk=pk)
    now = {one.membership_id for one in CaseloadEntry.objects.filter(couple=couple)}
    form = TherapistsForm(request.POST or None, initial={"therapists": now})
    if request.method == "POST" and form.is_valid():
        chosen = {one.pk for one in form.cleaned_data["therapists"]}
        caseloads.deal(couple, chosen)
        messages.success(request, _("Saved."))
        return redirect("couple", couple.pk)
    return render(request, "clients/couple_therapists.html", {"form": form, "couple": couple})


@for_office
def couple_status(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Change a couple's status, with what follows from it said before."""
    couple = get_object_or_404(Couple.objects.with_partners(), pk=pk)
    form = StatusForm(request.POST or None, initial={"status": couple.status})
    if request.method == "POST" and form.is_valid():
        statuses.change(couple, form.cleaned_data["status"], by=request.membership)
        messages.success(request, _("Saved. The couple is now: %(status)s.") % {"status": couple.get_status_display()})
        return redirect("couple", couple.pk)
    return render(request, "clients/couple_status.html", {"form": form, "couple": couple})
