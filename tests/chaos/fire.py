"""The machine is gone: a new one is made from the files and the script alone, in production settings. And what of
pages is too long for every day: web workers that are killed, many at once.

Run by `make chaos`. It takes minutes, since it migrates empty databases from the first migration on; what can be tried
without that is in tests/practice/backups/.
"""

from __future__ import annotations

import base64
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from practice import destroying, keyring, roles, sealing
from practice.backups import files, walls
from practice.local import postgres
from tests.databases import superuser
from tests.deaths import ACTS, COUNTED, dying_before
from tests.factories import inside
from tests.rows import changed, rows_of_all_tables
from tests.world import World

NAME = "attune_elsewhere"
#: Longer than any step takes on a busy machine.
SECONDS = 900


@pytest.fixture
def server(tmp_path) -> Iterator[postgres.Address]:
    """A PostgreSQL that has nothing of Attune."""
    try:
        yield postgres.ensure(tmp_path / "elsewhere", durable=True)
    finally:
        postgres.erase(tmp_path / "elsewhere")


@pytest.fixture(scope="module")
def master(world: World, django_db_blocker) -> Iterator[str]:
    """A key that production takes, under which all of the world is: the one of tests can be guessed."""
    key = base64.urlsafe_b64encode(keyring.fresh()).decode()
    with override_settings(ATTUNE_MASTER_KEY=key, ATTUNE_MASTER_KEYS_ALSO=[settings.ATTUNE_MASTER_KEY]):
        with django_db_blocker.unblock():
            call_command("rotate_keys")
            connection.close()
        yield key


def address(user: str, where: postgres.Address, name: str) -> str:
    return f"postgresql://{user}@/{name}?host={where.socket_dir}&port={where.port}"


def environment(where: postgres.Address, name: str, master: str, pair: tuple[str, str]) -> dict[str, str]:
    """What a new machine is given."""
    return {
        "PATH": os.environ["PATH"],
        "ATTUNE_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ATTUNE_MASTER_KEY": master,
        "DATABASE_URL": address(roles.LOGIN, where, name),
        "DATABASE_OWNER_URL": address(roles.OWNER, where, name),
        "DATABASE_BACKUP_URL": address(roles.BACKUP, where, name),
        "CELERY_BROKER_URL": "redis://localhost:1/0",
        "ATTUNE_HOSTS": "care.example.org",
        "ATTUNE_URL": "https://care.example.org",
        "EMAIL_HOST": "localhost",
        "ATTUNE_FROM_EMAIL": "hello@example.org",
        "ATTUNE_BACKUP_KEY": pair[0],
        "ATTUNE_RESTORE_KEY": pair[1],
    }


def begin(words: list[str], env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(words: list[str], env: dict[str, str], *, ends_with: int = 0) -> str:
    began = time.monotonic()
    process = begin(words, env)
    said, _none = process.communicate(timeout=SECONDS)
    assert process.returncode == ends_with, said
    print(f"\nmanage.py {words[0]}: {time.monotonic() - began:.1f} s\n{said}")
    return said


def test_b113_a_new_machine_is_made_from_the_files_and_the_script_alone(
    world: World, committed: None, master, server, tmp_path
):
    here = connection.get_connection_params()
    was = environment(postgres.Address(Path(here["host"]), here["port"]), here["dbname"], master, files.fresh_pair())
    sealing.seal_all()
    run(["backup", str(tmp_path / "files")], was)
    [data] = (tmp_path / "files").glob("*.data")
    [keys] = (tmp_path / "files").glob("*.keys")

    now = environment(server, NAME, master, ("", was["ATTUNE_RESTORE_KEY"]))
    above = address("postgres", server, "postgres")
    run(["restore", str(data), "--keys", str(keys), "--check"], now)
    said = run(["restore", str(data), "--keys", str(keys), "--as", above], now)
    assert "rows, compared." in said
    assert "permission denied for database" in run(["verify_audit"], now, ends_with=1)
    run(["restore", "--release", "--as", above], now)
    run(["migrate", "--check"], now)
    assert run(["verify_audit"], now).count(" holds: ") == 2
    run(["check", "--database", "default"], now)
    with (
        psycopg.connect(address("postgres", server, NAME)) as there,
        superuser(here["dbname"]) as before,
    ):
        assert walls.differences(walls.fingerprint(before.cursor()), walls.fingerprint(there.cursor())) == []
    assert run(["backup", str(tmp_path / "again")], now | {"ATTUNE_BACKUP_KEY": was["ATTUNE_BACKUP_KEY"]})


def test_b113_a_restore_that_was_killed_lets_nobody_in_and_is_done_again(
    world: World, committed: None, master, server, tmp_path
):
    here = connection.get_connection_params()
    was = environment(postgres.Address(Path(here["host"]), here["port"]), here["dbname"], master, files.fresh_pair())
    with inside(world.home.practice):
        destroying.destroy_keys_of(world.home["theo"].pk, why="erasure")
    run(["backup", str(tmp_path / "files")], was)
    [data], [keys] = (tmp_path / "files").glob("*.data"), (tmp_path / "files").glob("*.keys")
    now = environment(server, NAME, master, ("", was["ATTUNE_RESTORE_KEY"]))
    above = address("postgres", server, "postgres")
    words = ["restore", str(data), "--keys", str(keys), "--as", above]
    process = begin(words, now)
    time.sleep(random.uniform(5, 25))
    process.kill()
    process.communicate()
    with psycopg.connect(above, autocommit=True) as there:
        if there.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).fetchone() is not None:
            may = there.execute("SELECT has_database_privilege(%s, %s, 'CONNECT')", [roles.LOGIN, NAME]).fetchone()
            assert may == (False,)
            run(["restore", "--release", "--as", above], now, ends_with=1)
            there.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
    run(words, now)


def test_b129_a_migration_that_was_killed_is_finished_by_the_next_one(db, server):
    now = environment(server, NAME, base64.urlsafe_b64encode(keyring.fresh()).decode(), files.fresh_pair())
    with psycopg.connect(address("postgres", server, "postgres"), autocommit=True) as there:
        for statement in roles.statements():
            there.execute(statement)  # type: ignore[call-overload]
        there.execute(f"CREATE DATABASE {NAME} OWNER {roles.OWNER}")
    for _turn in range(4):
        process = begin(["migrate"], now)
        time.sleep(random.uniform(2, 8))
        process.kill()
        process.communicate()
    run(["migrate"], now)
    run(["migrate", "--check"], now)
    with (
        psycopg.connect(address("postgres", server, NAME)) as there,
        superuser(connection.settings_dict["NAME"]) as whole,
    ):
        assert walls.differences(walls.fingerprint(whole.cursor()), walls.fingerprint(there.cursor())) == []


# ── a web worker is killed in the middle of a request ────────────────────────


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_a_process_of_its_own(send: Callable[[], object], number: int) -> bool:
    """Send from a child that is killed before its ``number``-th writing statement; tell whether it got through."""
    connection.close()  # a child must not end its parent's line
    child = os.fork()
    if child == 0:
        with dying_before(number, killed):
            send()
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WIFEXITED(status)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ACTS)
def test_b84_b135_kill_9_before_any_statement_leaves_nothing_half_and_the_next_try_gets_it_done(name):
    act = ACTS[name]()
    before, rows = act.found(), rows_of_all_tables(superuser)
    died = 0
    while not in_a_process_of_its_own(act.send, died + 1):
        died += 1
        assert act.found() == before, died
        assert changed(rows, rows_of_all_tables(superuser), apart_from=COUNTED) == {}, died
    assert died > 0, "nothing was killed"
    assert act.found() == act.done
    act.send()
    assert act.found() == act.done, "sent again by somebody who never heard that it had arrived"
