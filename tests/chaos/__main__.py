"""Let chaos loose: `python -m tests.chaos [--short] [--minutes 10] [--seed N] [--json FILE]`.

Ends with 0 when the books balance and everything recovered.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from pathlib import Path

from practice.local.servers import exclusive
from tests.chaos.house import House

#: Within so many seconds of being mended, messages must flow again (B139 allows a minute, or the watchdog).
RECOVERS_IN = 60


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--short", action="store_true", help="every trouble once, in about a minute")
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("ATTUNE_CHAOS_MINUTES", "10")))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("ATTUNE_CHAOS_SEED") or random.randrange(10**6)))
    parser.add_argument("--state", type=Path, default=Path(os.environ.get("ATTUNE_STATE", ".attune")) / "chaos")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--tables-of", default="", help="socket directory:database to copy the tables from")
    options = parser.parse_args()
    options.state.mkdir(parents=True, exist_ok=True)
    say(f"seed {options.seed}")
    with exclusive(options.state.with_name("chaos.lock")):
        report = rehearse(
            options.state.absolute(), options.seed, 0 if options.short else options.minutes, options.tables_of
        )
    if options.json:
        options.json.write_text(json.dumps(report, default=str))
    return 0 if report["well"] else 1


def say(text: str) -> None:
    print(text, flush=True)


def rehearse(state: Path, seed: int, minutes: float, tables_of: str = "") -> dict:
    """Run one rehearsal; ``minutes`` = 0 is the short one."""
    began = time.monotonic()
    with House(state, workers=2, beats=2, watchdog=6, lease=4) as house:
        os.environ.update(house.environment(through_proxies=False))
        import django

        django.setup()
        from tests.chaos.rehearsal import Rehearsal

        rehearsal = Rehearsal(house, seed, say=say)
        rehearsal.prepare(tables_of=tables_of)
        say(f"  prepared in {time.monotonic() - began:.0f} s")
        house.open()
        if minutes:
            long(rehearsal, began + minutes * 60)
        else:
            short(rehearsal)
        closed = rehearsal.close()
        report = rehearsal.told() | {"seed": seed, "books": closed.as_dict(), "seconds": time.monotonic() - began}
        report["well"] = closed.balance and rehearsal.slowest <= RECOVERS_IN and not report["about people"]
        table(report)
        return report


def short(rehearsal) -> None:
    """Every trouble once."""
    with rehearsal.trouble("nothing (starting up)", 60):
        rehearsal.plan(60)
    rehearsal.dies_at_each_point()
    rehearsal.poison()
    rehearsal.mail_misbehaves(("greeting", "end"), 2)
    rehearsal.couples_reminded()
    rehearsal.worker_killed()
    rehearsal.postgres_killed()
    rehearsal.broker_killed()
    rehearsal.lines_cut(1)
    rehearsal.schedulers(2)
    rehearsal.broker_resets()
    rehearsal.broker_connections_go_deaf()
    rehearsal.clock_jumps()
    rehearsal.no_scheduler_for_six_hours()


def long(rehearsal, until: float) -> None:
    """Every trouble, then any of them in any order until the time is over; the books are closed each round."""
    short(rehearsal)
    rounds = 0
    while time.monotonic() < until:
        rounds += 1
        troubles = [
            rehearsal.dies_at_each_point,
            rehearsal.mail_misbehaves,
            rehearsal.couples_reminded,
            rehearsal.clock_jumps,
            rehearsal.no_scheduler_for_six_hours,
            rehearsal.worker_killed,
            rehearsal.postgres_killed,
            rehearsal.broker_killed,
            rehearsal.broker_resets,
            rehearsal.broker_connections_go_deaf,
            lambda: rehearsal.lines_cut(rehearsal.random.choice([1, 5, 30])),
            lambda: rehearsal.schedulers(rehearsal.random.uniform(1, 10)),
            lambda: rehearsal.broker_goes_silent(40),
            rehearsal.poison,
        ]
        rehearsal.random.shuffle(troubles)
        for befalls in troubles:
            if time.monotonic() < until:
                befalls()
        closed = rehearsal.close(90)
        say(f"round {rounds}: {closed.as_dict()}")


def table(report: dict) -> None:
    """Print the books as they were closed."""
    books = dict(report["books"])
    reasons = books.pop("reasons")
    say(f"\n{'the books':40} seed {report['seed']}, {report['seconds']:.0f} s")
    for name, value in books.items():
        say(f"  {name.replace('_', ' '):38} {value}")
    for reason, count in sorted(reasons.items()):
        say(f"    {reason:36} {count}")
    for line in report["about people"]:
        say(f"  A LINE OF A LOG ABOUT SOMEBODY: {line[:200]}")
    say(f"  slowest recovery after mending           {report['slowest']} s")


if __name__ == "__main__":
    sys.exit(main())
