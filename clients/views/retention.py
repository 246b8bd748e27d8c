"""The owners' pages about what is kept: for how long, what waits for a decision, and what was erased."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from clients import erasing, retaining
from clients.models import Client, Couple, Erasure, ErasureRequest
from clients.retaining import Standing
from clients.retention_forms import EraseForm, HoldForm, KeepForm, YearsForm
from clients.retention_words import told
from practice import retention as rules
from practice import through_provider, two_people
from practice.access import PracticeRequest, for_owners, read_or_send
from practice.fresh import after_fresh_sign_in
from practice.tenancy import elevated

SHOWN = 20


@read_or_send
@for_owners
def retention(request: PracticeRequest) -> HttpResponse:
    """Show what waits for a decision, and save for how many years records are kept."""
    form = YearsForm(request.POST or None, practice=request.practice)
    with elevated():
        if request.method == "POST" and form.is_valid():
            form.save()
            messages.success(request, _("Saved."))
            return redirect("retention")
        words = {
            "form": form,
            "term": rules.term_of(request.practice),
            "queue": retaining.queue(request.practice),
            "waiting": _waiting(),
            "erased": list(Erasure.objects.select_related("asked_by", "confirmed_by").order_by("-at", "-pk")[:SHOWN]),
        }
        return render(request, "clients/retention.html", words, status=422 if form.errors else 200)


@read_or_send
@for_owners
def record(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Show how it stands with what is kept of one person, and decide: keep, hold, answer, erase."""
    with elevated():
        client = get_object_or_404(Client, pk=pk)
    return _record(request, client)


@after_fresh_sign_in
def _record(request: PracticeRequest, client: Client) -> HttpResponse:
    with elevated():
        standing = retaining.standing_of(client, request.practice)
        act = ACTS.get(request.POST.get("do", ""))
        if request.method == "POST":
            if act is None or client.erased_at:
                raise Http404
            if act is _erase and through_provider.of(request):
                return redirect("provider_limits")  # two people decide on it, each by their own means
            wrong = act(request, standing)
            if wrong is None:
                return redirect("retention_record", client.pk)
            return _page(request, standing, wrong)
        return _page(request, standing)


def _page(request: PracticeRequest, standing: Standing, wrong: Form | None = None) -> HttpResponse:
    client = standing.client
    removed, emptied = ({}, {}) if client.erased_at else erasing.preview(client)
    words = {
        "one": standing,
        "couples": list(Couple.objects.with_partners().filter(pk__in=standing.couples).order_by("started_on", "pk")),
        "removed": told(removed),
        "emptied": told(emptied),
        "waiting": erasing.is_waiting(client.pk),
        "proofs": [
            (one, told(one.removed), told(one.emptied))
            for one in Erasure.objects.filter(client=client).select_related("asked_by", "confirmed_by").order_by("at")
        ],
        "answers": client.erasure_requests.exclude(answer="").order_by("-answered_at")[:5],
        "erase": EraseForm(prefix="erase"),
        "keep": KeepForm(prefix="keep", today=standing.today),
        "hold": HoldForm(prefix="hold"),
    }
    if wrong is not None and wrong.prefix:
        words[wrong.prefix] = wrong
    return render(request, "clients/retention_record.html", words, status=422 if wrong else 200)


def _waiting() -> list[tuple[Any, Client]]:
    acts = list(two_people.waiting().filter(act=erasing.ACT))
    people = Client.objects.in_bulk([one.about_id for one in acts])
    return [(one, people[one.about_id]) for one in acts if one.about_id in people]


# ── what can be decided ──────────────────────────────────────────────────────


def _erase(request: PracticeRequest, standing: Standing) -> Form | None:
    form = EraseForm(request.POST, prefix="erase")
    if not form.is_valid():
        return form
    try:
        erasing.ask(standing, form.cleaned_data["why"], by=request.membership)
        messages.success(request, _("Asked. It is done when a second person has confirmed it."))
    except two_people.CannotBeDone as refusal:
        messages.warning(request, str(refusal))
    except two_people.NotWaiting:
        messages.warning(request, _("It waits for a second person already."))
    return None


def _keep(request: PracticeRequest, standing: Standing) -> Form | None:
    form = KeepForm(request.POST, prefix="keep", today=standing.today)
    if not form.is_valid():
        return form
    retaining.keep_longer(standing.client, form.cleaned_data["until"], form.cleaned_data["why"], by=request.membership)
    messages.success(request, _("Kept. It comes up again then."))
    return None


def _hold(request: PracticeRequest, standing: Standing) -> Form | None:
    form = HoldForm(request.POST, prefix="hold")
    if not form.is_valid():
        return form
    why = form.cleaned_data["why"]
    retaining.hold(standing.client, why, by=request.membership)
    if form.cleaned_data["everybody"]:
        for couple_id in standing.couples:
            retaining.hold(standing.client, why, by=request.membership, couple_id=couple_id)
    messages.success(request, _("On hold. Nothing of it can be erased until the hold is lifted."))
    return None


def _lift(request: PracticeRequest, standing: Standing) -> Form | None:
    known = {str(one.pk): one for one in standing.holds}
    found = known.get(request.POST.get("hold", ""))
    if found is None:
        raise Http404
    retaining.lift(found.pk, by=request.membership)
    messages.success(request, _("The hold is lifted."))
    return None


def _note(request: PracticeRequest, standing: Standing) -> Form | None:
    retaining.ask(standing.client, noted_by=request.membership)
    messages.success(request, _("Written down. The time for an answer runs."))
    return None


def _answer(request: PracticeRequest, standing: Standing) -> Form | None:
    if standing.request is None or standing.ended_on is None:
        raise Http404
    if erasing.erase_own(standing.client, by=request.membership) is None:
        messages.warning(request, _stays(standing.request))
    retaining.answer_kept(standing, by=request.membership)
    messages.success(request, _("Answered. They read it on their own page."))
    return None


def _stays(asked: ErasureRequest) -> str:
    if asked.is_their_own_word:
        return _("It is on hold: nothing was erased.")
    return _("Nothing was erased: what only they can read goes when they ask for it themselves, on their own page.")


ACTS: dict[str, Callable[[PracticeRequest, Standing], Form | None]] = {
    "erase": _erase,
    "keep": _keep,
    "hold": _hold,
    "lift": _lift,
    "note": _note,
    "answer": _answer,
}
