"""The settings of a worker process that serves a test: the test's own database and mail server."""

import os

from practice.settings import *  # noqa: F403

# With the pool, as the demo and production have it.
DATABASES["default"] |= {"NAME": os.environ["ATTUNE_TEST_DATABASE"], "OPTIONS": {"pool": POOL}}  # noqa: F405
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ["ATTUNE_TEST_SMTP_PORT"])
EMAIL_TIMEOUT = 5
