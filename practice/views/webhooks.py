"""Webhooks: an owner registers addresses of other systems, tries them, reads what became of calls, and ends them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from practice import held, webhooks
from practice.access import PracticeRequest, for_owners, read_or_send
from practice.fresh import after_fresh_sign_in, ask_again, is_fresh
from practice.models import Webhook
from practice.webhook_form import WebhookForm


@read_or_send
@for_owners
@after_fresh_sign_in
@sensitive_post_parameters()
def webhooks_page(request: PracticeRequest) -> HttpResponse:
    """List the addresses, and register one: its secret is on the page that answers, and never again."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = webhooks.add(**form.said(), by=request.membership, draft=form.cleaned_data["draft"])
            if not secret:
                messages.warning(
                    request, _("It was added before, and its secret was shown then. Make a new one if you need it.")
                )
            return _page_of_one(request, made, secret=secret)
        except webhooks.TooMany:
            form.add_error(None, _("There are as many as there may be. Delete one first."))
    context = {"form": form, "hooks": webhooks.all_of_practice(), "sending_hold": held.now()}
    return render(request, "practice/webhooks.html", context)


@read_or_send
@for_owners
@sensitive_post_parameters()
def webhook(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Show one, what became of calls, and change where and of what it is told."""
    hook = _one_or_404(pk)
    if not is_fresh(request):
        return ask_again(request)
    form = WebhookForm(request.POST or None, webhook=hook)
    if request.method == "POST" and form.is_valid():
        webhooks.change(hook, **form.said())
        messages.success(request, _("Saved."))
        return redirect("webhook", pk=pk)
    return _page_of_one(request, hook, form=form)


@require_POST
@for_owners
def webhook_renew(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Make a new secret, and show it this once."""
    hook = _one_or_404(pk)
    if not is_fresh(request):
        return ask_again(request, back=_path(pk))
    secret = webhooks.renew(hook)
    return _page_of_one(request, webhooks.one_of(pk), secret=secret)


@require_POST
@for_owners
def webhook_act(request: PracticeRequest, pk: UUID, act: str) -> HttpResponse:
    """Send a test, pause, go on, or delete."""
    hook = _one_or_404(pk)
    if not is_fresh(request):
        return ask_again(request, back=_path(pk))
    do, words = {
        "test": (webhooks.test, _("A test is on its way. Look again in a moment.")),
        "pause": (webhooks.pause, _("It is told of nothing until you say so.")),
        "resume": (webhooks.resume, _("It is told of what happens from now on.")),
        "delete": (webhooks.delete, _("It is deleted, with its secret and its log.")),
    }[act]
    do(hook)
    messages.success(request, words)
    return redirect("webhooks") if act == "delete" else redirect("webhook", pk=pk)


def _one_or_404(pk: UUID) -> Webhook:
    try:
        return webhooks.one_of(pk)
    except Webhook.DoesNotExist:
        raise Http404 from None


def _path(pk: UUID) -> str:
    return reverse("webhook", args=[pk])


def _page_of_one(
    request: PracticeRequest, hook: Webhook, *, form: WebhookForm | None = None, secret: str = ""
) -> HttpResponse:
    calls = [(webhooks.event_of(one.event).words, one) for one in webhooks.log_of(hook)]
    context = {
        "hook": hook,
        "form": form or WebhookForm(webhook=hook),
        "secret": secret,
        "calls": calls,
        "kept_days": webhooks.KEPT_FOR.days,
        "both_hours": int(webhooks.BOTH_FOR.total_seconds() // 3600),
        "sending_hold": held.now(),
    }
    return render(request, "practice/webhook.html", context)
