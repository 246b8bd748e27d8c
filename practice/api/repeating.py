"""Writes that may be sent again: with the same ``Idempotency-Key`` they are done once and answered alike.

The key is taken in the transaction that does the work. Of two that come at the same time the second waits for the
first, and finds its answer. What was refused is not kept: it can be mended and sent again under the same key.

An answer is given again only to somebody who still sees what it is about: what the address names, and what it made
(its ``Location``). Apps say in their ``urls`` what their ids name (:func:`names`).
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db import connection
from django.db.models import Model
from django.http import Http404
from django.urls import resolve
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
Seen = Callable[[uuid.UUID], bool]
#: By the name of an id in addresses: tells whether whoever is bound sees what it is of.
_named: dict[str, Seen] = {}


def names(**ids: type[Model]) -> None:
    """Say what the ids in an app's addresses are of: a row's wall says who sees it."""
    _named.update({name: _by_wall(of) for name, of in ids.items()})


def names_behind_a_door(name: str, is_there: Seen) -> None:
    """Say how an id is looked up that no wall shows to whoever may come in."""
    _named[name] = is_there


def _by_wall(of: type[Model]) -> Seen:
    return lambda pk: of._default_manager.filter(pk=pk).exists()


def is_named(name: str) -> bool:
    """Tell whether somebody said what an id of this name is of."""
    return name in _named


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
        return _again(request, done, print_)
    answer = work()
    _keep(answer, user_id, hashed, print_)
    return answer


def _again(request: Request, done: DoneOnce, print_: str) -> Response:
    if done.fingerprint != print_:
        raise OtherWrite
    with tenancy.elevated():
        said = json.loads(done.answer)
    if said["body"] is not None:
        _must_still_see(request.resolver_match.kwargs)
        for one in _listed(request.data):
            _must_still_see(one)
        if made := said["headers"].get("Location"):
            there = resolve(made)
            # By the door of what was made: an owner sees as the office what is not their own.
            there.func.cls.door(lambda request: _must_still_see(there.kwargs))(request)  # type: ignore[attr-defined]
    return Response(said["body"], status=done.status, headers={**said["headers"], "Idempotency-Replayed": "true"})


def _listed(body: Any) -> Iterator[Mapping[str, Any]]:
    """Return what a body lists by ids that an app has named: ``couple_ids`` are couples."""
    for name, ids in body.items() if isinstance(body, dict) else ():
        if name.endswith("_ids") and is_named(name.removesuffix("s")):
            yield from ({name.removesuffix("s"): uuid.UUID(str(one))} for one in ids)


def _must_still_see(about: Mapping[str, Any]) -> None:
    """Raise :class:`Http404` where something named here is not there for whoever asks: not any more, or not today."""
    asker = tenancy.current()
    if asker is None:
        raise tenancy.NoPractice("What somebody sees is asked inside a practice.")
    # As of now: who waited for the first of two began before what that one made was theirs.
    with tenancy.acting(tenancy.scoped(asker)):
        for name, value in about.items():
            if isinstance(value, uuid.UUID) and not _named[name](value):
                raise Http404


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
