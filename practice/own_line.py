"""A line to the database beside Django's: for what looks at the installation while its pool belongs to others."""

from __future__ import annotations

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

#: What of Django's own settings says where the database is and how it is reached.
THERE = ("dbname", "user", "password", "host", "port", "sslmode", "sslrootcert", "target_session_attrs")


def connect(role: str = "none", seconds: int = 5, alias: str = DEFAULT_DB_ALIAS) -> psycopg.Connection:
    """Return a line of one's own, as ``role``; every statement on it ends after so many seconds.

    ``none`` is the role that signs in. Raises :class:`psycopg.Error` where the database is not reached in that time.
    """
    params = connections[alias].get_connection_params()
    wanted = {key: params[key] for key in THERE if params.get(key)}
    options = f"-c role={role} -c statement_timeout={seconds * 1000}"
    return psycopg.connect(
        **wanted, autocommit=True, connect_timeout=seconds, tcp_user_timeout=seconds * 1000, options=options
    )
