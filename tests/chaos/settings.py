"""The settings of the processes that chaos is let loose on: a database, broker and mail server behind proxies.

CHAOS_DATABASE, CHAOS_BROKER and CHAOS_SMTP are ports on this machine, or, for the database, the directory of a socket.
"""

import os

from practice.settings import *  # noqa: F403

_database = os.environ["CHAOS_DATABASE"]
_place = {"HOST": "127.0.0.1", "PORT": _database} if _database.isdigit() else {"HOST": _database, "PORT": "5432"}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "attune",
        "USER": "attune_login",
        # The processes have a pool, as in production, save that it gives up sooner; whoever watches has none.
        "OPTIONS": {"connect_timeout": 3, "sslmode": "disable"}
        | ({"pool": {**POOL, "timeout": 5}} if _database.isdigit() else {}),  # noqa: F405
        **_place,
    }
}
CELERY_BROKER_URL = f"redis://127.0.0.1:{os.environ['CHAOS_BROKER']}/0"
EMAIL_BACKEND = "practice.mail.CarefulBackend"
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ["CHAOS_SMTP"])
EMAIL_TIMEOUT = 1.5
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STAFF_NEED_SECOND_FACTOR = False
