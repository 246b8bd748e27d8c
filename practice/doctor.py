"""What an installation needs, looked at part by part: what is wrong, and how it is mended.

For whoever runs Attune, on the machine that it runs on (``manage.py doctor``). Nothing is changed, no letter is
sent, and what is found names roles, tables, counts and settings: nobody's data, and no secret. Upper apps add what they
need with :func:`part`.
"""

from __future__ import annotations

import datetime
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import WARNING, run_checks
from django.core.mail import get_connection
from django.db import connection

from practice import alarms, clock, dispatch, keyring, pulse, readiness, replica, roles, rotating, tenancy, vault
from practice.models import Pulse

MAKE_ROLES = "Run `manage.py make_roles` as a role that may make roles; running it again changes nothing."
MIGRATE = "Run `manage.py migrate` with DATABASE_OWNER_URL set."
#: How far the machine's clock and the database's may be apart, in seconds: noted, and no longer borne.
APART, FAR_APART = 2, 30
#: Bytes that ought to be free, and without which nothing goes on.
SPACE, LAST_SPACE = 1024**3, 100 * 1024**2


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be. ``grave`` ones end the doctor with 1; others are to be known."""

    what: str
    mend: str
    grave: bool = True


@dataclass(frozen=True)
class Part:
    """One thing that is looked at. Without the database those that need it are not looked at."""

    name: str
    look: Callable[[], Iterator[Finding]]
    needs_database: bool = True


@dataclass(frozen=True)
class Told:
    """What was found of one part; ``looked`` is False where it could not be looked at."""

    part: str
    looked: bool = True
    findings: list[Finding] = field(default_factory=list)

    @property
    def well(self) -> bool:
        return self.looked and not any(one.grave for one in self.findings)

    def as_json(self) -> dict[str, Any]:
        return {
            "part": self.part,
            "well": self.well,
            "looked": self.looked,
            "findings": [asdict(one) for one in self.findings],
        }


PARTS: list[Part] = []


def part(name: str, *, needs_database: bool = True) -> Callable[[Callable[[], Iterator[Finding]]], Any]:
    """Let the doctor look at one more thing: a function that yields what it finds."""

    def known(look: Callable[[], Iterator[Finding]]) -> Callable[[], Iterator[Finding]]:
        PARTS.append(Part(name, look, needs_database))
        return look

    return known


def examine() -> Iterator[Told]:
    """Look at one part after the other. What breaks while it is looked at is a finding, too."""
    has_database = True
    for one in PARTS:
        if one.needs_database and not has_database:
            yield Told(one.name, looked=False)
            continue
        told = _look_at(one)
        if one.name == "database":
            has_database = told.well
        yield told


def _look_at(one: Part) -> Told:
    found: list[Finding] = []
    try:
        found.extend(one.look())
    except Exception as error:  # its text may hold what a server said of somebody
        found.append(Finding(f"It could not be looked at: {type(error).__name__}.", "Mend what is named above first."))
    return Told(one.name, findings=found)


def _rows(sql: str, values: list[Any] | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


@part("settings", needs_database=False)
def _settings() -> Iterator[Finding]:
    if not settings.PRODUCTION:
        yield Finding("ATTUNE_ENV is not `production`.", "Set it where people work.", grave=False)
    for said in run_checks(include_deployment_checks=settings.PRODUCTION):
        if said.level >= WARNING:
            yield Finding(str(said.msg), str(said.hint or "README.md says more."), grave=said.is_serious())


@part("database", needs_database=False)
def _database() -> Iterator[Finding]:
    try:
        ((version,),) = _rows("SELECT current_setting('server_version_num')::int")
    except Exception as error:
        yield Finding(
            f"The database is not reached: {type(error).__name__}.",
            "Look at DATABASE_URL, at PostgreSQL's log, and whether its host and port are reached from here.",
        )
        return
    if version < 150000:
        yield Finding("PostgreSQL is older than 15.", "Move to PostgreSQL 15 or newer.")
    for said in run_checks(databases=["default"], tags=["database"], include_deployment_checks=True):
        if said.level >= WARNING:
            yield Finding(str(said.msg), str(said.hint or MAKE_ROLES), grave=said.is_serious())


@part("replica")
def _replica() -> Iterator[Finding]:
    """Away it is grave: reports are made all the same, but its slot keeps what it misses until the disk is full."""
    if not replica.is_set():
        return
    try:
        lag = replica.look(replica.PATIENCE)
    except replica.NotThere as reason:
        yield Finding(
            f"The replica is not read: {reason}.",
            "Look at DATABASE_REPLICA_URL and at its log. If it is gone for good, unset that and drop its slot.",
        )
        return
    if lag.bytes:
        yield Finding(
            f"The replica is {lag.bytes} bytes and {lag.seconds:.0f} seconds behind: reports wait for it in vain.",
            "Look at pg_stat_replication, at the line between the two, and whether a long query holds replay up.",
            grave=False,
        )


ROLES = "SELECT rolname, rolcanlogin, rolsuper OR rolcreaterole, rolbypassrls, rolinherit FROM pg_roles"
MEMBERS = """
    SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid
    JOIN pg_roles l ON l.oid = m.member WHERE l.rolname = %s
"""
OWNED = """
    SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND pg_get_userbyid(c.relowner) <> %s ORDER BY 1
"""


@part("roles")
def _roles() -> Iterator[Finding]:
    there = {name: said for name, *said in _rows(ROLES)}
    acting = {*roles.ACTING, roles.ERASER}
    if missing := sorted({*acting, roles.OWNER, roles.LOGIN, roles.BACKUP} - set(there)):
        yield Finding(f"Roles are missing: {', '.join(missing)}.", MAKE_ROLES)
    for name in sorted(set(there) & {*acting, roles.OWNER, roles.LOGIN, roles.BACKUP}):
        yield from _one_role(name, *there[name])
    member = {name for (name,) in _rows(MEMBERS, [roles.LOGIN])}
    if less := sorted(acting & set(there) - member):
        yield Finding(f"{roles.LOGIN} may not take on {', '.join(less)}.", MAKE_ROLES)
    if more := sorted(member - acting):
        yield Finding(f"{roles.LOGIN} may take on more than it should.", f"REVOKE {', '.join(more)} FROM {roles.LOGIN}")
    if others := [name for (name,) in _rows(OWNED, [roles.OWNER])]:
        yield Finding(
            f"{len(others)} tables do not belong to {roles.OWNER}, the first of them {others[0]}.",
            f"ALTER TABLE … OWNER TO {roles.OWNER}; migrate as {roles.OWNER} and nobody else.",
        )


def _one_role(name: str, can_login: bool, superior: bool, past_walls: bool, inherits: bool) -> Iterator[Finding]:
    if superior:
        yield Finding(f"{name} may do everything.", f"ALTER ROLE {name} NOSUPERUSER NOCREATEROLE")
    if past_walls != (name == roles.BACKUP):
        word = "BYPASSRLS" if name == roles.BACKUP else "NOBYPASSRLS"
        yield Finding(f"{name} is not {word}.", f"ALTER ROLE {name} {word}")
    if can_login != (name in (roles.OWNER, roles.LOGIN, roles.BACKUP)):
        word = "NOLOGIN" if can_login else "LOGIN"
        yield Finding(f"{name} is not {word}.", f"ALTER ROLE {name} {word}")
    if inherits and name in (roles.LOGIN, roles.BACKUP):
        yield Finding(f"{name} has the rights of its roles without taking them on.", f"ALTER ROLE {name} NOINHERIT")


OPEN_TO_NONE = """
    SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND c.relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive)
    ORDER BY 1
"""


@part("policies")
def _policies() -> Iterator[Finding]:
    for (name,) in _rows(readiness.UNGUARDED):
        yield Finding(
            f"{name} is not guarded by row-level security.",
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; and find out who changed it.",
        )
    for (name,) in _rows(OPEN_TO_NONE):
        yield Finding(f"{name} has no policy, so nobody reads it.", f"{MIGRATE} If all are applied: restore them.")


@part("migrations")
def _migrations() -> Iterator[Finding]:
    applied, known = set(_rows(readiness.APPLIED)), readiness.known_migrations()
    if missing := known - applied:
        yield Finding(f"{len(missing)} migrations are not applied.", MIGRATE)
    ours = {one.label for one in apps.get_app_configs()}
    if ahead := {one for one in applied if one[0] in ours} - known:
        yield Finding(
            f"The database is {len(ahead)} migrations ahead of this code.",
            "Right while a new version comes in; else bring this machine to the same version.",
            grave=False,
        )


@part("keys")
def _keys() -> Iterator[Finding]:
    vault.secret_for("doctor")
    needed = rotating.needed_keys()
    known = keyring.known()
    if lacking := sorted(name for name in needed if name and name not in known):
        yield Finding(
            f"Keys of practices are wrapped by {len(lacking)} master keys that are not here: {', '.join(lacking)}.",
            "Name them in ATTUNE_MASTER_KEYS_ALSO. Without them what they seal is lost.",
        )
    present, _key = keyring.present()
    if others := sum(count for name, count in needed.items() if name != present):
        yield Finding(
            f"{others} keys are still under another master key than the present one.",
            "Run `manage.py rotate_keys`; keep the old one in ATTUNE_MASTER_KEYS_ALSO until then.",
            grave=False,
        )


@part("clock")
def _clock() -> Iterator[Finding]:
    before = time.time()
    there = clock.now().timestamp()
    apart = there - (before + time.time()) / 2
    if abs(apart) > APART:
        yield Finding(
            f"This machine's clock and the database's are {abs(apart):.0f} seconds apart.",
            "Let both follow the same time server (`timedatectl`, chrony).",
            grave=abs(apart) > FAR_APART,
        )


@part("broker", needs_database=False)
def _broker() -> Iterator[Finding]:
    try:
        readiness.broker()
    except Exception as error:
        yield Finding(
            f"The broker is not reached: {type(error).__name__}.",
            "Look at CELERY_BROKER_URL, its password and certificate, and whether Valkey runs.",
        )
        return
    yield from _how_it_keeps()


def _how_it_keeps() -> Iterator[Finding]:
    from practice.celery import app

    with app.connection_for_write() as line:
        try:
            channel: Any = line.default_channel
            said = channel.client.config_get("*")
        except Exception:  # a service that somebody else runs does not tell
            yield Finding(
                "The broker does not tell how it keeps what it has.",
                "See to it that it says `maxmemory-policy noeviction` and `appendonly yes`.",
                grave=False,
            )
            return
    for name, wanted in (("maxmemory-policy", "noeviction"), ("appendonly", "yes")):
        if said.get(name) != wanted:
            yield Finding(f"The broker's {name} is {said.get(name)}.", f"Set `{name} {wanted}`.", grave=False)


@part("workers")
def _workers() -> Iterator[Finding]:
    """The pulse shows both: beat rings for it to be planted, a worker plants and carries it."""
    heart = pulse.heartbeat()
    silence = datetime.timedelta(seconds=settings.ATTUNE_WATCHDOG_SECONDS or 180)
    if heart.planted_at is None or heart.now - heart.planted_at > silence:
        yield Finding(
            "No pulse was planted for three minutes: the scheduler or every worker stands still.",
            "Start `celery -A practice beat` and `celery -A practice worker -Q celery`, and look at their logs.",
        )
    elif heart.age is None or heart.age > silence:
        yield Finding(
            f"Pulses are planted and {_unreached()} of them wait: they do not get out.",
            "Look at the workers' log, and at the mail server if ATTUNE_CANARY_ADDRESS is set.",
        )


def _unreached() -> int:
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        return Pulse.objects.filter(reached_at=None).count()


@part("alarms")
def _alarms() -> Iterator[Finding]:
    for alarm in alarms.found():
        yield Finding(str(alarm), "`manage.py reminders status` says more.", grave=False)


@part("mail", needs_database=False)
def _mail() -> Iterator[Finding]:
    """Connect and sign in, as a letter would; none is sent."""
    if settings.ATTUNE_MAIL_SERVICE:
        yield Finding(
            "A mail service is only proved by a letter.",
            "Send a test from *Practice → How messages leave*, or set ATTUNE_CANARY_ADDRESS.",
            grave=False,
        )
        return
    line = get_connection()
    try:
        line.open()
    except Exception as error:
        yield Finding(
            f"The mail server is not reached: {type(error).__name__}.",
            "Look at EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS and its sign-in, and whether a firewall stands between.",
        )
        return
    line.close()


@part("static files", needs_database=False)
def _static_files() -> Iterator[Finding]:
    if not settings.PRODUCTION:
        return
    names = {name for finder in get_finders() for name, _storage in finder.list([])}
    kept = getattr(staticfiles_storage, "hashed_files", {})
    if missing := names - set(kept):
        yield Finding(
            f"{len(missing)} static files are not collected, one of them {min(missing)}.",
            "Run `manage.py collectstatic --noinput` with the ATTUNE_STATE of the web server, and restart it.",
        )


@part("free space", needs_database=False)
def _free_space() -> Iterator[Finding]:
    for place in sorted({str(settings.STATE), tempfile.gettempdir()}):
        there = Path(place)
        while not there.exists():
            there = there.parent
        free = shutil.disk_usage(there).free
        if free < SPACE:
            yield Finding(
                f"{free // 1024**2} MB are free in {place}.", "Make room before it runs full.", grave=free < LAST_SPACE
            )
    if settings.ATTUNE_ANCHOR_FILE and not os.access(Path(settings.ATTUNE_ANCHOR_FILE).parent, os.W_OK):
        yield Finding("ATTUNE_ANCHOR_FILE can not be written.", "Let the user that runs the workers write its folder.")
