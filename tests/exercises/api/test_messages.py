"""A program reads what became of reminders: kinds, channels and ends, and never a word."""

from __future__ import annotations

import pytest

from practice.models import AuditEvent
from tests.exercises.given_reminders import ask, give
from tests.exercises.test_reminder_ledger import went
from tests.factories import inside, make_couple, make_member
from tests.practice.api.callers import program_of

pytestmark = pytest.mark.django_db

QUERIES = 19


def at(couple, query: str = "") -> str:
    return f"/api/v1/couples/{couple.pk}/messages/{query}"


def alone(couple, client) -> str:
    return f"/api/v1/couples/{couple.pk}/partners/{client.pk}/private/messages/"


def test_each_message_says_how_it_ended(couple, therapist, mara, theo, practice):
    given = give(couple, therapist)
    hers, his = ask(given, mara), ask(given, theo)
    went(hers, mara, "delivered", channel="sms")
    went(his, theo, "skipped", reason="answered", begun_at=None, handed_off_at=None)
    went(his, theo, "bounced", step="follow_up", reason="550 <theo@example.org> unknown")
    program = program_of(therapist)
    answer = program.get(at(couple))
    bounced, skipped, arrived = answer.json()["results"]
    assert (arrived["arrived"], arrived["channel"], arrived["partner_id"]) == (True, "sms", str(mara.pk))
    assert arrived["left_at"] is not None
    assert (skipped["words"], skipped["why_not"], skipped["left_at"]) == ("not needed: answered", "answered", None)
    assert (bounced["state"], bounced["words"], bounced["assignment_id"]) == ("bounced", "came back", str(given.pk))
    assert b"theo@example.org" not in answer.content
    for query, count in (("?channel=sms", 1), (f"?partner={theo.pk}", 2), ("?state=bounced&state=skipped", 2), (f"?assignment={given.pk}", 3)):  # fmt: skip  # noqa: E501
        assert len(program.get(at(couple, query)).json()["results"]) == count, query
    with inside(practice):
        assert AuditEvent.objects.filter(act="opened", subject="clients_couple").count() == 5


def test_b8_what_one_has_alone_is_nowhere_in_the_couples_ledger(couple, therapist, mara, theo):
    program = program_of(therapist)
    went(ask(give(couple, therapist), mara), mara, "accepted")
    before = program.get(at(couple, "?limit=1")).content
    private = give(couple, therapist, lane="private", audience=[mara.pk])
    own = give(couple, therapist, lane="own", audience=[mara.pk], number=1)
    for one in (private, own):
        went(ask(one, mara), mara, "accepted")
    assert program.get(at(couple, "?limit=1")).content == before
    assert program.get(at(couple, f"?assignment={private.pk}")).json()["results"] == []
    hers = program.get(alone(couple, mara)).json()["results"]
    assert {one["assignment_id"] for one in hers} == {str(private.pk), str(own.pk)}
    assert program.get(alone(couple, theo)).json()["results"] == []


def test_b8_nobody_else_reads_it(couple, therapist, mara, practice, neighbour, owner, coordinator):
    went(ask(give(couple, therapist), mara), mara, "accepted")
    for who in (owner, coordinator, make_member(practice), make_member(neighbour)):
        for path in (at(couple), alone(couple, mara)):
            assert program_of(who).get(path).status_code == 404, (who.name, path)


def test_the_ledger_of_another_couple_is_not_mixed_in(couple, therapist, mara, practice):
    other = make_couple(practice, ("Una", "Vic"), therapist=therapist)
    went(ask(give(other, therapist), other.clients[0]), other.clients[0], "accepted")
    assert program_of(therapist).get(at(couple)).json()["results"] == []


def test_it_asks_the_database_as_often_for_many_as_for_one(couple, therapist, mara, django_assert_max_num_queries):
    program = program_of(therapist)
    given = give(couple, therapist)
    due = ask(given, mara)
    for n in range(4):
        went(due, mara, "accepted")
        with django_assert_max_num_queries(QUERIES):
            assert len(program.get(at(couple)).json()["results"]) == n + 1
