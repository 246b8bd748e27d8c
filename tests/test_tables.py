"""Every table × every role, reading and writing, as PostgreSQL itself answers.

Both practices of the world are full, and the same statements are tried against one's own rows and the neighbour's:
what is refused is refused because of whose it is.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from exercises.loading import load_catalogue_into_database
from exercises.models import Exercise, Shelf, ShelfEntry
from practice import registry, roles, tenancy, whole_export, whole_import
from practice.models import SendingHold
from practice.registry import Reads, Record, Scope
from practice.vault import SealedTextField
from practice.walls import foreign_keys_inside_practice
from reports.models import Alert
from tests import databases
from tests.attempts import attempt
from tests.databases import CATALOGUE, superuser
from tests.factories import acting_as, inside
from tests.rows import changed, rows_of_all_tables
from tests.world import CANARY, House, World
from tests.world_rest import fill

RECORDS = [record for record in registry.all_records() if record.is_walled]
#: One of each role that a request or a job takes on.
ACTORS = ("owner", "therapist", "coordinator", "mara", "attune itself")
#: No right on the table, or a policy says no.
REFUSED = "42501"
#: It points at nothing that the asker could see.
UNKNOWN = "23503"
#: Rows of the catalogue are everybody's, and those of a practice its own.
LIBRARY = ("exercises.Exercise", "exercises.Edition", "exercises.Program")


def table_of(record: Record) -> str:
    return record.class_._meta.db_table


def practice_column(record: Record) -> str:
    return "id" if record.model == "practice.Practice" else "practice_id"


@pytest.fixture(scope="module")
def full(world: World, django_db_blocker) -> World:
    with django_db_blocker.unblock():
        fill(world.home)
        fill(world.far)
        connection.close()
    return world


@pytest.fixture(scope="module")
def above(full: World, django_db_blocker) -> Iterator[psycopg.Connection]:
    """A connection above all walls, to learn what there is."""
    with django_db_blocker.unblock(), superuser(connection.settings_dict["NAME"]) as server:
        yield server


@contextlib.contextmanager
def acting(house: House, who: str) -> Iterator[None]:
    with tenancy.acting(tenancy.as_system(house.practice.pk)) if who == ACTORS[-1] else acting_as(house[who]):
        yield


def text_of(value: Any) -> str:
    """Return a value as SQL writes text."""
    return "'" + str(value).replace("'", "''") + "'"


def a_row(above: psycopg.Connection, record: Record, house: House, where: str = "true") -> tuple[Any, str]:
    """Return the id of one row of a practice, and the row as JSON with an id that is new."""
    table, column = table_of(record), practice_column(record)
    found = above.execute(
        f"SELECT id, to_jsonb(t) FROM {table} t WHERE {column} = %s AND {where} LIMIT 1",  # type: ignore[arg-type]
        [house.practice.pk],
    ).fetchone()
    assert found is not None, f"the world has no row in {table}"
    new = uuid.uuid4() if isinstance(found[0], uuid.UUID) else 2**40
    return found[0], json.dumps(found[1] | {"id": str(new)})


# ── other practices ──────────────────────────────────────────────────────────


def everything(table: str, column: str, practice: Any, row: Any, new: str) -> dict[str, str]:
    """What can be tried with the rows of a practice."""
    mine = f"{column} = {text_of(practice)}"
    copied = f"SELECT * FROM jsonb_populate_record(NULL::{table}, {text_of(new)}::jsonb)"
    old = f'SELECT * FROM jsonb_populate_record(NULL::{table}, {text_of(new)}::jsonb || \'{{"id": "{row}"}}\')'
    return {
        "select": f"SELECT 1 FROM {table} WHERE {mine}",
        "update": f"UPDATE {table} SET {column} = {column} WHERE {mine}",
        "delete": f"DELETE FROM {table} WHERE id = {text_of(row)}",
        "insert": f"INSERT INTO {table} {copied}",
        "upsert": f"INSERT INTO {table} {old} ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column}",
        "move here": f"UPDATE {table} SET {column} = current_setting('app.practice')::uuid WHERE {mine}",
        "move there": f"UPDATE {table} SET {column} = {text_of(practice)} "
        f"WHERE {column} = current_setting('app.practice')::uuid",
    }


@pytest.mark.parametrize("who", ACTORS)
def test_b4_nobody_reads_or_touches_a_row_of_another_practice(full, above, committed, who):
    tried = {}
    before = rows_of_all_tables(superuser)
    with acting(full.home, who):
        for record in RECORDS:
            table, column = table_of(record), practice_column(record)
            them = everything(table, column, full.far.practice.pk, *a_row(above, record, full.far))
            for name, came in zip(them, attempt(list(them.values())), strict=True):
                refused = came.startswith((REFUSED, UNKNOWN)) or (came == "0" and name not in ("insert", "upsert"))
                if not refused:
                    tried[record.model, name] = came
    assert tried == {}
    assert changed(before, rows_of_all_tables(superuser)) == {}


def test_b4_the_same_statements_find_ones_own_rows(full, above, committed):
    """The matrix has teeth: what it tries is right but for whose it is."""
    found = {}
    with acting(full.home, "attune itself"):
        for record in RECORDS:
            them = everything(
                table_of(record), practice_column(record), full.home.practice.pk, *a_row(above, record, full.home)
            )
            found[record.model] = attempt([them["select"]])[0]
        transaction.set_rollback(True)
    assert {model: came for model, came in found.items() if not int(came.split()[0]) > 0 or came.startswith("42")} == {
        "exercises.Draft": found["exercises.Draft"]
    }
    assert found["exercises.Draft"].startswith(REFUSED), "nobody but its author reads what was not sent"


@pytest.mark.parametrize("who", ACTORS)
def test_b4_the_orm_finds_nothing_of_another_practice_either(full, above, committed, who):
    """By its lowest manager, without the filter that the ordinary one adds."""
    touched = {}
    for record in RECORDS:
        pk, _new = a_row(above, record, full.far)
        rows = record.class_._base_manager.filter(pk=pk)
        with acting(full.home, who):
            for name, act in (("read", rows.count), ("write", lambda rows=rows: rows._raw_delete("default"))):
                try:
                    with transaction.atomic():
                        n = act()
                except Exception as error:
                    n = 0 if "permission denied" in str(error) else str(error)
                if n:
                    touched[record.model, name] = n
    assert touched == {}


# ── what points at what ──────────────────────────────────────────────────────


def pointers(record: Record) -> list[tuple[str, Record]]:
    """The columns of a table that point at a row of a practice, and at which table."""
    known = {one.model: one for one in RECORDS}
    library = [
        one
        for one in record.class_._meta.local_fields
        if one.is_relation
        and one.related_model._meta.label in ("exercises.Exercise", "exercises.Edition", "exercises.Program")
    ]
    found = {one.column: one for one in [*foreign_keys_inside_practice(record.class_), *library]}
    return [(column, known[one.related_model._meta.label]) for column, one in found.items()]


#: Other columns of the same row forbid these, before anybody asks where they point.
EITHER_OR = {
    ("reports.Alert", "entry_id"),
    ("reports.StandingOrder", "partner_id"),
    ("practice.TwoPersonAct", "decided_by_id"),
    ("clients.LegalHold", "couple_id"),
}


def test_b5_pointing_at_a_foreign_row_fails_like_pointing_at_nothing(full, above, committed):
    came = {}
    with acting(full.home, "attune itself"):
        for record in RECORDS:
            for column, target in pointers(record):
                if (record.model, column) not in EITHER_OR:
                    came[record.model, column] = point(above, full, record, column, target)
        transaction.set_rollback(True)
    assert len(came) > 100
    never = {key for key, both in came.items() if both[0].startswith("P0001")}
    proofs = {("clients.Erasure", name) for name in ("client_id", "asked_by_id", "confirmed_by_id")}
    assert never == {("exercises.Edition", "exercise_id"), *proofs}, "which never change at all"
    known = {key: both for key, both in came.items() if key not in never and not both[0].startswith(UNKNOWN)}
    assert known == {}
    assert {key: both for key, both in came.items() if both[0] != both[1]} == {}


def point(above: psycopg.Connection, full: World, record: Record, column: str, target: Record) -> tuple[str, str]:
    """Point one of our rows at a row of the neighbour's, and at nothing."""
    table = table_of(record)
    try:
        own, _new = a_row(above, record, full.home, f"{column} IS NOT NULL")
    except AssertionError:
        own, _new = a_row(above, record, full.home)
    theirs, _new = a_row(above, target, full.far)
    moves = [
        f"UPDATE {table} SET {column} = {text_of(one)} WHERE id = {text_of(own)}; SET CONSTRAINTS ALL IMMEDIATE"
        for one in (theirs, uuid.uuid4())
    ]
    found = attempt(moves)
    if found[0].startswith(REFUSED):  # not even Attune changes such rows: the key itself is asked
        found = [_from_above(above, move) for move in moves]
    return found[0], found[1]


def _from_above(above: psycopg.Connection, moves: str) -> str:
    try:
        with above.transaction():
            for move in moves.split("; "):
                above.execute(move)  # type: ignore[call-overload]
            raise psycopg.Rollback
    except psycopg.Error as error:
        said = error.diag
        return re.sub(r"[0-9a-f-]{36}", "…", f"{said.sqlstate} {said.message_primary}")
    return "taken"


def test_b6_what_is_unique_is_unique_within_a_practice(above):
    """Nobody learns from a collision what the neighbour has. Ids are random; a practice's name in links is public."""
    loose = above.execute(
        """SELECT c.relname, x.relname FROM pg_index i
             JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
             LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
            WHERE i.indisunique AND NOT i.indisprimary AND c.relname = ANY(%s)
              AND a.attname IS DISTINCT FROM 'practice_id'""",
        [[table_of(record) for record in RECORDS]],
    ).fetchall()
    assert {name for _table, name in loose} == {"practice_practice_slug_key"}


# ── nobody is bound ──────────────────────────────────────────────────────────


@pytest.mark.parametrize("used", [False, True], ids=["a fresh connection", "one that was used before"])
def test_b3_without_a_practice_no_role_finds_a_row_and_nothing_breaks(full, above, used):
    """A role that nobody bound to a practice reads nothing; the login role itself may not even ask."""
    with psycopg.connect(**_as_login(), autocommit=True) as fresh:
        fresh.execute("SELECT 1")
        if used:
            _use(fresh, full.far)
        for role in roles.ACTING:
            if role != roles.DISPATCH:
                found = {table: came for table, came in _all_rows(fresh, role).items() if came not in (0, REFUSED)}
                assert found == {}, role
        alone = _all_rows(fresh, None)
    asked = {"practice_membership", "practice_providerlink", "clients_client"}
    assert {table for table, came in alone.items() if came != REFUSED} == asked
    assert not any(came for came in alone.values() if came != REFUSED), "nor does it find anybody"


def _as_login() -> dict[str, Any]:
    params = connection.get_connection_params()
    return {
        "host": params["host"],
        "port": params["port"],
        "user": roles.LOGIN,
        "dbname": connection.settings_dict["NAME"],
    }


def _use(server: psycopg.Connection, house: House) -> None:
    """Serve a request of a practice on this connection."""
    with server.transaction():
        server.execute("SELECT set_config('app.practice', %s, true)", [str(house.practice.pk)])
        server.execute(f"SET LOCAL ROLE {roles.COORDINATOR}")  # type: ignore[arg-type]
        row = server.execute("SELECT count(*) FROM clients_couple").fetchone()
        assert row is not None
        assert row[0] > 0


def _all_rows(server: psycopg.Connection, role: str | None) -> dict[str, int | str]:
    found: dict[str, int | str] = {}
    for record in RECORDS:
        if record.model in LIBRARY:
            continue  # the catalogue is everybody's
        try:
            with server.transaction():
                if role:
                    server.execute(f"SET LOCAL ROLE {role}")  # type: ignore[arg-type]
                row = server.execute(f"SELECT count(*) FROM {table_of(record)}").fetchone()  # type: ignore[arg-type]
                found[table_of(record)] = row[0] if row else 0
        except psycopg.errors.InsufficientPrivilege:
            found[table_of(record)] = REFUSED
    return found


# ── inside one practice: who reads which row ─────────────────────────────────

#: What Mara, Theo and those who have nothing to do with them read of each other.
CLIENTS = ("mara", "theo", "stranger", "former")


def wanted_of(record: Record, house: House, who: str) -> str:
    """The condition for the rows that a client reads, as the registry has it."""
    person, couples = text_of(house[who].pk), _couples_of(house, who)
    own = f"{_column(record)} = {person}" if record.person and "__" not in record.person else "false"
    within = f"couple_id = ANY({couples})" if "couple_id" in _columns(record) else "false"
    opened = "opens_at <= now()" if "opens_at" in _columns(record) else within
    named = f"{person} = ANY(readers) AND {opened} AND ({own} OR {within})" if "readers" in _columns(record) else ""
    return {
        Reads.ROW: f"{own} OR ({named})",
        Reads.READERS: named,
        Reads.AUDIENCE: _for_audience(record, person, couples),
        Reads.COUPLE: _of_couple(record, couples, own),
        Reads.PRIVATE: own,
        Reads.OWN: own,
    }.get(record.lane, "false")


def _for_audience(record: Record, person: str, couples: str) -> str:
    everybody = f"(audience = '{{}}' AND couple_id = ANY({couples}))"
    return f"{person} = ANY(audience) OR {everybody}" if "audience" in _columns(record) else "false"


def _column(record: Record) -> str:
    return record.class_._meta.get_field(record.person).column


def _columns(record: Record) -> set[str]:
    return {one.column for one in record.class_._meta.concrete_fields}


def _couples_of(house: House, who: str) -> str:
    couples = {"mara": [house.couple.pk], "theo": [house.couple.pk], "stranger": [house.other.pk]}.get(who, [])
    return "ARRAY[" + ", ".join(text_of(one) for one in couples) + "]::uuid[]"


def _of_couple(record: Record, couples: str, own: str) -> str:
    if record.model == "clients.Couple":
        return f"id = ANY({couples})"
    if record.model == "clients.Client":
        return f"{own} OR id IN (SELECT client_id FROM clients_partner WHERE couple_id = ANY({couples}))"
    return f"couple_id = ANY({couples})"


@pytest.mark.parametrize("who", CLIENTS)
def test_b16_a_client_reads_the_rows_that_the_registry_says_and_no_other(full, above, committed, who):
    house, wrong, seen = full.home, {}, 0
    for record in RECORDS:
        if record.scope == Scope.PRACTICE:
            continue
        table = table_of(record)
        wanted = above.execute(
            f"SELECT id FROM {table} WHERE practice_id = %s AND ({wanted_of(record, house, who)})",  # type: ignore[arg-type]
            [house.practice.pk],
        ).fetchall()
        with acting_as(house[who]):
            there = _ids(table)
        if there != {str(one) for (one,) in wanted}:
            wrong[record.model] = (len(wanted), len(there))
        seen += len(there)
    assert wrong == {}
    assert seen > (60 if who in ("mara", "theo") else 3)


def _ids(table: str) -> set[str]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT id::text FROM {table}")
            return {one for (one,) in cursor.fetchall()}
    except ProgrammingError:  # no right on the table, or on this column
        return set()


# ── every word of the world can be told apart ────────────────────────────────

#: Sealed, though nobody wrote it in words.
NOT_WORDS = {
    "clients.Contact.phone",
    "clients.AddressProof.address",
    "clients.PushDevice.subscription",
    "exercises.Attachment.name",  # of what was uploaded its kind is kept, not what its file was called
    "reports.Report.pdf",  # read as paper by the tests of what leaves the house
}


def words_of(record: Record, house: House) -> Iterator[tuple[str, str]]:
    """Every sealed text of a table, opened, by its column."""
    fields = [one for one in record.class_._meta.concrete_fields if isinstance(one, SealedTextField)]
    if not fields:
        return
    who = "mara" if record.lane == Reads.OWN else "attune itself"
    with acting(house, who):
        for row in record.class_._base_manager.filter(practice_id=house.practice.pk):
            yield from ((one.name, str(getattr(row, one.attname))) for one in fields)


def test_b10_every_sealed_column_holds_a_word_that_is_nowhere_else(full, committed):
    """Or else the walk through all pages would not notice it when it strays."""
    silent = set()
    for record in RECORDS:
        told: dict[str, bool] = {}
        for name, text in words_of(record, full.home):
            told[name] = told.get(name, False) or bool(CANARY.search(text))
        silent |= {f"{record.model}.{name}" for name, found in told.items() if not found}
    assert silent == NOT_WORDS


# ── all of it, out and in again ──────────────────────────────────────────────


@pytest.fixture(scope="module")
def written(full: World, django_db_blocker) -> bytes:
    """The home practice's whole export, as the ZIP inside the sealed file; two things of it are the catalogue's."""
    file = io.BytesIO()
    with django_db_blocker.unblock():
        with inside(full.home.practice):
            kept, gone = Exercise.objects.filter(practice=None).order_by("slug")[:2]
            ShelfEntry.objects.create(shelf=Shelf.objects.first(), exercise=kept)
            Exercise.objects.filter(pk=full.home.things["open"].exercise_id).update(adapted_from=gone.newest)
        with tenancy.acting(tenancy.as_system(full.home.practice.pk), one_moment=True):
            whole_export.write(full.home.practice.pk, "Zq House", file, timezone.now())
        connection.close()
    return file.getvalue()


def looked_into(written: bytes) -> whole_import.Export:
    return whole_import.look_into(io.BytesIO(written))


def test_every_row_leaves_but_those_of_which_it_is_said_why_they_stay(full, above, written, committed):
    files = looked_into(written).manifest["files"]
    wrong = {}
    for record in whole_export.exported():
        stays = ["lane = 'own'"] if record.stays_with_author else []
        stays += ["state IN ('planned', 'claimed', 'handing_off')"] if record.left_behind is not None else []
        where = f"NOT ({' OR '.join(stays) or 'false'})"
        came, there = files[whole_export.file_of(record)]["rows"], _count(above, record, full.home, where)
        if came != there or not there:
            wrong[record.model] = (came, there)
    assert wrong == {}, "every table, none of them empty"


def _count(above: psycopg.Connection, record: Record, house: House, where: str) -> int:
    found = above.execute(
        f"SELECT count(*) FROM {table_of(record)} WHERE {practice_column(record)} = %s AND {where}",  # type: ignore[arg-type]
        [house.practice.pk],
    ).fetchone()
    assert found is not None
    return found[0]


#: Nobody of the practice meets these on a page; whoever comes over signs in by them.
ADDRESSES = re.compile("zqhomexmail[a-z]+qz")


def test_b10_an_export_holds_what_staff_read_and_nothing_that_its_author_keeps_or_that_is_anothers(full, written):
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        met = {word for name in archive.namelist() for word in CANARY.findall(archive.read(name).decode())}
    own = {word for word, may in full.home.canaries.items() if may and not may & {"owner", "supervisor", "therapist"}}
    kept = {word for word in own if not ADDRESSES.fullmatch(word)}
    assert {full.home.word_of("draftmara"), full.home.word_of("ownmara"), full.home.word_of("ownpage")} <= kept
    assert met & kept == set()
    assert met & set(full.far.canaries) == set()
    for known in ("alertnote", "secondwhy", "pausereason"):
        assert full.home.word_of(known) in met, "what is sealed here is open there"


def test_it_comes_into_an_empty_installation_as_what_it_was(full, written, committed):
    export = looked_into(written)
    with databases.another() as there:
        gone = _another_catalogue(there)
        before = _catalogue(there)
        name, change = MADE_UP["a row that others point at is not there"]
        with pytest.raises(whole_import.Refused):
            whole_import.take_in(looked_into(rewritten(written, name, change, sums=True)))
        assert _catalogue(there) == before, "what was added for an export that is refused goes again"
        taken = whole_import.take_in(export)
        assert whole_import.compare(export) == []
        assert taken.rows == {
            record.model: export.manifest["files"][whole_export.file_of(record)]["rows"]
            for record in whole_export.exported()
            if not record.only_read
        }
        assert taken.catalogue == 2
        with inside(full.home.practice):
            hold = SendingHold.objects.get(released_at=None)
            assert hold.because == SendingHold.Because.IMPORTED, "nothing is sent from there so far"
        added = there.execute(
            """SELECT x.retired_at IS NOT NULL, x.newest_id = e.id FROM exercises_exercise x
                 JOIN exercises_edition e ON e.exercise_id = x.id WHERE x.slug = %s AND x.practice_id IS NULL""",
            [gone],
        ).fetchall()
        assert added == [(True, True)], "nobody is offered what the catalogue there does not have"
        _it_is_walled_and_sealed_there(full.home, there)
        with pytest.raises(whole_import.Refused, match="already"):
            whole_import.take_in(export)


def _catalogue(above: psycopg.Connection) -> list[int]:
    """How many exercises, editions and programs the catalogue has."""
    tables = ("exercises_exercise", "exercises_edition", "exercises_program")
    return [
        above.execute(f"SELECT count(*) FROM {one} WHERE practice_id IS NULL").fetchone()[0]  # type: ignore[arg-type,index]
        for one in tables
    ]


def _another_catalogue(above: psycopg.Connection) -> str:
    """The same exercises under other ids, and one that was never there; return its name."""
    above.execute("SET session_replication_role = replica")
    found = above.execute("SELECT slug FROM exercises_exercise ORDER BY slug LIMIT 1 OFFSET 1").fetchone()
    assert found is not None
    above.execute(
        "DELETE FROM exercises_edition WHERE exercise_id = (SELECT id FROM exercises_exercise WHERE slug = %s)", found
    )
    above.execute("DELETE FROM exercises_exercise WHERE slug = %s", found)
    for table, columns in {
        "edition": ("id", "exercise_id"),
        "exercise": ("id", "newest_id"),
        "program": ("id",),
    }.items():
        said = ", ".join(f"{one} = md5({one}::text)::uuid" for one in columns)
        above.execute(f"UPDATE exercises_{table} SET {said}")  # type: ignore[arg-type]
    above.execute("SET session_replication_role = DEFAULT")
    return found[0]


def _it_is_walled_and_sealed_there(house: House, above: psycopg.Connection) -> None:
    """Everybody reads there what they read here, under keys of that place; the trail begins with the import."""
    with acting_as(house["therapist"]):
        notes = [one.note for one in Alert.objects.filter(couple=house.couple)]
    assert any(house.word_of("alertnote") in note for note in notes)
    with acting_as(house["colleague"]):
        assert not Alert.objects.filter(couple=house.couple).exists()
    with connection.cursor() as cursor, pytest.raises(ProgrammingError):
        cursor.execute("SELECT FROM reports_alert")
    assert above.execute("SELECT count(*) FROM reports_alert WHERE position('zq'::bytea in note) > 0").fetchone() == (
        0,
    )
    assert above.execute("SELECT DISTINCT request, act FROM practice_auditevent ORDER BY act").fetchall() == [
        ("import", "insert")
    ]
    assert above.execute("SELECT count(*) FROM practice_user WHERE password NOT LIKE '!%'").fetchone() == (0,)


def test_b127_the_next_release_numbers_past_an_edition_that_an_import_brought(committed):
    with databases.another() as there:
        there.execute("SET session_replication_role = replica")
        exercise, number = there.execute(
            """SELECT x.id, e.number FROM exercises_exercise x JOIN exercises_edition e ON e.id = x.newest_id
                WHERE x.practice_id IS NULL AND x.retired_at IS NULL ORDER BY x.slug LIMIT 1"""
        ).fetchone()  # type: ignore[misc]
        there.execute(
            """INSERT INTO exercises_edition SELECT (jsonb_populate_record(e, jsonb_build_object(
                   'id', md5(e.id::text)::uuid, 'number', e.number + 1, 'digest', 'of another release'))).*
                 FROM exercises_edition e WHERE e.exercise_id = %s AND e.number = %s""",
            [exercise, number],
        )
        there.execute("UPDATE exercises_edition SET digest = 'before' WHERE exercise_id = %s AND number = %s",
            [exercise, number])  # fmt: skip
        assert load_catalogue_into_database().renewed == 1
        newest = there.execute(
            "SELECT e.number FROM exercises_exercise x JOIN exercises_edition e ON e.id = x.newest_id WHERE x.id = %s",
            [exercise],
        ).fetchone()
        assert newest == (number + 2,)


def rewritten(written: bytes, name: str, change: Callable[[bytes], bytes], *, sums: bool) -> bytes:
    """Return the export with one file changed; with ``sums`` its list of contents says what is there then."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written)) as old, zipfile.ZipFile(file, "w") as new:
        bodies = {one: old.read(one) for one in old.namelist()}
        bodies[name] = change(bodies[name])
        said = json.loads(bodies["manifest.json"])
        if sums:
            lines = bodies[name].splitlines(keepends=True)
            said["files"][name] = vars(whole_export.Sum.of(iter(lines)))
            all_sums = {one: whole_export.Sum(**sum_) for one, sum_ in said["files"].items()}
            said["content"] = whole_export.content_digest(all_sums)
            bodies["manifest.json"] = json.dumps(said).encode()
        for one, body in bodies.items():
            new.writestr(one, body)
    return file.getvalue()


def without_last_line(body: bytes) -> bytes:
    return b"".join(body.splitlines(keepends=True)[:-1])


def test_a_file_that_was_changed_on_the_way_is_refused_before_anything_is_read(written):
    for name in ("data/exercises.Answer.jsonl", "data/accounts.jsonl", "data/practice.AuditEvent.jsonl"):
        with pytest.raises(whole_import.Refused, match=re.escape(name)):
            looked_into(rewritten(written, name, without_last_line, sums=False))
    with pytest.raises(whole_import.Refused):
        looked_into(rewritten(written, "manifest.json", lambda body: b"{}", sums=False))
    with pytest.raises(whole_import.Refused):
        looked_into(written[: len(written) // 2])


def test_an_export_of_another_release_is_refused_by_its_name(written, committed):
    export = looked_into(written)
    export.manifest["tables"]["clients.Client"].remove("pronouns")
    with pytest.raises(whole_import.Refused, match=r"another release.*clients 0"):
        whole_import.take_in(export)


@pytest.fixture(scope="module")
def empty(written, django_db_blocker) -> Iterator[dict[str, tuple[int, str]]]:
    """An empty installation, and what stands in its tables."""
    with django_db_blocker.unblock(), databases.another():
        yield rows_of_all_tables(superuser)


#: Of a whole that was made up anew: what is written, and in what words it is refused.
MADE_UP = {
    "a row that others point at is not there": ("data/clients.Client.jsonl", without_last_line),
    "a row that no table holds": ("data/clients.Client.jsonl", lambda body: body.replace(b'"name":', b'"title":', 1)),
    "an id that is none": ("data/clients.Reach.jsonl", lambda body: body.replace(b'"id":"', b'"id":"x', 1)),
    "a number that the database refuses": (
        "data/exercises.GoalRating.jsonl",
        lambda body: re.sub(rb'"value":\d+', b'"value":11', body),
    ),
    "the same row twice": ("data/clients.Couple.jsonl", lambda body: body + body.splitlines(keepends=True)[0]),
    "a lane that is its author's": (
        "data/exercises.Win.jsonl",
        lambda body: re.sub(rb'"lane":"\w+"', b'"lane":"own"', body, count=1),
    ),
}


@pytest.mark.parametrize("why", MADE_UP)
def test_b84_what_does_not_fit_is_refused(why, written, empty, committed):
    name, change = MADE_UP[why]
    with pytest.raises(whole_import.Refused):
        whole_import.take_in(looked_into(rewritten(written, name, change, sums=True)))


def test_b84_and_nothing_of_it_stays(empty, committed):
    assert changed(empty, rows_of_all_tables(superuser), apart_from=CATALOGUE) == {}
