"""Couples who were given one sealed form, and what has become of their answers."""

from __future__ import annotations

import datetime
import itertools
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.utils import timezone

from clients.models import Client, Couple
from exercises.models import Answer, Assignment, Edition, Occurrence
from exercises.vocabulary import Lane
from practice.models import Membership, Practice
from tests.databases import superuser
from tests.exercises.given import TWO_SCALES, ask, assign, make_edition
from tests.factories import acting_as, inside, make_couple, signed_in
from tests.hosts.hosts import Phone

_numbers = itertools.count(1)

#: At any moment: slots that have opened though somebody's answers are still missing.
OPENED_TOO_SOON = """
    SELECT count(*) FROM exercises_response r JOIN exercises_occurrence o ON o.id = r.occurrence_id
     WHERE r.opens_at IS NOT NULL AND (
        SELECT count(*) FROM exercises_occurrence other JOIN exercises_response their ON their.occurrence_id = other.id
         WHERE other.assignment_id = o.assignment_id AND other.slot = o.slot) < 2
"""
#: How often each occurrence was given a moment at which it opens, in the trail that no code of ours can write.
OPENINGS = """
    SELECT subject_id, count(*) FROM practice_auditevent
     WHERE subject = 'exercises_occurrence' AND act = 'update' AND changes ? 'reveals_at' GROUP BY subject_id
"""


@dataclass
class Half:
    """One partner, with what they were asked and their sign-in."""

    person: Client
    asked: Occurrence
    session: str

    @property
    def phone(self) -> Phone:
        return Phone(self.session)

    @property
    def words(self) -> str:
        return f"Tea with {self.person.pk}"

    def types(self, port: int) -> int:
        path = f"/do/{self.asked.pk}/save/"
        return self.phone.post(port, path, question="good", good=self.words, base_version="0")[0]

    def sends(self, port: int) -> tuple[int, str]:
        return self.phone.post(port, f"/do/{self.asked.pk}/send/")[:2]


def make_pairs(practice: Practice, therapist: Membership, count: int) -> list[tuple[Half, Half]]:
    """Take so many couples on, all asked the same at the same moment; it opens when both have answered."""
    due = timezone.now() + datetime.timedelta(hours=2)
    with inside(practice):
        edition = make_edition(TWO_SCALES, lane="reveal")
    made = [make_couple(practice, _names(), therapist=therapist) for _ in range(count)]
    return [_pair(practice, couple, edition, therapist, due) for couple in made]


def _names() -> tuple[str, str]:
    number = next(_numbers)
    return f"Ada {number}", f"Ruth {number}"


def _pair(
    practice: Practice, couple: Couple, edition: Edition, therapist: Membership, due: datetime.datetime
) -> tuple[Half, Half]:
    with inside(practice):
        audience = [one.pk for one in couple.clients]
        given = assign(
            couple, edition, audience, due, given_by=therapist, lane="reveal", opens_by=Assignment.OpensBy.ALL
        )
        asked = {one.client_id: one for one in ask(given, due)}
    one, other = (Half(person, asked[person.pk], _session_of(person)) for person in couple.clients)
    return one, other


def _session_of(person: Client) -> str:
    return signed_in(person).cookies[settings.SESSION_COOKIE_NAME].value


def read_by(half: Half) -> set[uuid.UUID]:
    """Whose sealed answers this partner can read, by the database's own walls."""
    with acting_as(half.person):
        return set(Answer.objects.filter(lane=Lane.REVEAL).values_list("author_id", flat=True))


def answers_of(half: Half) -> list[str]:
    """Every word that this partner has sent, as they read it back."""
    with acting_as(half.person):
        return [one.text for one in Answer.objects.filter(author=half.person, key="good")]


def opened_too_soon() -> int:
    with superuser(connection.settings_dict["NAME"]) as server:
        return server.execute(OPENED_TOO_SOON).fetchone()[0]


def openings() -> dict[uuid.UUID, int]:
    with superuser(connection.settings_dict["NAME"]) as server:
        return dict(server.execute(OPENINGS).fetchall())
