"""A couple's record taken out: what whoever asked reads on its pages, in every format, and nothing besides."""

from __future__ import annotations

import csv
import datetime
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from clients import emergencies
from clients.models import Client, Couple, Cover
from exercises import answering
from exercises.models import MeasureEntry
from practice import archives, destroying, tenancy
from practice.models import Archive, ArchivePiece, AuditEvent, Membership
from practice.models.archive import SET_ASIDE
from practice.tasks import make_archive
from reports.taking_out import asking, making, reading
from reports.taking_out.asking import Format, Wish
from reports.taking_out.columns import NAMES
from tests.clients.test_parting import freshly
from tests.exercises.given import TWO_SCALES, give
from tests.factories import acting_as, inside, make_couple, make_member, signed_in
from tests.reports.test_measures import send

pytestmark = pytest.mark.django_db

ALL = tuple(Format)
NOTE = [{"key": "note", "type": "long_text", "label": "=What I want to say"}]


@pytest.fixture(autouse=True)
def no_broker(monkeypatch) -> None:
    monkeypatch.setattr(make_archive, "delay", lambda **ids: None)


@pytest.fixture(autouse=True)
def no_printer(monkeypatch) -> list[str]:
    """The pages that were to be printed."""
    from reports import press

    pages: list[str] = []

    def print_html(html: str, *args: Any, **kwargs: Any) -> press.Printed:
        pages.append(html)
        return press.Printed(b"%PDF-1.7 nothing", 1, ())

    monkeypatch.setattr(press, "print_html", print_html)
    return pages


def wrote(couple: Couple, by: Membership, who: Client, lane: str, words: str) -> None:
    given = give(couple, by, lane, NOTE, to=[who] if lane in ("own", "private") else None, title=f"Form {lane}")
    mine = next(one for one in given if one.client_id in (who.pk, None))
    with acting_as(who):
        answering.submit(mine, author=who, raw={"note": [words]})


@pytest.fixture
def answered(couple: Couple, therapist: Membership, mara: Client, theo: Client) -> Couple:
    """Both wrote something in each lane."""
    for who, name in ((mara, "mara"), (theo, "theo")):
        for lane in ("own", "private", "reveal", "shared"):
            wrote(couple, therapist, who, lane, f"+{lane} of {name}")
    return couple


def ask(couple: Couple, by: Membership, *formats: Format, **more: Any) -> Archive:
    with acting_as(by):
        return asking.ask_for_couple(couple, Wish(formats or ALL, **more), by=by)


def run(archive: Archive) -> Archive:
    make_archive(practice_id=str(archive.practice_id), archive_id=str(archive.pk))
    with itself(archive):
        return Archive.objects.get(pk=archive.pk)


def itself(row: Any) -> Any:
    return tenancy.acting(tenancy.as_system(row.practice_id))


def body_of(archive: Archive, by: Membership) -> bytes:
    with acting_as(by):
        size, read = asking.take(archive)
    body = b"".join(read(0))
    assert len(body) == size
    return body


def files_of(archive: Archive, by: Membership) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body_of(archive, by))) as whole:
        assert whole.testzip() is None
        return {name: whole.read(name) for name in whole.namelist()}


def rows_of(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def taken(couple: Couple, by: Membership, *formats: Format, **more: Any) -> dict[str, bytes]:
    return files_of(run(ask(couple, by, *(formats or ALL), **more)), by)


# ── what is in it ────────────────────────────────────────────────────────────


def test_both_partners_lanes_are_in_every_format_as_the_therapist_reads_them(answered, therapist, no_printer):
    files = taken(answered, therapist)
    assert set(files) == {
        "answers.csv", "columns.txt", "answers.json", "record.fhir.json", "record.pdf", "manifest.json", "SHA256SUMS",
    }  # fmt: skip
    words = {f"+{lane} of {name}" for lane in ("private", "reveal", "shared") for name in ("mara", "theo")}
    rows = rows_of(files["answers.csv"])
    assert {one["value"].removeprefix("'") for one in rows} == words
    assert {one["lane"] for one in rows} == {"private", "reveal", "shared"}
    data = json.loads(files["answers.json"])
    [of_couple] = data["couples"]
    assert {item["value"] for one in of_couple["answerings"] for item in one["items"]} == words
    for told in (files["record.fhir.json"].decode(), no_printer[0]):
        assert all(one in told for one in words)
        assert "own of" not in told
    everything = b"".join(files.values()).decode(errors="replace") + no_printer[0]
    assert "own of" not in everything
    for name in ("Mara", "Theo"):
        assert name not in everything, "names were not asked for"
    manifest = json.loads(files["manifest.json"])
    assert (manifest["couples"][0]["answerings"], manifest["names"]) == (6, False)


def test_the_ids_are_the_same_in_all_formats_and_lead_to_no_row(answered, therapist, mara):
    files = taken(answered, therapist)
    rows, data = rows_of(files["answers.csv"]), json.loads(files["answers.json"])
    resources = [one["resource"] for one in json.loads(files["record.fhir.json"])["entry"]]
    people = {one["person_id"] for one in rows}
    assert people == {one["person_id"] for one in data["couples"][0]["people"]}
    assert people == {one["id"] for one in resources if one["resourceType"] == "Patient"}
    assert {one["couple_id"] for one in rows} == {one["id"] for one in resources if one["resourceType"] == "Group"}
    answers = {one["id"] for one in resources if one["resourceType"] == "QuestionnaireResponse"}
    assert {one["response_id"] for one in rows} == answers
    assert str(mara.pk) not in b"".join(files.values()).decode(errors="replace")
    full = [one["fullUrl"] for one in json.loads(files["record.fhir.json"])["entry"]]
    assert len(full) == len(set(full))


def test_the_words_are_those_of_the_page(couple, therapist, mara):
    grid = {
        "key": "week", "type": "grid", "label": "How was it", "options": [{"value": "easy", "label": "Easy enough"}],
        "rows": [{"key": "meals", "label": "Meals together"}],
    }  # fmt: skip
    given = give(couple, therapist, "shared", [*TWO_SCALES, grid], title="Looking back")
    with acting_as(mara):
        sent = answering.submit(given[0], author=mara, raw={"near": ["7"], "good": ["3"], "week.meals": ["easy"]})
    page = signed_in(therapist).get(reverse("response", args=[couple.pk, sent.pk])).content.decode()
    rows = rows_of(taken(couple, therapist, Format.CSV, Format.JSON)["answers.csv"])
    answers = [one for one in rows if one["row"] == "answer"]
    assert [one["item_id"] for one in answers][-1] == "week.meals"
    for one in answers:
        asked, _colon, row = one["wording"].partition(": ")
        assert all(words in page for words in (one["title"], asked, row, one["value"])), one
    assert [one["number"] for one in answers] == ["7", "", ""]
    assert answers[-1]["choices"] == "easy"
    assert {one["edition"] for one in answers} == {"1"}
    assert answers[0]["answered_at"].endswith("Z")
    assert answers[0]["due_at"].endswith("Z")
    assert answers[0]["time_zone"] == "Europe/London"


def test_scores_are_rows_of_their_own_with_the_band_of_the_page(couple, therapist, mara):
    send(couple, therapist, mara, "phq9", "2 2 1 1 1 1 1 1 0")
    with itself(couple):
        for measure, total, back in (("phq9", 20, None), ("ors", "20.5", None), ("phq9", 3, timezone.now())):
            MeasureEntry.objects.create(
                couple=couple, client=mara, measure=measure, definition_version="1", total=total,
                taken_on=datetime.date(2026, 3, 9), note="Only for us.", entered_by=therapist, taken_back_at=back,
            )  # fmt: skip
    files = taken(couple, therapist, Format.CSV, Format.JSON, Format.FHIR)
    scores = [one for one in rows_of(files["answers.csv"]) if one["row"] == "score"]
    scores.sort(key=lambda one: (one["source"] == "paper", one["score"]))
    assert [(one["score"], one["score_value"], one["band"], one["lane"], one["source"]) for one in scores] == [
        ("phq9", "10", "moderate", "private", "portal"),
        ("ors", "20.5", "", "private", "paper"),
        ("phq9", "20", "severe", "private", "paper"),
    ]
    assert b"20.5" in files["record.fhir.json"]
    assert b"Only for us" not in b"".join(files.values())
    shown = signed_in(therapist).get(f"/desk/couples/{couple.pk}/measures/of/{mara.pk}/").content.decode()
    assert all(one["band"].capitalize() in shown for one in scores)


def test_a_table_is_safe_in_a_spreadsheet_and_says_that_it_is_utf_8(answered, therapist):
    body = taken(answered, therapist, Format.CSV, Format.JSON)["answers.csv"]
    assert body.startswith(b"\xef\xbb\xbfrow,couple_id,")
    assert b"\r\n" in body
    rows = rows_of(body)
    assert {one["wording"] for one in rows} == {"'=What I want to say"}
    assert all(one["value"].startswith("'+") for one in rows)


def test_names_and_days_are_as_they_were_asked_for(answered, therapist, mara, theo):
    with time_machine.travel(timezone.now() + datetime.timedelta(days=9)):
        wrote(answered, therapist, mara, "shared", "nine days later")
        day = timezone.localdate(timezone=ZoneInfo("Europe/London"))
        for first, last in ((day, None), (day, day)):
            wish = {"begins_on": first, "ends_on": last, "names": True}
            files = taken(answered, therapist, Format.CSV, Format.JSON, Format.FHIR, **wish)
            assert [(one["value"], one["person_name"]) for one in rows_of(files["answers.csv"])] == [
                ("nine days later", "Mara")
            ]
            resources = [one["resource"] for one in json.loads(files["record.fhir.json"])["entry"]]
            sent = [one for one in resources if one["resourceType"] == "QuestionnaireResponse"]
            assert len(sent) == 1
    assert len(rows_of(body_of(run(ask(answered, therapist, Format.CSV, ends_on=day)), therapist))) == 7


def test_one_format_alone_is_that_file(answered, therapist):
    kinds = {}
    for one in ALL:
        archive = run(ask(answered, therapist, one))
        kinds[one] = (*asking.file_of(archive), body_of(archive, therapist)[:1])
    assert kinds == {
        Format.CSV: ("answers.csv", "text/csv; charset=utf-8", b"\xef"),
        Format.JSON: ("answers.json", "application/json", b"{"),
        Format.FHIR: ("record.fhir.json", "application/fhir+json", b"{"),
        Format.PDF: ("record.pdf", "application/pdf", b"%"),
    }


def test_every_column_stands_in_the_documentation(answered, therapist):
    said = Path("docs/taking-out.md").read_text()
    assert [one for one in NAMES if f"| `{one}` |" not in said] == []
    told = taken(answered, therapist, Format.CSV, Format.JSON)["columns.txt"].decode()
    assert all(f"\n{one}\n" in told for one in NAMES)


# ── for whom ─────────────────────────────────────────────────────────────────


def page(couple: Couple) -> str:
    return f"/desk/couples/{couple.pk}/take-out/"


def test_it_is_asked_for_watched_and_taken_away_behind_a_fresh_sign_in(
    answered, therapist, mara, theo, django_assert_max_num_queries
):
    browser, path = signed_in(therapist), page(answered)
    assert browser.get(path).url.startswith("/account/reauthenticate/")
    freshly(browser)
    assert b"side by side" in browser.get(path).content
    missing = browser.post(path, {})
    assert (missing.status_code, b"Choose at least one." in missing.content) == (422, True)
    late = browser.post(path, {"formats": ["csv"], "begins_on": "2026-03-09", "ends_on": "2026-03-02"})
    assert b"before the first day" in late.content
    assert browser.post(path, {"formats": ["csv"]}).url == path
    assert b"Waiting for its turn" in browser.get(path).content
    with acting_as(therapist):
        archive = asking.newest_for_couple(answered, by=therapist)
    run(archive)
    with django_assert_max_num_queries(24):
        assert b"Download it" in browser.get(path).content
    file = f"{path}{archive.pk}/file/"
    assert signed_in(therapist).get(file).url.startswith("/account/reauthenticate/")
    answer = browser.get(file)
    assert (answer.status_code, answer["Content-Disposition"]) == (200, 'attachment; filename="answers.csv"')
    whole = b"".join(answer.streaming_content)
    assert len(rows_of(whole)) == 6
    rest = browser.get(file, headers={"Range": "bytes=100-", "If-Range": answer["ETag"]})
    assert (rest.status_code, rest["Content-Range"]) == (206, f"bytes 100-{len(whole) - 1}/{len(whole)}")
    assert b"".join(rest.streaming_content) == whole[100:], "from where a broken line left off"
    assert browser.get(file, headers={"Range": "bytes=100-", "If-Range": '"other"'}).status_code == 200
    assert browser.get(file, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    for who in (mara, theo):
        assert b"took a copy of your record" in signed_in(who).get("/you/record/").content
    with itself(answered):
        lines = AuditEvent.objects.filter(act="downloaded", couple_id=answered.pk, client_id=None)
        assert lines.count() == 4
    assert browser.post(f"{path}{archive.pk}/end/").url == path
    assert browser.get(file).status_code == 404
    with itself(answered):
        assert not ArchivePiece.objects.exists()


def test_who_covers_takes_it_out_and_a_colleague_finds_nothing(answered, therapist, colleague, coordinator, practice):
    covers = make_member(practice, name="Dr Cover")
    with inside(practice):
        cover = Cover.objects.create(membership=covers, couple=answered)
    archive = run(ask(answered, covers, Format.CSV))
    assert len(rows_of(body_of(archive, covers))) == 6
    for who in (colleague, coordinator):
        browser = freshly(signed_in(who))
        for path in (page(answered), f"{page(answered)}{archive.pk}/file/"):
            assert browser.get(path).status_code == 404
        assert browser.post(page(answered), {"formats": ["csv"]}).status_code == 404
    file = f"{page(answered)}{archive.pk}/file/"
    assert freshly(signed_in(therapist)).get(file).status_code == 404, "somebody else asked for it"
    with inside(practice):
        cover.ended_at = timezone.now()
        cover.save()
    assert freshly(signed_in(covers)).get(file).status_code == 404


def test_what_an_emergency_opened_is_read_and_not_taken_out(answered, therapist, colleague, owner, practice):
    archive = run(ask(answered, therapist, Format.CSV))
    with acting_as(colleague):
        emergencies.open_up(answered, by=colleague, why="Theo rang from the bridge, and she is away.", hours=1)
    with acting_as(colleague), pytest.raises(asking.NotTheirs):
        asking.ask_for_couple(answered, Wish((Format.CSV,)), by=colleague)
    with itself(answered):
        Archive.objects.filter(pk=archive.pk).update(user_id=colleague.user_id)
    browser, path = freshly(signed_in(colleague)), page(answered)
    reports = browser.get(reverse("reports_of_couple", args=[answered.pk]))
    assert (reports.status_code, path in reports.content.decode()) == (200, False)
    assert browser.get(path).status_code == 404
    assert browser.post(path, {"formats": ["csv"]}).status_code == 404
    assert browser.get(f"{path}{archive.pk}/file/").status_code == 404
    api = f"/api/v1/couples/{answered.pk}/exports/"
    assert browser.post(api, {"formats": ["csv"]}, content_type="application/json").status_code == 404
    assert browser.get(f"{api}{archive.pk}/file/").status_code == 404
    with pytest.raises(archives.Overtaken):
        asking.reader_of(archive_now(archive))
    assert path in signed_in(therapist).get(reverse("reports_of_couple", args=[answered.pk])).content.decode()


def archive_now(archive: Archive) -> Archive:
    with itself(archive):
        return Archive.objects.get(pk=archive.pk)


def test_whoever_lost_the_couple_meanwhile_gets_nothing(answered, therapist, practice):
    archive = ask(answered, therapist, Format.CSV)
    with inside(practice):
        answered.caseload.all().delete()
    assert run(archive).destroyed_at
    with itself(answered):
        assert not ArchivePiece.objects.exists()


def test_it_is_gone_after_a_day_and_with_a_key_that_opened_some_of_it(answered, therapist, mara):
    archive = run(ask(answered, therapist, Format.CSV))
    with time_machine.travel(archive.expires_at + datetime.timedelta(seconds=1)):
        assert freshly(signed_in(therapist)).get(f"{page(answered)}{archive.pk}/file/").status_code == 404
        with itself(answered):
            archives.tend()
            assert not ArchivePiece.objects.exists()
    again = run(ask(answered, therapist, Format.JSON))
    with itself(answered):
        destroying.destroy_keys_of(mara.pk, why="erasure")
        assert Archive.objects.get(pk=again.pk).destroyed_at


# ── all that an owner reads ──────────────────────────────────────────────────


@pytest.fixture
def three(answered, practice, owner, therapist) -> list[Couple]:
    """Two of the owner's couples and one of the therapist's alone."""
    theirs = [make_couple(practice, names, therapist=owner) for names in (("Ada", "Bo"), ("Cy", "Di"))]
    for number, couple in enumerate(theirs):
        wrote(couple, owner, couple.clients[0], "private", f"of couple {number}")
    return [*theirs, answered]


ALL_PAGE = "/desk/practice/answers/"


def test_an_owner_takes_out_the_couples_that_they_read_and_no_other(three, owner, therapist):
    browser = freshly(signed_in(owner))
    said = browser.get(ALL_PAGE).content
    assert b"2 couples whose answers you read" in said
    assert b"1 couple of the practice is not in it" in said
    assert browser.post(ALL_PAGE, {"formats": ["csv", "json", "fhir", "pdf"]}).url == ALL_PAGE
    with acting_as(owner):
        archive = asking.newest_for_all(by=owner)
    run(archive)
    answer = browser.get(f"{ALL_PAGE}{archive.pk}/file/")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as whole:
        files = {name: whole.read(name) for name in whole.namelist()}
    rows = rows_of(files["answers.csv"])
    assert {one["value"] for one in rows} == {"of couple 0", "of couple 1"}
    assert len({one["couple_id"] for one in rows}) == len(json.loads(files["answers.json"])["couples"]) == 2
    for folder, ending in (("fhir", "fhir.json"), ("pdf", "pdf")):
        assert {f"{folder}/{one['couple_id']}.{ending}" for one in rows} <= set(files)
    assert freshly(signed_in(therapist)).get(ALL_PAGE).status_code == 404, "owners alone"


def test_who_reads_no_couple_makes_no_file(answered, owner):
    browser = freshly(signed_in(owner))
    assert b"no couple whose answers are yours" in browser.post(ALL_PAGE, {"formats": ["csv"]}, follow=True).content
    with itself(answered):
        assert not Archive.objects.exists()


# ── workers ──────────────────────────────────────────────────────────────────


def many(owner: Membership, *formats: Format) -> Archive:
    with acting_as(owner):
        return asking.ask_for_all(Wish(formats or (Format.CSV,)), by=owner)


@pytest.fixture
def read(monkeypatch) -> Iterator[list[Any]]:
    """The couples that were read, in order."""
    found: list[Any] = []
    part = making._part

    def looked(archive: Archive, couple_id: Any) -> dict[int, bytes]:
        found.append(couple_id)
        return part(archive, couple_id)

    monkeypatch.setattr(making, "_part", looked)
    return found


class Killed(BaseException):
    """What a worker does not come back from."""


def test_a_killed_worker_is_gone_on_after_with_what_it_had_put_away(three, owner, read, monkeypatch):
    archive, part = many(owner), making._part

    def killed(row: Archive, couple_id: Any) -> dict[int, bytes]:
        if len(read) == 1:
            raise Killed
        return part(row, couple_id)

    monkeypatch.setattr(making, "_part", killed)
    with pytest.raises(Killed):
        run(archive)
    with itself(archive):
        left = list(ArchivePiece.objects.all())
        assert left
        assert all(one.number >= SET_ASIDE for one in left)
        assert not any(b"of couple" in bytes(one.body) for one in left), "sealed"
    monkeypatch.setattr(making, "_part", part)
    with time_machine.travel(timezone.now() + archives.LOST_AFTER + datetime.timedelta(seconds=1)):
        done = run(archive)
        assert (done.state, len(read), len(set(read))) == ("done", 2, 2)
        files = files_of(done, owner)
    assert {one["value"] for one in rows_of(files["answers.csv"])} == {"of couple 0", "of couple 1"}
    with itself(archive):
        assert not ArchivePiece.objects.filter(number__gte=SET_ASIDE).exists()


def test_a_long_one_lets_others_have_their_turn_and_goes_on(three, owner, read, monkeypatch):
    monkeypatch.setattr(making, "A_TURN", datetime.timedelta(seconds=-1))
    archive = many(owner)
    first = run(archive)
    assert (first.state, first.attempts, len(read)) == ("waiting", 0, 1)
    assert 0 < first.percent < 80
    done = run(archive)
    assert (done.state, len(read)) == ("done", 2)


def test_queries_and_memory_follow_the_batch_and_not_the_amount(couple, therapist, mara, monkeypatch):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    monkeypatch.setattr(reading, "A_BATCH", 3)
    assignment = None
    for number in range(7):
        [one] = give(couple, therapist, "private", NOTE, to=[mara], slot=f"round-{number}", assignment=assignment)
        assignment = one.assignment
        with acting_as(mara):
            answering.submit(one, author=mara, raw={"note": [f"number {number}"]})
    with acting_as(therapist):
        found = Couple.objects.with_partners().get(pk=couple.pk)
        reader = reading.CoupleReader(found, Wish((Format.CSV,)), couple.practice)
        sizes, queries = [], []
        batches = reader.batches()
        while True:
            with CaptureQueriesContext(
                connection,
            ) as asked:
                batch = next(batches, None)
            if batch is None:
                break
            sizes.append(len(batch))
            queries.append(len(asked))
    assert sizes == [3, 3, 1]
    assert queries[0] <= 5
    assert set(queries[1:]) == {3}, "the edition is known by then"
