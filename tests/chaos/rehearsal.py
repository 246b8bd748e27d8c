"""What chaos does, one trouble after the other, and what is measured. Needs the settings of tests/chaos/settings.py.

Each trouble befalls a house at work. Afterwards everything is mended, a fresh message is planned, and the time is
taken until the mail server has it. At the end the books are closed.
"""

from __future__ import annotations

import random
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import DatabaseError, connection

from practice import clock, tenancy
from practice.local import database
from practice.models import Message
from tests import factories
from tests.chaos import books, couples, kinds
from tests.chaos.house import House
from tests.chaos.sink import STAGES
from tests.chaos.worker import POINTS

State = Message.State
UNDER_WAY = (State.PLANNED, State.CLAIMED, State.HANDING_OFF)


@dataclass
class Trouble:
    """One thing that was done to the house, and how long it took to recover."""

    name: str
    recovered: float | None = None
    notes: dict[str, Any] = field(default_factory=dict)


class Rehearsal:
    """A house with a few practices, and what may befall it."""

    def __init__(self, house: House, seed: int, *, say: Callable[[str], object] = print) -> None:
        self.house = house
        self.random = random.Random(seed)
        self.say = say
        self.troubles: list[Trouble] = []
        self.practices: list[uuid.UUID] = []
        #: How many hours the database's clock is ahead of this machine's.
        self.ahead = 0.0

    def prepare(self, practices: int = 3, tables_of: str = "") -> None:
        """Make the database (or copy it from one that is there), some practices, and something to do for each."""
        if tables_of:
            self.house.servers.copy_tables(*tables_of.rsplit(":", 1))
        else:
            database.prepare()
        connection.close()
        kinds.register()
        names = [f"House {number} {kinds.CANARY}" for number in range(practices)]
        self.practices = [factories.make_practice(name).pk for name in names]
        self.assignments = [one for practice_id in self.practices[:2] for one in couples.moves_in(practice_id, 3)]

    # --- the outbox ---

    def plan(self, count: int, **how: Any) -> list[Message]:
        """Plan messages that are due now, spread over the practices."""
        made = []
        shares = [self.random.choice(self.practices) for _ in range(count)]
        for practice_id in self.practices:
            made += kinds.plan(practice_id, shares.count(practice_id), self.now(), **how)
        return made

    def now(self) -> Any:
        return self.asks(clock.now)

    def asks(self, question: Callable[[], Any]) -> Any:
        """Ask the database, again if the connection was cut meanwhile."""
        for again in range(20):
            try:
                return question()
            except (DatabaseError, psycopg.Error):
                connection.close()
                if again == 19:
                    raise
                time.sleep(0.5)
        return None

    def state_of(self, message: Message) -> str:
        def look() -> str:
            with tenancy.acting(tenancy.as_system(message.practice_id)):
                return Message.objects.values_list("state", flat=True).get(pk=message.pk)

        return self.asks(look)

    def under_way(self) -> int:
        """How many are due and have not come to an end."""

        def count() -> int:
            total = 0
            for practice_id in self.practices:
                with tenancy.acting(tenancy.as_system(practice_id)):
                    total += Message.objects.filter(state__in=UNDER_WAY, planned_for__lte=clock.Now()).count()
            return total

        return self.asks(count)

    def settles(self, seconds: float) -> bool:
        """Wait until everything has come to an end."""
        return self.house.wait(lambda: self.under_way() == 0, seconds)

    # --- troubles ---

    @contextmanager
    def trouble(self, name: str, patience: float = 45) -> Iterator[Trouble]:
        """Something befalls the house inside the block; afterwards it is mended and its recovery timed."""
        one = Trouble(name)
        began = time.monotonic()
        yield one
        one.notes["of it"] = round(time.monotonic() - began, 1)
        self.house.heal()
        mended = time.monotonic()
        (fresh,) = self.plan(1)
        if self.house.wait(lambda: fresh.message_id in self.house.sink.counts, patience):
            one.recovered = round(time.monotonic() - mended, 1)
        self.troubles.append(one)
        recovered = "NOT RECOVERED" if one.recovered is None else f"recovered in {one.recovered:4.1f} s"
        self.say(f"  {name:52} {mended - began:5.1f} s of it, {recovered} {one.notes}")

    def dies_at_each_point(self) -> None:
        """B136: workers end by SIGKILL at each marked point."""
        for point in POINTS:
            with self.trouble(f"a worker is killed: {point}") as one:
                self.house.order(point)
                self.plan(4)
                one.notes["killed"] = self.house.obeyed(point, 25)

    def mail_misbehaves(self, stages: tuple[str, ...] = STAGES, seconds: float = 2.5) -> None:
        """B142: the mail server stalls at each stage, greylists, drops what it took, and refuses for a while."""
        sink = self.house.sink
        for stage in stages:
            with self.trouble(f"mail stalls: {stage}"):
                sink.stalls_at = stage
                self.plan(4)
                self.work(seconds)
        with self.trouble("mail takes and hangs up"):
            sink.drops = True
            self.plan(6)
            self.work(seconds)
        with self.trouble("mail greylists and answers 4xx"):
            sink.greylists = True
            self.plan(4)
            self.work(seconds / 2)
            sink.refuses_for_now = True
            self.work(seconds / 2)

    def work(self, seconds: float) -> None:
        """Let the house work for a while."""
        self.house.wait(lambda: False, seconds)

    def couples_reminded(self) -> None:
        """R12, R13: real reminders, while a worker is killed; who answered or rests gets none."""
        with self.trouble("couples are reminded and a worker is killed") as one:
            one.notes["planned"] = couples.are_asked(self.assignments, f"round {len(self.troubles)}")
            self.work(self.random.uniform(0.3, 1.5))
            self.random.choice(self.house.of("worker")).kill()

    def worker_killed(self) -> None:
        victim = self.random.choice(self.house.of("worker"))
        with self.trouble("a whole worker is killed"):
            self.plan(15)
            self.work(self.random.uniform(0.3, 1.5))
            victim.kill()

    def postgres_killed(self) -> None:
        """B138: PostgreSQL dies in the middle of a burst, and comes back."""
        with self.trouble("PostgreSQL is killed in a burst", 60):
            self.plan(40)
            self.work(self.random.uniform(0.5, 1.5))
            self.house.servers.kill_postgres()
            time.sleep(1)

    def broker_killed(self) -> None:
        """B139: the broker dies, and comes back empty."""
        with self.trouble("the broker is flushed and killed", 60):
            self.plan(20)
            self.flush_broker()
            self.house.servers.kill_valkey()
            self.work(1)

    def flush_broker(self) -> None:
        import socket

        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(self.house.servers.valkey)
            line.sendall(b"FLUSHALL\r\n")
            line.recv(64)

    def lines_cut(self, seconds: float = 1.0) -> None:
        """B144: app–database, app–broker and worker–mail are cut, one after the other."""
        house = self.house
        lines = [("database", house.to_database), ("broker", house.to_broker), ("mail", house.to_mail)]
        self.random.shuffle(lines)
        for name, line in lines:
            with self.trouble(f"the line to the {name} is cut for {seconds:g} s", 60):
                self.plan(6)
                self.work(0.3)
                line.cut()
                self.work(seconds)

    def broker_resets(self) -> None:
        """B139, R27: the broker's connections are reset, and no process ends."""
        with self.trouble("the broker's connections are reset", 60):
            self.plan(6)
            self.house.to_broker.reset()

    def broker_connections_go_deaf(self) -> None:
        """R27: what was connected hears nothing any more and is not told; workers must see it by themselves."""
        self.every_worker_hears()
        barks = self.barks()
        with self.trouble("the broker's connections go deaf", 90) as one:
            self.plan(3)
            self.house.to_broker.deafen()
            # Jobs that run go on until they are over; nobody rings for new ones.
            one.notes["worker began again"] = self.house.wait(lambda: self.barks() > barks, 75)

    def broker_goes_silent(self, seconds: float) -> None:
        """R27: the broker's connections look alive and carry nothing: the watchdog must see it."""
        barks = self.barks()
        with self.trouble(f"the broker says nothing for {seconds:g} s", 90) as one:
            self.plan(3)
            self.house.to_broker.freeze()
            self.house.wait(lambda: self.barks() > barks, seconds)
            one.notes["worker began again"] = self.barks() > barks

    def every_worker_hears(self) -> None:
        """Wait until each was rung once more: one that connects a moment later would keep the pulse going alone."""
        rung = self.rung()
        self.house.wait(lambda: all(now > then for now, then in zip(self.rung(), rung, strict=True)), 60)

    def rung(self) -> list[int]:
        """How many jobs each worker took from the broker."""
        return [one.log.read_text(errors="replace").count(" received") for one in self.house.of("worker")]

    def barks(self) -> int:
        """How often a watchdog let its worker begin again."""
        return sum(
            one.log.read_text(errors="replace").count("this worker begins again") for one in self.house.of("worker")
        )

    def schedulers(self, seconds: float = 3) -> None:
        """B137, R26: no scheduler, a frozen one, and two of them."""
        beats = self.house.of("beat")
        with self.trouble("no scheduler"):
            for one in beats:
                one.stop()
            self.plan(5)
            self.work(seconds)
        with self.trouble("one scheduler is frozen, the other is killed"):
            beats[0].freeze()
            for one in beats[1:]:
                one.kill()
            self.plan(5)
            self.work(seconds)

    def no_scheduler_for_six_hours(self) -> None:
        """B137, R26: what is fresh leaves afterwards, and what is not is skipped and says so."""
        with self.trouble("no scheduler for six hours") as one:
            self.settles(20)
            for beat in self.house.of("beat"):
                beat.stop()
            fresh, stale = self.plan(5), self.plan(5, hours=3)
            self.shift(hours=6)
        one.notes["the fresh are sent"] = self.house.wait(lambda: self._all(fresh, State.ACCEPTED), 30)
        one.notes["the stale are skipped"] = self.house.wait(lambda: self._all(stale, State.SKIPPED), 30)

    def _all(self, messages: list[Message], state: str) -> bool:
        return all(self.state_of(one) == state for one in messages)

    def clock_jumps(self) -> None:
        """B141: the clock jumps back and forth, for all or for half of the connections."""
        with self.trouble("the clock jumps two hours back"):
            self.settles(20)
            self.plan(5)
            self.shift(hours=-2)
        with self.trouble("two hosts are five minutes apart"):
            self.plan(5)
            self.shift(hours=1 / 12, of_all=False)
            self.work(1)
            self.shift(hours=0)
        with self.trouble("the clock jumps a day ahead"):
            self.plan(5, hours=3)
            self.shift(hours=26)

    def shift(self, *, hours: float, of_all: bool = True) -> None:
        """Move the database's clock on or back, and end connections so that they see it; or only every second one."""
        self.ahead += hours
        params = connection.get_connection_params()
        above = {"host": params["host"], "port": params["port"], "user": "postgres"}
        with psycopg.connect(**above, dbname="attune", autocommit=True) as server:
            server.execute(f"ALTER DATABASE attune SET attune.clock_shift = '{round(self.ahead * 3600)} seconds'")
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE usename = 'attune_login' AND {'true' if of_all else 'pid % 2 = 0'}"
            )
        connection.close()

    def poison(self) -> None:
        """B143, R22: a message that always fails, one that kills its worker, an address that is refused."""
        with self.trouble("poison", 60) as one:
            bad = self.plan(1, what=kinds.POISON) + self.plan(1, what=kinds.DEADLY)
            good = self.plan(20)
            good += self.plan(2, what=kinds.UNWANTED)
            (refused,) = self.plan(1)
            self.house.sink.refused.add(f"{refused.person_id.hex}@example.org")
            others = {message.message_id for message in good[:20]}
            one.notes["others sent"] = self.house.wait(lambda: others <= set(self.house.sink.counts), 40)
            one.notes["isolated"] = self.house.wait(
                lambda: all(self.state_of(message) == State.DEAD for message in bad), 60
            )

    # --- the end ---

    def close(self, patience: float = 60) -> books.Books:
        """Mend everything, let it come to an end, and close the books."""
        self.house.heal()
        self.settles(patience)
        return self.asks(lambda: books.close(self.practices, self.house.sink.counts))

    def lines_about_people(self) -> list[str]:
        """B102: what workers, schedulers and servers wrote down that names somebody or holds a word of theirs."""
        telling = re.compile(rf"{kinds.CANARY}|[\w.+-]+@(?!chaos\b)[\w-]+\.\w+")
        logs = [*self.house.logs.glob("*.log"), self.house.servers.postgres_log]
        lines = [line for log in logs for line in log.read_text(errors="replace").splitlines()]
        assert len(lines) > 100, "there is something to look through"
        return [line for line in lines if telling.search(line)]

    @property
    def slowest(self) -> float:
        return max((one.recovered or 999.0 for one in self.troubles), default=0.0)

    def told(self) -> dict[str, Any]:
        """What a test or a table needs."""
        troubles = [vars(one) for one in self.troubles]
        return {"troubles": troubles, "slowest": self.slowest, "about people": self.lines_about_people()[:20]}
