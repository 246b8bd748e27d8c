"""`ENGINE = "practice.local.backend"` starts the local PostgreSQL the moment that a connection is wanted.

    HOST = "dev:/path/to/state"              keeps its data, as the demo does
    HOST = "dev:throwaway:/path/to/state"    faster, may lose its data with the machine: for tests

Any other HOST is passed on as it is. Importing or configuring this starts nothing.
"""

from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base

from practice.local import postgres

LOCAL = "dev:"
THROWAWAY = "throwaway:"


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL, started when needed; the maintenance database `postgres` is there for `create_test_db`."""

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        host = self.settings_dict["HOST"]
        if host.startswith(LOCAL):
            place = host.removeprefix(LOCAL)
            address = postgres.ensure(Path(place.removeprefix(THROWAWAY)), durable=not place.startswith(THROWAWAY))
            params |= {"host": str(address.socket_dir), "port": address.port}
        return params
