"""The audit trail: who may write into it, and that nothing in it changes unnoticed."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import date

import psycopg
import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from exercises.models import Goal
from practice import anchoring, audit, roles, sealing, tasks, tenancy
from practice.models import AuditEvent, AuditSeal, Pace, Practice
from tests.databases import nobody_else_writing, superuser
from tests.factories import inside, make_practice

#: Above everything: a statement of theirs is not even refused by the trigger that refuses everybody.
ABOVE = "SET session_replication_role = replica"


@pytest.fixture
def alone() -> Iterator[None]:
    with nobody_else_writing():
        yield


@pytest.fixture
def trail(transactional_db, alone) -> Practice:
    """A practice with a trail of two seals and nothing unsealed."""
    practice = make_practice()
    for name in ("one", "two"):
        with inside(practice):
            for turn in range(3):
                Practice.objects.filter(pk=practice.pk).update(tagline=f"{name} {turn}")
        assert sealing.seal_all() == 1
    return practice


@pytest.fixture
def above(transactional_db) -> Iterator[psycopg.Connection]:
    with superuser(connection.settings_dict["NAME"]) as server:
        server.execute(ABOVE)
        yield server


def verify(*options: str) -> str:
    out = io.StringIO()
    call_command("verify_audit", *options, stdout=out)
    return out.getvalue()


def broken(practice: Practice, anchored: dict[int, str] | None = None) -> str:
    return " ".join(sealing.check(practice.pk, anchored).broken)


# ── sealing ──────────────────────────────────────────────────────────────────


def test_every_line_is_sealed_once_and_each_seal_follows_the_one_before(trail):
    with inside(trail):
        first, second = AuditSeal.objects.order_by("number")
        assert second.before == first.hash != sealing.FIRST == first.before
        assert AuditEvent.objects.filter(pk__lte=second.last_line).count() == 7
    assert sealing.seal_all() == 0, "there is nothing new"
    found = sealing.check(trail.pk)
    assert (found.seals, found.lines, found.unsealed, found.broken) == (2, 7, 0, [])


def test_a_long_trail_is_sealed_in_portions(transactional_db, alone, monkeypatch):
    monkeypatch.setattr(sealing, "PORTION", 2)
    practice = make_practice()
    with inside(practice):
        for turn in range(4):
            audit.looked("opened", "clients_couple", uuid.UUID(int=turn))
    assert sealing.seal_all() == 3
    assert sealing.check(practice.pk).lines == 5


def test_the_token_by_which_something_was_done_is_sealed_as_well(trail, above):
    """Lines without one are hashed as before there were any: the seals of then still hold."""
    with inside(trail):
        [(_number, plain)] = list(sealing._entries(trail.pk, 0, 10**9, 1))
        words = AuditEvent.objects.order_by("pk").values_list("pk", flat=True)[0]
    with connection.cursor() as cursor, inside(trail):
        cursor.execute(sealing.LINES.replace(",\n           token_id::text", ""), [trail.pk, words - 1, words, 1])
        [(_pk, *before)] = cursor.fetchall()
    assert plain == hashlib.sha256(json.dumps(before, ensure_ascii=False).encode()).digest()[:16]
    above.execute("UPDATE practice_auditevent SET token_id = gen_random_uuid() WHERE id = %s", [words])
    assert "lines were changed" in broken(trail)


def test_each_practice_has_a_chain_of_its_own(transactional_db, alone):
    one, other = make_practice(), make_practice()
    assert sealing.seal_all() == 2
    for practice in (one, other):
        assert sealing.check(practice.pk).seals == 1


@pytest.mark.parametrize("by_trigger", [True, False])
def test_b125_a_line_that_is_under_way_is_waited_for(transactional_db, monkeypatch, by_trigger):
    """It has a lower number than one that is there already: sealed without it, it would look put in."""
    monkeypatch.setattr(sealing, "PATIENCE", 0.1)
    practice = make_practice()
    sealing.seal_all()
    wrote, go_on = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with inside(practice):
            if by_trigger:
                Practice.objects.filter(pk=practice.pk).update(tagline="slow")
            else:
                audit.looked("opened", "clients_couple", uuid.UUID(int=1))
            wrote.set()
            go_on.wait(10)
        connection.close()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert wrote.wait(10)
    with inside(practice):
        audit.looked("opened", "clients_couple", uuid.UUID(int=2))
    assert sealing.seal_all() == 0, "somebody may still add a line before it"
    go_on.set()
    writer.join()
    assert sealed_at_last() == 1
    found = sealing.check(practice.pk)
    assert (found.lines, found.broken) == (3, [])


def sealed_at_last() -> int:
    """Seal as soon as nothing is under way any more: other processes that test write in the same server."""
    until = time.monotonic() + 120
    while not (sealed := sealing.seal_all()) and time.monotonic() < until:
        time.sleep(0.1)
    return sealed


def test_b125_many_writers_and_sealers_at_once_leave_a_whole_chain(transactional_db, monkeypatch):
    monkeypatch.setattr(sealing, "PATIENCE", 0.2)
    practice = make_practice()
    stop = threading.Event()

    def write() -> None:
        for turn in range(12):
            with inside(practice):
                audit.looked("opened", "clients_couple", uuid.UUID(int=turn))
        connection.close()

    def seal() -> None:
        while not stop.is_set():
            sealing.seal_all()
        connection.close()

    writers, sealers = [threading.Thread(target=write) for _ in range(6)], [threading.Thread(target=seal) for _ in "ab"]
    for one in (*sealers, *writers):
        one.start()
    for one in writers:
        one.join()
    stop.set()
    for one in sealers:
        one.join()
    sealing.seal_all()
    found = sealing.check(practice.pk)
    assert (found.lines, found.unsealed, found.broken) == (73, 0, [])


def test_b125_a_sealer_that_dies_half_way_leaves_nothing_behind(transactional_db, alone, monkeypatch):
    practice = make_practice()

    class Killed(BaseException):
        pass

    def die(seal: AuditSeal) -> str:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(sealing, "hash_of", die)
        with pytest.raises(Killed):
            sealing.seal_all()
    assert sealing.seal_all() == 1
    assert sealing.check(practice.pk).broken == []


# ── who may not change it ────────────────────────────────────────────────────


@pytest.mark.parametrize("role", [roles.LOGIN, *roles.ACTING])
@pytest.mark.parametrize("table", ["practice_auditevent", "practice_auditseal"])
def test_b124_no_role_of_the_application_may_rewrite(db, role, table):
    with connection.cursor() as cursor:
        for right in ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES"):
            cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [role, table, right])
            assert cursor.fetchone() == (False,), right
        cursor.execute("SELECT has_table_privilege(%s, %s, 'INSERT')", [role, table])
        assert cursor.fetchone() == (table == "practice_auditseal" and role == roles.SYSTEM,)


@pytest.mark.parametrize("table", ["practice_auditevent", "practice_auditseal"])
def test_b124_not_even_the_owner_of_the_tables_rewrites_by_mistake(trail, table):
    with superuser(connection.settings_dict["NAME"]) as server:
        for statement in (f"UPDATE {table} SET practice_id = practice_id", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(psycopg.Error, match="never rewritten"):
                server.execute(statement)  # type: ignore[call-overload]


# ── what somebody above everything did is found ──────────────────────────────

CHANGED = {
    "what was done": ("UPDATE practice_auditevent SET act = 'nothing' WHERE id = %(line)s", "changed"),
    "when": ("UPDATE practice_auditevent SET at = at - interval '1 microsecond' WHERE id = %(line)s", "changed"),
    "by whom": ("UPDATE practice_auditevent SET user_id = gen_random_uuid() WHERE id = %(line)s", "changed"),
    "whose record": ("UPDATE practice_auditevent SET client_id = gen_random_uuid() WHERE id = %(line)s", "changed"),
    "what changed": ("UPDATE practice_auditevent SET changes = '{}' WHERE id = %(line)s", "changed"),
    "a line less": ("DELETE FROM practice_auditevent WHERE id = %(line)s", "removed"),
    "a line more": (
        "INSERT INTO practice_auditevent (id, practice_id, role, request, act, subject, changes) "
        "SELECT id - 100, practice_id, role, request, act, subject, changes FROM practice_auditevent "
        "WHERE id = %(line)s",
        "put in",
    ),
    "another practice": (
        "UPDATE practice_auditevent SET practice_id = gen_random_uuid() WHERE id = %(line)s",
        "removed",
    ),
    "two changed places": (
        "UPDATE practice_auditevent one SET at = two.at, changes = two.changes, act = two.act, role = two.role "
        "FROM practice_auditevent two WHERE (one.id, two.id) IN ((%(line)s, %(next)s), (%(next)s, %(line)s))",
        "another order",
    ),
    "a seal": (
        "UPDATE practice_auditseal SET sealed_at = sealed_at - interval '1 day' WHERE number = 1",
        "was changed",
    ),
    "a seal less": ("DELETE FROM practice_auditseal WHERE number = 1", "is missing"),
}


@pytest.mark.parametrize("what", CHANGED)
def test_b124_what_was_changed_behind_a_seal_is_found(trail, above, what):
    statement, word = CHANGED[what]
    with inside(trail):
        lines = list(AuditEvent.objects.order_by("pk").values_list("pk", flat=True))
    above.execute(statement, {"line": lines[1], "next": lines[2]})  # type: ignore[call-overload]
    assert word in broken(trail)
    with pytest.raises(SystemExit):
        verify()


def test_b124_a_seal_made_anew_does_not_fit_the_next(trail, above):
    """Whoever changes a line and its seal has to change every seal behind it."""
    with inside(trail):
        first = AuditSeal.objects.get(number=1)
    above.execute("UPDATE practice_auditevent SET act = 'nothing' WHERE id = %s", [first.last_line])
    with inside(trail):
        first.lines = b"".join(sealing._ENTRY.pack(*one) for one in sealing._entries(trail.pk, 0, first.last_line))
    above.execute(
        "UPDATE practice_auditseal SET lines = %s, hash = %s WHERE id = %s",
        [first.lines, sealing.hash_of(first), first.pk],
    )
    assert broken(trail) == "Seal 2 does not follow the one before it."


def test_b124_a_cut_tail_and_a_trail_written_anew_are_found_by_the_anchor(trail, above, tmp_path):
    kept = tmp_path / "anchors.txt"
    assert "holds: 2 seals, 7 lines" in verify("--write-anchor", str(kept))
    assert "1 anchors" in verify("--anchor", str(kept))
    with inside(trail):
        first = AuditSeal.objects.get(number=1)
    above.execute("DELETE FROM practice_auditseal WHERE number = 2")
    above.execute("DELETE FROM practice_auditevent WHERE id > %s", [first.last_line])
    assert broken(trail) == "", "in itself it is whole"
    with pytest.raises(SystemExit):
        verify("--anchor", str(kept))
    with inside(trail):
        audit.looked("opened", "clients_couple", uuid.UUID(int=1))
    sealing.seal_all()
    assert broken(trail) == "", "and so it is with another end"
    with pytest.raises(SystemExit):
        verify("--anchor", str(kept))


def test_b124_a_practice_that_is_gone_is_found_by_the_anchor(trail, above, tmp_path):
    kept = tmp_path / "anchors.txt"
    verify("--write-anchor", str(kept))
    above.execute("DELETE FROM practice_practice")
    with pytest.raises(SystemExit):
        verify("--anchor", str(kept))


# ── anchors ──────────────────────────────────────────────────────────────────


def test_anchors_go_to_the_log_a_file_and_once_a_day_into_a_letter(trail, settings, tmp_path, caplog):
    settings.ATTUNE_ANCHOR_FILE = str(tmp_path / "anchors")
    settings.ATTUNE_OPERATOR_EMAIL = "operator@example.org"
    with caplog.at_level(logging.INFO, logger="practice.anchoring"):
        tasks.anchor_trail()
        tasks.anchor_trail()
    (letter,) = mail.outbox
    expected = anchoring.read(caplog.text)
    assert list(expected) == [trail.pk]
    assert list(expected[trail.pk]) == [2]
    assert anchoring.read(letter.body) == expected == anchoring.read((tmp_path / "anchors").read_text())
    assert trail.name not in letter.body + letter.subject


@pytest.mark.parametrize("text", ["", "nothing here", "practice=1 seal=2 hash=3"])
def test_a_file_without_anchors_is_said_to_be_none(db, tmp_path, text):
    (tmp_path / "kept").write_text(text)
    with pytest.raises(CommandError, match="no anchor"):
        verify("--anchor", str(tmp_path / "kept"))


def test_anchors_that_contradict_each_other_are_refused(db, tmp_path):
    lines = [f"practice={uuid.UUID(int=1)} seal=1 hash={digit * 64}\n" for digit in "ab"]
    (tmp_path / "kept").write_text("".join(lines))
    with pytest.raises(CommandError, match="contradict"):
        verify("--anchor", str(tmp_path / "kept"))


def test_an_alarm_sounds_where_lines_stay_unsealed(trail, above, monkeypatch, caplog):
    monkeypatch.setattr(sealing, "seal_all", lambda: 0)
    with inside(trail):
        audit.looked("opened", "clients_couple", uuid.UUID(int=1))
    above.execute("UPDATE practice_auditevent SET at = at - interval '2 hours' WHERE act = 'opened'")
    tasks.seal_trail()
    assert "ALARM unsealed" in caplog.text
    with tenancy.acting(tenancy.Asker(role=roles.DISPATCH)):
        assert Pace.objects.filter(key="alarm:unsealed").exists()


# ── what a line says ─────────────────────────────────────────────────────────


def test_b123_a_line_says_whose_record_it_is_about_and_in_which_lane(practice, couple, mara):
    with inside(practice):
        goal = Goal.objects.create(
            couple=couple, audience=[mara.pk], lane="private", words="only hers", started_on=date(2026, 3, 2)
        )
        line = AuditEvent.objects.get(subject="exercises_goal")
        assert (line.subject_id, line.client_id, line.couple_id, line.lane) == (goal.pk, mara.pk, couple.pk, "private")
        assert AuditEvent.objects.filter(subject="clients_client", client_id=mara.pk).exists()
        assert AuditEvent.objects.filter(subject="clients_couple", couple_id=couple.pk).exists()
        assert "only hers" not in str(line.changes)


def test_a_line_is_bound_to_its_transaction_before_it_has_a_number(practice):
    """What sealing relies on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'attune_looked'")
        (source,) = cursor.fetchone()
    assert source.index("pg_current_xact_id") < source.index("INSERT INTO")


def test_looking_needs_a_practice(db):
    with pytest.raises(tenancy.NoPractice):
        audit.looked("opened", "clients_couple", uuid.UUID(int=1))


def test_a_look_can_not_be_forged_for_another_practice(practice, neighbour):
    with inside(practice), pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent.objects.create(practice_id=neighbour.pk, role="x", act="opened", subject="x")
