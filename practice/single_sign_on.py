"""Single sign-on of staff through an OpenID provider that their practice names: whom it lets in, and as what.

Nobody takes an account over by it. What counts is issuer and subject, and they are tied to an account in three ways
alone: by the account's owner, who is signed in by their own means and has just shown so; by accepting an invitation to
the very address that the provider vouches for, where no account has it yet; and, where an owner allows it for a domain
that was proved, for people who had no account at all. An address that is the same ties nothing.

What such a sign-in reaches is held in :mod:`practice.through_provider`, the journey itself in :mod:`practice.openid`.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.internal import statekit
from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from practice import audit, identity, inviting, mailboxes, notices, openid, team, tenancy, vault
from practice.api import tokens
from practice.models import (
    AccessToken,
    AccountEvent,
    Membership,
    Practice,
    ProviderLink,
    SignInDoor,
    SingleSignOn,
    StaffInvitation,
    User,
)
from practice.openid import Journey, Places, Trouble
from practice.signals import member_left, programs_ended

log = logging.getLogger(__name__)

Role, What = Membership.Role, AccountEvent.What
#: Of several groups the one that opens most counts.
RANK = (Role.OWNER, Role.SUPERVISOR, Role.THERAPIST, Role.COORDINATOR)
#: Where a domain shows whose it is.
PROOF = "/.well-known/attune-sign-in.txt"
#: How a provider says that it asked for two things (RFC 8176).
TWO_THINGS = "mfa"
#: Entra's word for an address whose domain it has proved; it does not say ``email_verified``.
ENTRA, ENTRA_PROVED = "https://login.microsoftonline.com/", "xms_edov"


def _practice_of(row: SingleSignOn | ProviderLink) -> uuid.UUID:
    if row.practice_id is None:
        raise tenancy.NoPractice("It belongs to some practice.")
    return row.practice_id


class Refused(Exception):
    """The provider is believed, and still nobody comes in; ``words`` are for whoever stands there."""

    def __init__(self, words: str | Promise) -> None:
        super().__init__()
        self.words = words


NOT_KNOWN = _("Nobody here is linked to this sign-in. Ask an owner of the practice to invite you.")
LINK_FIRST = _(
    "You sign in here already. Come in with your password and link this sign-in where you look after your account."
)
OTHER_DOMAIN = _("The practice lets in only addresses of its own domains.")
NOT_PROVED = _("The provider does not say that it has proved your e-mail address.")
NO_ROLE = _("None of your groups at the provider has a role in this practice. Its owners were told.")
TOO_MANY_GROUPS = _("The provider did not say which groups you are in, because they are too many. Ask an owner.")
TAKEN = _("Somebody else in the practice is linked to this sign-in.")
SOMEBODY_ELSE = _("You came back as somebody else than you went.")
NOT_ASKED = _("The provider did not ask you to sign in again, or does not say so.")


# ── what the practice says of its provider ──


def own() -> SingleSignOn | None:
    """Return what the bound practice says of its provider."""
    return SingleSignOn.objects.first()


@transaction.atomic
def save(config: SingleSignOn, said: dict[str, Any]) -> SingleSignOn:
    """Keep what an owner says. Another provider, client or secret has to be tried again, and is off until then.

    Another issuer ends all links: a subject means somebody only at the provider that named them. Links of those who are
    barred stay, and bar them, until an owner ends them.
    """
    before = (config.issuer, config.application_id, config.client_secret)
    moved = config.issuer != said["issuer"]
    for name, value in said.items():
        setattr(config, name, value)
    config.proved = [one for one in config.proved if one in config.domains]
    if config.lets_in_as and not set(config.domains) <= set(config.proved):
        config.on_since = None  # it would let people in under addresses that may be anybody's
    if (config.issuer, config.application_id, config.client_secret) != before:
        config.tried_at = config.on_since = None
    config.changed_at = timezone.now()
    config.save()
    _show_door(config)
    with tenancy.elevated():
        if not config.mapping:
            ProviderLink.objects.filter(ended_at=None).update(barred_at=None)  # groups say nothing any more
        if moved:
            for one in ProviderLink.objects.filter(ended_at=None, barred_at=None):
                end_link(one)
    return config


class NotYet(Exception):
    """It can not be switched on; ``words`` say why."""

    def __init__(self, words: str | Promise) -> None:
        super().__init__()
        self.words = words


@transaction.atomic
def switch(config: SingleSignOn, *, on: bool, by: User) -> None:
    """Open the practice's door through its provider, or close it: then whoever came through it is out at once.

    So are programs of all who are linked: those may have been let in by somebody who came through it.

    Raises :class:`NotYet`.
    """
    if on and config.tried_at is None:
        raise NotYet(_("Try it first: whoever comes back from the provider has shown that all of this fits."))
    if on and config.lets_in_as and not set(config.domains) <= set(config.proved):
        raise NotYet(_("Prove all domains first: without an invitation, only their people are let in."))
    if on and not (by.has_usable_password() and not identity.second_factor_missing(by)):
        raise NotYet(_("Give yourself a password and a second step first: they let you in when the provider is down."))
    config.on_since = timezone.now() if on else None
    config.save(update_fields=["on_since"])
    _show_door(config)
    if not on:
        with tenancy.elevated():
            for one in ProviderLink.objects.filter(ended_at=None).select_related("membership"):
                _end_programs(one.membership)


def _show_door(config: SingleSignOn) -> None:
    with tenancy.elevated():
        ProviderLink.objects.filter(ended_at=None).update(is_on=config.is_on)
        if not config.is_on:
            SignInDoor.objects.filter(practice_id=config.practice_id).delete()
            return
        door = {
            "slug": Practice.objects.get(pk=config.practice_id).slug,
            "leads": [one for one in config.domains if one in config.proved],
            "only_way_for": config.domains if config.required else [],
        }
        SignInDoor.objects.update_or_create(practice_id=config.practice_id, defaults=door)


def door_of_address(address: str) -> SignInDoor | None:
    """Return the door that an address's domain leads to: told by the domain alone, whether the address is known or not.

    A domain to which several lead leads to none.
    """
    found = list(SignInDoor.objects.filter(leads__contains=[mailboxes.normal(address).rpartition("@")[2]])[:2])
    return found[0] if len(found) == 1 else None


# ── whose a domain is ──


def proof_of(practice_id: uuid.UUID | None, domain: str) -> str:
    """Return the line that shows that a domain is a practice's."""
    raw = hmac.new(vault.secret_for("sign-in domain"), f"{practice_id}|{domain}".encode(), hashlib.sha256)
    return f"attune-{raw.hexdigest()[:40]}"


def proof_address(domain: str) -> str:
    """Return where that line has to stand."""
    return f"https://{domain}{PROOF}"


def prove(config: SingleSignOn, domain: str) -> bool:
    """Look whether a domain says that it is this practice's, and remember it if so."""
    wanted = proof_of(config.practice_id, domain)
    if wanted not in [one.strip() for one in openid.text_at(proof_address(domain)).splitlines()[:20]]:
        return False
    config.proved = sorted({*config.proved, domain})
    config.save(update_fields=["proved"])
    _show_door(config)
    return True


# ── there and back ──


def send(
    request: HttpRequest, config: SingleSignOn, found: Places, purpose: str, *, again: bool = False, **more: Any
) -> str:
    """Return where at the provider, whose places were found, the browser goes for one purpose."""
    journey = openid.set_out(found)
    slug = Practice.objects.get(pk=config.practice_id).slug
    kept = {"purpose": purpose, "practice": str(config.practice_id), "journey": journey.kept(), **more}
    with _sessions_in_reach(request):
        state = statekit.stash_state(request, provider_id=slug, state=kept)
    acr = " ".join(config.factor_acr) if config.trusts_factor else ""
    return openid.address(journey, client_id=config.application_id, back=back(slug), state=state, again=again, acr=acr)


@contextmanager
def _sessions_in_reach(request: HttpRequest) -> Iterator[None]:
    """Sessions belong to the installation: what is written into one at once is not written as somebody's staff."""
    with tenancy.signing_in(request.user.pk or uuid.UUID(int=0)):
        yield
        len(request.session.keys())  # read again here, too


def back(slug: str) -> str:
    """Return the address to which the provider sends people back; each practice has its own."""
    return settings.ATTUNE_URL + reverse("provider_back", args=[slug])


def kept_for(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Return what was kept for a journey that ends with this request, once. Raises :class:`practice.openid.Trouble`."""
    with _sessions_in_reach(request):
        kept = statekit.unstash_state(request, state_id=request.GET.get("state", ""), provider_id=slug)
    if kept is None:
        raise Trouble("no such state")
    return kept


def brought(
    request: HttpRequest, kept: dict[str, Any], config: SingleSignOn, slug: str
) -> Callable[[], dict[str, Any]]:
    """Return what asks the provider about whoever came back, with all that it takes in hand: it needs no transaction.

    Both raise :class:`practice.openid.Trouble`.
    """
    journey = Journey.read(kept["journey"])
    if config.issuer != journey.places.issuer:
        raise Trouble("moved meanwhile")
    if request.GET.get("iss", journey.places.issuer) != journey.places.issuer:
        raise Trouble("another issuer")
    code = request.GET.get("code", "")
    if not code or len(code) > 4096 or "error" in request.GET:
        raise Trouble("turned away by the provider")
    ours = {"client_id": config.application_id, "secret": config.client_secret, "back": back(slug)}
    return lambda: openid.claims(request, journey, code, **ours)


def shows_factor(config: SingleSignOn, said: dict[str, Any]) -> bool:
    """Tell whether the provider says that it asked for a second thing, and the practice lets that count."""
    if not config.trusts_factor:
        return False
    methods = said.get("amr")
    return (isinstance(methods, list) and TWO_THINGS in methods) or said.get("acr") in config.factor_acr


def checked_address(config: SingleSignOn, said: dict[str, Any]) -> str:
    """Return the address that the provider has proved, in one of the practice's domains. Raises :class:`Refused`."""
    address = mailboxes.normal(said["email"]) if isinstance(said.get("email"), str) else ""
    proved = said.get("email_verified") in (True, "true")
    if config.issuer.startswith(ENTRA) and "email_verified" not in said:
        proved = said.get(ENTRA_PROVED) in (True, 1, "1", "true")
    if not proved or address.count("@") != 1:
        raise Refused(NOT_PROVED)
    if not config.has_domain_of(address):
        raise Refused(OTHER_DOMAIN)
    return address


# ── groups and roles ──


def groups_of(config: SingleSignOn, said: dict[str, Any]) -> list[str]:
    """Return somebody's groups; a claim with dots is looked for inside others. Raises :class:`Refused`.

    A provider that leaves them out because they are too many has not said that there are none.
    """
    elsewhere = said.get("_claim_names")
    if said.get("hasgroups") or (isinstance(elsewhere, dict) and config.claim in elsewhere):
        raise Refused(TOO_MANY_GROUPS)
    found: Any = said.get(config.claim)
    if found is None:
        found = said
        for part in config.claim.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    listed = found if isinstance(found, list) else [found]
    return [one for one in listed if isinstance(one, str)]


def role_for(config: SingleSignOn, said: dict[str, Any], *, but: str = "") -> str:
    """Return the role that the provider's groups give; empty for none, or where groups say nothing here.

    ``but``: a role that does not count.
    """
    if not config.mapping:
        return ""
    groups = set(groups_of(config, said))
    given = {role for group, role in config.mapping if group in groups and role != but}
    return next((str(role) for role in RANK if role in given), "")


def govern(config: SingleSignOn, member: Membership, said: dict[str, Any], *, may_run: bool) -> bool:
    """Give a member the role that their groups say; tell whether they may come in. Needs to act as Attune itself.

    Owners are left alone unless a group of theirs is named; the last one stays one, whatever the provider says. Whoever
    has lost their last group is barred here, by every way in, until they have one again or an owner says otherwise.
    Without ``may_run`` nobody becomes an owner by it: they get the next of their groups' roles, or stay what they are.
    """
    if not config.mapping or (member.runs_practice and not config.names_owners):
        _bar(member, None)
        return True
    role = role_for(config, said)
    if not role:
        if not member.runs_practice:
            _bar(member, timezone.now())
        return False
    if role == Role.OWNER and not (may_run or member.runs_practice):
        role = role_for(config, said, but=Role.OWNER) or member.role
    if role != member.role and not (member.runs_practice and team.is_last_owner(member)):
        team.change_role(member, role)
        _tell(member)
    _bar(member, None)
    return True


def _bar(member: Membership, since: Any) -> None:
    link = ProviderLink.objects.filter(membership=member, ended_at=None).first()
    if link is None or (link.barred_at is None) == (since is None):
        return
    link.barred_at = since
    link.save(update_fields=["barred_at"])
    if since is not None:
        _end_programs(member)
        _end_sign_ins(member)
    _tell(member)


def _end_programs(member: Membership) -> None:
    """End the tokens and calendar links of a member, and tell them: somebody else may have made them as them."""
    had = AccessToken.objects.filter(membership=member, ended_at=None, expires_at__gt=timezone.now()).exists()
    tokens.end_all(member)
    programs_ended.send(sender=Membership, member=member)
    if had:
        _told(member.user_id, What.TOKENS_ENDED)


def _end_sign_ins(member: Membership) -> None:
    from practice import signing_in

    with tenancy.signing_in(member.user_id):
        signing_in.end_all(User.objects.get(pk=member.user_id))


def _tell(member: Membership) -> None:
    """Tell somebody, and those who run the practice, that the provider changed what they may do."""
    _told(member.user_id, What.ROLE_BY_PROVIDER)
    _tell_owners(but=member)


def _told(user_id: uuid.UUID, what: str) -> None:
    with tenancy.signing_in(user_id):
        notices.tell(User.objects.get(pk=user_id), what)


# ── links ──


def subject_hash(config: SingleSignOn, said: dict[str, Any]) -> str:
    """Return how somebody at the provider is known here: nothing that names them."""
    words = f"{len(config.issuer)}|{config.issuer}|{said['sub']}"
    return hmac.new(vault.secret_for("single sign-on"), words.encode(), hashlib.sha256).hexdigest()


def link(config: SingleSignOn, user: User, said: dict[str, Any]) -> ProviderLink:
    """Tie a subject to the membership of somebody who showed who they are. Needs to act as Attune itself.

    Whatever they were linked to here before opens nothing any more. Raises :class:`Refused`.
    """
    checked_address(config, said)
    member = Membership.objects.select_for_update().filter(user=user, ended_at=None).first()
    if member is None:
        raise Refused(NOT_KNOWN)
    whose = ProviderLink.objects.filter(subject_hash=subject_hash(config, said), ended_at=None).first()
    if whose is not None and whose.user_id != user.pk:
        raise Refused(TAKEN)
    if whose is not None:
        return whose
    for one in ProviderLink.objects.filter(user_id=user.pk, ended_at=None):
        if one.barred_at:
            raise Refused(NO_ROLE)  # another subject is no way around it
        end_link(one, tell=False)
    made = _linked(config, member, said)
    _told(user.pk, What.LINKED)
    return made


def _linked(config: SingleSignOn, member: Membership, said: dict[str, Any]) -> ProviderLink:
    return ProviderLink.objects.create(
        membership=member, user_id=member.user_id, subject_hash=subject_hash(config, said), is_on=config.is_on
    )


def end_link(one: ProviderLink, *, tell: bool = True) -> None:
    """Let a subject open nothing here any more; whoever is in through it is out, and so are this member's programs.

    Needs to act as Attune itself.
    """
    if one.ended_at is not None:
        return
    one.ended_at = timezone.now()
    one.save(update_fields=["ended_at"])
    _end_programs(one.membership)
    if tell:
        _told(one.user_id, What.UNLINKED)


@receiver(member_left)
def ends_with_the_work(sender: object, member: Membership, **kwargs: Any) -> None:
    """Whoever works here no more is linked to nothing: coming back, they link anew."""
    for one in ProviderLink.objects.filter(membership=member, ended_at=None):
        end_link(one, tell=False)


# ── coming in ──


@dataclass(frozen=True)
class Arrival:
    """Somebody whom the provider brought and the practice lets in. ``new``: their mailbox is not proved yet."""

    user: User
    link: ProviderLink
    has_factor: bool
    new: bool = False

    @property
    def record(self) -> dict[str, Any]:
        """Return what a sign-in remembers of it (:func:`practice.through_provider.begin`)."""
        return {"practice": str(self.link.practice_id), "link": str(self.link.pk), "factor": self.has_factor}


class HasAccount(Exception):
    """Nobody is told that an address has an account: the page that follows says that a code is on its way."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address


def arrive(practice_id: uuid.UUID, said: dict[str, Any]) -> Arrival:
    """Return who came in, with the role that their groups give them now. Raises :class:`Refused`, :class:`HasAccount`.

    Needs the login role. What a refusal changes (somebody has lost their last group) stays changed.
    """
    with tenancy.acting(tenancy.as_system(practice_id)):
        config = own()
        if config is None or not config.is_on:
            raise Refused(NOT_KNOWN)
        address = checked_address(config, said)
        linked = ProviderLink.objects.select_related("membership").filter(
            subject_hash=subject_hash(config, said), ended_at=None, membership__ended_at=None
        )
        found = linked.first()
        if found is None and not (config.lets_in_as and address.rpartition("@")[2] in config.proved):
            raise Refused(NOT_KNOWN)
    if found is None:
        return _let_in(config, address, said)
    return _comes_in(config, found, said)


def _comes_in(config: SingleSignOn, found: ProviderLink, said: dict[str, Any], *, new: bool = False) -> Arrival:
    member, user = found.membership, User.objects.get(pk=found.user_id)
    # Whoever runs the practice has a way in of their own, which nobody has who came in by the provider alone so far.
    may_run = not new and user.has_usable_password()
    with tenancy.acting(tenancy.as_system(_practice_of(found), user_id=found.user_id)):
        lets_in = govern(config, member, said, may_run=may_run)
        audit.looked("came in by the provider" if lets_in else "turned away", "practice_membership", member.pk)
        if lets_in:
            ProviderLink.objects.filter(pk=found.pk).update(used_at=timezone.now())
    if not lets_in:
        raise Refused(NO_ROLE)
    return Arrival(user, found, shows_factor(config, said), new)


@transaction.atomic
def _let_in(config: SingleSignOn, address: str, said: dict[str, Any]) -> Arrival:
    """Make an account for somebody whom nobody invited. It opens nothing before they show that they read its mail."""
    if config.mapping and not role_for(config, said):
        raise Refused(NO_ROLE)
    if mailboxes.account_of(address) is not None:
        raise HasAccount(address)
    with tenancy.acting(tenancy.as_system(_practice_of(config))):
        zone = Practice.objects.get(pk=config.practice_id).time_zone
    user = User.objects.create_user(address, None, time_zone=zone)
    EmailAddress.objects.create(user=user, email=user.email, verified=False, primary=True)
    with tenancy.acting(tenancy.as_system(_practice_of(config), user_id=user.pk)):
        member = Membership.objects.create(user=user, role=config.lets_in_as, name=_name(said, address))
        made = _linked(config, member, said)
        _tell_owners(but=member)
    return _comes_in(config, made, said, new=True)


def _tell_owners(*, but: Membership) -> None:
    for one in Membership.objects.filter(role=Role.OWNER, ended_at=None).exclude(pk=but.pk):
        _told(one.user_id, What.TEAM_BY_PROVIDER)


def _name(said: dict[str, Any], address: str) -> str:
    name = said.get("name")
    text = " ".join(name.replace("\x00", "").split()) if isinstance(name, str) else ""
    return (text or address.partition("@")[0])[:120]


def accept_invitation(ticket: str, said: dict[str, Any]) -> Arrival:
    """Accept an invitation to the very address that the provider vouches for, as somebody who has no account yet.

    Raises :class:`Refused` and :class:`practice.inviting.NotOpen`. Whoever has an account accepts with it, and links.
    """
    with tenancy.acting(tenancy.as_system(inviting.practice_of(ticket))):
        config = own()
        invitation: StaffInvitation = inviting.opened(ticket)
        if config is None or not config.is_on:
            raise Refused(NOT_KNOWN)
        if checked_address(config, said) != invitation.email:
            raise Refused(SOMEBODY_ELSE)
        if config.mapping and invitation.role != Role.OWNER and not role_for(config, said):
            raise Refused(NO_ROLE)
        if ProviderLink.objects.filter(subject_hash=subject_hash(config, said), ended_at=None).exists():
            raise Refused(TAKEN)
    known = mailboxes.account_of(invitation.email)
    if known is not None and mailboxes.proved(known):
        raise Refused(LINK_FIRST)
    user = inviting.accept(ticket, by_provider=True)
    with tenancy.acting(tenancy.as_system(_practice_of(config), user_id=user.pk)):
        made = _linked(config, Membership.objects.get(user=user), said)
    return _comes_in(config, made, said)


def is_same_again(link_id: uuid.UUID, practice_id: uuid.UUID, said: dict[str, Any], kept: dict[str, Any]) -> None:
    """Check that whoever is signed in was asked once more at the provider. Raises :class:`Refused`."""
    with tenancy.acting(tenancy.as_system(practice_id)):
        config = own()
        found = ProviderLink.objects.filter(pk=link_id, is_on=True, barred_at=None, ended_at=None).first()
        if config is None or found is None or found.subject_hash != subject_hash(config, said):
            raise Refused(SOMEBODY_ELSE)
    if not openid.was_asked_again(said, Journey.read(kept["journey"])):
        raise Refused(NOT_ASKED)


# ── trying it out ──


@dataclass(frozen=True)
class Trial:
    """What the provider said of the owner who tried, in words for that owner alone."""

    address: str
    problems: list[str]
    groups: list[str]
    role: str
    has_factor: bool

    @property
    def went_well(self) -> bool:
        return not self.problems


def tried(config: SingleSignOn, said: dict[str, Any]) -> Trial:
    """Say what the provider's claims come to, and remember that they came. Needs to act as Attune itself."""
    problems, groups, role = [], [], ""
    try:
        checked_address(config, said)
    except Refused as refused:
        problems.append(str(refused.words))
    if config.mapping:
        try:
            groups, role = groups_of(config, said), role_for(config, said)
        except Refused as refused:
            problems.append(str(refused.words))
    if not problems:
        SingleSignOn.objects.filter(pk=config.pk).update(tried_at=timezone.now())
    label = str(Role(role).label) if role else ""
    return Trial(str(said.get("email", ""))[:254], problems, groups[:50], label, shows_factor(config, said))
