"""The books: what was due against what the mail server took, in the manner of Jepsen's total-queue check."""

from __future__ import annotations

import datetime
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, field

from practice import clock, ledger, tenancy
from practice.models import Message
from tests.chaos import kinds

State = Message.State
SENT = (State.ACCEPTED, State.DELIVERED, State.BOUNCED, State.COMPLAINED)
EXPLAINED = (State.SKIPPED, State.CANCELLED, State.DEAD)


@dataclass
class Books:
    """due = sent + explained + unknown; nothing twice, nothing that nobody planned, nothing that only seems sent."""

    due: int = 0
    sent: int = 0
    explained: int = 0
    unknown: int = 0
    waiting: int = 0
    #: Letters that the mail server took more than once.
    duplicates: int = 0
    #: Letters that nobody planned, or that the ledger says did not leave.
    unexpected: int = 0
    #: Written down as sent, and the mail server never took it.
    lost: int = 0
    #: What did not leave and says no reason.
    unexplained: int = 0
    #: Practices and hours in which the counts do not add up.
    unbalanced: int = 0
    #: Of what nobody knows: how many the mail server had taken.
    unknown_taken: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def balance(self) -> bool:
        wrong = self.duplicates + self.unexpected + self.lost + self.unexplained + self.unbalanced + self.waiting
        return wrong == 0 and self.due == self.sent + self.explained + self.unknown

    def as_dict(self) -> dict:
        return asdict(self) | {"balance": self.balance}


def close(practice_ids: list[uuid.UUID], taken: Counter[str]) -> Books:
    """Draw up the books of all practices against what was taken."""
    books = Books()
    reasons: Counter[str] = Counter()
    left = Counter(taken)
    for practice_id in practice_ids:
        with tenancy.acting(tenancy.as_system(practice_id)):
            now = clock.now()
            everything = list(Message.objects.all())
        # What is planned for later is not due; should the mail server have it all the same, nobody expected it.
        rows = [one for one in everything if one.state != State.PLANNED or one.planned_for <= now]
        for message in rows:
            _enter(books, message, left.pop(message.message_id, 0), reasons)
        first = min((one.planned_for for one in everything), default=now)
        lines = ledger.of_practice(practice_id, first, now + datetime.timedelta(days=99))
        books.unbalanced += sum(not one.balances for one in lines) + (sum(one.due for one in lines) != len(everything))
        books.unexplained += sum(one.unexplained for one in lines)
    books.unexpected += sum(left.values())
    books.reasons = dict(reasons)
    return books


def _enter(books: Books, message: Message, times: int, reasons: Counter[str]) -> None:
    books.due += 1
    books.duplicates += max(times - 1, 0)
    if message.state in SENT:
        books.sent += 1
        books.lost += message.channel == Message.Channel.EMAIL and times == 0
    elif message.state == State.UNKNOWN:
        books.unknown += 1
        books.unknown_taken += times > 0
    elif message.state in EXPLAINED:
        books.explained += 1
        books.unexpected += times
    else:
        books.waiting += 1
        books.unexpected += times
    if message.reason:
        reasons[f"{message.kind}, {message.state}: {message.reason}"] += 1
    elif message.kind != kinds.KIND:
        reasons[f"{message.kind}, {message.state}"] += 1
