"""The settings of a web server that a benchmark meets: files collected, hashed and compressed as in production."""

import os

from practice.settings import *  # noqa: F403

ALLOWED_HOSTS = ["127.0.0.1"]
STATIC_ROOT = os.environ["ATTUNE_BENCH_STATIC"]
STORAGES = STORAGES | {  # noqa: F405
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
}
WHITENOISE_USE_FINDERS = False
