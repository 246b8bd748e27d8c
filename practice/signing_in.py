"""What follows when somebody signs in, or changes how they do."""

from __future__ import annotations

import datetime
import hashlib
import hmac
from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.core import context
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from practice import known_browser, limits, narrow, notices, still_here, through_provider, vault
from practice.api import tokens
from practice.browsers import in_words
from practice.models import AccountEvent, Recovery, SignIn, User

What = AccountEvent.What

#: In a session: what was written for oneself or for the therapist alone is not shown.
CLOSED = "closed"
#: What a browser is asked to forget when somebody signs out by hand or leaves (Clear-Site-Data).
CLEARED = '"cache", "storage"'
#: Ways of signing in that only show that somebody reads the mailbox.
MAILBOX_ONLY = frozenset({"code", "password_reset"})


# ── sign-ins and their end ──


@receiver(user_logged_in)
def begins(request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Start the clock, note the sign-in for its owner, and forget the tries that came before it."""
    if request is None or not hasattr(request, "session"):
        return
    if not request.session.session_key:
        request.session.create()
    still_here.begin(request)
    still_here.clear_for(request)
    now = timezone.now()
    agent = getattr(request, "META", {}).get("HTTP_USER_AGENT", "")
    SignIn.objects.filter(session_key=request.session.session_key).delete()
    SignIn.objects.create(
        user=user, session_key=request.session.session_key, device=in_words(agent), began_at=now, seen_at=now
    )
    records = get_authentication_records(request, user)
    if not through_provider.begin(request, user) and records:
        _proved(request, user)
    if is_closed(request, user, records):
        request.session[CLOSED] = True


def _proved(request: HttpRequest, user: User) -> None:
    """Somebody got in by themselves: this browser is known from now on, and wrong tries are forgotten."""
    whose = known_browser.whose(request, user.email)
    if whose == f"account {user.email}":
        notices.tell(user, What.NEW_BROWSER)
    limits.give_back("account_login", whose, limits.TRIES)
    request.proved_by = user.email  # type: ignore[attr-defined]


@receiver(user_logged_out)
def ends(request: HttpRequest | None, **kwargs: Any) -> None:
    """Take a sign-in that has ended off its owner's list."""
    if request is not None and getattr(request, "session", None) is not None and request.session.session_key:
        SignIn.objects.filter(session_key=request.session.session_key).delete()


@receiver(user_logged_out)
def clears(request: HttpRequest | None, **kwargs: Any) -> None:
    """Who signs out by hand leaves nothing in the browser; what ends by itself leaves what was typed there."""
    match = getattr(request, "resolver_match", None)
    if request is not None and match is not None and match.url_name == "account_logout":
        request.signed_out_by_hand = True  # type: ignore[attr-defined]


@receiver(account.authentication_step_completed)
def showed_again_who_it_is(request: HttpRequest, reauthenticated: bool = False, **kwargs: Any) -> None:
    """A sign-in that may do more from now on goes on under another key."""
    if reauthenticated and SESSION_KEY in request.session:
        request.session.cycle_key()


def of_user(user: User) -> list[SignIn]:
    """Return the sign-ins of a user that are still good, newest act first."""
    rows = list(SignIn.objects.filter(user=user).order_by("-seen_at", "-pk"))
    keys = Session.objects.filter(session_key__in=[one.session_key for one in rows], expire_date__gt=timezone.now())
    there = set(keys.values_list("session_key", flat=True))
    now = timezone.now()
    return [one for one in rows if one.session_key in there and not still_here.is_past(one, now)]


def end(rows: list[SignIn]) -> None:
    """End these sign-ins: from their next request on they are nobody's."""
    keys = [one.session_key for one in rows]
    Session.objects.filter(session_key__in=keys).delete()
    SignIn.objects.filter(session_key__in=keys).delete()


def end_all(user: User, *, but: str = "") -> None:
    """End every sign-in of a user, but the one with this session's key."""
    end(list(SignIn.objects.filter(user=user).exclude(session_key=but)))


def forget_ended() -> int:
    """Delete sessions that have run out, and the sign-ins whose session is gone; return how many sign-ins that were.

    A session outlives its sign-in until it runs out: a form that comes too late still finds whose it is.
    """
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    there = Session.objects.filter(session_key=OuterRef("session_key"))
    # One that was in use a moment ago may be getting another key right now.
    return SignIn.objects.filter(~Exists(there), seen_at__lt=now - datetime.timedelta(hours=1)).delete()[0]


def _end_others(user: User) -> None:
    """End every sign-in of a user, but the one in which they are changing something of their own."""
    key = _key_of_request(user)
    if key:
        _follow(context.request)
    end_all(user, but=key)


def _follow(request: HttpRequest) -> None:
    """Write the key that a session has got meanwhile on its sign-in."""
    before, after = getattr(request, "came_with", ""), request.session.session_key
    if before and after and before != after and SESSION_KEY in request.session:
        SignIn.objects.filter(session_key=before).update(session_key=after)


def _key_of_request(user: User) -> str:
    """The session in which a user is changing something of their own; empty when somebody else does."""
    request = context.request
    session = getattr(request, "session", None)
    if session is None or session.get(SESSION_KEY) != str(user.pk):
        return ""
    return session.session_key or ""


# ── changes of how one signs in ──


@receiver(post_save, sender=Authenticator)
def factor_added(instance: Authenticator, created: bool, **kwargs: Any) -> None:
    """In the same transaction: there is no moment at which the factor is new and old sign-ins go on."""
    if created:
        user = instance.user
        _stays_closed(user)
        _end_others(user)
        codes = instance.type == Authenticator.Type.RECOVERY_CODES
        notices.tell(user, What.CODES_MADE if codes else What.FACTOR_ADDED)


@receiver(post_delete, sender=Authenticator)
def factor_removed(instance: Authenticator, **kwargs: Any) -> None:
    """End every other sign-in, and tell the owner of it unless it was recovery codes."""
    user = User.objects.filter(pk=instance.user_id).first()
    if user is not None:
        _end_others(user)
        if instance.type != Authenticator.Type.RECOVERY_CODES:
            notices.tell(user, What.FACTOR_REMOVED)


@receiver(mfa.authenticator_used)
def factor_used(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """A factor from before an account was got back shows that it is its owner who is here."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        notices.tell(user, What.CODE_USED)
    recovery = open_recovery(user)
    if recovery is not None and authenticator.created_at < recovery.at:
        _end_others(user)
        settle(recovery, Recovery.How.FACTOR)


@receiver(account.password_set)
def password_chosen(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """A first password needs no old one: whoever came in through the mailbox alone knows no more by it."""
    _stays_closed(user)


@receiver([account.password_changed, account.password_set])
def password_changed(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """End every other sign-in and all tokens, and tell the owner."""
    _end_others(user)
    _end_tokens(request, user)
    notices.tell(user, What.PASSWORD_CHANGED)


def _end_tokens(request: HttpRequest, user: User) -> None:
    """Whoever chooses a new password may do so because somebody else knew the old one, and made tokens with it."""
    if tokens.end_all_of_account(user):
        messages.warning(request, _("All tokens that let programs work for you were withdrawn. Make new ones."))


@receiver(account.email_changed)
def address_changed(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """End every other sign-in, and tell the owner."""
    _stays_closed(user)
    _end_others(user)
    notices.tell(user, What.ADDRESS_CHANGED)


@receiver(account.password_reset)
def got_back_by_mail(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Whoever reads the mailbox has a password now. What is private stays closed to them."""
    end_all(user)
    _end_tokens(request, user)
    _close(user, timezone.now())
    notices.tell(user, What.RECOVERED)


# ── what a mailbox alone does not open ──


def _close(user: User, since: datetime.datetime) -> None:
    """Keep what is private closed, from the first of these moments on: what was set up since then proves nothing."""
    Recovery.objects.get_or_create(user=user, settled_at=None, defaults={"at": since})


def _stays_closed(user: User) -> None:
    """What somebody sets up in a closed sign-in of theirs opens nothing, here or in any later one."""
    request = context.request
    if _key_of_request(user) and is_closed(request, user):
        _close(user, datetime.datetime.fromtimestamp(request.session[still_here.BEGAN], datetime.UTC))


def open_recovery(user: User) -> Recovery | None:
    """Return the recovery through the mailbox that nobody has vouched for yet."""
    return Recovery.objects.filter(user=user, settled_at=None).first()


def settle(recovery: Recovery, how: str) -> None:
    """Open what is private again: its owner has shown who they are, or the therapist has seen them.

    The caller ends all sign-ins but the owner's first. Second steps that were set up meanwhile go: nobody knows whose.
    """
    changed = Recovery.objects.filter(pk=recovery.pk, settled_at=None).update(
        settled_at=timezone.now(), settled_how=how
    )
    if changed:
        user = User.objects.get(pk=recovery.user_id)
        meanwhile = Authenticator.objects.filter(user=user, created_at__gte=recovery.at)
        if meanwhile.exists():
            meanwhile._raw_delete(meanwhile.db)  # not by the signal: it would end the owner's sign-in, too
            notices.tell(user, What.FACTOR_REMOVED)
        AccountEvent.objects.create(user=user, what=What.OPENED_AGAIN, at=timezone.now())


def vouch(user: User, code: str) -> bool:
    """Open the one sign-in that shows this code to its owner, and end all others; False where none shows it.

    Needs :func:`tenancy.signing_in`. Whoever holds the account elsewhere at that moment holds another code.
    """
    recovery = open_recovery(user)
    if recovery is None:
        return False
    for one in of_user(user):
        if hmac.compare_digest(code_of(one.session_key).encode(), code.encode()) and _shows_a_code(one):
            end_all(user, but=one.session_key)
            settle(recovery, Recovery.How.IN_PERSON)
            return True
    return False


def code_of(session_key: str) -> str:
    """Return six digits that belong to one session: kept nowhere, and another number as soon as its key changes."""
    raw = hmac.new(vault.secret_for("met in person"), session_key.encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(raw[:8]) % 1_000_000:06}"


def code_to_show(request: HttpRequest) -> str:
    """Return what the therapist types in the room; empty for a sign-in that they can not open.

    One that knows the present password alone can be opened: were it another's, they would be in again at once.
    """
    user: User = request.user  # type: ignore[assignment]
    if open_recovery(user) is None or _by_mailbox_only(get_authentication_records(request, user)):
        return ""
    return code_of(request.session.session_key or "")


def _shows_a_code(one: SignIn) -> bool:
    session = Session.objects.filter(session_key=one.session_key).first()
    held = session.get_decoded() if session else {}
    return held.get(SESSION_KEY) == str(one.user_id) and not _by_mailbox_only(
        held.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    )


def _by_mailbox_only(records: list[dict[str, Any]]) -> bool:
    methods = {one.get("method") for one in records}
    return bool(methods) and methods <= MAILBOX_ONLY


def is_closed(request: HttpRequest, user: User, records: list[dict[str, Any]] | None = None) -> bool:
    """Tell whether this sign-in shows no more than that somebody reads the account's mail."""
    if narrow.KEY in request.session:
        return False
    if records is None:
        records = get_authentication_records(request, user)
    return _by_mailbox_only(records) or open_recovery(user) is not None


def closed_since(request: HttpRequest) -> str:
    """Return since when a sign-in is closed, empty for one that is not; costs nothing for those that never were."""
    if not request.session.get(CLOSED):
        return ""
    if is_closed(request, request.user):  # type: ignore[arg-type]
        return datetime.datetime.fromtimestamp(request.session[still_here.BEGAN], datetime.UTC).isoformat()
    del request.session[CLOSED]
    return ""


class SignInsFollow:
    """After each request: a session's new key stands on its sign-in, and a browser that proved itself is known."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        before = request.came_with = request.session.session_key  # type: ignore[attr-defined]
        response = self.get_response(request)
        _follow(request)
        if before and getattr(request, "signed_out_by_hand", False):
            response["Clear-Site-Data"] = CLEARED
        proved_by = getattr(request, "proved_by", "")
        if proved_by and SESSION_KEY in request.session and narrow.KEY not in request.session:
            known_browser.remember(request, response, proved_by)
        return response
