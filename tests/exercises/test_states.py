"""Whatever is done to an answer, in whatever order: drafts are their author's, and what was sent does not change."""

from __future__ import annotations

import contextlib
import datetime
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from clients.models import Client, Couple
from exercises import amending, answering, assigning, drafts, reviewing
from exercises.models import Answer, Assignment, Draft, Occurrence, Response
from practice import roles
from practice.models import Membership
from tests.exercises.given import as_attune, give
from tests.factories import acting_as

pytestmark = pytest.mark.django_db

#: Refusals that people read. Anything else is a fault.
REFUSED = (answering.NotOpen, answering.NotYetRight, drafts.Conflict)


@dataclass
class Walk:
    """One answer of Mara's, and what was ever sent of it."""

    couple: Couple
    therapist: Membership
    author: Client
    partner: Client
    mine: Occurrence
    chance: random.Random
    sent: dict[Any, tuple] = field(default_factory=dict)
    tried: list[str] = field(default_factory=list)

    def occurrence(self) -> Occurrence:
        return Occurrence.objects.select_related("assignment__edition").get(pk=self.mine.pk)

    def raw(self) -> dict[str, list[str]]:
        return {"good": [f"words {self.chance.random()}"], "near": [str(self.chance.randint(0, 10))]}

    # What somebody does. Each is tried at any moment.

    def saves(self) -> None:
        with acting_as(self.author):
            base = drafts.kept(self.mine, self.author).version
            drafts.save_draft(self.occurrence(), author=self.author, raw=self.raw(), base_version=base)

    def sends(self) -> None:
        with acting_as(self.author):
            answering.submit(self.occurrence(), author=self.author, raw=self.raw())

    def skips(self) -> None:
        with acting_as(self.author):
            answering.skip(self.occurrence(), author=self.author, reason="no time")

    def begins_to_change(self) -> None:
        with acting_as(self.author):
            if response := answering.sent_by(self.mine, self.author):
                amending.begin(response)

    def sends_the_change(self) -> None:
        with acting_as(self.author):
            amending.amend(self.occurrence(), author=self.author, raw=self.raw())

    def lets_it_stand(self) -> None:
        with acting_as(self.author):
            if response := answering.sent_by(self.mine, self.author):
                amending.give_up(response)

    def is_read(self) -> None:
        with acting_as(self.therapist):
            for response in Response.objects.filter(occurrence=self.mine):
                reviewing.mark(response, self.therapist, apart=response.lane == "private")

    def is_taken_back(self) -> None:
        with acting_as(self.therapist):
            assigning.withdraw(Assignment.objects.get(pk=self.mine.assignment_id), by=self.therapist)

    def is_over(self) -> None:
        with as_attune(self.couple):
            yesterday = timezone.now() - datetime.timedelta(days=1)
            Occurrence.objects.filter(pk=self.mine.pk).update(closes_at=yesterday, state=Occurrence.State.MISSED)


ACTS: tuple[Callable[[Walk], None], ...] = (
    Walk.saves, Walk.saves, Walk.sends, Walk.skips, Walk.begins_to_change, Walk.sends_the_change, Walk.lets_it_stand,
    Walk.is_read, Walk.is_taken_back, Walk.is_over,
)  # fmt: skip


def step(walk: Walk, act: Callable[[Walk], None]) -> None:
    walk.tried.append(act.__name__)
    with contextlib.suppress(REFUSED):
        act(walk)
    holds(walk)


def holds(walk: Walk) -> None:
    """What is true after every act."""
    with as_attune(walk.couple):
        now = {
            one.pk: (one.revision, one.lane, one.submitted_at, *sorted(_answers(one)))
            for one in Response.objects.filter(occurrence=walk.mine)
        }
        shared = set(Response.objects.filter(occurrence=walk.mine, lane="shared").values_list("pk", flat=True))
    assert {pk: now.get(pk) for pk in walk.sent} == walk.sent, walk.tried
    walk.sent = now
    assert sorted(one[0] for one in now.values()) == list(range(1, len(now) + 1)), walk.tried
    with acting_as(walk.partner):
        assert not Draft.objects.filter(occurrence=walk.mine).exists(), walk.tried
        assert set(Response.objects.filter(occurrence=walk.mine).values_list("pk", flat=True)) <= shared, walk.tried


def _answers(response: Response) -> list[tuple]:
    return [(one.key, one.text or "", one.number, one.lane) for one in Answer.objects.filter(response=response)]


@pytest.mark.parametrize("role", roles.STAFF)
def test_b51_whoever_works_in_a_practice_reads_no_draft_at_all(role):
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_any_column_privilege(%s, 'exercises_draft', 'SELECT')", [role])
        assert cursor.fetchone() == (False,)


@pytest.mark.parametrize("lane", ["own", "private", "reveal", "shared"])
def test_b51_in_every_order_drafts_are_hidden_and_what_was_sent_stays(lane, couple, mara, theo, therapist):
    moments = {"reveals_at": timezone.now() + datetime.timedelta(days=2)} if lane == "reveal" else {}
    done: set[str] = set()
    for seed in range(4):
        chance = random.Random(f"{lane} {seed}")
        mine = next(one for one in give(couple, therapist, lane, **moments) if one.client_id == mara.pk)
        walk = Walk(couple, therapist, mara, theo, mine, chance)
        for act in chance.choices(ACTS, k=9):
            step(walk, act)
        done |= {f"{len(walk.sent)} sent"}
    assert len(done) > 1, "some were sent and some were not"
