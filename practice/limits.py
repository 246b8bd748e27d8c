"""One limiter for pages, the API and jobs: how often somebody may try, ask or make something costly.

A limit lets ``amount`` acts through at once and then one for every ``seconds / amount``. It is one statement in
the database, so that two hundred at the same moment get exactly what one after the other would get; it outlives
a cache that is emptied, and where the database does not answer nobody is let in. Keys are keyed hashes: the table
names no address, no account and no place.

:class:`WithinLimits` asks for the addresses in :data:`PAGES` before anything else happens. What an account may be
tried from anywhere is counted apart from what a browser may try that its owner has signed in with before: whoever
uses the first up does not lock the owner out.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import truncate_ip
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from practice import destinations, known_browser, mailboxes, vault
from practice.models import Limit
from practice.written import Asked, together
from practice.written.queries import FixedText

MINUTE, QUARTER, HOUR, DAY = 60, 900, 3600, 86400

# A row is held only by whoever is let through: the others find that the condition does not hold, and go. Several
# rates are taken in their order, and none after one that is used up.
TAKE = """
    taken_{at} AS (
        INSERT INTO practice_limit AS had (key, full_until)
        SELECT %s, attune_now() + {each} {after}
        ON CONFLICT (key) DO UPDATE SET full_until = greatest(had.full_until, attune_now()) + {each}
            WHERE greatest(had.full_until, attune_now()) + {each} <= attune_now() + {all}
        RETURNING full_until
    )
"""
LEFT = """
    (SELECT floor(extract(epoch FROM attune_now() + {all} - full_until) / extract(epoch FROM {each})) FROM taken_{at})
"""
WAIT = "SELECT full_until + %s - %s - attune_now() FROM practice_limit WHERE key = %s"


@dataclass(frozen=True)
class Rate:
    """So many at once, and so many again in so many seconds."""

    amount: int
    seconds: int

    @property
    def each(self) -> datetime.timedelta:
        """After how long one more is let through."""
        return datetime.timedelta(seconds=self.seconds / self.amount)

    @property
    def all(self) -> datetime.timedelta:
        """After how long nothing of it is used any more."""
        return datetime.timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class Use:
    """One of what somebody has of an act."""

    act: str
    whose: str
    rate: Rate

    @property
    def key(self) -> str:
        return key_of(self.act, self.whose, self.rate)


class TooMany(Exception):
    """A limit is reached; ``wait`` is the number of seconds after which one more is let through."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"{wait} seconds")
        self.wait = wait


def take(act: str, whose: str, rate: Rate) -> int:
    """Use one of what ``whose`` has of ``act`` and return how many are left, or raise :class:`TooMany`.

    Outside of a transaction it counts at once; inside of one it counts when that is committed, and others who
    want the same wait for it.
    """
    return take_each(act, whose, (rate,))[0]


def take_each(act: str, whose: str, rates: Sequence[Rate]) -> list[int]:
    """Do what :func:`take` does for several rates of the same act, in one statement."""
    return take_all([Use(act, whose, rate) for rate in rates])


def take_all(uses: Sequence[Use]) -> list[int]:
    """Do what :func:`take` does for several acts, in one statement."""
    text = _taking(tuple(one.rate for one in uses))
    [left] = together(Asked(text.sql, [one.key for one in uses], lambda cursor: cursor.fetchone(), text))
    used_up = next((one for one, some in zip(uses, left, strict=True) if some is None), None)
    if used_up is None:
        return [max(0, int(some)) for some in left]
    with connection.cursor() as cursor:
        asked: list[Any] = [used_up.rate.each, used_up.rate.all, used_up.key]
        cursor.execute(WAIT, asked)
        row = cursor.fetchone()
    raise TooMany(max(1, math.ceil(row[0].total_seconds())) if row else 1)


@cache
def _taking(rates: tuple[Rate, ...]) -> FixedText:
    """Return the statement that uses one of each of these rates; who uses it is what differs."""
    takes, left = [], []
    for at, rate in enumerate(rates):
        spans = {"each": _interval(rate.each), "all": _interval(rate.all)}
        after = f"WHERE EXISTS (SELECT FROM taken_{at - 1})" if at else ""
        takes.append(TAKE.format(at=at, after=after, **spans))
        left.append(LEFT.format(at=at, **spans))
    return FixedText(f"WITH {', '.join(takes)} SELECT {', '.join(left)}")


def _interval(span: datetime.timedelta) -> str:
    return f"interval '{span.total_seconds():f} seconds'"


def give_back(act: str, whose: str, rates: Iterable[Rate]) -> None:
    """Forget what ``whose`` has used of ``act``: they have proved who they are."""
    Limit.objects.filter(key__in=[key_of(act, whose, rate) for rate in rates]).delete()


def key_of(act: str, whose: str, rate: Rate) -> str:
    """Return how a row of the table is called: a keyed hash, which tells nobody whose it is."""
    text = f"{act}|{rate.amount}/{rate.seconds}|{whose}"
    return hmac.new(vault.secret_for("limits"), text.encode(), hashlib.sha256).hexdigest()


def forget_full() -> int:
    """Delete what time has caught up with; return how many rows that were."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM practice_limit WHERE full_until < attune_now()")
        return cursor.rowcount


# ── pages ──

#: Wrong passwords for one account: from anywhere, and from a browser that its owner has signed in with.
TRIES = (Rate(5, 5 * MINUTE), Rate(40, DAY))
#: Codes of a second step, and saying once more who one is.
CODES = (Rate(5, 5 * MINUTE), Rate(60, DAY))
#: Letters with a code or a link to one address: asked for anywhere, and from a browser of its owner's.
LETTERS = (Rate(5, QUARTER), Rate(20, DAY))
#: Acts of one place without a sign-in.
ONE_PLACE = (Rate(30, MINUTE), Rate(400, HOUR))
FEW_FROM_ONE_PLACE = (Rate(20, MINUTE), Rate(100, HOUR))

Whose = Callable[[HttpRequest], str]


def by_place(request: HttpRequest) -> str:
    """The network address that a request came from, as far as our own proxy vouches for it; an IPv6 /64 is one."""
    return "place " + truncate_ip(get_adapter().get_client_ip(request))


def by_account(field: str) -> Whose:
    """Whose address was typed into ``field``, whether there is such an account or not; a browser that its owner has
    signed in with counts by itself."""

    def whose(request: HttpRequest) -> str:
        address = mailboxes.normal(request.POST.get(field, "")[:320].replace("\x00", ""))
        return known_browser.whose(request, address)

    return whose


def by_user(request: HttpRequest) -> str:
    """The user who is signed in; a place for nobody."""
    user = request.session.get("_auth_user_id") if hasattr(request, "session") else None
    return f"user {user}" if user else by_place(request)


@dataclass(frozen=True)
class PageLimit:
    """What sending one kind of form is limited to. ``reads`` counts looking at the page, too."""

    whose: Whose
    rates: tuple[Rate, ...]
    reads: bool = False


SIGNING_IN = PageLimit(by_account("login"), TRIES)
ANYBODY = PageLimit(by_place, ONE_PLACE)
STRANGERS = PageLimit(by_place, FEW_FROM_ONE_PLACE)
SURE = PageLimit(by_user, CODES)
OWN = PageLimit(by_user, (Rate(20, 5 * MINUTE), Rate(200, DAY)))
COSTLY = PageLimit(by_user, (Rate(30, MINUTE), Rate(600, HOUR)))
SEARCH = PageLimit(by_user, (Rate(120, MINUTE), Rate(3000, HOUR)), reads=True)
CALLS = PageLimit(by_place, (Rate(6000, MINUTE),))

#: Names of addresses and what holds there. Upper apps add theirs with :func:`limit`.
PAGES: dict[str, tuple[PageLimit, ...]] = {
    "account_login": (ANYBODY, SIGNING_IN),
    "mfa_login_webauthn": (ANYBODY,),
    "mfa_authenticate": (ANYBODY,),
    "account_request_login_code": (STRANGERS, PageLimit(by_account("email"), LETTERS)),
    "account_confirm_login_code": (STRANGERS,),
    "account_reset_password": (STRANGERS, PageLimit(by_account("email"), LETTERS)),
    "account_reset_password_from_key": (STRANGERS,),
    "account_email_verification_sent": (STRANGERS,),
    "account_signup": (STRANGERS,),
    "sign_up": (STRANGERS,),
    "join": (STRANGERS,),
    "join_team": (STRANGERS,),
    "join_by_provider": (STRANGERS,),
    "sign_in_by_address": (STRANGERS,),
    "provider_sign_in": (STRANGERS,),
    "provider_again": (SURE,),
    "provider_link": (OWN,),
    "single_sign_on_try": (OWN,),
    "single_sign_on_prove": (OWN,),
    "account_reauthenticate": (SURE,),
    "mfa_reauthenticate": (ANYBODY,),
    "mfa_reauthenticate_webauthn": (SURE,),
    "account_change_password": (SURE,),
    "account_set_password": (SURE,),
    "account_email": (OWN,),
    "mfa_generate_recovery_codes": (OWN,),
    "mfa_activate_totp": (OWN,),
    "mfa_add_webauthn": (OWN,),
    "staff_invite": (OWN,),
    "staff_invitation_resend": (OWN,),
    "delivery_try": (OWN,),
    "webhooks": (OWN,),
    "webhook_test": (OWN,),
    "webhook_renew": (OWN,),
    "provider_back": (PageLimit(by_place, ONE_PLACE, reads=True),),
    "mail_hook": (CALLS,),
    "mail_hook_own": (CALLS,),
    "texts_came": (CALLS,),
    "texts_came_of": (CALLS,),
}


def limit(name: str, *limits: PageLimit) -> None:
    """Let an app say what holds for one of its addresses."""
    PAGES[name] = limits


class WithinLimits:
    """Ask the limits before anything else is done. Stands outside of any transaction: what is used stays used."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            for one in PAGES.get(destinations.name_of(request), ()):
                if one.reads or request.method not in ("GET", "HEAD", "OPTIONS"):
                    take_each(destinations.name_of(request), one.whose(request), one.rates)
        except TooMany as reached:
            return wait_a_moment(request, reached)
        return self.get_response(request)


def wait_a_moment(request: HttpRequest, reached: TooMany) -> HttpResponse:
    """Say that it was too often, and when it can be tried again."""
    response = render(request, "429.html", {"minutes": math.ceil(reached.wait / 60)}, status=429)
    response["Retry-After"] = str(reached.wait)
    return response
