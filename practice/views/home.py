"""The front door: from here everybody is shown to their own place."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from practice import identity, tenancy, through_provider
from practice.identity import Identity
from practice.models import Practice


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Staff to the desk, clients to their day, others to a page that says what to do."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    found = _identities(request)
    if not found:
        by_provider = bool(request.session.get(through_provider.ELSEWHERE_ONLY))
        return render(request, "practice/nobody.html", {"by_provider": by_provider})
    chosen = request.session.get(identity.CHOICE)
    if len(found) > 1 and chosen not in {str(one.practice_id) for one in found}:
        return redirect("choose")
    return redirect(_place_of(identity.of(request) or found[0]))


def choose(request: HttpRequest) -> HttpResponse:
    """Ask people who belong to several practices where they want to go; the session remembers it."""
    found = _identities(request)
    if request.method == "POST":
        for one in found:
            if str(one.practice_id) == request.POST.get("practice"):
                request.session.cycle_key()
                request.session[identity.CHOICE] = str(one.practice_id)
                return redirect(_place_of(one))
    places = [{"id": one.practice_id, "name": _practice_name(one.practice_id), "who": one} for one in found]
    return render(request, "practice/choose.html", {"places": places})


def _identities(request: HttpRequest) -> list[Identity]:
    tenancy.bind_user(request.user.pk)  # type: ignore[arg-type]
    return identity.here(request)


def _place_of(one: Identity) -> str:
    return "desk" if one.membership else "portal_today"


def _practice_name(practice_id: uuid.UUID) -> str:
    with tenancy.acting(tenancy.as_system(practice_id)):
        return Practice.objects.values_list("name", flat=True).get(pk=practice_id)
