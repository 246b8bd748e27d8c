"""How files come in: through memory, never over a disk, and only as much as a form of ours can send.

Django writes what is larger than some megabytes into a temporary file, unsealed and of any size. Here nothing that
somebody sent lies on a disk before it is sealed.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler

#: Bytes of a whole request that brings files: two of the largest, and what goes around them.
MOST = 12_000_000


class ThroughMemory(MemoryFileUploadHandler):
    """Keeps each file in memory. Raises :class:`RequestDataTooBig`, a 400, before reading what is too large."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int | None, *rest: Any, **more: Any) -> None:
        if content_length is None or content_length > MOST:
            raise RequestDataTooBig("More came than a form of ours can send.")
        self.activated = True
