"""The settings of a web server that is measured: as in life, save for the size of its pool."""

import os

from practice.settings import *  # noqa: F403

DATABASES["default"]["OPTIONS"]["pool"] = {**POOL, "max_size": int(os.environ["BENCH_CONNECTIONS"])}  # noqa: F405
DATABASE_KEEPS_PLANS = True
