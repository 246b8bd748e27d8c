"""Single sign-on: the owner's page about the practice's provider, the way there and back, and one's own links."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.signup import prevent_enumeration
from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from practice import identity, inviting, openid, single_sign_on, tenancy, through_provider
from practice.access import PracticeRequest, for_owners, read_or_send
from practice.fresh import after_fresh_sign_in, ask_again, by_own_means, is_fresh
from practice.inviting import NotOpen
from practice.models import Membership, Practice, ProviderLink, SignInDoor, SingleSignOn
from practice.openid import Trouble
from practice.single_sign_on import Arrival, HasAccount, NotYet, Refused
from practice.single_sign_on_form import SingleSignOnForm, WhichPractice
from practice.views.joining import not_open

log = logging.getLogger(__name__)

SIGN_IN, JOIN, LINK, AGAIN, TRY = "sign in", "join", "link", "again", "try"
OFF = gettext_lazy(
    "It is off. Whoever came in this way is signed out, and the tokens and calendar links of all who are linked end."
)
#: In the session of an owner: what the provider said when they tried it, shown once.
TRIED = "provider_tried"


# ── the owner's page ──


@for_owners
@by_own_means
@after_fresh_sign_in
@sensitive_post_parameters("client_secret")
def single_sign_on_page(request: PracticeRequest) -> HttpResponse:
    """Show and keep what the practice says of its provider."""
    config = single_sign_on.own()
    form = SingleSignOnForm(request.POST or None, config=config)
    if request.method == "POST" and form.is_valid():
        was_on = config is not None and config.is_on
        config = single_sign_on.save(config or SingleSignOn(), form.cleaned_data)
        messages.success(request, _("Saved."))
        if was_on and not config.is_on:
            messages.warning(request, _("It is off until it was tried and switched on again."))
        return redirect("single_sign_on")
    return _own_page(request, config, form)


def _own_page(request: PracticeRequest, config: SingleSignOn | None, form: SingleSignOnForm) -> HttpResponse:
    links = ProviderLink.objects.filter(ended_at=None).select_related("membership").order_by("membership__name")
    domains = config.domains if config else []
    words = {
        "form": form,
        "config": config,
        "back": single_sign_on.back(request.practice.slug),
        "door": request.build_absolute_uri(reverse("provider_sign_in", args=[request.practice.slug])),
        "links": links,
        "trial": request.session.pop(TRIED, None),
        "domains": [
            {
                "name": one,
                "proved": config is not None and one in config.proved,
                "line": single_sign_on.proof_of(request.practice.pk, one),
                "address": single_sign_on.proof_address(one),
            }
            for one in domains
        ],
    }
    return render(request, "practice/single_sign_on.html", words, status=422 if form.errors else 200)


@require_POST
@for_owners
@by_own_means
@after_fresh_sign_in
def single_sign_on_try(request: PracticeRequest) -> HttpResponse:
    """Go to the provider and back, and see what it says: nothing is opened or linked by it."""
    return _sent(request, tenancy.as_system(request.practice.pk), TRY, user=str(request.user.pk))


@require_POST
@for_owners
@by_own_means
@after_fresh_sign_in
def single_sign_on_switch(request: PracticeRequest) -> HttpResponse:
    """Switch it on or off."""
    on = request.POST.get("on") == "1"
    try:
        single_sign_on.switch(_configured(), on=on, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("It is on.") if on else OFF)
    except NotYet as not_yet:
        messages.warning(request, str(not_yet.words))
    return redirect("single_sign_on")


@require_POST
@for_owners
@by_own_means
@after_fresh_sign_in
def single_sign_on_prove(request: PracticeRequest) -> HttpResponse:
    """Look whether a domain says that it is the practice's."""
    config, domain = _configured(), request.POST.get("domain", "")
    if domain not in config.domains:
        raise Http404
    if single_sign_on.prove(config, domain):
        messages.success(request, _("%(name)s is proved.") % {"name": domain})
    else:
        messages.warning(request, _("The line was not found at %(name)s.") % {"name": domain})
    return redirect("single_sign_on")


@require_POST
@for_owners
@by_own_means
def single_sign_on_unlink(request: PracticeRequest, pk: uuid.UUID) -> HttpResponse:
    """Let somebody's sign-in at the provider open nothing here any more."""
    link = get_object_or_404(ProviderLink, pk=pk, ended_at=None)
    if not is_fresh(request):
        return ask_again(request, back=reverse("single_sign_on"))
    with tenancy.elevated():
        single_sign_on.end_link(link)
    messages.success(request, _("That link is ended."))
    return redirect("single_sign_on")


def _configured() -> SingleSignOn:
    config = single_sign_on.own()
    if config is None:
        raise Http404
    return config


# ── the way there ──


@login_not_required
@read_or_send
def sign_in_by_address(request: HttpRequest) -> HttpResponse:
    """Find a practice's own page by the domain of an address. Whether the address is known plays no part."""
    form = WhichPractice(request.POST or None)
    if request.method == "POST" and form.is_valid():
        door = single_sign_on.door_of_address(form.cleaned_data["email"])
        if door is not None:
            return redirect("provider_sign_in", door.slug)
        form.add_error("email", _("No practice signs in this way with this domain. Ask yours for its own address."))
    return render(request, "practice/sign_in_by_address.html", {"form": form}, status=422 if form.errors else 200)


@login_not_required
@read_or_send
def provider_sign_in(request: HttpRequest, slug: str) -> HttpResponse:
    """A practice's own page to sign in. It does not name it: whoever has its address knows."""
    door = get_object_or_404(SignInDoor, slug=slug)
    if request.user.is_authenticated:
        return redirect("home")
    if request.method != "POST":
        return render(request, "practice/provider_sign_in.html", {"slug": slug})
    return _sent(request, tenancy.as_system(door.practice_id), SIGN_IN)


@login_not_required
@read_or_send
def join_by_provider(request: HttpRequest, ticket: str) -> HttpResponse:
    """Accept an invitation to a team by signing in at the practice's provider; looking leads to the invitation."""
    if request.method != "POST":
        return redirect("join_team", ticket)
    try:
        house = tenancy.as_system(inviting.practice_of(ticket))
        with tenancy.acting(house):
            inviting.opened(ticket)
            config = single_sign_on.own()
            if config is None or not config.is_on or request.user.is_authenticated:
                raise NotOpen
        return _sent(request, house, JOIN, ticket=ticket)
    except NotOpen:
        return not_open(request)


@read_or_send
def provider_again(request: HttpRequest) -> HttpResponse:
    """Show once more who one is: at the provider, or in a way of one's own."""
    through = through_provider.of(request)
    then = _path(request, request.GET.get("next", "") or request.POST.get("next", ""))
    if through is None:
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': then})}")
    if request.method == "POST":
        house = tenancy.as_system(through.practice_id)
        return _sent(request, house, AGAIN, again=True, user=str(request.user.pk), then=then)
    ways = get_adapter().get_reauthentication_methods(request.user)
    ways = [{**one, "url": f"{one['url']}?{urlencode({'next': then})}"} for one in ways]
    return render(request, "practice/provider_again.html", {"ways": ways, "then": then})


def _sent(
    request: HttpRequest, house: tenancy.Asker, purpose: str, *, again: bool = False, **more: Any
) -> HttpResponse:
    """Answer with a page that leads on by itself: browsers do not let a form's answer redirect to another site.

    The provider is asked between two transactions, where no other one is open.
    """
    with tenancy.acting(house):
        issuer = _configured().issuer
    try:
        found = openid.places(issuer)
    except Trouble as trouble:
        return _trouble(request, trouble, purpose)
    with tenancy.acting(house):
        config = _configured()
        if config.issuer != issuer:
            return _trouble(request, Trouble("moved meanwhile"), purpose)
        there = single_sign_on.send(request, config, found, purpose, again=again, **more)
    return render(request, "practice/provider_away.html", {"there": there})


def _path(request: HttpRequest, then: str) -> str:
    """Return where a page of ours leads afterwards: nowhere else."""
    return then if url_has_allowed_host_and_scheme(then, allowed_hosts=None) and then.startswith("/") else "/"


# ── the way back ──


@login_not_required
@require_safe
def provider_back(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the provider sends people back to, once for each journey that began in this browser."""
    purpose = ""
    try:
        kept = single_sign_on.kept_for(request, slug)
        purpose = kept["purpose"]
        with tenancy.acting(tenancy.as_system(uuid.UUID(kept["practice"]))):
            config = single_sign_on.own()
            if config is None:
                raise Trouble("not configured")
            ask = single_sign_on.brought(request, kept, config, slug)
        said = ask()
    except Trouble as trouble:
        return _trouble(request, trouble, purpose)
    with tenancy.of_request():
        return _ends(request, purpose, kept, said)


def _ends(request: HttpRequest, purpose: str, kept: dict[str, Any], said: dict[str, Any]) -> HttpResponse:
    """Do what somebody went for. What a refusal has changed stays changed."""
    try:
        return ENDS[purpose](request, kept, said)
    except Refused as refused:
        return render(request, "practice/provider_refused.html", {"words": refused.words}, status=403)
    except NotOpen:
        return not_open(request)


def _trouble(request: HttpRequest, trouble: Trouble, purpose: str) -> HttpResponse:
    log.warning("single sign-on: %s", trouble.code)
    words = {"broken": True, "code": trouble.code if purpose == TRY else ""}
    return render(request, "practice/provider_refused.html", words, status=502 if purpose == TRY else 403)


def _signs_in(request: HttpRequest, kept: dict[str, Any], said: dict[str, Any]) -> HttpResponse:
    try:
        arrival = single_sign_on.arrive(uuid.UUID(kept["practice"]), said)
    except HasAccount as has:
        return prevent_enumeration(request, email=has.address)
    return _let_in(request, arrival)


def _joins(request: HttpRequest, kept: dict[str, Any], said: dict[str, Any]) -> HttpResponse:
    return _let_in(request, single_sign_on.accept_invitation(kept["ticket"], said))


def _let_in(request: HttpRequest, arrival: Arrival) -> HttpResponse:
    if request.user.is_authenticated:
        logout(request)
    record_authentication(request, arrival.user, method=through_provider.METHOD, **arrival.record)
    return perform_login(request, arrival.user, redirect_url=reverse("home"), signup=arrival.new)


def _links(request: HttpRequest, kept: dict[str, Any], said: dict[str, Any]) -> HttpResponse:
    if str(request.user.pk) != kept["user"] or through_provider.of(request) or not is_fresh(request):
        raise Refused(single_sign_on.SOMEBODY_ELSE)
    practice_id = uuid.UUID(kept["practice"])
    with tenancy.acting(tenancy.as_system(practice_id, user_id=request.user.pk)):
        config = single_sign_on.own()
        if config is None or not config.is_on:
            raise Refused(single_sign_on.NOT_KNOWN)
        single_sign_on.link(config, request.user, said)  # type: ignore[arg-type]
    messages.success(request, _("From now on you can sign in through this practice’s provider."))
    return redirect("provider_links")


def _was_asked_again(request: HttpRequest, kept: dict[str, Any], said: dict[str, Any]) -> HttpResponse:
    through = through_provider.of(request)
    if through is None or str(request.user.pk) != kept["user"] or str(through.practice_id) != kept["practice"]:
        raise Refused(single_sign_on.SOMEBODY_ELSE)
    single_sign_on.is_same_again(through.link_id, through.practice_id, said, kept)
    record_authentication(request, request.user, method=through_provider.METHOD, reauthenticated=True)
    return redirect(_path(request, kept["then"]))


def _tries(request: HttpRequest, kept: dict[str, Any], said: dict[str, Any]) -> HttpResponse:
    practice_id = uuid.UUID(kept["practice"])
    if str(request.user.pk) != kept["user"] or through_provider.of(request):
        raise Refused(single_sign_on.SOMEBODY_ELSE)
    with tenancy.acting(tenancy.as_system(practice_id, user_id=request.user.pk)):
        runs = Membership.objects.filter(user_id=request.user.pk, role=Membership.Role.OWNER, ended_at=None).exists()
        config = single_sign_on.own()
        if not runs or config is None:
            raise Refused(single_sign_on.SOMEBODY_ELSE)
        trial = single_sign_on.tried(config, said)
    request.session[TRIED] = {**asdict(trial), "went_well": trial.went_well}
    return redirect("single_sign_on")


End = Callable[[HttpRequest, dict[str, Any], dict[str, Any]], HttpResponse]
#: What follows when somebody is back, by what they went for.
ENDS: dict[str, End] = {SIGN_IN: _signs_in, JOIN: _joins, LINK: _links, AGAIN: _was_asked_again, TRY: _tries}


# ── one's own links ──


@require_safe
@after_fresh_sign_in
def provider_links(request: HttpRequest) -> HttpResponse:
    """Where one works, whose practices have a provider, and whether one is linked there."""
    return render(request, "practice/provider_links.html", {"rows": _rows(request)})


def _rows(request: HttpRequest) -> list[dict[str, Any]]:
    tenancy.bind_user(request.user.pk)  # type: ignore[arg-type]
    works = Membership.objects.filter(user_id=request.user.pk, ended_at=None)
    roles = dict(works.order_by("joined_at").values_list("practice_id", "role"))
    ids = list(roles)
    doors = {one.practice_id: one for one in SignInDoor.objects.filter(practice_id__in=ids)}
    links = {one.practice_id: one for one in ProviderLink.objects.filter(user_id=request.user.pk, ended_at=None)}
    rows = []
    for practice_id in ids:
        if practice_id in doors or practice_id in links:
            with tenancy.acting(tenancy.as_system(practice_id)):
                practice = Practice.objects.get(pk=practice_id)
            door, link = doors.get(practice_id), links.get(practice_id)
            required = bool(door and door.only_way_for) and roles[practice_id] != Membership.Role.OWNER
            held = link is not None and bool(link.barred_at or required)
            rows.append({"practice": practice, "door": door, "link": link, "held": held})
    return rows


@require_POST
@after_fresh_sign_in
def provider_link(request: HttpRequest, practice_id: uuid.UUID) -> HttpResponse:
    """Go to the provider, and come back linked."""
    row = _row(request, practice_id)
    if row["door"] is None:
        raise Http404
    if identity.second_factor_missing(request.user):
        return redirect(f"{reverse('mfa_index')}?needed=1")
    house = tenancy.as_system(practice_id, user_id=request.user.pk)
    return _sent(request, house, LINK, user=str(request.user.pk))


@require_POST
@after_fresh_sign_in
def provider_unlink(request: HttpRequest, practice_id: uuid.UUID) -> HttpResponse:
    """Be linked no more. Only an owner ends the link of somebody who is barred, or has to come in this way."""
    row = _row(request, practice_id)
    if row["link"] is None or row["held"]:
        raise Http404
    with tenancy.acting(tenancy.as_system(practice_id, user_id=request.user.pk)):
        single_sign_on.end_link(row["link"])
    messages.success(request, _("That link is ended."))
    return redirect("provider_links")


def _row(request: HttpRequest, practice_id: uuid.UUID) -> dict[str, Any]:
    found = next((one for one in _rows(request) if one["practice"].pk == practice_id), None)
    if found is None:
        raise Http404
    return found


@require_safe
def provider_limits(request: HttpRequest) -> HttpResponse:
    """What a sign-in through a provider does not open, and what does."""
    if through_provider.of(request) is None:
        return redirect("home")
    return render(request, "practice/provider_limits.html", {"needed": identity.needs_second_factor(request)})
