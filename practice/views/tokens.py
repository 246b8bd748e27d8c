"""Access for programs: one's own tokens, and, for owners, those of the others."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from practice.access import PracticeRequest, for_staff
from practice.api import tokens
from practice.fresh import after_fresh_sign_in
from practice.models import AccessToken
from practice.token_form import TokenForm


@for_staff
@after_fresh_sign_in
def access_tokens(request: PracticeRequest) -> HttpResponse:
    """List the tokens that open something, and make one: its text is on the page that answers, and never again."""
    form, made = TokenForm(request.POST or None, membership=request.membership), ""
    if request.method == "POST" and form.is_valid():
        token, made = tokens.issue(request.membership, **form.said())
        if not token.is_open:  # an old page, sent once more
            return redirect("access_tokens")
        form = TokenForm(membership=request.membership)
    context = {
        "form": form,
        "made": made,
        "mine": tokens.open_of(request.membership),
        "of_others": tokens.open_of_others(request.membership) if request.membership.runs_practice else [],
    }
    return render(request, "practice/access_tokens.html", context)


@require_POST
@for_staff
@after_fresh_sign_in
def access_token_end(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Withdraw a token: one's own, or, for an owner, anybody's."""
    try:
        tokens.withdraw(pk, by=request.membership)
    except AccessToken.DoesNotExist:
        raise Http404 from None
    messages.success(request, _("That token opens nothing any more."))
    return redirect("access_tokens")
