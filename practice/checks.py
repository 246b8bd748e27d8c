"""System checks: the walls only stand if the role that signs in can not step over them."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections


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
