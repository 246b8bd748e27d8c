"""The settings of our side: as in production, with the test's own database."""

from tests.worker_settings import *  # noqa: F403
