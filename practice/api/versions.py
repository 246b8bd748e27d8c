"""Which state of a thing somebody read: its ``ETag``, and ``If-Match`` when they change it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.http import HttpRequest
from django.utils.http import parse_etags
from rest_framework.exceptions import ValidationError
from rest_framework.utils.encoders import JSONEncoder

from practice.api.problems import Changed, WhichState

QUOTED = "Send the ETag as it came, with its quotation marks, or *."


def etag_of(shown: Any) -> str:
    """Return the tag of something as it is shown: whatever of it changes, changes the tag."""
    text = json.dumps(shown, cls=JSONEncoder, sort_keys=True, separators=(",", ":"))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def has_seen(request: HttpRequest, etag: str) -> bool:
    """Tell whether whoever asks has this very state already (``If-None-Match``)."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or etag in [one.removeprefix("W/") for one in known]


def must_match(request: HttpRequest, etag: str) -> None:
    """Raise unless the request says in ``If-Match`` that it changes this very state."""
    said = request.headers.get("If-Match", "")
    if not said:
        raise WhichState
    known = [one.removeprefix("W/") for one in parse_etags(said)]  # a proxy that packs answers weakens their tags
    if not known:
        raise ValidationError({"If-Match": [QUOTED]})
    if known != ["*"] and etag not in known:
        raise Changed
