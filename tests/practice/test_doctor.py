"""The doctor finds what is not as it should be, and says how it is mended."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from practice import clock, doctor, keyring, readiness, roles, tasks, tenancy
from practice.local import valkey
from practice.models import Pulse
from tests.databases import superuser
from tests.factories import make_practice

pytestmark = pytest.mark.django_db


def look(name: str) -> list[doctor.Finding]:
    (one,) = [one for one in doctor.PARTS if one.name == name]
    found = list(one.look())
    assert all(finding.what.endswith(".") and finding.mend for finding in found)
    return found


def said(name: str) -> str:
    return " ".join(f"{one.what} {one.mend}" for one in look(name))


@pytest.fixture
def above():
    """A connection above the walls, whose every change is taken back."""
    with superuser(connection.settings_dict["NAME"]) as line, line.transaction(force_rollback=True):
        yield line


@pytest.fixture
def looks_above(above, monkeypatch):
    """The catalogue as the connection above sees it, before its changes are taken back."""
    monkeypatch.setattr(doctor, "_rows", lambda sql, values=None: above.execute(sql, values).fetchall())
    return above


def test_an_installation_whose_pulse_beats_is_well(capsys, mail_server):
    tasks.plant_pulse()
    tasks.deliver()
    call_command("doctor")
    told = capsys.readouterr().out
    assert "ILL" not in told
    assert {one.name for one in doctor.PARTS} == {
        "settings", "database", "replica", "roles", "policies", "migrations", "keys", "clock", "broker", "workers",
        "alarms", "mail", "static files", "free space", "fonts",
    }  # fmt: skip


def test_what_is_grave_ends_it_with_1_and_programs_read_the_same(capsys, mail_server):
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json")
    assert ended.value.code == 1
    told = json.loads(capsys.readouterr().out)
    assert told["well"] is False
    ill = {one["part"]: one["findings"] for one in told["parts"] if not one["well"]}
    assert list(ill) == ["workers"], "nobody plants a pulse here"
    assert set(ill["workers"][0]) == {"what", "mend", "grave"}


def test_a_database_that_is_away_is_said_once_and_the_rest_is_looked_at(capsys, mail_server):
    with mock.patch.object(doctor, "_rows", side_effect=OperationalError("password of attune_login")):
        told = {one.part: one for one in doctor.examine()}
    assert told["database"].findings[0].what == "The database is not reached: OperationalError."
    assert not told["roles"].looked
    assert not told["workers"].looked
    assert told["mail"].well
    assert told["broker"].well
    assert "password" not in str(told)


def test_roles_that_may_too_much_or_too_little_are_found(looks_above):
    assert look("roles") == []
    looks_above.execute(f"ALTER ROLE {roles.LOGIN} INHERIT BYPASSRLS")
    looks_above.execute(f"REVOKE {roles.ERASER} FROM {roles.LOGIN}")
    looks_above.execute(f"GRANT {roles.BACKUP} TO {roles.LOGIN}")
    looks_above.execute(f"ALTER ROLE {roles.THERAPIST} SUPERUSER")
    looks_above.execute("ALTER TABLE practice_pulse OWNER TO postgres")
    told = said("roles")
    for words in (
        f"ALTER ROLE {roles.LOGIN} NOBYPASSRLS", f"ALTER ROLE {roles.LOGIN} NOINHERIT",
        f"{roles.LOGIN} may not take on {roles.ERASER}", f"REVOKE {roles.BACKUP} FROM {roles.LOGIN}",
        f"ALTER ROLE {roles.THERAPIST} NOSUPERUSER", "the first of them practice_pulse",
    ):  # fmt: skip
        assert words in told
    assert len(look("roles")) == 6


def test_a_table_without_its_guard_is_found(looks_above):
    assert look("policies") == []
    looks_above.execute("CREATE TABLE open_to_all (practice_id uuid)")
    looks_above.execute("CREATE TABLE open_to_none (practice_id uuid)")
    looks_above.execute("ALTER TABLE open_to_none ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    first, second = look("policies")
    assert "ALTER TABLE open_to_all ENABLE ROW LEVEL SECURITY" in first.mend
    assert second.what == "open_to_none has no policy, so nobody reads it."


def test_a_database_behind_or_ahead_of_the_code_is_told_apart():
    assert look("migrations") == []
    known = readiness.known_migrations()
    with mock.patch("practice.readiness.known_migrations", return_value=known | {("clients", "9999_to_come")}):
        assert [one.grave for one in look("migrations")] == [True]
    with mock.patch("practice.readiness.known_migrations", return_value=known - {max(known)}):
        assert [one.grave for one in look("migrations")] == [False]


def test_keys_that_are_not_here_are_named_by_their_name_alone():
    make_practice()
    assert look("keys") == []
    present = keyring.present()[0]
    with mock.patch("practice.keyring.known", return_value={}):
        (finding,) = look("keys")
    assert present in finding.what
    assert "ATTUNE_MASTER_KEYS_ALSO" in finding.mend


def test_clocks_that_disagree_are_found(monkeypatch):
    assert look("clock") == []
    there = clock.now()
    for seconds, grave in ((10, [False]), (100, [True])):
        monkeypatch.setattr("time.time", mock.Mock(return_value=there.timestamp() + seconds))
        assert [one.grave for one in look("clock")] == grave


def test_a_broker_that_may_lose_things_is_noted_and_one_that_is_away_is_grave(monkeypatch):
    from practice.celery import app

    client = mock.MagicMock()
    client.config_get.return_value = {"maxmemory-policy": "allkeys-lru", "appendonly": "yes"}
    line = mock.MagicMock()
    line.__enter__.return_value.default_channel.client = client
    with mock.patch.object(app, "connection_for_write", return_value=line):
        assert [(one.mend, one.grave) for one in look("broker")] == [("Set `maxmemory-policy noeviction`.", False)]
    with mock.patch.object(app, "connection_for_write", side_effect=OSError(valkey.__name__)):
        assert [one.what for one in look("broker")] == ["The broker is not reached: OSError."]


def test_a_scheduler_that_stands_still_is_told_from_mail_that_does_not_leave(settings):
    tasks.plant_pulse()
    tasks.deliver()
    assert look("workers") == []
    with tenancy.acting(tenancy.Asker(role=roles.DISPATCH)):
        Pulse.objects.update(reached_at=None)
    assert "they do not get out" in said("workers")
    with tenancy.acting(tenancy.Asker(role=roles.DISPATCH)):
        Pulse.objects.all().delete()
    assert "celery -A practice beat" in said("workers")


def test_a_mail_server_is_greeted_and_given_nothing(mail_server, settings):
    assert look("mail") == []
    assert mail_server.recipients == []
    settings.EMAIL_PORT = 1
    assert "EMAIL_HOST" in said("mail")


def test_files_that_were_not_collected_are_found(settings, monkeypatch):
    settings.PRODUCTION = True
    assert "collectstatic" in said("static files"), "nothing is collected where tests run"
    everything = mock.MagicMock(hashed_files=mock.MagicMock(__iter__=lambda self: iter(names())))
    monkeypatch.setattr(doctor, "staticfiles_storage", everything)
    assert look("static files") == []


def names() -> set[str]:
    return {name for finder in doctor.get_finders() for name, _storage in finder.list([])}


def test_a_disk_that_runs_full_and_a_folder_that_is_not_ours_are_found(settings, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda place: mock.Mock(free=doctor.LAST_SPACE - 1))
    settings.ATTUNE_ANCHOR_FILE = "/nonexistent/anchors"
    assert all(one.grave for one in look("free space"))
    assert "ATTUNE_ANCHOR_FILE" in said("free space")


def test_fonts_that_are_gone_are_found():
    from reports import press

    assert look("fonts") == []
    with mock.patch.object(press.HTML, "write_pdf", return_value=b"%PDF-1.7 /FontName /DejaVu-Sans"):
        assert "Source-Sans-3, Noto-Sans-Hebrew, Noto-Sans-Thai" in said("fonts")
    assert (Path(press.HERE) / "fonts" / "fonts.conf").exists()
