"""System checks: that the walls stand, and that whoever is written to can say STOP."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from practice import roles, rotating, scanner, secret_fields, vault
from practice.channels import push
from practice.keyring import SealBroken

HINT = f"Give it a name with one of these in it: {', '.join(secret_fields.WORDS)}."


@register(Tags.database)
def login_role_is_bound(app_configs: Any = None, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The application's own role must be neither superuser nor exempt from row-level security."""
    if not databases or "default" not in databases:
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        row = cursor.fetchone()
    if row and row[0]:
        return [
            Error(
                "The database role in DATABASE_URL is above row-level security.",
                hint="Run `manage.py make_roles` and connect as attune_login.",
                id="attune.E001",
            )
        ]
    return []


@register(Tags.database, deploy=True)
def database_quotes_nobody(app_configs: Any = None, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """What people wrote must not stand in PostgreSQL's own log when a statement fails or is slow."""
    if not databases or "default" not in databases:
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [roles.LOG])
        (rank,) = cursor.fetchone()
    if rank in ("fatal", "panic"):
        return []
    return [
        Warning(
            f"PostgreSQL's log may quote what people wrote: {roles.LOG} is {rank}.",
            hint=f"Run `manage.py make_roles` again, or ALTER ROLE {roles.LOGIN} SET {roles.LOG} = 'fatal'.",
            id="attune.W007",
        )
    ]


@register(Tags.database)
def master_key_opens(app_configs: Any = None, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The installation's key, or one of those named beside it, is the one that this database was sealed with."""
    if not databases or "default" not in databases or not rotating.has_installation_secret():
        return []
    try:
        vault.secret_for("check")
    except SealBroken as error:
        return [
            Error(
                f"The master key does not open this installation: {error}",
                hint="Set ATTUNE_MASTER_KEY, or name the key in ATTUNE_MASTER_KEYS_ALSO.",
                id="attune.E004",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def text_messages_can_be_stopped(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Who sends text messages has a number, and a secret by which answers to it are heard: STOP is one of them."""
    missing = [name for name in ("ATTUNE_SMS_FROM", "ATTUNE_SMS_SECRET") if not getattr(settings, name)]
    if not settings.ATTUNE_SMS_URL or not missing:
        return []
    return [
        Error(
            f"Text messages would be sent, and nobody could stop them: {' and '.join(missing)} must be set.",
            hint="README.md says what the gateway has to call.",
            id="attune.E002",
        )
    ]


@register(Tags.security, deploy=True)
def scanner_answers(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The virus scanner that is named is there: while it is not, no file is taken."""
    if not settings.ATTUNE_SCANNER or scanner.answers():
        return []
    return [
        Error(
            "The virus scanner does not answer; every file would be refused.",
            hint="Start clamd, or look at ATTUNE_SCANNER.",
            id="attune.E006",
        )
    ]


@register()
def notifications_have_a_key(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The key that notifications are signed with is one."""
    try:
        push.public_key()
    except ValueError:
        return [Error("ATTUNE_VAPID_KEY is no key.", hint="Make one: `manage.py make_push_key`.", id="attune.E003")]
    return []


@register()
def secrets_say_so_in_their_names(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """No field takes a secret under a name by which a form that came too late would keep it."""
    return [
        Error(f"{one} takes a secret and would wait with a form that came too late.", hint=HINT, id="attune.E005")
        for one in secret_fields.misnamed()
    ]
