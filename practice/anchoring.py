"""Anchors: the newest seal of each practice's trail, kept where whoever changes the database can not reach.

An anchor is one line with a practice's id, a number and a hash. It goes to the log every hour, to the file in
``ATTUNE_ANCHOR_FILE`` where one is named, and once a day by mail to the operator. Any of them, as they are, can be
handed to ``manage.py verify_audit --anchor``.
"""

from __future__ import annotations

import datetime
import logging
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection

from practice import alarms, clock, dispatch, tenancy
from practice.models import AuditSeal

log = logging.getLogger(__name__)

HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)
#: Nothing falls between two runs of which one was late.
OVERLAP = datetime.timedelta(minutes=15)
LINE = re.compile(r"practice=([0-9a-f-]{36}) seal=(\d{1,9}) hash=([0-9a-f]{64})")


def anchor() -> list[str]:
    """Put what was sealed lately outside; return the lines."""
    lines = newest(since=clock.now() - HOUR - OVERLAP)
    for line in lines:
        log.info("ANCHOR %s", line)
    if lines and settings.ATTUNE_ANCHOR_FILE:
        append(Path(settings.ATTUNE_ANCHOR_FILE), lines)
    if settings.ATTUNE_OPERATOR_EMAIL and _is_time_for_mail():
        _mail(newest(since=clock.now() - DAY - OVERLAP))
    return lines


def newest(*, since: datetime.datetime | None = None) -> list[str]:
    """Return an anchor for each practice's newest seal, or only for those sealed after a moment."""
    return [line for practice_id in dispatch.practices() for line in _of(practice_id, since)]


def append(path: Path, lines: Iterable[str]) -> None:
    """Add anchors to a file, each with the moment it was added."""
    moment = clock.now().isoformat(timespec="seconds")
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f"{moment} {line}\n" for line in lines)


def read(text: str) -> dict[uuid.UUID, dict[int, str]]:
    """Return the hashes that a text holds, by practice and number; other lines are passed over.

    Raises ValueError where it holds none, or two that contradict each other.
    """
    found: dict[uuid.UUID, dict[int, str]] = defaultdict(dict)
    for practice_id, number, kept in LINE.findall(text):
        if found[uuid.UUID(practice_id)].setdefault(int(number), kept) != kept:
            raise ValueError(f"Two anchors contradict each other: practice {practice_id}, seal {number}.")
    if not found:
        raise ValueError("There is no anchor in it.")
    return dict(found)


def _of(practice_id: uuid.UUID, since: datetime.datetime | None) -> Iterator[str]:
    with tenancy.acting(tenancy.as_system(practice_id)):
        seals = AuditSeal.objects.filter(practice_id=practice_id).defer("lines").order_by("-number")
        last = seals.first()
    if last is not None and (since is None or last.sealed_at > since):
        yield f"practice={practice_id} seal={last.number} hash={last.hash}"


def _is_time_for_mail() -> bool:
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)), connection.cursor() as cursor:
        return alarms.is_first(cursor, "anchor mail", DAY)


def _mail(lines: list[str]) -> None:
    if not lines:
        return
    try:
        EmailMessage(
            subject="Anchors of the audit trail",
            body="\n".join(["Keep this letter where nobody who runs the database can change it.", "", *lines, ""]),
            to=[settings.ATTUNE_OPERATOR_EMAIL],
            headers={"Auto-Submitted": "auto-generated"},
        ).send()
    except Exception as error:  # the log has them; the next letter has the newest again
        log.error("The anchors can not be mailed: %s", type(error).__name__)
