"""The practice's own page, for its owners: what clients read about it, and who works in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from practice import held, inviting, team, tenancy
from practice.access import PracticeRequest, for_owners, for_staff
from practice.forms import AccountForm, LeavingForm, PracticeForm, StaffInvitationForm
from practice.models import Membership, Practice, StaffInvitation, User
from practice.signals import reminder_steps_changed, scores_by_agreement_changed, secrets_policy_changed


@for_owners
def practice_settings(request: PracticeRequest) -> HttpResponse:
    """Show and save what the practice says about itself; show the team."""
    form = PracticeForm(request.POST or None, instance=request.practice)
    if request.method == "POST" and form.is_valid():
        practice = form.save()
        if "secrets_policy" in form.changed_data:
            secrets_policy_changed.send(sender=Practice, practice=practice)
        if "reminder_steps" in form.changed_data:
            reminder_steps_changed.send(sender=Practice, practice=practice)
        if "scores_by_agreement" in form.changed_data:
            scores_by_agreement_changed.send(sender=Practice, practice=practice)
        messages.success(request, _("Saved."))
        return redirect("practice_settings")
    return _page(request, form=form)


@for_owners
@require_POST
def invite_staff(request: PracticeRequest) -> HttpResponse:
    """Invite a colleague."""
    form = StaffInvitationForm(request.POST)
    if not form.is_valid():
        return _page(request, invitation_form=form)
    try:
        with transaction.atomic():
            inviting.invite(**form.cleaned_data, by=request.membership)
    except IntegrityError:  # the same form, sent twice at once: the other one is on its way
        return redirect("practice_settings")
    messages.success(request, _("The invitation is on its way."))
    return redirect("practice_settings")


@for_owners
@require_POST
def staff_invitation(request: PracticeRequest, pk: UUID, act: str) -> HttpResponse:
    """Send an invitation again, or withdraw it."""
    invitation = get_object_or_404(_open_invitations(), pk=pk)
    if act == "resend":
        inviting.resend(invitation)
        messages.success(request, _("A new invitation is on its way. The link in the earlier one no longer works."))
    else:
        inviting.withdraw(invitation)
        messages.success(request, _("The invitation is withdrawn. Its link no longer works."))
    return redirect("practice_settings")


@for_owners
@require_POST
def member_role(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """Change a colleague's role."""
    colleague = get_object_or_404(Membership, pk=pk, ended_at=None)
    try:
        if request.POST.get("role") in Membership.Role.values:
            team.change_role(colleague, request.POST["role"])
            messages.success(request, _("Saved."))
    except team.LastOwner:
        _say_last_owner(request, colleague)
    # An owner who has just stepped down may not see this page any more; home knows where they belong.
    still_here = colleague.pk != request.membership.pk or colleague.runs_practice
    return redirect("practice_settings" if still_here else "home")


@for_owners
def member_end(request: PracticeRequest, pk: UUID) -> HttpResponse:
    """End a colleague's work here, and say in the same act who takes over."""
    colleague = get_object_or_404(Membership, pk=pk, ended_at=None)
    if team.is_last_owner(colleague):
        _say_last_owner(request, colleague)
        return redirect("practice_settings")
    form = LeavingForm(request.POST if request.method == "POST" else None, member=colleague)
    if request.method == "POST" and form.is_valid():
        try:
            team.leave(colleague, to=form.cleaned_data["to"])
        except team.LastOwner:
            _say_last_owner(request, colleague)
            return redirect("practice_settings")
        messages.success(request, _("%(name)s no longer has access.") % {"name": colleague.name})
        return redirect("practice_settings" if colleague.pk != request.membership.pk else "home")
    words = {"form": form, "colleague": colleague}
    return render(request, "practice/member_end.html", words, status=422 if form.errors else 200)


def _say_last_owner(request: PracticeRequest, colleague: Membership) -> None:
    messages.warning(
        request,
        _("%(name)s is the only owner. Make somebody else an owner first.") % {"name": colleague.name},
    )


@for_staff
def account(request: PracticeRequest) -> HttpResponse:
    """A member of staff about themselves: name, time zone, daily letter, and the way to signing in and security."""
    start = {
        "name": request.membership.name,
        "time_zone": request.user.time_zone,  # type: ignore[union-attr]
        "digest_at": request.membership.digest_at,
        "digest_weekdays": request.membership.digest_weekdays,
    }
    form = AccountForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        _save_account(request, form)
        messages.success(request, _("Saved."))
        return redirect("account")
    return render(request, "practice/account.html", {"form": form})


def _save_account(request: PracticeRequest, form: AccountForm) -> None:
    said = form.cleaned_data
    with tenancy.elevated():
        mine = {name: said[name] for name in ("name", "digest_at", "digest_weekdays")}
        Membership.objects.filter(pk=request.membership.pk).update(**mine)
    User.objects.filter(pk=request.user.pk).update(time_zone=said["time_zone"])


def _open_invitations() -> QuerySet[StaffInvitation]:
    return StaffInvitation.objects.filter(accepted_at=None, withdrawn_at=None).order_by("invited_at")


def _page(
    request: PracticeRequest,
    form: PracticeForm | None = None,
    invitation_form: StaffInvitationForm | None = None,
) -> HttpResponse:
    words: dict[str, Any] = {
        "form": form or PracticeForm(instance=request.practice),
        "invitation_form": invitation_form or StaffInvitationForm(),
        "team": Membership.objects.filter(ended_at=None).order_by("joined_at"),
        "invitations": _open_invitations(),
        "roles": Membership.Role.choices,
        "sending_hold": held.now(),
    }
    return render(request, "practice/settings.html", words)
