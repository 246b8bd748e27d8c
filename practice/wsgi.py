"""The application, as a web server calls it.

Python's collector looks through all that a process holds, every few pages anew, and a page waited a tenth of a second
for that. What stands from the beginning to the end is loaded before the first request, and set aside.
"""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from practice.frames import in_one_piece

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "practice.settings")
#: How often the collector looks: after so many objects more than went; every eleventh time at what was left then, too;
#: and every fiftieth of those times at all. So no page waits long for what others left.
OBJECTS, TIMES, LONG_TIMES = 1_000, 10, 50

application = in_one_piece(get_wsgi_application())
get_resolver().url_patterns  # noqa: B018  loads every view, and what views need
gc.collect()
gc.freeze()
gc.set_threshold(OBJECTS, TIMES, LONG_TIMES)
