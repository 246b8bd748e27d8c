"""Many practices at once: the demo's own, copied inside the local database until there is as much as was asked for."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass

import psycopg

from clients.models import Client, Couple
from practice import tenancy
from practice.local import copying
from practice.local.copying import Model
from reports.demo import filling

#: So many practices are written at once, each with its rows among those of the others.
BATCH = 50
#: What a byte that COPY reads takes on disk, indexes included, and how much more while the indexes are made.
ON_DISK, WHILE_MADE = 1.7, 1.2

RESPONSES, COUPLES = "exercises_response", "clients_couple"


class TooLittleRoom(Exception):
    """The disk has no room for so much."""


@dataclass(frozen=True)
class Wish:
    """How much is to be added: so many practices, each with the model's couples so many times."""

    practices: int
    times: int
    responses: int
    couples: int
    bytes: int


def model_of_demo(above: psycopg.Connection, without: Collection[str] = ()) -> Model:
    """Return the demo's practice as a model; it is filled first, where it is not there."""
    filling.fill()
    practice_id = filling.practice_of_demo()
    with tenancy.acting(tenancy.as_system(practice_id)):
        couples = list(Couple.objects.values_list("pk", flat=True))
        people = [one for pair in Client.objects.values_list("pk", "user_id") for one in pair if one]
    return Model(above, practice_id, several=[*couples, *people], without=without)


def wish(model: Model, *, practices: int = 0, couples: int = 0, responses: int = 0) -> Wish:
    """Return what is to be written for at least so many couples in each of so many practices, or responses in all."""
    each, answered = model.rows(COUPLES), model.rows(RESPONSES)
    times = math.ceil(couples / each) or 1
    if practices and responses:
        times = max(times, math.ceil(responses / practices / answered))
    practices = practices or max(1, math.ceil(responses / (times * answered)))
    size = int(model.size(times=times) * ON_DISK) * practices
    return Wish(practices, times, practices * times * answered, times * each, size)


def room(above: psycopg.Connection) -> int:
    """Return how many bytes are free where the local server keeps its data."""
    found = above.execute("SHOW data_directory").fetchone()
    return shutil.disk_usage(found[0] if found else "/").free


def grow(above: psycopg.Connection, model: Model, wished: Wish, say: Callable[[str], object]) -> None:
    """Write what was wished for. What is there stays; a run that is cut off leaves whole practices."""
    if (needed := int(wished.bytes * WHILE_MADE)) > (free := room(above)):
        raise TooLittleRoom(
            f"It takes {in_words(needed)} while it is made, and the disk has {in_words(free)} left. Ask for less."
        )
    first = copying.copies_there(above) + 1
    numbers = range(first, first + wished.practices)
    step = max(1, BATCH // wished.times)
    with copying.indexes_later(above):
        for done in range(0, len(numbers), step):
            model.write(numbers[done : done + step], times=wished.times)
            say(f"{min(done + step, len(numbers)):,} of {len(numbers):,} practices")
        say("Making the indexes …")
    say("Looking it over …")
    copying.look_over(above)


def in_words(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size > 1e9 else f"{size / 1e6:.0f} MB"
