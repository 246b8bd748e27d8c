"""Around every request: who is asking, and nothing of the answer kept anywhere."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import resolve, reverse
from django.utils import timezone

from practice import audit, destinations, identity, sensors, sessions, signing_in, tenancy, through_provider
from practice.api import middleware as api
from practice.api import problems
from practice.identity import Identity
from practice.keyring import KeyOutOfReach

log = logging.getLogger(__name__)

Next = Callable[[HttpRequest], HttpResponse]

#: Paths that belong to nobody's practice: accounts, invitations, a stop from a mail, calendars, leaving, the demo's
#: mail, providers' calls.
OUTSIDE = (
    *("/account/", "/join/", "/stop/", "/calendar/", "/leave/", "/static/", "/demo/", "/sign-up/", "/choose/"),
    *("/hooks/", "/sign-in/"),
)
#: The front door asks by itself who stands there.
FRONT_DOOR = "/"
#: Doors outside that wait for a provider: each of their transactions ends before that and begins after it.
BY_THEMSELVES = frozenset({"provider_sign_in", "provider_back", "provider_again", "join_by_provider"})


METRICS = "/metrics"


class PrivateResponses:
    """Nothing is cached by browsers or proxies, and no page uses the device's sensors unasked.

    What stands on every answer stands here, refusals of other middleware and files of the house included.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.unless_said_otherwise = {
            sensors.HEADER: sensors.NONE,
            "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
            "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers["Cache-Control"] = "no-store"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["X-Robots-Tag"] = "noindex"
        for name, value in self.unless_said_otherwise.items():
            response.headers.setdefault(name, value)
        return response


class SmallPages(GZipMiddleware):
    """Pages go compressed to whoever takes them so; files do not, as a download that broke off goes on by its bytes.

    Django adds some random bytes to each, so that the length of a page tells nobody on the way what stands in it.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith("text/html"):
            return super().process_response(request, response)
        return response


class Probes:
    """Answer whoever watches the machine before anything else is asked: see :mod:`practice.views.probes`.

    Without this a probe would need a host's name, HTTPS and a database, and say of none of them which was missing.
    """

    PATHS = frozenset({"/healthz", "/readyz", METRICS})

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        unknown = request.path_info == METRICS and not settings.ATTUNE_METRICS_TOKEN
        if request.path_info not in self.PATHS or unknown:
            return self.get_response(request)
        request.resolver_match = found = resolve(request.path_info)
        return found.func(request, *found.args, **found.kwargs)


class KeysInReach:
    """Answer 503 where a key of the installation is missing: nothing is wrong with what it sealed."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, KeyOutOfReach):
            return None
        log.error("A page can not be shown: a key of the installation is missing")
        return HttpResponse(render_to_string("500.html"), status=503, headers={"Retry-After": "60"})


class SignedIn:
    """Bind each signed-in request to a practice and a person, in one transaction.

    Sets ``request.practice`` and either ``request.membership`` (staff) or ``request.person`` (a client).
    A user who belongs nowhere has none of them and finds only 404s. An answer with a status of 500 or more
    rolls everything back.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.practice = request.membership = request.person = None  # type: ignore[attr-defined]
        outside = request.path == FRONT_DOOR or request.path.startswith(OUTSIDE)
        if outside and destinations.name_of(request) in BY_THEMSELVES:
            return self.get_response(request)
        with tenancy.of_request():
            if outside or not request.user.is_authenticated:
                return self._rolled_back_if_broken(self.get_response(request))
            return self.as_somebody(request)

    def as_somebody(self, request: HttpRequest) -> HttpResponse:
        """Answer as whoever is signed in, inside :func:`tenancy.of_request`."""
        who = self._who(request)
        if who is None:
            tenancy.bind_user(request.user.pk)  # type: ignore[arg-type]
            return self._rolled_back_if_broken(self.get_response(request))
        if who.membership and identity.needs_second_factor(request):
            if request.path.startswith(api.HERE):
                return problems.plain(403, "This account has no second step: set one up first.")
            return redirect(f"{reverse('mfa_index')}?needed=1")
        token = getattr(request, "token", None)
        bare = replace(who.asker(closed=signing_in.closed_since(request)), token_id=token.pk if token else None)
        with tenancy.for_the_rest(bare) as asker:
            request.practice = identity.practice_of(who)  # type: ignore[attr-defined]
        request.membership, request.person = who.membership, who.person  # type: ignore[attr-defined]
        if who.membership:
            who.membership.practice = request.practice  # type: ignore[attr-defined]
        request.is_closed = bool(asker.closed)  # type: ignore[attr-defined]
        with timezone.override(identity.zone_of(request)):
            return self._on_record(request)

    def _who(self, request: HttpRequest) -> Identity | None:
        found = None if through_provider.of(request) else sessions.identities_of(request)
        if found is not None:
            return identity.chosen(request, through_provider.reaches(request, found))
        with tenancy.as_user(request.user.pk):  # type: ignore[arg-type]
            return identity.of(request)

    def _on_record(self, request: HttpRequest) -> HttpResponse:
        audit.begin_request()
        response = self._rolled_back_if_broken(self.get_response(request))
        if response.status_code < 500:
            audit.of_request(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Lead to the page that says what opens it, where somebody comes to what this sign-in does not open."""
        if not isinstance(exception, tenancy.Closed):
            return None
        transaction.set_rollback(True)
        return redirect("closed")

    def _rolled_back_if_broken(self, response: HttpResponse) -> HttpResponse:
        if response.status_code >= 500:
            transaction.set_rollback(True)
        return response
