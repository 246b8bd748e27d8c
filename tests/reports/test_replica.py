"""A streaming replica beside the primary: what is read there, and and what if it is late, gone or all there is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections
from django.urls import reverse

from clients.models import Couple
from exercises import answering
from exercises.models import Response
from practice import doctor, metrics, replica, tenancy
from practice.local.servers import wait_until
from practice.models import Archive, Membership, Practice
from practice.tasks import make_archive
from reports import press, tasks
from reports.copies import asking as copying
from reports.models import Report
from reports.taking_out import asking as taking_out
from tests.exercises.given import give
from tests.factories import acting_as, inside, make_member, signed_in
from tests.practice.test_exporting import ask as ask_for_export
from tests.practice.test_exporting import confirm
from tests.reports.orders import PRINTED, asked, run
from tests.standby import Pair, pair, while_paused

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", replica.ALIAS])

NOTE = [{"key": "note", "type": "long_text", "label": "What I want to say"}]
State = Report.State


@pytest.fixture(scope="module", autouse=True)
def two(django_db_setup: None, django_db_blocker: Any) -> Iterator[Pair]:
    with django_db_blocker.unblock(), pair() as made:
        yield made


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, bells: list) -> None:
    """No broker; every test meets a replica that was not left alone."""
    monkeypatch.setattr(make_archive, "delay", lambda **ids: None)
    replica.try_again()


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where something heavy was read, as the server says that was asked."""
    found: list[str] = []

    def told(asker: tenancy.Asker, job: Callable[[], Any]) -> Any:
        def asks() -> Any:
            with connection.cursor() as cursor:
                cursor.execute("SELECT CASE WHEN pg_is_in_recovery() THEN 'replica' ELSE 'primary' END")
                found.append(cursor.fetchone()[0])
            return job()

        return before(asker, asks)

    before = replica._in_one_moment
    monkeypatch.setattr(replica, "_in_one_moment", told)
    return found


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was to be printed."""
    found: list[str] = []

    def render(document: Any) -> Any:
        found.append(repr(document))
        return PRINTED

    monkeypatch.setattr(tasks.pdf, "render", render)
    return found


def sent(couple: Couple, by: Membership, words: str) -> Response:
    """Let one of a couple answer now, as their page does."""
    who = couple.clients[0]
    given = give(couple, by, "shared", NOTE)
    mine = next(one for one in given if one.client_id in (who.pk, None))
    with acting_as(who):
        return answering.submit(mine, author=who, raw={"note": [words]})


def asked_about(couple: Couple, by: Membership, words: str) -> Report:
    """Order a report of an answer that was only just given."""
    response = sent(couple, by, words)
    about = {"kind": "response", "response_id": response.pk, "partner_id": response.author_id}
    return asked(couple, by, audience="clinical", **about)


# ── what is read there ───────────────────────────────────────────────────────


def test_the_walls_stand_on_the_replica_and_nothing_is_written_there(practice, couple, neighbour, places):
    mine, other = tenancy.as_system(practice.pk), tenancy.as_system(neighbour.pk)
    assert replica.read(mine, Couple.objects.count) == 1
    assert replica.read(other, Couple.objects.count) == 0
    with pytest.raises(DatabaseError, match="read-only transaction"):
        replica.read(mine, lambda: Couple.objects.update(time_zone="UTC"))
    assert places == ["replica"] * 3
    with connections[replica.ALIAS].cursor() as cursor, pytest.raises(DatabaseError, match="permission denied"):
        cursor.execute("SELECT count(*) FROM clients_couple")
    connections[replica.ALIAS].close()


def test_a_report_is_read_there_kept_here_and_has_the_same_fingerprint(couple, therapist, places, monkeypatch):
    report = run(asked_about(couple, therapist, "Tea in the garden"))
    assert (report.state, places) == (State.DONE, ["replica"])
    with inside(therapist.practice):
        Report.objects.filter(pk=report.pk).update(state=State.WAITING, attempts=0, sha256="")
    monkeypatch.setattr(replica, "is_set", lambda: False)
    assert run(report).sha256 == report.sha256
    assert places == ["replica", "primary"]


@pytest.mark.parametrize("there", [True, False])
def test_all_of_it_is_read_as_it_was_in_one_moment(there, practice, two, places, monkeypatch):
    def name() -> str:
        return Practice.objects.get(pk=practice.pk).name

    def job() -> tuple[str, str]:
        first = name()
        two.primary.tell("UPDATE practice_practice SET name = 'Another House'")
        two.catch_up()
        return first, name()

    monkeypatch.setattr(replica, "is_set", lambda: there)
    assert replica.read(tenancy.as_system(practice.pk), job) == ("Linden House", "Linden House")
    assert places == ["replica" if there else "primary"]
    with inside(practice):
        assert name() == "Another House"


def test_every_export_is_read_there(couple, therapist, mara, owner, places, monkeypatch):
    monkeypatch.setattr("reports.press.print_html", lambda *args, **kwargs: press.Printed(b"%PDF-1.7", 1, ()))
    second = make_member(therapist.practice, "owner", "Ada Owner")
    sent(couple, therapist, "Tea in the garden")
    with acting_as(therapist):
        wish = taking_out.Wish(tuple(taking_out.Format))
        record = taking_out.ask_for_couple(couple, wish, by=therapist)
    with acting_as(mara):
        copy = copying.ask(mara, user_id=mara.user_id)
    for archive in (record, copy, confirm(ask_for_export(owner), second)):
        make_archive(practice_id=str(archive.practice_id), archive_id=str(archive.pk))
        with inside(therapist.practice):
            assert Archive.objects.get(pk=archive.pk).is_there, archive.kind
    assert places == ["replica"] * 3


# ── late ─────────────────────────────────────────────────────────────────────


def test_an_answer_of_a_moment_ago_is_waited_for(couple, therapist, two, said, places, monkeypatch):
    monkeypatch.setattr(replica, "PATIENCE", 60)
    go_on = while_paused(two.standby)
    report = asked_about(couple, therapist, "Only just sent")
    threading.Timer(0.5, go_on).start()
    run(report)
    assert "Only just sent" in said[0]
    assert places == ["replica"]


def test_a_replica_that_stays_behind_is_told_of_and_left_alone_for_a_while(
    couple, therapist, two, said, places, monkeypatch, settings, caplog
):
    monkeypatch.setattr(replica, "PATIENCE", 0.1)
    settings.ATTUNE_METRICS_TOKEN = "x" * 32
    counted = metrics.COUNTED.get_sample_value("attune_heavy_reads_total", {"place": "primary"}) or 0
    go_on = while_paused(two.standby)
    try:
        run(asked_about(couple, therapist, "Only just sent"))
        [finding] = [one.what for part in doctor.PARTS if part.name == "replica" for one in part.look()]
        told = {one.name: one.samples[0].value for one in metrics._replica()}
    finally:
        go_on()
    assert "Only just sent" in said[0]
    two.catch_up()
    run(asked_about(couple, therapist, "And again"))
    assert places == ["primary", "primary"]
    assert "bytes behind" in caplog.text
    assert "left alone" in caplog.text
    assert "bytes" in finding
    assert told["attune_replica_behind_bytes"] > 0
    assert metrics.COUNTED.get_sample_value("attune_heavy_reads_total", {"place": "primary"}) == counted + 2


def test_what_is_in_the_way_of_replay_is_cut_off_there_and_read_again_here(practice, couple, two, places):
    two.standby.changed("max_standby_streaming_delay = 0")
    two.primary.tell("CREATE TABLE passing AS SELECT generate_series(1, 9)")

    def job() -> int:
        count = Couple.objects.count()
        if places[-1] == "replica":
            two.primary.tell("DELETE FROM passing", "VACUUM passing")
            for _look in range(400):
                Couple.objects.count()
                time.sleep(0.05)
        return count

    try:
        assert replica.read(tenancy.as_system(practice.pk), job) == 1
    finally:
        two.primary.tell("DROP TABLE passing")
        two.standby.changed("max_standby_streaming_delay = '30s'")
    assert places == ["replica", "primary"]


# ── gone, and the last one ───────────────────────────────────────────────────


def test_a_replica_that_dies_fails_no_report_and_is_read_again_once_it_is_back(
    couple, therapist, two, said, places, caplog
):
    report = asked_about(couple, therapist, "While it was there")
    replica.read(tenancy.as_system(couple.practice_id), Couple.objects.count)  # a line to it lies in the pool
    two.standby.dies()
    assert run(report).state == State.DONE
    assert "While it was there" in said[0]
    assert "it is away" in caplog.text
    [finding] = [one for part in doctor.PARTS if part.name == "replica" for one in part.look()]
    assert finding.grave
    two.standby.start()
    two.catch_up()
    replica.try_again()
    run(asked_about(couple, therapist, "Back again"))
    assert places == ["replica", "primary", "replica"]


def test_after_promotion_everything_is_there_and_work_goes_on(couple, therapist, mara, two, said, places, caplog):
    two.primary.changed("synchronous_standby_names = '*'")
    wait_until(lambda: two.primary.tell("SELECT sync_state FROM pg_stat_replication") == "sync", 20)
    before = sent(couple, therapist, "The last words before")
    two.primary.dies()
    two.standby.tell("SELECT pg_promote()", "ALTER SYSTEM RESET synchronous_standby_names")
    connection.close()  # what had a line to the old one lost it

    with inside(therapist.practice):
        assert Response.objects.filter(pk=before.pk).exists()
    assert signed_in(therapist).get(reverse("couple", args=[couple.pk])).status_code == 200
    hers = give(couple, therapist, "shared", NOTE)[0]
    browser, page = signed_in(mara), f"/do/{hers.pk}/"
    assert browser.post(f"{page}1/", {"note": "The first words after", "base_version": "0"}).status_code == 302
    assert browser.post(f"{page}send/").url == f"{page}sent/"
    with inside(therapist.practice):
        assert Response.objects.filter(occurrence=hers).exists()
    run(asked_about(couple, therapist, "And more words"))
    assert "And more words" in said[0]
    # DATABASE_REPLICA_URL still names it: it is no replica any more, and is not read as one.
    assert places == ["primary"]
    assert "it is no replica of this database" in caplog.text
