"""`manage.py partition`: tables in parts are the tables they were, to whoever reads, writes, guards and backs up."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Index
from django.test import override_settings

from clients.models import Couple
from exercises import answering
from exercises.models import Answer, Occurrence, Response
from practice import partitions, roles, vault
from practice.backups import taking, walls
from practice.indexing import AddIndexBesideWork
from practice.models import AuditEvent, Membership, Practice
from reports.management.commands.partition import FASTEST
from tests import databases
from tests.exercises.given import EVERY_TYPE, give
from tests.factories import acting_as, inside, make_couple, make_member, make_practice, signed_in

ASKED = EVERY_TYPE
TYPED = {"near": ["7"], "good": ["Tea in the morning"], "talked": ["yes"]}


@dataclass
class Home:
    """A practice whose couple answered one thing, and was asked another."""

    practice: Practice
    therapist: Membership
    couple: Couple
    open: Occurrence


@dataclass
class Split:
    """Two practices whose tables were split, and what was there before."""

    above: psycopg.Connection
    homes: list[Home]
    guards: dict[str, str]
    rows: dict[str, int]
    said: str


def home() -> Home:
    practice = make_practice()
    therapist = make_member(practice)
    couple = make_couple(practice, therapist=therapist)
    done, open_ = (give(couple, therapist, "shared", ASKED)[0] for _ in range(2))
    with acting_as(couple.clients[0]):
        answering.submit(done, author=couple.clients[0], raw=TYPED)
    return Home(practice, therapist, couple, open_)


def counted(above: psycopg.Connection) -> dict[str, int]:
    return {table: above.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in FASTEST}


def partition(*options: str) -> str:
    out = io.StringIO()
    call_command("partition", *options, stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def split(django_db_setup: None, django_db_blocker) -> Iterator[Split]:
    vault.forget_keys()
    with override_settings(STAFF_NEED_SECOND_FACTOR=False), django_db_blocker.unblock(), databases.another() as above:
        homes = [home(), home()]
        guards, rows = walls.fingerprint(above.cursor()), counted(above)
        yield Split(above, homes, guards, rows, partition("--into", "4"))
        connection.close()
    vault.forget_keys()


@pytest.fixture(autouse=True)
def _work_there(split, django_db_blocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield
        connection.close()


def test_every_row_comes_along_and_each_practice_lies_in_one_part(split):
    assert all(rows > 0 for rows in split.rows.values())
    assert counted(split.above) == split.rows
    assert split.said.splitlines() == [f"{table}: {rows:,} rows in 4 parts." for table, rows in split.rows.items()]
    for table in FASTEST:
        lying = split.above.execute(f"SELECT count(DISTINCT tableoid) FROM {table} GROUP BY practice_id").fetchall()
        assert set(lying) == {(1,)}
        assert len(partitions.parts_of(table)) == 4


def test_they_are_guarded_as_before(split):
    assert walls.differences(split.guards, walls.fingerprint(split.above.cursor())) == []


def test_a_practice_sees_its_own_rows_and_no_other(split):
    first, second = split.homes
    for mine, other in ((first, second), (second, first)):
        with acting_as(mine.therapist):
            assert {one.practice_id for one in Response.objects.all()} == {mine.couple.practice_id}
            assert Answer.objects.filter(couple_id=other.couple.pk).count() == 0


@pytest.mark.parametrize("role", [roles.SYSTEM, roles.THERAPIST, roles.PORTAL, roles.BACKUP])
def test_nobody_reads_a_part_past_the_table(split, role):
    part = partitions.parts_of(FASTEST[0])[0]
    with split.above.transaction(force_rollback=True):
        split.above.execute(f"SET LOCAL ROLE {role}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            split.above.execute(f"SELECT FROM {part}")


def test_a_part_shows_nothing_even_to_somebody_who_was_let_in(split):
    parts = partitions.parts_of("exercises_response")
    with split.above.transaction(force_rollback=True):
        for part in parts:
            split.above.execute(f"GRANT USAGE ON SCHEMA {part.partition('.')[0]} TO {roles.SYSTEM}")
            split.above.execute(f"GRANT SELECT ON {part} TO {roles.SYSTEM}")
        split.above.execute(f"SET LOCAL ROLE {roles.SYSTEM}")
        assert [split.above.execute(f"SELECT count(*) FROM {part}").fetchone() for part in parts] == [(0,)] * 4


def test_a_query_under_the_walls_looks_into_one_part(split):
    with acting_as(split.homes[0].therapist):
        plan = Response.objects.filter(couple=split.homes[0].couple).explain(analyze=True)
    assert len(re.findall(r"Scan (?:using \w+ )?on ", plan)) == 1, plan


def test_what_is_sent_through_the_portal_is_kept_and_the_trail_names_the_table(split):
    one = split.homes[0]
    mara = one.couple.clients[0]
    with inside(one.practice):
        before = AuditEvent.objects.count()
    answer = signed_in(mara).post(f"/do/{one.open.pk}/send/", {"near": "6", "good": "Walking home", "talked": "yes"})
    assert answer.status_code == 302
    with inside(one.practice):
        assert Response.objects.filter(occurrence=one.open, author=mara).count() == 1
        written = set(AuditEvent.objects.order_by("pk")[before:].values_list("subject", flat=True))
    assert "exercises_response" in written
    assert not [subject for subject in written if partitions.PART in subject]
    assert signed_in(one.therapist).get(f"/desk/couples/{one.couple.pk}/").status_code == 200


def test_the_trail_is_not_rewritten_in_a_part_either(split):
    for part in partitions.parts_of("practice_auditevent"):
        with pytest.raises(psycopg.errors.RaiseException):
            split.above.execute(f"UPDATE {part} SET act = 'read'")


def test_the_trail_counts_on(split):
    [[newest]] = split.above.execute("SELECT max(id) FROM practice_auditevent").fetchall()
    one = split.homes[0]
    make_couple(one.practice, therapist=one.therapist)
    with inside(one.practice):
        assert AuditEvent.objects.order_by("-pk")[0].pk > newest


def test_a_row_still_points_at_rows_of_its_own_practice_alone(split):
    first, second = (one.couple for one in split.homes)
    [[response]] = split.above.execute(
        "SELECT id FROM exercises_response WHERE practice_id = %s LIMIT 1", [second.practice_id]
    ).fetchall()
    wrong = "UPDATE exercises_answer SET response_id = %s WHERE practice_id = %s"
    with split.above.transaction(force_rollback=True):
        split.above.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            split.above.execute(wrong, [response, first.practice_id])


def test_a_back_up_takes_each_row_once(split):
    tables = taking._tables(split.above.cursor())
    assert set(FASTEST) <= set(tables)
    assert not [table for table in tables if table.startswith(partitions.PART)]


def applied(operation: AddIndexBesideWork, *, back: bool) -> None:
    """Apply one operation of a migration as `migrate` does, or take it back."""
    before = MigrationLoader(connection).project_state()
    after = before.clone()
    operation.state_forwards("exercises", after)
    with roles.owner_connection(), connection.schema_editor(atomic=False) as editor:
        if back:
            operation.database_backwards("exercises", editor, after, before)
        else:
            operation.database_forwards("exercises", editor, before, after)


@pytest.mark.parametrize(("model", "times"), [("response", 5), ("occurrence", 1)], ids=["in parts", "whole"])
def test_a_migration_adds_an_index_beside_work_and_takes_it_back(split, model, times):
    there = "SELECT count(*) FILTER (WHERE indisvalid) FROM pg_index WHERE indexrelid::regclass::text ~ 'of_a_later'"
    index = AddIndexBesideWork(
        model, Index(fields=["practice", "edition" if times > 1 else "couple"], name="of_a_later")
    )
    applied(index, back=False)
    assert split.above.execute(there).fetchone() == (times,)
    applied(index, back=True)
    assert split.above.execute(there).fetchone() == (0,)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--into", "4"], "stands in parts already"),
        (["--into", "1"], "into 2 to 64 parts"),
        (["--into", "65"], "into 2 to 64 parts"),
        (["exercises_nothing", "--into", "4"], "no table exercises_nothing"),
        (["practice_user", "--into", "4"], "do not each belong to a practice"),
        (["exercises_edition", "--into", "4"], "do not each belong to a practice"),
        (["clients_couple", "--join"], "stands in one"),
    ],
)
def test_what_cannot_be_split_is_refused_with_the_reason(split, options, why):
    with pytest.raises(CommandError, match=why):
        partition(*options)


def test_the_application_itself_may_not_split(split):
    with pytest.raises(ProgrammingError):
        partitions.join(FASTEST[0])
    assert len(partitions.parts_of(FASTEST[0])) == 4


def test_they_come_together_again_as_they_were(split):
    before = counted(split.above)
    said = partition("--join")
    try:
        assert said.splitlines() == [f"{table}: {rows:,} rows in one table." for table, rows in before.items()]
        assert counted(split.above) == before
        assert walls.differences(split.guards, walls.fingerprint(split.above.cursor())) == []
        assert partitions.parts_of(FASTEST[0]) == []
        schemas = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'attune%'"
        assert split.above.execute(schemas).fetchone() == (0,)
        key = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'exercises_response_pkey'"
        assert split.above.execute(key).fetchone() == ("PRIMARY KEY (id)",)
    finally:
        partition("--into", "4")
