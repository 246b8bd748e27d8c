"""Writes that may be sent again: with the same ``Idempotency-Key`` they are done once and answered alike.

The key is taken in the transaction that does the work. Of two that come at the same time the second waits for the
first, and finds its answer. What was refused is not kept: it can be mended and sent again under the same key.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from practice import tenancy, vault
from practice.api.problems import OtherWrite
from practice.models import DoneOnce

HEADER = "Idempotency-Key"
LONGEST = 255
KEPT = datetime.timedelta(hours=24)
#: What of an answer's headers is given again.
HEADERS = ("Location", "ETag")


def once(request: Request, work: Callable[[], Response]) -> Response:
    """Do ``work`` unless it was done under this request's key; then answer as before. Needs a transaction."""
    key = request.headers.get(HEADER, "")
    if not key:
        return work()
    if len(key) > LONGEST or not key.isascii() or not key.isprintable():
        raise ValidationError({HEADER: [f"At most {LONGEST} printable ASCII signs."]})
    user_id = request.user.pk
    hashed, print_ = _hashed(f"{user_id}|{key}"), _fingerprint(request)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(hashed[:15], 16)])
    with tenancy.elevated():
        done = DoneOnce.objects.filter(user_id=user_id, key=hashed, at__gt=timezone.now() - KEPT).first()
    if done is not None:
        return _again(done, print_)
    answer = work()
    _keep(answer, user_id, hashed, print_)
    return answer


def _again(done: DoneOnce, print_: str) -> Response:
    if done.fingerprint != print_:
        raise OtherWrite
    with tenancy.elevated():
        said = json.loads(done.answer)
    return Response(said["body"], status=done.status, headers={**said["headers"], "Idempotency-Replayed": "true"})


def _keep(answer: Response, user_id: Any, hashed: str, print_: str) -> None:
    if answer.status_code >= 400:
        return
    headers = {name: answer[name] for name in HEADERS if name in answer}
    text = json.dumps({"headers": headers, "body": answer.data}, cls=JSONEncoder)
    with tenancy.elevated():
        DoneOnce.objects.filter(user_id=user_id, key=hashed).delete()  # older than a day
        DoneOnce.objects.create(user_id=user_id, key=hashed, fingerprint=print_, status=answer.status_code, answer=text)


def _fingerprint(request: Request) -> str:
    body = json.dumps(request.data, cls=JSONEncoder, sort_keys=True)
    return _hashed(f"{request.method} {request.get_full_path()}\n{body}")


def _hashed(text: str) -> str:
    return hmac.new(vault.secret_for("repeating"), text.encode(), hashlib.sha256).hexdigest()


def forget_old() -> int:
    """Delete answers of the bound practice that are kept long enough; return how many those were."""
    return DoneOnce.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]
