"""Reading, for many reminders at once, everything that forbids or delays them: see :mod:`exercises.reminding`.

A fixed number of queries, whatever their number. Couple, assignment, occurrence and contact are held until the
hand-off, in this order: what commits first wins. Nobody waits for a lock; who finds one taken asks again.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Max

from clients import reach
from exercises.models import Assignment, Occurrence, Response
from exercises.person_facts import Pair, People, lock_couples, partners_in
from exercises.reminding import Facts
from exercises.stops import Where
from practice import tenancy
from practice.models import Message, Practice, Step

State = Occurrence.State

#: Older reminders have been answered, or were given up.
IGNORED_IN = datetime.timedelta(days=70)

#: By assignment and person: whether reminders are stopped, and since when and in how many rounds they went out
#: without a sign. A sign is an answer, a beginning, 'not this week', a visit, or a new start by the therapist.
SIGNS = """
SELECT p.assignment_id, p.client_id, p.stopped, min(m.handed_off_at), count(DISTINCT m.about_id)
FROM (
    SELECT a AS assignment_id, c AS client_id,
        EXISTS (SELECT FROM exercises_reminderstop s
                WHERE s.assignment_id = a AND s.client_id = c AND s.ended_at IS NULL) AS stopped,
        greatest(
            (SELECT max(r.submitted_at) FROM exercises_response r
             JOIN exercises_occurrence o ON o.id = r.occurrence_id
             WHERE o.assignment_id = a AND r.author_id = c),
            (SELECT max(greatest(o.started_at, CASE WHEN o.state = 'skipped' AND o.skipped_by_id IS NULL
                                                    THEN o.due_at END))
             FROM exercises_occurrence o WHERE o.assignment_id = a AND o.client_id = c),
            (SELECT max(v.at) FROM clients_portalvisit v WHERE v.client_id = c),
            (SELECT max(s.ended_at) FROM exercises_reminderstop s WHERE s.assignment_id = a AND s.client_id = c),
            %(from)s::timestamptz
        ) AS sign
    FROM unnest(%(assignments)s::uuid[], %(people)s::uuid[]) AS pairs (a, c)
) p
LEFT JOIN (practice_message m JOIN exercises_occurrence o ON o.id = m.about_id)
    ON m.person_id = p.client_id AND o.assignment_id = p.assignment_id AND m.handed_off_at > p.sign
    AND m.kind = 'reminder' AND m.channel <> 'portal' AND m.state IN ('accepted', 'delivered')
GROUP BY 1, 2, 3
"""


class Reading:
    """One reading for some reminders of the bound practice."""

    def __init__(self, messages: Sequence[Message], now: datetime.datetime) -> None:
        self.messages, self.now = messages, now
        self.assignment_of = dict(
            Occurrence.objects.filter(pk__in={one.about_id for one in messages}).values_list("pk", "assignment_id")
        )
        there = [one for one in messages if one.about_id in self.assignment_of]
        self.couples = lock_couples(one.couple_id for one in there)
        self.assignments = self._lock_assignments()
        self.rounds = self._lock_rounds()
        self.people = People(there, now, reach.Topic.REMINDERS)
        self.partners = partners_in(self.couples.keys())
        self.usual_steps = frozenset(usual_steps()) if there else frozenset()
        self.answered = self._answered()
        self.newest_due = self._newest_due()
        self.signs = signs({(self.assignment_of[one.about_id], one.person_id) for one in there}, now)

    def _lock_assignments(self) -> dict[uuid.UUID, Assignment]:
        rows = Assignment.objects.filter(pk__in=set(self.assignment_of.values())).order_by("pk")
        rows = rows.select_for_update(no_key=True, skip_locked=True, of=("self",))
        return {one.pk: one for one in rows.only("withdrawn_at", "remind", "reminder_steps")}

    def _lock_rounds(self) -> dict[uuid.UUID, Occurrence]:
        # The strong lock: whoever writes a response points to this row, and waits, or we see what they wrote.
        rows = Occurrence.objects.filter(pk__in=self.assignment_of).order_by("pk")
        rows = rows.select_for_update(skip_locked=True, of=("self",))
        columns = ("assignment_id", "client_id", "couple_id", "audience", "state", "opens_at", "due_at", "closes_at")
        return {one.pk: one for one in rows.only(*columns)}

    def _answered(self) -> set[Pair]:
        people = {one.person_id for one in self.messages}
        sent = Response.objects.filter(occurrence_id__in=self.rounds.keys(), author_id__in=people)
        return set(sent.values_list("occurrence_id", "author_id"))

    def _newest_due(self) -> dict[tuple[uuid.UUID, uuid.UUID | None], datetime.datetime]:
        first = min((one.due_at for one in self.rounds.values()), default=self.now)
        due = Occurrence.objects.filter(
            assignment_id__in=self.assignments.keys(), due_at__gte=first, due_at__lte=self.now
        ).exclude(state__in=(State.WITHDRAWN, State.PAUSED))
        rows = due.order_by().values_list("assignment_id", "client_id").annotate(Max("due_at"))
        return {(assignment, client): newest for assignment, client, newest in rows}

    def place_of(self, message: Message) -> Where:
        """Return what a stop would be about: couple, assignment and person."""
        one = self.rounds[message.about_id]
        return one.couple_id, one.assignment_id, message.person_id

    def facts(self, message: Message) -> Facts:
        """Return what is true of one of the messages."""
        planned_for = message.planned_for or message.due_at
        assignment_id = self.assignment_of.get(message.about_id)
        if assignment_id is None:
            return Facts(planned_for, message.fresh_until, is_there=False)
        one = self.rounds.get(message.about_id)
        assignment = self.assignments.get(assignment_id)
        if one is None or assignment is None or one.couple_id not in self.couples:
            return Facts(planned_for, message.fresh_until, busy=True)
        if self.people.are_busy(message.person_id):
            return Facts(planned_for, message.fresh_until, busy=True)
        stopped, since, rounds = self.signs[assignment_id, message.person_id]
        return Facts(
            planned_for=planned_for,
            fresh_until=message.fresh_until,
            step=message.step or Step.DUE,
            couple_status=self.couples[one.couple_id],
            in_couple=(one.couple_id, message.person_id) in self.partners,
            withdrawn=assignment.withdrawn_at is not None,
            steps=steps_of(assignment, self.usual_steps),
            state=one.state,
            opens_at=one.opens_at,
            closes_at=one.closes_at,
            is_asked=message.person_id in one.audience,
            has_answered=(one.pk, message.person_id) in self.answered,
            newer_is_due=self.newest_due.get((assignment_id, one.client_id), one.due_at) > one.due_at,
            last_of_assignment_at=self.people.last_about(message, assignment_id),
            is_stopped=stopped,
            ignored_since=since,
            ignored_rounds=rounds,
            person=self.people.of(message),
        )


def usual_steps() -> list[str]:
    """Return what the bound practice's assignments do that say nothing else."""
    practice = Practice.objects.filter(pk=tenancy.current_practice_id())
    return list(practice.values_list("reminder_steps", flat=True).get())


def steps_of(assignment: Assignment, usual: Iterable[str]) -> frozenset[str]:
    """Return when somebody is reminded of an assignment; nothing means never."""
    if not assignment.remind:
        return frozenset()
    return frozenset(usual if assignment.reminder_steps is None else assignment.reminder_steps)


def signs(pairs: Collection[Pair], now: datetime.datetime) -> dict[Pair, tuple[bool, datetime.datetime | None, int]]:
    """Return for each assignment and person: whether reminders are stopped, since when and how often unanswered."""
    ordered = sorted(pairs)
    given: dict[str, Any] = {
        "assignments": [assignment for assignment, _person in ordered],
        "people": [person for _assignment, person in ordered],
        "from": now - IGNORED_IN,
    }
    with connection.cursor() as cursor:
        cursor.execute(SIGNS, given)
        rows = cursor.fetchall()
    return {(assignment, person): (stopped, since, rounds) for assignment, person, stopped, since, rounds in rows}
