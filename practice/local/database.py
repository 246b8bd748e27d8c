"""Make the embedded PostgreSQL ready for use: roles, database, tables, catalogue. Safe to run again."""

from __future__ import annotations

import psycopg
from django.core.management import call_command
from django.db import connection

from practice import roles


def prepare(verbosity: int = 0) -> None:
    """Bring the local database to the present state of the code."""
    with above("postgres") as server:
        for statement in roles.statements():
            server.execute(statement)
        name = connection.settings_dict["NAME"]
        known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if known is None:
            server.execute(f'CREATE DATABASE "{name}" OWNER {roles.OWNER}')
    call_command("migrate", verbosity=verbosity, interactive=False)
    call_command("load_catalogue", verbosity=verbosity)


def above(name: str = "") -> psycopg.Connection:
    """Connect to the local database, or another one of its server, above all walls."""
    params = connection.get_connection_params()
    name = name or connection.settings_dict["NAME"]
    return psycopg.connect(host=params["host"], port=params["port"], user="postgres", dbname=name, autocommit=True)
