"""Rights on the tables that hold no practice data: accounts, sign-ins, Django's own."""

from __future__ import annotations

from typing import Any

from django.db import connections

from practice import roles

#: Apps whose tables belong to the installation, not to a practice.
GLOBAL_APPS = ("account", "auth", "contenttypes", "mfa", "sessions", "usersessions")


def grant_global_tables(sender: Any, using: str, **kwargs: Any) -> None:
    """Give the login role its own tables after each migration of a global app."""
    if sender.label not in GLOBAL_APPS:
        return
    with connections[using].cursor() as cursor:
        for model in sender.get_models(include_auto_created=True):
            table = model._meta.db_table
            cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {roles.LOGIN}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {roles.LOGIN}")
