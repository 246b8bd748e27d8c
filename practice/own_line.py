"""A line to the database beside Django's: for what looks at the installation while its pool belongs to others."""

from __future__ import annotations

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

#: What of Django's own settings says where the database is and how it is reached.
THERE = ("dbname", "user", "password", "host", "port", "sslmode", "sslrootcert", "target_session_attrs")


#: For the one transaction: a line that goes through pgbouncer has nothing of its own beyond that.
AS = "SELECT set_config('role', %s, true), set_config('statement_timeout', %s, true)"


def connect(role: str = "none", seconds: int = 5, alias: str = DEFAULT_DB_ALIAS) -> psycopg.Connection:
    """Return a line of one's own, as ``role``, for one transaction; every statement in it ends after so many seconds.

    ``none`` is the role that signs in. Raises :class:`psycopg.Error` where the database is not reached in that time.
    """
    params = connections[alias].get_connection_params()
    wanted = {key: params[key] for key in THERE if params.get(key)}
    line = psycopg.connect(**wanted, prepare_threshold=None, connect_timeout=seconds, tcp_user_timeout=seconds * 1000)
    try:
        line.execute(AS, [role, f"{seconds}s"])
    except psycopg.Error:
        line.close()
        raise
    return line
