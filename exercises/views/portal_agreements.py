"""What partners agreed on: read, proposed, said yes to, taken back."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clients.access import for_consenting_clients
from clients.models import Couple, Partner
from exercises import agreements, wording
from exercises.agreements import Kept
from exercises.forms import day_input
from exercises.models import AgreementVersion
from exercises.views.portal import own_couples
from practice.ids import uuid7


class AgreementForm(forms.Form):
    """The words of an agreement, new or changed."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(
        label=gettext_lazy("What it is about"),
        max_length=120,
        help_text=gettext_lazy("A few words, such as: evenings, phones at table, time alone."),
        error_messages={"required": gettext_lazy("Please say in a few words what it is about.")},
    )
    text = forms.CharField(
        label=gettext_lazy("What we agree on"),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Please write down what you agree on.")},
    )
    review_on = forms.DateField(
        label=gettext_lazy("Look at it again on"),
        required=False,
        widget=day_input(),
        help_text=gettext_lazy("Life changes. A date helps you to look whether it still fits."),
    )

    def clean_title(self) -> str:
        return _tidy(self.cleaned_data["title"], lines=False)

    def clean_text(self) -> str:
        text = _tidy(self.cleaned_data["text"], lines=True)
        if len(text) > agreements.LIMIT:
            raise forms.ValidationError(
                _("There is room for %(n)s characters. Shorter is easier to keep.") % {"n": agreements.LIMIT}
            )
        return text


def _tidy(text: str, *, lines: bool) -> str:
    try:
        return wording.tidy(text, lines=lines)
    except wording.UnkeepableText as refusal:
        raise forms.ValidationError(str(refusal.message)) from refusal


@require_safe
@for_consenting_clients
def agreement(request: Any, agreement_id: uuid.UUID) -> HttpResponse:
    """One agreement: what holds, what is proposed, and how it came about."""
    kept = _kept_or_404(agreement_id)
    return render(request, "exercises/portal/agreement.html", {"kept": kept, **_around(request, kept)})


def _around(request: Any, kept: Kept) -> dict[str, Any]:
    partners = list(
        Partner.objects.filter(couple=kept.agreement.couple_id, client_id__in=kept.agreement.audience)
        .select_related("client")
        .order_by("position")
    )
    proposal, holding = kept.proposal, kept.holding
    return {
        "partners": partners,
        "waiting": [one for one in partners if proposal and one.client_id in kept.waits_for(proposal)],
        "mine_waits": proposal is not None and not kept.said_yes(proposal, request.person),
        "mine_stands": holding is not None and kept.said_yes(holding, request.person),
        "is_due": kept.is_due(timezone.localdate()),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@for_consenting_clients
def new(request: Any) -> HttpResponse:
    """Propose an agreement to the others."""
    couple, people = _couple_and_people()
    form = AgreementForm(request.POST or None, initial={"key": uuid7()})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        made = agreements.begin(
            couple,
            people,
            title=said["title"],
            text=said["text"],
            review_on=said["review_on"],
            by=request.person,
            key=said["key"] or uuid7(),
        )
        messages.success(request, _("Proposed. It holds once everybody has said yes."))
        return redirect("portal_agreement", made.pk)
    return render(request, "exercises/portal/agreement_write.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_consenting_clients
def change(request: Any, agreement_id: uuid.UUID) -> HttpResponse:
    """Propose other words for one; what holds goes on holding meanwhile."""
    kept = _kept_or_404(agreement_id)
    stands = kept.proposal or kept.holding or (kept.versions[-1] if kept.versions else None)
    start = {
        "title": kept.agreement.title,
        "text": stands.text if stands else "",
        "review_on": kept.agreement.review_on,
    }
    form = AgreementForm(request.POST or None, initial=start)
    form.fields["title"].disabled = True
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        agreements.propose(kept.agreement, text=said["text"], review_on=said["review_on"], by=request.person)
        messages.success(request, _("Kept. New words hold once everybody has said yes."))
        return redirect("portal_agreement", agreement_id)
    return render(
        request,
        "exercises/portal/agreement_write.html",
        {"form": form, "kept": kept},
        status=422 if form.errors else 200,
    )


@require_POST
@for_consenting_clients
def yes(request: Any, version_id: uuid.UUID) -> HttpResponse:
    """Say yes to one version, for oneself."""
    version = _version_or_404(request, version_id)
    if version.dropped_at is not None or version.agreement.ended_at is not None:
        messages.info(request, _("This proposal was let go in the meantime."))
    else:
        agreements.say_yes(version, request.person)
    return redirect("portal_agreement", version.agreement_id)


@require_POST
@for_consenting_clients
def not_any_more(request: Any, version_id: uuid.UUID) -> HttpResponse:
    """Take one's yes back; nobody has to say why."""
    version = _version_or_404(request, version_id)
    agreements.take_yes_back(version, request.person)
    messages.info(request, _("Your yes is taken back. It does not hold until everybody says yes to something again."))
    return redirect("portal_agreement", version.agreement_id)


def _kept_or_404(agreement_id: uuid.UUID) -> Kept:
    found = agreements.of(agreements.readable(own_couples()).filter(pk=agreement_id))
    if not found:
        raise Http404
    return found[0]


def _version_or_404(request: Any, version_id: uuid.UUID) -> AgreementVersion:
    rows = AgreementVersion.objects.filter(pk=version_id, couple__in=own_couples()).select_related("agreement")
    version = rows.first()
    if version is None or request.person.pk not in version.audience:
        raise Http404
    return version


def _couple_and_people() -> tuple[Couple, list[uuid.UUID]]:
    couples = own_couples()
    if not couples:
        raise Http404
    people = Partner.objects.filter(couple=couples[0], left_at=None).values_list("client_id", flat=True)
    return Couple.objects.get(pk=couples[0]), list(people)
