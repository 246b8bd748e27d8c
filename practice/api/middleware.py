"""A request that carries a token instead of a cookie: whose it is, and how often it may come."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from practice import destinations, limits, tenancy
from practice.api import problems, tokens
from practice.limits import MINUTE, Rate, Use

#: Where the API lives.
HERE = "/api/"
SCHEME = "bearer "
#: What one person may ask for, by all their tokens and in the browser.
PACE = Rate(600, MINUTE)
#: Tokens tried from one place that open nothing.
GUESSES = Rate(60, MINUTE)
#: By method and name of an address: what costs more than other calls. Upper apps add theirs with :func:`dear`.
DEAR: dict[tuple[str, str], tuple[Rate, ...]] = {}


def dear(method: str, name: str, *rates: Rate) -> None:
    """Let an app say how often somebody may ask for something that costs more than other calls."""
    DEAR[method, name] = rates


class ByToken:
    """Let a request to the API be its token's owner's. The cookie beside a token counts for nothing.

    Stands outside of any transaction: what is used of a limit stays used.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.token = None  # type: ignore[attr-defined]
        if not request.path.startswith(HERE):
            return self.get_response(request)
        try:
            left = self._let_in(request)
        except limits.TooMany as reached:
            return problems.too_many(request, reached)
        response = self.get_response(request)
        for name, value in left.items():
            response.setdefault(name, value)
        return response

    def _let_in(self, request: HttpRequest) -> dict[str, str]:
        """Find out whose request it is and count it; return what is left of the limit as headers."""
        said = request.headers.get("Authorization", "")
        if said.lower().startswith(SCHEME):
            self._as_owner(request, said[len(SCHEME) :].strip())
        # All tokens of one person count together: another one gives nobody more.
        if request.user.pk is None:
            return {}
        return within(str(request.user.pk), *_dear_of(request))

    def _as_owner(self, request: HttpRequest, text: str) -> None:
        request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        request.session = import_module(settings.SESSION_ENGINE).SessionStore()
        request.user = AnonymousUser()
        try:
            with tenancy.of_request():
                token = tokens.proved(text)
                request.user = tokens.user_of(token)
        except tokens.Refused:
            limits.take("token", limits.by_place(request), GUESSES)
            request.token_refused = True  # type: ignore[attr-defined]
            return
        request.token = token  # type: ignore[attr-defined]


def within(whose: str, *dear: tuple[str, Rate]) -> dict[str, str]:
    """Use one of what somebody has, and of these acts before; return the headers that say how much is left.

    Raises :class:`limits.TooMany`.
    """
    left = limits.take_all([*(Use(act, whose, rate) for act, rate in dear), Use("api", whose, PACE)])[-1]
    return {
        "RateLimit-Policy": f'"api";q={PACE.amount};w={PACE.seconds}',
        "RateLimit": f'"api";r={left};t={PACE.seconds}',
    }


def _dear_of(request: HttpRequest) -> list[tuple[str, Rate]]:
    name = destinations.name_of(request)
    return [(f"api {name}", rate) for rate in DEAR.get((request.method or "", name), ())]
