"""Files to take away: made once, sealed, shown to whoever asked, and gone when they were taken or have run out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from practice import archives, destroying, team, tenancy, vault
from practice.models import Archive, ArchivePiece
from practice.tasks import make_archive
from tests.factories import acting_as, make_member

pytestmark = pytest.mark.django_db

Kind, State = Archive.Kind, Archive.State
WORDS = b"only for whoever asked. "
BODY = WORDS * (archives.A_PIECE // 12)


@pytest.fixture
def bells(monkeypatch) -> list[dict[str, str]]:
    """What was rung for, instead of a broker."""
    rings: list[dict[str, str]] = []
    monkeypatch.setattr(make_archive, "delay", lambda **ids: rings.append(ids))
    return rings


@pytest.fixture
def maker(monkeypatch, bells):
    """A maker that says how far it is, and fails as often as it is told to."""
    state = {"failures": 0, "made": 0}

    def make(archive: Archive, tell: archives.Tell) -> Iterator[bytes]:
        state["made"] += 1
        tell(30, "Reading")
        yield BODY[:100]
        if state["failures"]:
            state["failures"] -= 1
            raise RuntimeError("words of somebody's")
        yield BODY[100:]

    kinds = {
        Kind.OWN_COPY: archives._Kind(make, timedelta(hours=24), True),
        Kind.PRACTICE_EXPORT: archives._Kind(make, timedelta(hours=72), False),
    }
    monkeypatch.setattr(archives, "_kinds", kinds)
    return state


def itself(who):
    """Work as Attune itself where somebody is."""
    return tenancy.acting(tenancy.as_system(who.practice_id))


def ask(who, kind: str = Kind.OWN_COPY) -> Archive:
    with acting_as(who):
        person = who.pk if kind == Kind.OWN_COPY else None
        return archives.ask(kind, user_id=who.user_id, person_id=person)


def made(archive: Archive) -> Archive:
    make_archive(practice_id=str(archive.practice_id), archive_id=str(archive.pk))
    with itself(archive):
        return Archive.objects.get(pk=archive.pk)


def pieces(archive: Archive) -> list[ArchivePiece]:
    with itself(archive):
        return list(ArchivePiece.objects.filter(archive_id=archive.pk).order_by("number"))


def test_asking_rings_once_and_asking_again_while_it_is_made_gives_the_same(
    mara, maker, bells, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        first = ask(mara)
        assert ask(mara).pk == first.pk
    assert bells == [{"practice_id": str(mara.practice_id), "archive_id": str(first.pk)}]


def test_two_first_clicks_at_the_same_moment_wait_for_each_other(mara, theo, maker):
    """The second one waits before it looks for the first one's row, and whoever is somebody else does not."""
    with CaptureQueriesContext(connection) as asked:
        ask(mara)
        ask(mara, Kind.PRACTICE_EXPORT)
        ask(theo)
    said = [one["sql"] for one in asked if one["sql"]]  # a savepoint that waits has no text of its own
    held = [one for one in said if "pg_advisory_xact_lock" in one and "archives" in one]
    assert len(set(held)) == 3
    looked = next(n for n, one in enumerate(said) if 'FROM "practice_archive"' in one)
    assert said.index(held[0]) < looked


def test_it_is_kept_in_sealed_pieces_with_its_hash_and_says_until_when(mara, maker):
    archive = made(ask(mara))
    assert (archive.state, archive.percent, archive.size) == (State.DONE, 100, len(BODY))
    assert archive.sha256 == hashlib.sha256(BODY).hexdigest()
    assert archive.expires_at - archive.finished_at == timedelta(hours=24)
    found = pieces(archive)
    assert len(found) > 1
    assert not any(WORDS.strip() in bytes(one.body) for one in found)


def test_a_piece_opens_in_its_own_place_alone(mara, maker):
    first, second, *_rest = pieces(made(ask(mara)))
    second.number = first.number
    with itself(mara), pytest.raises(vault.SealBroken):
        second.opened(mara.pk)


def test_b118_what_is_given_out_once_is_taken_once_and_destroyed_with_it(mara, maker):
    archive = made(ask(mara))
    with acting_as(mara):
        assert archives.take(archive) == BODY
        with pytest.raises(archives.NotThere):
            archives.take(archive)
        assert archives.newest(Kind.OWN_COPY, mara.user_id) is None
    assert pieces(archive) == []


def test_b118_it_runs_out_by_itself_and_its_bytes_go_with_it(mara, maker):
    archive = made(ask(mara))
    with time_machine.travel(archive.expires_at, tick=False):
        with acting_as(mara), pytest.raises(archives.NotThere):
            archives.take(archive)
        assert pieces(archive), "the job was not there yet, and nobody gets it all the same"
        with itself(mara):
            archives.tend()
    assert pieces(archive) == []


def test_a_row_without_bytes_is_forgotten_after_a_day(mara, maker):
    archive = made(ask(mara))
    with acting_as(mara):
        archives.take(archive)
        assert archives.asked_since(Kind.OWN_COPY, mara.user_id, timezone.now() - timedelta(hours=1)) == 1
    with time_machine.travel(archive.asked_at + archives.REMEMBERED + timedelta(minutes=1)), itself(mara):
        archives.tend()
        assert not Archive.objects.exists()


def test_a_large_one_is_read_from_any_byte_on_as_often_as_wanted(owner, maker):
    archive = made(ask(owner, Kind.PRACTICE_EXPORT))
    first = archives.A_PIECE + 7
    with acting_as(owner):
        size, read = archives.begin_taking(archive)
    assert size == len(BODY)
    assert b"".join(read(0)) == BODY
    assert b"".join(read(first)) == BODY[first:]
    assert list(read(len(BODY))) == []


def test_b118_nobody_but_whoever_asked_sees_it(mara, theo, therapist, owner, coordinator, maker):
    archive = made(ask(mara))
    for other in (theo, therapist, owner):
        with acting_as(other):
            assert not Archive.objects.filter(pk=archive.pk).exists(), other
    with acting_as(mara):
        assert Archive.objects.filter(pk=archive.pk).exists()


def test_what_staff_asked_for_about_somebody_is_not_shown_to_that_person(mara, therapist, maker):
    with acting_as(therapist):
        archive = archives.ask(Kind.OWN_COPY, user_id=therapist.user_id, person_id=mara.pk)
    with acting_as(mara):
        assert not Archive.objects.filter(pk=archive.pk).exists()


def test_what_fails_is_tried_once_more_and_nothing_of_the_first_time_is_left(
    mara, maker, bells, django_capture_on_commit_callbacks
):
    maker["failures"] = 1
    archive = ask(mara)
    with django_capture_on_commit_callbacks(execute=True):
        archive = made(archive)
    assert archive.state == State.WAITING
    assert len(bells) == 1, "rung for again"
    archive = made(archive)
    with acting_as(mara):
        assert archives.take(archive) == BODY


def test_what_fails_twice_says_so_in_our_words_alone(mara, maker, caplog):
    maker["failures"] = 2
    archive = made(made(ask(mara)))
    assert (archive.state, archive.failure) == (State.FAILED, archives.BROKEN)
    assert "words of somebody's" not in caplog.text
    assert pieces(archive) == []


def test_two_workers_never_make_the_same_one(mara, maker):
    archive = ask(mara)
    with itself(mara):
        Archive.objects.filter(pk=archive.pk).update(state=State.WORKING, attempts=1, touched_at=timezone.now())
    made(archive)
    assert maker["made"] == 0, "somebody is at it"


def test_what_nobody_makes_is_rung_for_again(mara, maker, bells, django_capture_on_commit_callbacks):
    archive = ask(mara)
    later = timezone.now() + archives.UNHEARD_AFTER + timedelta(seconds=1)
    with django_capture_on_commit_callbacks(execute=True), time_machine.travel(later), itself(mara):
        archives.tend()
    assert [one["archive_id"] for one in bells] == [str(archive.pk)]


def test_whoever_makes_one_that_was_thrown_away_meanwhile_stops(mara, maker, monkeypatch):
    archive = ask(mara)

    def make(row: Archive, tell: archives.Tell) -> Iterator[bytes]:
        yield b"begun"
        with itself(mara):
            archives.destroy(Archive.objects.get(pk=row.pk))
        tell(50, "Reading")
        raise AssertionError("went on")

    monkeypatch.setitem(archives._kinds, Kind.OWN_COPY, archives._Kind(make, timedelta(hours=1), True))
    archive = made(archive)
    assert (archive.state, pieces(archive)) == (State.WORKING, [])
    assert archive.destroyed_at


def test_asking_anew_destroys_what_was_not_taken(mara, maker):
    before = made(ask(mara))
    ask(mara)
    assert pieces(before) == []


def test_b119_a_destroyed_key_takes_what_lies_here_with_it(mara, maker):
    archive = made(ask(mara))
    with itself(mara):
        destroying.destroy_keys_of(mara.pk, why="erasure")
    with acting_as(mara), pytest.raises(vault.SealBroken):
        archives.take(archive)


def test_b118_asking_and_taking_stand_in_the_trail_without_content(mara, maker):
    archive = made(ask(mara))
    with acting_as(mara):
        archives.take(archive)
    with itself(mara), connection.cursor() as cursor:
        cursor.execute(
            "SELECT act, user_id FROM practice_auditevent WHERE subject = 'practice_archive' AND subject_id = %s "
            "ORDER BY id",
            [archive.pk],
        )
        lines = cursor.fetchall()
    assert lines[0] == ("insert", mara.user_id)
    assert [act for act, _user in lines].count("update") >= 2


@pytest.mark.parametrize("end", ["leaves", "owns no more"])
def test_b46_b52_what_an_owner_asked_for_goes_with_their_right_to_it_made_or_half_made(
    practice, owner, therapist, maker, end
):
    with acting_as(owner):
        made = archives.ask(Kind.PRACTICE_EXPORT, user_id=owner.user_id)
        half_made = archives.ask(Kind.PRACTICE_EXPORT, user_id=owner.user_id, about_id=therapist.pk)
    archives.make(practice.pk, made.pk)
    second = make_member(practice, "owner", "Second Owner")
    with itself(owner):
        Archive.objects.filter(pk=half_made.pk).update(state=State.WORKING)
    with itself(owner):
        team.leave(owner, to=second) if end == "leaves" else team.change_role(owner, "therapist")
    with itself(owner):
        assert not ArchivePiece.objects.exists()
        assert not Archive.objects.filter(destroyed_at=None).exists()
        with pytest.raises(archives.NotThere):
            archives.begin_taking(made)
