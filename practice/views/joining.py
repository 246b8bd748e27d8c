"""Accepting an invitation: opening the link changes nothing, pressing the button does, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from practice import inviting, mailboxes, tenancy
from practice.forms import JoinForm
from practice.inviting import NotOpen
from practice.models import SignInDoor, User


@dataclass(frozen=True)
class Door:
    """One kind of invitation: how its link is read, what its page says, what pressing the button does."""

    look: Callable[[str], tuple[str, dict[str, Any]]]
    accept: Callable[..., User]
    template: str


def join(request: HttpRequest, ticket: str, door: Door) -> HttpResponse:
    """Show the invitation, or accept it. Every link that does not work meets the same page."""
    try:
        email, words = door.look(ticket)
    except NotOpen:
        return not_open(request)
    stands = Standing(request, email)
    form = JoinForm(request.POST or None if stands.new else None, email=email)
    if request.method == "POST":
        try:
            if stands.reads_it:
                door.accept(ticket, user=request.user)
                return redirect("home")
            if stands.new and form.is_valid():
                user = door.accept(ticket, password=form.cleaned_data["password"])
                record_authentication(request, user, method="password", reauthenticated=True)
                return perform_login(request, user, redirect_url=reverse("home"))
        except NotOpen:
            return not_open(request)
    return render(request, door.template, {"form": form, "email": email, "stands": stands, **words})


class Standing:
    """In which of four ways the holder of a link may stand to the address it was sent to."""

    def __init__(self, request: HttpRequest, email: str) -> None:
        signed_in = request.user.is_authenticated
        known = mailboxes.account_of(email)
        self.reads_it = signed_in and mailboxes.reads(request.user, email)  # type: ignore[arg-type]
        self.someone_else = signed_in and not self.reads_it
        self.must_sign_in = not signed_in and known is not None and mailboxes.proved(known)
        self.new = not signed_in and not self.must_sign_in


def not_open(request: HttpRequest) -> HttpResponse:
    return render(request, "practice/invitation_closed.html", status=404)


def _look(ticket: str) -> tuple[str, dict[str, Any]]:
    with tenancy.acting(tenancy.as_system(inviting.practice_of(ticket))):
        invitation = inviting.opened(ticket)
        words = {
            "practice_name": invitation.practice.name,
            "name": invitation.name,
            "role": invitation.get_role_display(),
            "by_provider": SignInDoor.objects.filter(practice_id=invitation.practice_id).exists(),
            "ticket": ticket,
        }
        return invitation.email, words


TEAM = Door(_look, inviting.accept, "practice/join_team.html")


@login_not_required
@sensitive_post_parameters("password")
def join_team(request: HttpRequest, ticket: str) -> HttpResponse:
    """A colleague's own door."""
    return join(request, ticket, TEAM)
