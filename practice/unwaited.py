"""Letters that a page sends and nobody waits for: it is on its way while the mail server is still talked to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.core.mail import EmailMessage

log = logging.getLogger(__name__)


def begin(job: Callable[[], None]) -> None:
    """Do something while the page is on its way already. A process that is told to end does it first."""
    threading.Thread(target=job).start()


def carry(letter: EmailMessage) -> None:
    """Hand a letter over; say no more than that where it did not leave."""
    try:
        letter.send()
    except Exception as error:  # nobody waits for it any more: whoever misses it asks again, or finds it in the account
        log.error("a letter about a sign-in did not leave: %s", type(error).__name__)
