"""Settings of the floor."""

import os
from pathlib import Path

from practice.local import postgres
from practice.settings import LANGUAGE_CODE, POOL, SECRET_KEY, STATE  # noqa: F401

_server = postgres.ensure(Path(STATE, "test"), durable=False)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["ATTUNE_TEST_DATABASE"],
        "USER": "postgres",
        "HOST": str(_server.socket_dir),
        "PORT": str(_server.port),
        "OPTIONS": {"pool": POOL},
    }
}
DEBUG = False
ALLOWED_HOSTS = ["localhost"]
INSTALLED_APPS = ["django.contrib.sessions", "django.contrib.contenttypes"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
ROOT_URLCONF = "tests.benchmarks.pages.floor.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).with_name("templates")],
        "OPTIONS": {"context_processors": ["django.template.context_processors.csrf"]},
    }
]
SESSION_COOKIE_NAME = "session"
CSRF_COOKIE_NAME = "csrf"
USE_TZ = True
USE_I18N = False
TIME_ZONE = "Europe/London"
LOGGING = {
    "version": 1,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["stderr"], "level": "ERROR"}},
}
