"""Rights on the tables that hold no practice data: accounts, sign-ins, Django's own."""

from __future__ import annotations

from typing import Any

from django.db import connections

from practice import roles

#: Apps whose tables belong to the installation, not to a practice.
GLOBAL_APPS = ("account", "auth", "contenttypes", "mfa", "sessions", "usersessions")


def grant_global_tables(sender: Any, using: str, **kwargs: Any) -> None:
    """Give the login role its own tables after each migration of a global app."""
    if sender.label == "practice":
        _let_back_ups_read(using)
        _let_everybody_compare(using)
    if sender.label not in GLOBAL_APPS:
        return
    with connections[using].cursor() as cursor:
        for model in sender.get_models(include_auto_created=True):
            table = model._meta.db_table
            cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {roles.LOGIN}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {roles.LOGIN}")


def _let_back_ups_read(using: str) -> None:
    """Let back-ups read every table, those of later migrations too. A server that lacks the role goes without."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [roles.BACKUP])
        if cursor.fetchone()[0]:
            cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {roles.BACKUP}")
            cursor.execute(f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {roles.BACKUP}")


def _let_everybody_compare(using: str) -> None:
    """Let the application see which migrations the database has: `/readyz` compares them with the code's."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute(f"GRANT SELECT ON django_migrations TO {roles.LOGIN}")
