"""The settings of our side: as in production, with the test's own database."""

from pathlib import Path

from practice.local import postgres
from tests.worker_settings import *  # noqa: F403
from tests.worker_settings import DATABASES, STATE

# Production's own backend: the local one asks for each request whether its server runs.
_server = postgres.ensure(Path(STATE, "test"), durable=False)
DATABASES["default"] |= {
    "ENGINE": "django.db.backends.postgresql",
    "HOST": str(_server.socket_dir),
    "PORT": str(_server.port),
}
DATABASE_KEEPS_PLANS = True
