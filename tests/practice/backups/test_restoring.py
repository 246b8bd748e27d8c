"""From one PostgreSQL to another one: all of it comes over, nobody gets in before, and who was erased stays erased."""

from __future__ import annotations

import datetime
import io
import json
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.models import FileField
from django.test import override_settings
from django.utils import timezone

from exercises.models import Answer
from practice import delivery, destroying, keyring, outbox, roles, sealing, vault
from practice.backups import files, releasing, restoring, taking, walls
from practice.local import postgres, postgres_home
from practice.models import AuditEvent, Message
from practice.vault import SealBroken, SealedTextField
from tests.databases import nobody_else_writing, superuser
from tests.factories import inside
from tests.practice.carrying import Note, plan
from tests.world import CANARY, World

State = Message.State


@dataclass
class Elsewhere:
    """The second server, what is known of the first one, and what the restore said."""

    url: str
    folder: Path
    rows: dict[str, int]
    found: restoring.Restored
    said: str
    erased: uuid.UUID
    erased_by_log: uuid.UUID
    refused: list[str]
    rows_after_refusal: int

    def above(self) -> psycopg.Connection:
        name = connection.settings_dict["NAME"]
        return psycopg.connect(psycopg.conninfo.make_conninfo(self.url, dbname=name), autocommit=True)

    def as_application(self):
        """Connect there as web and workers do."""
        given = psycopg.conninfo.conninfo_to_dict(self.url)
        return roles.connected({"USER": roles.LOGIN, "HOST": given["host"], "PORT": str(given["port"])})


def backup(folder: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("backup", str(folder), *options, stdout=out)
    return out.getvalue()


def restore(*options: Any) -> str:
    out = io.StringIO()
    call_command("restore", *map(str, options), stdout=out)
    return out.getvalue()


def restore_whatever_is_wrong(*options: Any) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command("restore", *map(str, options), stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code or 0)
    return out.getvalue(), 0


def refusal(*options: Any) -> str:
    with pytest.raises(CommandError) as refused:
        restore(*options)
    return str(refused.value)


def with_a_wrong_row(path: Path) -> Path:
    """Return a file that opens and has all its rows, one of which is not what its own sum says."""
    private = files.read_private(settings.ATTUNE_RESTORE_KEY)
    key = files.key_for(files.header_of(path), private, keyring.known())
    wrong = path.parent / "wrong"
    with files.Writer(wrong, "data", files.header_of(path).moment, private.public_key()) as writer:
        for kind, content in files.frames(path, key):
            writer.frame(kind, content.replace(b"zqhomexpractice", b"zqhomexpractise"))
        writer.end()
        writer.finish()
    return wrong


def rows_of_database(url: str) -> int:
    with psycopg.connect(psycopg.conninfo.make_conninfo(url, dbname=connection.settings_dict["NAME"])) as there:
        names = [name for name, _columns in there.execute(taking.ALL_TABLES).fetchall() if name != "django_migrations"]
        mine = [name for name in names if not name.startswith(("django_", "auth_"))]
        return sum(there.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in mine)


def file_of(folder: Path, kind: str) -> Path:
    return sorted(folder.glob(f"*.{kind}"))[-1]


@pytest.fixture(scope="module")
def keys_of_backups() -> Iterator[None]:
    public, private = files.fresh_pair()
    with override_settings(ATTUNE_BACKUP_KEY=public, ATTUNE_RESTORE_KEY=private):
        yield


@pytest.fixture(scope="module")
def empty_server(tmp_path_factory) -> Iterator[str]:
    """The address of a PostgreSQL that has nothing of Attune, for its superuser."""
    state = tmp_path_factory.mktemp("elsewhere")
    address = postgres.ensure(state, durable=False)
    try:
        yield f"postgresql://postgres@/postgres?host={address.socket_dir}&port={address.port}"
    finally:
        postgres.erase(state)


def bring_tables(url: str, name: str) -> None:
    """Make the empty tables there as here: to migrate them takes far longer, and the rehearsals do that."""
    here = connection.get_connection_params()
    with psycopg.connect(url, autocommit=True) as server:
        for statement in roles.statements():
            server.execute(statement)  # type: ignore[call-overload]
        server.execute(f'CREATE DATABASE "{name}" OWNER {roles.OWNER}')
    programs = postgres_home.binaries(None)
    there = [programs / "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", psycopg.conninfo.make_conninfo(url, dbname=name)]
    source = [programs / "pg_dump", "-h", here["host"], "-p", str(here["port"]), "-U", "postgres", here["dbname"]]
    for part in (["--schema-only"], ["--data-only", "-t", "django_migrations"]):
        dumped = subprocess.run([*source, *part], capture_output=True, check=True).stdout
        subprocess.run(there, input=dumped, stdout=subprocess.DEVNULL, check=True)


def rows_here() -> dict[str, int]:
    """How many rows each table has, as seen from above."""
    with superuser(connection.settings_dict["NAME"]) as server:
        names = [name for name, _columns in server.execute(taking.ALL_TABLES).fetchall()]
        return {name: server.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


@pytest.fixture(scope="module")
def elsewhere(
    world: World, keys_of_backups: None, empty_server: str, tmp_path_factory, django_db_blocker
) -> Iterator[Elsewhere]:
    """A back-up at night, two people erased in the morning, a fire at noon; the machine that stands there after it."""
    folder = tmp_path_factory.mktemp("back-ups")
    theo, theirs = world.home["theo"].pk, world.far["mara"].pk
    with django_db_blocker.unblock():
        with nobody_else_writing():
            sealing.seal_all()
        backup(folder)
        rows = rows_here()
        with inside(world.home.practice):
            destroying.destroy_keys_of(theo, why="erasure")
        backup(folder, "--only-keys")
        log = tmp_path_factory.mktemp("log") / "log"
        at = (timezone.now() + datetime.timedelta(minutes=1)).astimezone(datetime.UTC).isoformat(timespec="seconds")
        own = f"ERASED-OWN practice={world.far.practice.pk} client={world.far['theo'].pk} at={at}"
        log.write_text(
            f"12:01 INFO x ERASED practice={world.far.practice.pk} client={theirs}\n12:02 WARNING nothing\n{own}\n"
        )
        bring_tables(empty_server, connection.settings_dict["NAME"])
        before = dict(connection.settings_dict)
        refused = [
            refusal(with_a_wrong_row(file_of(folder, "data")), "--keys", file_of(folder, "keys"), "--as", empty_server)
        ]
        refused.append(refusal("--release", "--as", empty_server))
        rows_after_refusal = rows_of_database(empty_server)
        words = [file_of(folder, "data"), "--keys", file_of(folder, "keys"), "--as", empty_server, "--erased", log]
        found: list[restoring.Restored] = []
        kept = restoring.restore
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(restoring, "restore", lambda *args, **more: found.append(kept(*args, **more)) or found[-1])
            said, ended = restore_whatever_is_wrong(*words)
        assert not ended, said
        assert connection.settings_dict == before, "the connection is as it was"
        vault.forget_keys()
        connection.close()
        yield Elsewhere(empty_server, folder, rows, found[0], said, theo, theirs, refused, rows_after_refusal)
        connection.close()


# ── all of it ────────────────────────────────────────────────────────────────


def test_b113_every_row_comes_over_guarded_as_before_and_the_trail_holds(elsewhere, world):
    assert elsewhere.found.wrong == []
    left_behind = set(taking.left_out())
    expected = {name: count for name, count in elsewhere.rows.items() if name not in left_behind}
    assert dict(elsewhere.found.rows) == expected
    assert sum(1 for count in expected.values() if count) > 50, "the world is not empty"
    assert "Erased again: 2" in elsewhere.said
    assert "Erased again of what they alone could read: 1." in elsewhere.said
    assert f"practice {world.home.practice.pk}: {world.home['owner'].name}, owner, since " in elsewhere.said
    with elsewhere.above() as there, superuser(connection.settings_dict["NAME"]) as here:
        assert walls.fingerprint(there.cursor()) == walls.fingerprint(here.cursor())
        assert there.execute("SELECT count(*) FROM practice_auditseal").fetchone()[0] > 0


def test_b113_a_restore_that_fails_leaves_nothing_and_is_not_released(elsewhere):
    assert "are not what was backed up" in elsewhere.refused[0]
    assert "did not end" in elsewhere.refused[1]
    assert elsewhere.rows_after_refusal <= 1, "the installation's secret at most, which migrations make"


def test_b113_new_rows_get_numbers_of_their_own_there(elsewhere):
    with elsewhere.above() as there:
        last, drawn = there.execute(
            "SELECT (SELECT max(id) FROM practice_auditevent), nextval('practice_auditevent_id_seq')"
        ).fetchone()
    assert drawn > last


def test_b113_a_back_up_holds_every_table_but_those_that_say_why_not(elsewhere):
    with superuser(connection.settings_dict["NAME"]) as server:
        there = {name for (name,) in server.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm') "
            "AND relpersistence <> 'u'"
        )}  # fmt: skip
    assert there == set(elsewhere.found.rows) | set(taking.left_out())
    assert set(taking.left_out()) == {
        "django_session",
        "clients_personcalendar",
        "clients_staffcalendar",
        "practice_doneonce",
        "practice_signin",
        "practice_accesstoken",
        "practice_webhookdelivery",
        "practice_archive",
        "practice_archivepiece",
        "django_migrations",
    }


def test_b113_files_that_people_uploaded_are_in_it_since_they_stand_in_tables():
    assert [field for model in apps.get_models() for field in model._meta.fields if isinstance(field, FileField)] == []


def test_b113_nobody_is_signed_in_there(elsewhere):
    with elsewhere.above() as there:
        assert there.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
        assert there.execute("SELECT count(*) FROM practice_signin").fetchone() == (0,)


def test_b113_what_is_not_empty_is_not_restored_over(elsewhere):
    data, keys = file_of(elsewhere.folder, "data"), file_of(elsewhere.folder, "keys")
    with pytest.raises(CommandError, match="is not empty"):
        restore(data, "--keys", keys, "--as", elsewhere.url)
    with elsewhere.above() as there:
        assert there.execute("SELECT count(*) FROM clients_client").fetchone()[0] > 0


def test_b113_files_are_checked_to_their_ends_without_a_database(elsewhere):
    said = restore("--check", file_of(elsewhere.folder, "data"), "--keys", file_of(elsewhere.folder, "keys"))
    assert said.count("whole.") == 2
    assert f"data of {elsewhere.found.data.made_at}, " in said


# ── erased again, and let in ─────────────────────────────────────────────────


def test_b114_whoever_was_erased_after_the_back_up_is_erased_there(elsewhere, world):
    with elsewhere.above() as there:
        whole = dict(
            there.execute(
                "SELECT client_id, count(*) FROM practice_datakey WHERE wrapped IS NOT NULL AND client_id IS NOT NULL "
                "GROUP BY 1"
            ).fetchall()
        )
        people = dict(there.execute("SELECT id, erased_at IS NOT NULL AND name !~ 'zq' FROM clients_client").fetchall())
        reached = {client for (client,) in there.execute("SELECT client_id FROM clients_contact WHERE email <> ''")}
    assert elsewhere.erased not in whole, "the newest keys know of it"
    assert elsewhere.erased_by_log not in whole, "the log knows of it"
    assert world.home["mara"].pk in whole
    assert [people[one] for one in (elsewhere.erased, elsewhere.erased_by_log, world.home["mara"].pk)] == [
        True,
        True,
        False,
    ]
    assert reached.isdisjoint({elsewhere.erased, elsewhere.erased_by_log})
    assert world.home["mara"].pk in reached


def test_b114_nobody_gets_in_and_nothing_is_sent_before_it_is_released(elsewhere, client, world):
    with elsewhere.as_application():
        with pytest.raises(OperationalError, match="permission denied for database"):
            delivery.deliver(seconds=1)
        connection.close()
        with pytest.raises(OperationalError, match="permission denied for database"):
            client.post("/account/login/code/", {"email": "mara@example.org"})
        connection.close()


def test_b114_released_it_sends_what_falls_due_from_now_on_and_shows_what_may_have_been_sent(
    elsewhere, world, monkeypatch, mailoutbox
):
    note = Note()
    monkeypatch.setitem(outbox._handlers, "note", note)
    practice = world.home.practice
    with restoring.as_operator(elsewhere.url):
        late, later = plan(practice), plan(practice, due=restoring.UNDER_WAY)
    said = restore("--release", "--as", elsewhere.url)
    assert "not known whether it arrived, not sent again: note: 1" in said
    with elsewhere.as_application():
        with inside(practice):
            assert Message.objects.get(pk=late.pk).state == State.UNKNOWN
            assert Message.objects.get(pk=late.pk).reason == releasing.REASON
            assert Message.objects.get(pk=later.pk).state == State.PLANNED
            assert AuditEvent.objects.filter(act="restored").count() == 1
            assert (
                not Message.objects.filter(state__in=releasing.NOT_LEFT, due_at__lte=late.due_at)
                .exclude(channel=Message.Channel.PORTAL)
                .exclude(kind__in=outbox.repeating_kinds())
                .exists()
            )
            Message.objects.filter(pk=later.pk).update(due_at=late.due_at)
        delivery.deliver(seconds=5)
        assert f"{later.person_id}@example.org" in [one.to[0] for one in mailoutbox]
        assert f"{late.person_id}@example.org" not in [one.to[0] for one in mailoutbox]
        _what_people_wrote_opens_there(elsewhere, world)
    with pytest.raises(CommandError, match="open already"):
        restore("--release", "--as", elsewhere.url)


def _what_people_wrote_opens_there(elsewhere: Elsewhere, world: World) -> None:
    """The rest is asked here, since a database is let in once."""
    with inside(world.home.practice):
        mara, theo = world.home["mara"].pk, elsewhere.erased
        assert [one.text for one in Answer.objects.filter(author_id=mara)], "all of hers open"
        assert not [one for one in Answer.objects.filter(author_id=theo) if one.__dict__["text"]]


# ── whoever finds a file ─────────────────────────────────────────────────────


def opened_rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Give every row of a file with both keys in hand: the table, and what stands in each column."""
    key = files.key_for(files.header_of(path), files.read_private(settings.ATTUNE_RESTORE_KEY), keyring.known())
    name, columns, text = "", [], b""
    for kind, content in files.frames(path, key):
        if kind == b"T":
            said = json.loads(content)
            name, columns, text = said["name"], said["columns"], b""
        elif kind == b"D":
            text += content
        elif kind == b"E":
            for line in text.decode().splitlines():
                yield name, dict(zip(columns, line.split("\t"), strict=True))


def as_bytes(cell: str) -> bytes:
    """Return what a binary column holds."""
    return bytes.fromhex(cell.removeprefix("\\\\x"))


def test_b115_the_data_without_its_keys_tells_what_the_operator_s_page_lists_and_nothing_else(elsewhere):
    """Both keys are known here, the restore key and the installation's: only the file of the keys is missing."""
    listed = (settings.BASE_DIR / "docs" / "back-ups.md").read_text()
    in_the_open: dict[str, set[str]] = {}
    for name, row in opened_rows(file_of(elsewhere.folder, "data")):
        assert name not in taking.tables_of_keys()
        for column, cell in row.items():
            content = as_bytes(cell).decode("latin-1") if cell.startswith("\\\\x") else cell
            if CANARY.search(content):
                in_the_open.setdefault(f"{name}.{column}", set()).update(CANARY.findall(content))
    assert in_the_open, "there are names, for one"
    missing = [place for place in sorted(in_the_open) if f"`{place}`" not in listed]
    assert not missing, " ".join(missing)
    sealed = {
        f"{model._meta.db_table}.{field.column}"
        for model in apps.get_models()
        for field in model._meta.fields
        if isinstance(field, SealedTextField)
    }
    assert sealed.isdisjoint(in_the_open)


def test_b115_what_is_sealed_in_it_opens_with_none_of_the_keys_at_hand(elsewhere):
    masters = [*keyring.known().values(), files.read_private(settings.ATTUNE_RESTORE_KEY).private_bytes_raw()]
    tried = 0
    for name, row in opened_rows(file_of(elsewhere.folder, "data")):
        for column, cell in row.items():
            if not cell.startswith("\\\\x") or len(cell) < 100:
                continue
            blob = as_bytes(cell)
            if blob[:1] not in (vault.OF_PLACE, vault.OF_LANE):
                continue
            tried += 1
            bound = f"{row.get('practice_id')}|{name}.{column}.{row.get('id')}"
            for key in masters:
                for words in (b"", bound.encode(), f"{bound}|{row.get('lane')}".encode()):
                    with pytest.raises(SealBroken):
                        keyring.decrypt(key, blob[17:], words)
    assert tried > 20


def test_b115_the_keys_alone_hold_no_word_of_anybody_s(elsewhere):
    rows = list(opened_rows(file_of(elsewhere.folder, "keys")))
    assert {name for name, _row in rows} <= taking.tables_of_keys()
    assert not [row for _name, row in rows if CANARY.search(" ".join(row.values()))]


# ── making one ───────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_b113_back_ups_are_made_by_a_role_that_reads_everything_and_changes_nothing():
    with psycopg.connect(**taking.connection_settings(), autocommit=True) as reader:
        assert reader.execute(
            "SELECT rolname, rolbypassrls, rolsuper FROM pg_roles WHERE rolname = user"
        ).fetchall() == [(roles.BACKUP, True, False)]
        assert reader.execute("SELECT count(*) FROM practice_practice").fetchone() is not None
        reader.execute("SET default_transaction_read_only = off")
        for words in (
            "UPDATE practice_practice SET name = ''",
            "DELETE FROM clients_client",
            "INSERT INTO attune_cache VALUES ('a', 'b', now())",
            "TRUNCATE django_session",
            "SET ROLE attune_system",
            "CREATE TABLE mine (id int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(words)


@pytest.mark.django_db(transaction=True)
def test_b113_a_table_that_it_may_not_read_stops_the_back_up(tmp_path, keys_of_backups):
    with superuser(connection.settings_dict["NAME"]) as server:
        server.execute("REVOKE SELECT ON clients_client FROM attune_backup")
        try:
            with pytest.raises(CommandError, match="may not read clients_client"):
                backup(tmp_path)
        finally:
            server.execute("GRANT SELECT ON clients_client TO attune_backup")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_b115_keys_go_where_they_are_told_to_and_never_beside_the_data(tmp_path, keys_of_backups):
    backup(tmp_path / "data", "--keys", str(tmp_path / "keys"))
    assert {one.suffix for one in (tmp_path / "data").iterdir()} == {".data"}
    assert {one.suffix for one in (tmp_path / "keys").iterdir()} == {".keys"}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_b113_without_a_key_there_is_no_back_up(tmp_path, settings):
    for wrong in ("", files.fresh_pair()[1], "attune-backup-short"):
        settings.ATTUNE_BACKUP_KEY = wrong
        with pytest.raises(CommandError, match="make_backup_key"):
            backup(tmp_path)


def test_b113_old_files_go_the_newest_of_a_kind_and_everything_else_stay(tmp_path):
    def named(day: int, kind: str) -> Path:
        path = tmp_path / f"attune-202611{day:02}T010203000000Z.{kind}"
        path.touch()
        return path

    old, day_before, newest = named(1, "data"), named(22, "data"), named(23, "data")
    old_keys, lone = named(10, "keys"), named(23, "keys")
    foreign = tmp_path / "attune-of-my-own.data"
    foreign.touch()
    gone = taking.prune(tmp_path, keep={"data": 7, "keys": 2})
    assert set(gone) == {old, old_keys}
    assert set(tmp_path.iterdir()) == {day_before, newest, lone, foreign}
    assert taking.prune(tmp_path, keep={"data": 0, "keys": 0}) == [day_before]


def test_b113_a_pair_of_keys_is_printed_for_the_environment():
    out = io.StringIO()
    call_command("make_backup_key", stdout=out)
    told = dict(line.split("=", 1) for line in out.getvalue().splitlines())
    private = files.read_private(told["ATTUNE_RESTORE_KEY"])
    assert files.name_of(private.public_key()) == files.name_of(files.read_public(told["ATTUNE_BACKUP_KEY"]))


# ── walls ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE clients_client NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY practice_wall ON clients_client",
        "ALTER POLICY practice_wall ON clients_client USING (true)",
        "GRANT DELETE ON clients_client TO attune_portal",
        "GRANT SELECT (name) ON clients_client TO attune_dispatch",
        "ALTER TABLE clients_client DISABLE TRIGGER audit",
        "ALTER TABLE clients_couple DROP CONSTRAINT clients_couple_key CASCADE",
        "ALTER FUNCTION attune_no_rewriting() SECURITY DEFINER",
    ],
)
@pytest.mark.django_db
def test_b113_a_wall_that_is_not_as_it_was_is_named(change):
    with superuser(connection.settings_dict["NAME"]) as server, server.transaction(force_rollback=True):
        before = walls.fingerprint(server.cursor())
        server.execute(change)  # type: ignore[call-overload]
        differ = walls.differences(before, walls.fingerprint(server.cursor()))
    assert differ
    assert all(word in " ".join(differ) for word in change.split()[2:3] if word.startswith("clients")), differ
    assert walls.differences(before, before) == []


def test_b113_brackets_and_casts_that_mean_nothing_are_no_difference():
    once = "CHECK ((((lane)::text <> ALL ((ARRAY['own'::character varying])::text[])) OR (cardinality(readers) = 1)))"
    again = "CHECK ((((lane)::text <> ALL (ARRAY[('own'::character varying)::text])) OR (cardinality(readers) = 1)))"
    assert walls.plain(once) == walls.plain(again)
    assert walls.plain("((a OR b) AND c)") != walls.plain("(a OR (b AND c))")
