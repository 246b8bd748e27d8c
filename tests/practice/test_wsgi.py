"""The application as a web server loads it."""

import os
import subprocess
import sys

LOADED = """
import gc, sys
from practice.wsgi import application
print(len(gc.get_objects()), "exercises.views.portal_do" in sys.modules)
"""


def test_no_page_waits_while_the_collector_looks_through_the_application() -> None:
    """All that pages need is loaded before the first one, and the collector leaves it alone."""
    run = subprocess.run(
        [sys.executable, "-c", LOADED], env=os.environ, capture_output=True, text=True, check=True, timeout=60
    )
    looked_through, views_are_there = run.stdout.split()
    assert int(looked_through) < 1_000
    assert views_are_there == "True"
