"""Look after what leaves the house: counts that add up, one person's plan, and two ways to help."""

from __future__ import annotations

import datetime
import json
import sys
import time
import uuid
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clients.models import Contact
from practice import alarms, circuits, clock, delivery, dispatch, ledger, practices, providers, pulse, sweeping, tenancy
from practice.models import Circuit, Message

State = Message.State
AHEAD = (State.PLANNED, State.CLAIMED, State.HANDING_OFF)


class Command(BaseCommand):
    help = (
        "What leaves the house. status: what was due and where it is, by practice and hour (ends with 1 when something "
        "needs a look). plan: what one person will get. drain: deliver now, here. retry-unknown: settle what nobody "
        "knows, where the provider's log or its key against repeats proves it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        status = verbs.add_parser("status", help="what was due, by practice and hour, and how everything is")
        which = status.add_mutually_exclusive_group()
        which.add_argument("--hour", metavar="TIME", help="one hour: 2026-11-22T14, in UTC")
        which.add_argument("--since", metavar="TIME", help="from this time on, in UTC; otherwise the last 24 hours")
        status.add_argument("--json", action="store_true", help="one JSON object a line")
        plan = verbs.add_parser("plan", help="what is planned for a person")
        plan.add_argument("person_id", type=uuid.UUID)
        drain = verbs.add_parser("drain", help="deliver what is due now, in the foreground")
        drain.add_argument("--seconds", type=float, default=60, help="for about that long (60)")
        retry = verbs.add_parser("retry-unknown", help="ask the providers about what nobody knows")
        retry.add_argument("--practice", metavar="SLUG", help="only in this practice")

    def handle(self, *, verb: str, **options: Any) -> None:
        match verb:
            case "status":
                self.status(options["hour"], options["since"], as_json=options["json"])
            case "plan":
                self.plan(options["person_id"])
            case "drain":
                self.drain(options["seconds"])
            case _:
                self.retry_unknown(options["practice"])

    def status(self, hour: str | None, since: str | None, *, as_json: bool) -> None:
        """Tell what was due and where it is, line by line as it is read, and end with 1 when all is not well."""
        write = _as_json(self.stdout.write) if as_json else _as_table(self.stdout.write)
        begin, end = _span(hour, since)
        total, wrong = 0, 0
        for line in ledger.lines(begin, end):
            write(_told(line))
            total += line.due
            wrong += not line.balances
        health = _health() | {"due": total, "lines_that_do_not_add_up": wrong}
        write(health)
        if wrong or health["alarms"]:
            sys.exit(1)

    def plan(self, person_id: uuid.UUID) -> None:
        """Tell what a person will get and when, on their own clock. Ids and times, no names."""
        for practice_id in dispatch.practices():
            with tenancy.acting(tenancy.as_system(practice_id)):
                contact = Contact.objects.filter(client_id=person_id).first()
                if contact is None:
                    continue
                rows = Message.objects.filter(person_id=person_id, state__in=AHEAD).order_by("due_at", "pk")
                self.stdout.write(f"{rows.count()} ahead, times in {contact.time_zone}")
                for one in rows.iterator(500):
                    self.stdout.write(_planned(one, contact))
                return
        raise CommandError("There is nobody of that id.")

    def drain(self, seconds: float) -> None:
        """Deliver until nothing is due, or for about that long; end with 1 when something is left."""
        tally: Counter[str] = Counter()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            sweeping.sweep()
            delivery.probe(end - time.monotonic())
            done = delivery.deliver(end - time.monotonic())
            tally += done
            if not done:
                break
        left = len(dispatch.practices_with_due())
        counts = ", ".join(f"{count} {state}" for state, count in sorted(tally.items())) or "nothing was due"
        self.stdout.write(f"{counts}. Practices with something due: {left}.")
        if left:
            sys.exit(1)

    def retry_unknown(self, slug: str | None) -> None:
        """Settle what can be settled, and say what stays unknown, and why."""
        stays: Counter[str] = Counter()
        settled: Counter[str] = Counter()
        for practice_id in [practices.called(slug)] if slug else dispatch.practices():
            settled += sweeping.resolve(practice_id)
            stays += _unknown(practice_id)
        self.stdout.write(
            f"Sent after all: {settled[State.ACCEPTED]}. Tried again: {settled[State.PLANNED]}. "
            f"Unknown: {stays.total()}."
        )
        for why, count in sorted(stays.items()):
            self.stdout.write(f"{count:6}  {why}")


def _span(hour: str | None, since: str | None) -> tuple[datetime.datetime, datetime.datetime]:
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        now = clock.now()
    if hour:
        begin = _time(hour).replace(minute=0, second=0, microsecond=0)
        return begin, min(begin + datetime.timedelta(hours=1), now)
    begin = _time(since) if since else now - datetime.timedelta(days=1)
    return begin.replace(minute=0, second=0, microsecond=0), now


def _time(text: str) -> datetime.datetime:
    try:
        found = datetime.datetime.fromisoformat(text if len(text) != 13 else f"{text}:00")
    except ValueError:
        raise CommandError(f"“{text}” is not a time. Write 2026-11-22T14 or 2026-11-22T14:00.") from None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def _told(line: ledger.Line) -> dict[str, Any]:
    why = {f"{place} ({reason or 'no reason'})": count for (place, reason), count in sorted(line.reasons.items())}
    return {
        "practice": str(line.practice_id),
        "hour": f"{line.hour.astimezone(datetime.UTC):%Y-%m-%dT%H}",
        "due": line.due,
        **{place: line.places[place] for place in ledger.PLACES},
        "why": why,
        "adds_up": line.balances,
    }


def _health() -> dict[str, Any]:
    heart = pulse.heartbeat()
    oldest = ledger.oldest_due()
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        now = clock.now()
        health = circuits.health()
        failures = dict(Circuit.objects.filter(failures__gt=0).values_list("key", "failures"))
    return {
        "heartbeat_seconds": round(heart.age.total_seconds(), 1) if heart.age is not None else None,
        "oldest_due_seconds": round((now - oldest).total_seconds(), 1) if oldest else None,
        "circuits": {key: "open" if key in health.resting else "half open" for key in sorted(failures)},
        "alarms": [str(one) for one in alarms.found()],
    }


def _as_json(write: Any) -> Any:
    return lambda told: write(json.dumps(told))


def _as_table(write: Any) -> Any:
    columns = ["due", *ledger.PLACES]
    write(f"{'practice':36} {'hour (UTC)':13} " + " ".join(f"{one:>10}" for one in columns))

    def row(told: dict[str, Any]) -> None:
        if "practice" not in told:
            for name, value in told.items():
                write(f"{name.replace('_', ' ')}: {_words(value)}")
            return
        counts = " ".join(f"{told[one]:>10}" for one in columns)
        write(f"{told['practice']} {told['hour']} {counts}" + ("" if told["adds_up"] else "  DOES NOT ADD UP"))
        for why, count in told["why"].items():
            write(f"{'':50} {count:>10}  {why}")

    return row


def _words(value: Any) -> str:
    if isinstance(value, dict):
        value = [f"{key} {state}" for key, state in value.items()]
    if isinstance(value, list):
        return "; ".join(value) or "none"
    return "never" if value is None else str(value)


def _planned(message: Message, contact: Contact) -> str:
    local = message.due_at.astimezone(contact.zone)
    waits = f", tried {message.attempts} times" if message.attempts else ""
    return (
        f"{local:%Y-%m-%d %H:%M %Z}  {message.channel:6}  {message.kind} {message.step}".rstrip()
        + f"  {message.state}{waits}  about {message.about_id}"
    )


def _unknown(practice_id: uuid.UUID) -> Counter[str]:
    """Count what stays unknown in a practice, by why."""
    why: Counter[str] = Counter()
    with tenancy.acting(tenancy.as_system(practice_id)):
        now = clock.now()
        routes = providers.routes()
        for message in Message.objects.filter(state=State.UNKNOWN).iterator(500):
            if message.fresh_until <= now:
                why["too late to be worth a second try"] += 1
            elif providers.route_of(routes, message) is None:
                why["the provider that had it is not used any more"] += 1
            elif message.begun_at and message.begun_at > now - sweeping.SETTLED:
                why["it may still be under way: ask again in a few minutes"] += 1
            else:
                why[f"{message.channel}: the provider's log does not tell, or it keeps none"] += 1
    return why
