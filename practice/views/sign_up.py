"""Signing a practice up."""

from __future__ import annotations

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.signup import complete_signup, prevent_enumeration
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from practice.forms import SignUpForm
from practice.signing_up import sign_up as make_practice


@login_not_required
@sensitive_post_parameters("password")
def sign_up(request: HttpRequest) -> HttpResponse:
    """Make a practice and its owner; a known address gets the same answer, and a mail that says so."""
    if request.user.is_authenticated:
        return redirect("home")
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = make_practice(form.new_practice())
        if user is None:
            return prevent_enumeration(request, email=form.cleaned_data["email"])
        record_authentication(request, user, method="password", reauthenticated=True)
        return complete_signup(request, user=user)
    return render(request, "practice/sign_up.html", {"form": form})
