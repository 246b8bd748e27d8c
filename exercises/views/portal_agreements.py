"""What partners agreed on: read, proposed, said yes to, taken back."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients.access import for_consenting_clients
from clients.models import Client, Couple, Partner
from exercises import agreements, comparing
from exercises import together as opening
from exercises.agreement_form import AgreementForm
from exercises.agreements import Kept
from exercises.models import AgreementVersion, Occurrence
from exercises.views.portal import own_couples
from practice.access import read_or_send
from practice.ids import uuid7


@require_safe
@for_consenting_clients
def agreement(request: Any, agreement_id: uuid.UUID) -> HttpResponse:
    """One agreement: what holds, what is proposed, and how it came about."""
    kept = kept_or_404(agreement_id)
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
        "is_due": kept.wants_a_look,
        "may_put_away": may_put_away(kept, request.person),
    }


@read_or_send
@for_consenting_clients
def new(request: Any) -> HttpResponse:
    """Propose an agreement to the others; ``?from=`` brings along what was written down in an exercise."""
    couple, people = couple_and_people()
    form = AgreementForm(request.POST or None, initial={"key": uuid7(), **_settled(request)})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        occurrence = round_of(request.person, said["settled_in"])
        made = agreements.begin(
            couple,
            people,
            title=said["title"],
            text=said["text"],
            review_on=said["review_on"],
            by=request.person,
            key=said["key"] or uuid7(),
            occurrence=occurrence,
        )
        messages.success(request, _("Proposed. It holds once everybody has said yes."))
        return redirect("portal_agreement", made.pk)
    return render(request, "exercises/portal/agreement_write.html", {"form": form}, status=422 if form.errors else 200)


def _settled(request: Any) -> dict[str, Any]:
    """What the partners wrote down together, as the first words of an agreement."""
    asked = request.GET.get("from", "")
    if request.method == "POST" or not asked:
        return {}
    try:
        group = opening.one(request.person, own_couples(), uuid.UUID(asked), timezone.now())
    except ValueError as error:
        raise Http404 from error
    partners = Partner.objects.filter(couple=group.assignment.couple_id).select_related("client").order_by("position")
    page = comparing.side_by_side(group, list(partners))
    lines = [f"{one.label}\n{voice.words}" for one in page.agreed for voice in one.said]
    return {"settled_in": group.at, "title": group.edition.title[:120], "text": "\n\n".join(lines)}


def round_of(person: Client, occurrence_id: uuid.UUID | None) -> Occurrence | None:
    """Return the round in which something was settled, when it is open to somebody."""
    if occurrence_id is None:
        return None
    group = opening.one(person, own_couples(), occurrence_id, timezone.now())
    return Occurrence.objects.filter(pk=group.at).first()


@read_or_send
@for_consenting_clients
def change(request: Any, agreement_id: uuid.UUID) -> HttpResponse:
    """Propose other words for one; what holds goes on holding meanwhile."""
    kept = kept_or_404(agreement_id)
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
    version = version_or_404(request.person, version_id)
    if version.dropped_at is not None or version.agreement.ended_at is not None:
        messages.info(request, _("This proposal was let go in the meantime."))
    else:
        agreements.say_yes(version, request.person)
    return redirect("portal_agreement", version.agreement_id)


@require_POST
@for_consenting_clients
def not_any_more(request: Any, version_id: uuid.UUID) -> HttpResponse:
    """Take one's yes back; nobody has to say why."""
    version = version_or_404(request.person, version_id)
    agreements.take_yes_back(version, request.person)
    messages.info(request, _("Your yes is taken back. It does not hold until everybody says yes to something again."))
    return redirect("portal_agreement", version.agreement_id)


@require_POST
@for_consenting_clients
def put_away(request: Any, agreement_id: uuid.UUID) -> HttpResponse:
    """Let one's own proposal go; an agreement of which nothing is left leaves the list."""
    kept = kept_or_404(agreement_id)
    if not may_put_away(kept, request.person):
        raise Http404
    if not put_it_away(kept):
        messages.success(request, _("Put away. It is off the list."))
        return redirect("portal_together")
    messages.success(request, _("The proposal is gone. What you agreed on holds on."))
    return redirect("portal_agreement", agreement_id)


def put_it_away(kept: Kept) -> bool:
    """Let the proposal go, and the agreement with it where nothing holds; return whether something does."""
    if kept.proposal is not None:
        agreements.drop(kept.proposal)
    holds = kept.holding is not None
    if not holds:
        agreements.end(kept.agreement)
    return holds


def may_put_away(kept: Kept, person: Client) -> bool:
    """Whether somebody may let the proposal go, or an agreement that holds no more."""
    if kept.proposal is not None:
        return kept.proposal.proposed_by_id == person.pk
    return kept.holding is None


def kept_or_404(agreement_id: uuid.UUID) -> Kept:
    """Return an agreement of this request's client, as it stands."""
    found = agreements.of(agreements.readable(own_couples()).filter(pk=agreement_id))
    if not found:
        raise Http404
    return found[0]


def version_or_404(person: Client, version_id: uuid.UUID) -> AgreementVersion:
    """Return a wording that somebody may say yes to."""
    rows = AgreementVersion.objects.filter(pk=version_id, couple__in=own_couples()).select_related("agreement")
    version = rows.first()
    if version is None or person.pk not in version.audience:
        raise Http404
    return version


def couple_and_people() -> tuple[Couple, list[uuid.UUID]]:
    """Return whose a new agreement is."""
    couples = own_couples()
    if not couples:
        raise Http404
    people = Partner.objects.filter(couple=couples[0], left_at=None).values_list("client_id", flat=True)
    return Couple.objects.get(pk=couples[0]), list(people)
