"""Everything that one partner can observe, as bytes: what is the same in two worlds cannot tell them apart.

Pages and what they cost (the statements that the database was asked, which is what a page's time is made of), the
rows that the partner's database role reads with no filter at all, the letters that would reach them in the next
days, what other programs sent to their mailbox, their own copy, and what reports say to them.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Callable, Iterable
from typing import Any

import time_machine
from django.core import mail as mailbox
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone

from exercises import tasks
from practice import envelopes, outbox, tenancy, vault
from practice.channels import sms
from practice.models import Message
from reports import releases
from tests.factories import inside, user_of
from tests.pages import headers, plain
from tests.world import House

Seen = dict[str, Any]

#: So often a message may be told to wait.
WAITS = 3
#: What differs between two statements of the same kind: the number of values, the name of a savepoint.
_VALUES = re.compile(r"%s(?:(?:::\w+(?:\[\])?)?, %s)+|\"s\d+_x\d+\"")
_SEAM = re.compile(rb"boundary=\"([0-9a-f]+)\"")


def differences(before: Seen, after: Seen) -> list[str]:
    """Return what is not the same, by name."""
    return [key for key in {**before, **after} if before.get(key) != after.get(key)]


class Asked:
    """The statements that the database is asked meanwhile, without their values."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.statements.append(_VALUES.sub("%s", sql))
        return execute(sql, params, many, context)


def answer_of(browser: Browser, path: str) -> tuple[Any, ...]:
    """Return all that an answer tells: status, headers, words, size, and what it took to make them."""
    vault.forget_keys()  # which a process keeps: a page pays for those that it needs
    asked = Asked()
    with connection.execute_wrapper(asked):
        answer = browser.get(path)
    body = answer.getvalue() if answer.streaming else answer.content
    return answer.status_code, headers(answer), plain(body), len(body), asked.statements


def pages(browser: Browser, paths: Iterable[str]) -> Seen:
    return {path: answer_of(browser, path) for path in paths}


def rest(house: House) -> None:
    """Let the jobs run that write what falls due, open what has come and close what is over."""
    for job in (tasks._open_weeks, tasks._plan_practice, tasks._close_practice):
        job(house.practice.pk)
    with inside(house.practice):
        releases.settle_opened(timezone.now())


def letters(house: House, who: str) -> Seen:
    """What reaches somebody: every message, what becomes of it when its time comes, and its very bytes."""
    person, now = house[who], timezone.now()
    with inside(house.practice):
        rows = list(Message.objects.filter(person_id=person.pk).order_by("due_at", "kind", "channel", "occasion"))
    waiting = [one for one in rows if one.state == Message.State.PLANNED]
    named = [(one.kind, one.channel, one.step, _place(one, rows), one.due_at, one.fresh_until) for one in rows]
    states = [(one.planned_for, one.state, one.reason, one.attempts, one.merged_into) for one in rows]
    address = user_of(person).email
    return {
        "letters": [_delivered(house, one, max(now, one.due_at)) for one in waiting],
        "messages": list(zip(named, states, strict=True)),
        "mailbox": [one.message().as_bytes() for one in mailbox.outbox if address in one.to],
    }


def _place(message: Message, rows: list[Message]) -> str:
    """The occasion; one that was named after the row itself counts by its place."""
    return message.occasion.replace(str(message.pk), str(rows.index(message)))


def _delivered(house: House, message: Message, moment: datetime.datetime) -> tuple[Any, ...]:
    """Ask the postman about one message when it is due, and again when it was told to wait."""
    handler = outbox.handler_of(message.kind)
    verdict: outbox.Verdict = outbox.Wait(moment)
    for _time in range(WAITS):
        with time_machine.travel(moment, tick=False), tenancy.acting(tenancy.as_system(house.practice.pk)):
            verdict = handler.decide([message], moment)[message.pk]
            if isinstance(verdict, outbox.Send):
                written = handler.compose_all([message])
                address = envelopes.addresses_of(written)[message.pk]
                return message.kind, moment, _bytes(message, written[message.pk], address, moment)
        if not isinstance(verdict, outbox.Wait):
            break
        moment = verdict.until
    return message.kind, moment, repr(verdict)


def _bytes(message: Message, letter: outbox.Letter, address: str, now: datetime.datetime) -> bytes:
    """The letter as its channel hands it over, without the row's own random name."""
    message.handed_off_at = now
    if message.channel == Message.Channel.EMAIL:
        whole: bytes = envelopes.enclose(message, letter, address).ready  # type: ignore[attr-defined]
        seam = _SEAM.search(whole)
        whole = whole.replace(seam[1], b"seam") if seam else whole
    elif message.channel == Message.Channel.SMS:
        whole = f"{address} {sms.text_of(letter)}".encode()
    else:
        whole = repr((address, letter.short, letter.subject, letter.link, sorted(letter.devices, key=str))).encode()
    for name in (message.pk.hex, str(message.pk)):
        whole = whole.replace(name.encode(), b"its-own-id")
    return whole


def fingerprint(files: dict[str, bytes]) -> dict[str, str]:
    """Files by their names, each as its checksum and size."""
    return {f"copy: {name}": f"{hashlib.sha256(body).hexdigest()} {len(body)}" for name, body in files.items()}


Look = Callable[[], Seen]
