"""The ledger: everything that was due is somewhere, once, and says why when it did not leave."""

from __future__ import annotations

import datetime
import json
import random
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from practice import clock, delivery, ledger, moves, outbox, providers, sweeping, tenancy
from practice.channels.base import Fate, NotNow, Refused
from practice.ids import uuid7
from practice.models import Message
from practice.providers import Route
from tests.factories import inside, make_practice

pytestmark = pytest.mark.django_db(transaction=True)

State = Message.State
HOUR = datetime.timedelta(hours=1)
MINUTE = datetime.timedelta(minutes=1)


class Moody(outbox.Handler):
    """Handles what a random world throws at it: the occasion says how."""

    def wanted(self, message):
        if message.occasion.startswith("broken"):
            raise ValueError("a fault of its own")
        return message.occasion.partition(":")[0] if message.occasion.startswith("not ") else ""

    def compose(self, message):
        return outbox.Letter("Something", "Words", to_address=f"{message.person_id.hex}@example.org")


class Carrier:
    """A provider that does anything at all, and keeps a log of what it took."""

    repeats_safely = False

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.taken: Counter[str] = Counter()
        self.fate = Fate.UNKNOWN

    def open(self) -> None:
        pass

    def prepare(self, message, letter, address):
        return message.reference

    def send(self, parcel):
        match self.chance.choice(["take"] * 4 + ["lose", "later", "never"]):
            case "lose":
                if self.chance.random() < 0.5:
                    self.taken[parcel] += 1
                raise ConnectionResetError
            case "later":
                raise NotNow("reply 451")
            case "never":
                raise Refused("reply 550")
        self.taken[parcel] += 1
        return ""

    def fate_of(self, message):
        return self.fate

    def close(self) -> None:
        pass


@pytest.fixture
def provider(monkeypatch):
    carrier = Carrier(random.Random(0))
    route = Route("email", Message.Channel.EMAIL, "hello@attune.invalid", lambda: carrier)
    monkeypatch.setattr(providers, "installation", lambda: [route])
    monkeypatch.setitem(outbox._handlers, "moody", Moody())
    return carrier


def plan(practice, what: str = "plain", *, due=-MINUTE, fresh_for=HOUR) -> Message:
    with inside(practice):
        made = outbox.plan(
            "moody",
            person_id=uuid7(),
            about_id=uuid7(),
            couple_id=None,
            occasion=f"{what}:{uuid7()}",
            due_at=clock.now() + due,
            fresh_for=fresh_for,
        )
    assert made is not None
    return made


def change(message: Message, **fields) -> None:
    with tenancy.acting(tenancy.as_system(message.practice_id)):
        Message.objects.filter(pk=message.pk).update(**fields)


def everything(practice) -> list[Message]:
    with inside(practice):
        return list(Message.objects.all())


def all_lines(*practices) -> list[ledger.Line]:
    with inside(practices[0]):
        now = clock.now()
    return list(ledger.lines(now - 100 * HOUR, now + 100 * HOUR, [one.pk for one in practices]))


def live(chance: random.Random, practices, provider: Carrier) -> None:
    """Let some hours of a random world go by: plan, call off, deliver, lose, sweep."""
    for _step in range(12):
        match chance.choice(["plan"] * 3 + ["deliver"] * 2 + ["cancel", "sweep", "worker ends"]):
            case "plan":
                for _ in range(chance.randrange(1, 8)):
                    what = chance.choice(["plain"] * 5 + ["not wanted", "not asked any more", "broken"])
                    due = datetime.timedelta(minutes=chance.randrange(-60 * 70, 60 * 2))
                    fresh_for = datetime.timedelta(hours=chance.choice([1, 80]))
                    plan(chance.choice(practices), what, due=due, fresh_for=fresh_for)
            case "cancel":
                practice = chance.choice(practices)
                some = everything(practice)
                if some:
                    with inside(practice):
                        outbox.cancel(chance.choice(some).about_id, reason="paused")
            case "worker ends":
                practice = chance.choice(practices)
                taken = moves.claim(practice.pk, "gone")
                with inside(practice):
                    Message.objects.filter(pk__in=taken).update(lease_until=clock.now() - HOUR)
            case "deliver":
                delivery.deliver(2)
            case "sweep":
                sweeping.sweep()


@pytest.mark.parametrize("seed", range(12))
def test_r28_the_counts_of_every_hour_and_practice_add_up(seed, provider):
    chance = random.Random(seed)
    provider.chance = chance
    practices = [make_practice("One"), make_practice("Other")]
    live(chance, practices, provider)
    lines = all_lines(*practices)
    assert all(one.balances for one in lines)
    # Counted once more, without SQL.
    rows = [message for practice in practices for message in everything(practice)]
    by_hour = Counter((one.practice_id, one.planned_for.replace(minute=0, second=0, microsecond=0)) for one in rows)
    assert {(one.practice_id, one.hour): one.due for one in lines} == by_hour
    places = Counter(ledger.PLACE_OF[one.state] for one in rows)
    assert sum((one.places for one in lines), Counter()) == places
    # And against what the provider took: sent is what it has, and what nobody knows is all that may differ.
    taken = {one.reference for one in rows} & set(provider.taken)
    sent = {one.reference for one in rows if one.state == State.ACCEPTED}
    unknown = {one.reference for one in rows if one.state == State.UNKNOWN}
    assert sent <= taken <= sent | unknown
    assert max(provider.taken.values(), default=0) <= 1


@pytest.mark.parametrize("seed", range(12, 18))
def test_r28_whatever_did_not_leave_says_why(seed, provider):
    chance = random.Random(seed)
    provider.chance = chance
    practices = [make_practice("One"), make_practice("Other")]
    live(chance, practices, provider)
    assert sum(one.unexplained for one in all_lines(*practices)) == 0


def test_a_state_that_the_ledger_does_not_know_shows(practice, provider, monkeypatch):
    plan(practice)
    monkeypatch.setattr(ledger, "PLACES", {name: s for name, s in ledger.PLACES.items() if name != "waiting"})
    assert not any(one.balances for one in all_lines(practice))


def test_what_moved_on_stays_in_the_hour_that_it_was_meant_for(practice, provider):
    message = plan(practice)
    change(message, due_at=message.due_at + 5 * HOUR)
    (line,) = all_lines(practice)
    assert line.hour == message.planned_for.replace(minute=0, second=0, microsecond=0)


# --- manage.py reminders ------------------------------------------------------------------------


def run(*words: str) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("reminders", *words, stdout=out)
    except SystemExit as ended:
        return out.getvalue(), int(ended.code or 0)
    return out.getvalue(), 0


def test_r28_status_tells_every_hour_of_every_practice_as_json(practice, neighbour, provider):
    plan(practice), plan(practice, "not wanted"), plan(neighbour)
    provider.chance = random.Random(1)
    delivery.deliver(2)
    out, _code = run("status", "--json")
    *lines, health = [json.loads(one) for one in out.splitlines()]
    assert {one["practice"] for one in lines} == {str(practice.pk), str(neighbour.pk)}
    assert sum(one["due"] for one in lines) == health["due"] == 3
    assert all(one["due"] == sum(one[place] for place in ledger.PLACES) for one in lines)
    assert {"skipped (not wanted)": 1} in [one["why"] for one in lines] or any(
        one["why"].get("skipped (not wanted)") == 1 for one in lines
    )


def test_status_ends_with_0_when_all_is_well_and_with_1_when_something_is_late(practice, provider):
    assert run("status")[1] == 0
    plan(practice, due=-20 * MINUTE)
    out, code = run("status")
    assert code == 1
    assert "late: 1 messages" in out


def test_status_of_one_hour_leaves_out_the_others(practice, provider):
    message = plan(practice)
    plan(practice, due=-5 * HOUR, fresh_for=9 * HOUR)
    out, _code = run("status", "--json", "--hour", f"{message.planned_for:%Y-%m-%dT%H}")
    assert [json.loads(one)["due"] for one in out.splitlines()] == [1, 1]


def test_status_refuses_what_is_no_time():
    with pytest.raises(CommandError, match="not a time"):
        run("status", "--since", "yesterday")


def test_plan_tells_times_in_the_persons_zone_and_no_names(practice, couple, mara, provider):
    from clients.models import Contact

    with inside(practice):
        Contact.objects.filter(client=mara).update(time_zone="Asia/Kathmandu")
        made = outbox.plan(
            "moody",
            person_id=mara.pk,
            about_id=uuid7(),
            couple_id=couple.pk,
            occasion="x",
            due_at=datetime.datetime(2030, 1, 1, 12, tzinfo=datetime.UTC),
            fresh_for=HOUR,
        )
    out, _code = run("plan", str(mara.pk))
    assert "2030-01-01 17:45 +0545  email   moody  planned" in out
    assert str(made.about_id) in out
    assert mara.name not in out


def test_plan_of_nobody_says_so(practice):
    with pytest.raises(CommandError, match="nobody"):
        run("plan", str(uuid7()))


def test_drain_delivers_in_the_foreground(practice, provider, monkeypatch):
    monkeypatch.setattr(provider, "send", lambda parcel: provider.taken.update([parcel]) or "")
    made = [plan(practice) for _ in range(30)]
    out, code = run("drain", "--seconds", "20")
    assert (code, provider.taken) == (0, Counter(one.reference for one in made))
    assert "30 accepted" in out


def unknown_message(practice) -> Message:
    message = plan(practice, due=-20 * MINUTE)
    for step in ("claimed", "handing_off", "unknown"):
        change(message, state=step, provider="email", begun_at=message.due_at)
    change(message, reason="worker ended", finished_at=message.due_at)
    return message


@pytest.mark.parametrize(
    ("fate", "state"), [(Fate.TAKEN, "accepted"), (Fate.NOT_TAKEN, "planned"), (Fate.UNKNOWN, "unknown")]
)
def test_retry_unknown_does_only_what_the_providers_log_proves(practice, provider, fate, state):
    message = unknown_message(practice)
    provider.fate = fate
    out, _code = run("retry-unknown", "--practice", practice.slug)
    assert everything(practice)[0].state == state
    assert ("does not tell" in out) == (fate is Fate.UNKNOWN)
    assert message.reference not in provider.taken


def test_retry_unknown_of_one_practice_leaves_others_alone(practice, neighbour, provider):
    unknown_message(practice), unknown_message(neighbour)
    provider.fate = Fate.NOT_TAKEN
    run("retry-unknown", "--practice", practice.slug)
    assert [one.state for one in everything(neighbour)] == [State.UNKNOWN]
    with pytest.raises(CommandError, match="no practice"):
        run("retry-unknown", "--practice", "nowhere")


def test_the_ledger_reads_one_practice_at_a_time_behind_its_wall(practice, neighbour, provider):
    plan(practice), plan(neighbour)
    with inside(practice), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM practice_message")
        assert cursor.fetchone() == (1,)
    assert [one.practice_id for one in all_lines(practice)] == [practice.pk]
