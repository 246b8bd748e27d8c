"""A person's own copy: all of theirs, nothing private of anybody else's, and no trace of it either."""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import zipfile
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from clients import consents, parting
from clients.models import Appointment, Client, Contact, Couple, ErasureRequest, Partner
from exercises import answering
from exercises.models import MeasureEntry
from exercises.vocabulary import Lane
from practice import archives, registry, signing_in, tenancy
from practice.models import Archive, Membership, Message, Recovery
from practice.tasks import make_archive
from practice.vault import SealedTextField
from reports.copies import asking, gathering, making, telling
from reports.copies.packing import Part, packed
from reports.pdf import NotPrinted
from tests.clients.test_parting import freshly
from tests.exercises.given import give
from tests.factories import acting_as, signed_in, takes_part
from tests.reports.test_measures import send
from tests.reports.test_releases import LOW, release

pytestmark = pytest.mark.django_db

AT = datetime.datetime(2026, 11, 22, 18, 30, tzinfo=datetime.UTC)


@pytest.fixture
def answered(couple, therapist, mara) -> Client:
    """Somebody who answered a measure."""
    send(couple, therapist, mara, "csi4", LOW)
    return mara


def copy_of(person: Client) -> dict[str, bytes]:
    """Everything in somebody's copy but the paper, by path."""
    with acting_as(person):
        made = making.gathered(person, AT)
    return opened(packed(made.parts, made_at=AT, facts=made.facts))


def opened(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def inside_of(person):
    """Work as Attune itself where somebody is in care."""
    return tenancy.acting(tenancy.as_system(person.practice_id))


# ── every table and every column ─────────────────────────────────────────────


def test_b117_every_table_about_people_is_in_it_or_says_why_not():
    named = {one.model for one in gathering.records()} | {one.model for one in gathering.left_out()}
    assert named == {one.model for one in registry.all_records() if one.scope in ("couple", "person")}
    assert {one.model for one in gathering.records()} == {*telling.HEADINGS, *telling.WITHIN}


def test_b117_every_column_that_is_told_has_a_name_and_what_is_left_out_exists():
    tables = [gathering.Table(one, []) for one in gathering.records()]
    assert all(telling.label(one) for table in tables for one in table.fields if one.name != "id")
    columns = {one.name for table in tables for one in table.record.class_._meta.concrete_fields}
    columns |= {f"{t.record.class_.__name__}.{f.name}" for t in tables for f in t.record.class_._meta.concrete_fields}
    assert gathering.NOT_TOLD - columns == set()


def test_b117_no_sealed_word_is_left_out_but_those_that_lie_in_files_or_were_settled_in_person():
    missing = {
        f"{one.model}.{field.name}"
        for one in gathering.records()
        for field in one.class_._meta.concrete_fields
        if isinstance(field, SealedTextField) and field not in gathering.Table(one, []).fields
    }
    assert missing == {
        "clients.Contact.call_when", "clients.Contact.call_as", "exercises.MeasureEntry.note",
        "reports.Report.pdf", "reports.Report.summary",
    }  # fmt: skip


def test_it_says_of_every_lane_who_reads():
    assert set(telling.LANES) == set(Lane)


def test_numbers_are_said_without_idle_digits():
    assert [telling.said(Decimal(one)) for one in ("4.000", "20", "0.50", "0")] == ["4", "20", "0.5", "0"]


# ── what it looks like ───────────────────────────────────────────────────────


def test_b117_its_checksums_verify_and_its_data_is_plain_json(answered):
    files = copy_of(answered)
    sums = dict(reversed(line.split("  ")) for line in files["SHA256SUMS"].decode().splitlines())
    assert {path: hashlib.sha256(files[path]).hexdigest() for path in sums} == sums
    assert set(files) - set(sums) == {"SHA256SUMS"}
    manifest, data = json.loads(files["manifest.json"]), json.loads(files["data.json"])
    assert manifest["rows"] == {name: len(rows) for name, rows in data.items()}
    assert manifest["not_in_it"]["exercises.StaffNote"]
    bundle = json.loads(files["fhir.json"])
    kinds = {entry["resource"]["resourceType"] for entry in bundle["entry"]}
    assert {"Patient", "Questionnaire", "QuestionnaireResponse", "Task"} <= kinds


def observations(person: Client) -> list[dict[str, Any]]:
    entries = json.loads(copy_of(person)["fhir.json"])["entry"]
    return [one["resource"] for one in entries if one["resource"]["resourceType"] == "Observation"]


def test_a_score_is_in_it_from_the_moment_that_it_is_released(couple, therapist, mara, answered):
    assert observations(mara) == []
    release(couple, therapist, client=mara)
    assert len(observations(mara)) == 1
    assert len(json.loads(copy_of(mara)["data.json"])["reports.Score"]) == 1


def test_the_page_in_it_stands_alone(answered):
    page = copy_of(answered)["copy.html"].decode()
    assert "<style>" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "<title>A copy</title>" in page, "neutral, wherever it is opened"


def test_a_life_that_does_not_fit_on_paper_is_still_to_be_had(answered, monkeypatch):
    from reports import press

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise NotPrinted("too long")

    monkeypatch.setattr(press, "print_html", refuse)
    with acting_as(answered):
        made = making.gathered(answered, AT)
    files = opened(making.whole(made, AT))
    assert "copy.html" in files
    assert "copy.pdf" not in files
    assert "copy.pdf" in json.loads(files["manifest.json"])["missing"]


def test_b28_the_paper_is_the_same_bytes_for_the_same_contents(answered):
    with acting_as(answered):
        first, second = (making.whole(making.gathered(answered, AT), AT) for _turn in range(2))
    assert first == second


def test_equal_contents_are_equal_bytes():
    parts = [Part("b.txt", b"two"), Part("a.txt", b"one")]
    assert packed(parts, made_at=AT, facts={"x": 1}) == packed(reversed(parts), made_at=AT, facts={"x": 1})


# ── the page ─────────────────────────────────────────────────────────────────

PAGE, TAKE, AWAY = "/you/copy/", "/you/copy/take/", "/you/copy/away/"


@pytest.fixture
def no_broker(monkeypatch) -> None:
    monkeypatch.setattr(make_archive, "delay", lambda **ids: None)


def make_it(person) -> Archive:
    with acting_as(person):
        archive = archives.newest(Archive.Kind.OWN_COPY, person.user_id)
    assert archive is not None
    make_archive(practice_id=str(person.practice_id), archive_id=str(archive.pk))
    return archive


def test_b118_every_way_to_it_leads_through_a_fresh_sign_in(mara, no_broker):
    browser = signed_in(mara)
    for answer in (browser.get(PAGE), browser.post(PAGE), browser.post(TAKE), browser.post(AWAY)):
        assert answer.url.startswith("/account/reauthenticate/")
    renewed = browser.get(PAGE, headers={"HX-Request": "true"})
    assert (renewed.status_code, renewed.content) == (204, b"")
    assert renewed.headers["HX-Redirect"].startswith("/account/reauthenticate/")


def test_b118_a_sign_in_by_the_mailbox_alone_neither_asks_for_one_nor_takes_one(mara, no_broker):
    freshly(browser := signed_in(mara)).post(PAGE)
    make_it(mara)
    Recovery.objects.create(user_id=mara.user_id, at=timezone.now())
    session = browser.session
    session[signing_in.CLOSED] = True
    session.save()
    for answer in (browser.get(PAGE), browser.post(PAGE), browser.post(TAKE), browser.post(AWAY)):
        assert (answer.status_code, answer.url) == (302, reverse("closed"))


def test_b118_it_is_made_with_paper_and_data_taken_once_and_gone(mara, no_broker):
    browser = freshly(signed_in(mara))
    assert b"Make a copy" in browser.get(PAGE).content
    assert browser.post(PAGE).url == PAGE
    assert b"Waiting for its turn" in browser.get(PAGE).content
    make_it(mara)
    assert b"Download it" in browser.get(PAGE).content
    answer = browser.post(TAKE)
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (200, "application/zip", "no-store")
    assert answer["Content-Disposition"] == 'attachment; filename="copy.zip"'
    files = opened(answer.content)
    assert {"copy.html", "copy.pdf", "data.json", "fhir.json", "manifest.json", "SHA256SUMS"} <= set(files)
    assert files["copy.pdf"].startswith(b"%PDF-")
    assert browser.post(TAKE).url == PAGE
    assert b"Make a copy" in browser.get(PAGE).content, "and the page says nothing of it any more"


def test_b118_nobody_is_written_to_about_it(mara, no_broker):
    browser = freshly(signed_in(mara))
    with inside_of(mara):
        before = Message.objects.count()
    browser.post(PAGE)
    make_it(mara)
    browser.post(TAKE)
    with inside_of(mara):
        assert Message.objects.count() == before


def test_b118_it_can_be_thrown_away_before_and_after_it_is_made(mara, no_broker):
    browser = freshly(signed_in(mara))
    browser.post(PAGE)
    assert browser.post(AWAY).url == PAGE
    assert b"Make a copy" in browser.get(PAGE).content
    assert browser.post(AWAY).url == PAGE, "and nothing breaks where there is none"


def test_b118_there_are_only_so_many_in_a_day(mara, no_broker):
    browser = freshly(signed_in(mara))
    for _turn in range(asking.A_DAY):
        assert browser.post(PAGE).status_code == 302
        browser.post(AWAY)
    refused = browser.post(PAGE)
    assert refused.status_code == 429
    assert b"several today" in refused.content


def test_a_copy_is_there_for_whoever_agreed_to_nothing_or_has_parted(practice, couple, mara, theo, no_broker):
    with acting_as(mara):
        consents.take_back(mara, "care")
        parting.leave(mara, couple.pk)
    browser = freshly(signed_in(mara))
    assert browser.get(PAGE).status_code == 200
    browser.post(PAGE)
    make_it(mara)
    assert browser.post(TAKE).status_code == 200


def test_the_pages_that_lead_to_it_name_it(couple, mara):
    browser = freshly(signed_in(mara))
    for path in ("/you/record/", "/you/care/", "/you/care/end/"):
        assert f'href="{PAGE}"'.encode() in browser.get(path).content, path


def test_the_page_asks_the_database_the_same_whatever_there_is(mara, no_broker, django_assert_max_num_queries):
    browser = freshly(signed_in(mara))
    with django_assert_max_num_queries(24):
        browser.get(PAGE)


# ── what a therapist hands over ──────────────────────────────────────────────


def handed_over(couple: Couple, client: Client) -> tuple[str, str]:
    return f"/desk/couples/{couple.pk}/record-of/{client.pk}/copy/", "take/"


def make_for(member, client: Client) -> None:
    with acting_as(member):
        archive = archives.newest(Archive.Kind.RECORD_COPY, member.user_id, about_id=client.pk)
    assert archive is not None
    make_archive(practice_id=str(member.practice_id), archive_id=str(archive.pk))


def test_b118_a_therapist_hands_over_the_record_of_one_person_and_that_person_reads_of_it(
    couple, therapist, mara, theo, answered, no_broker
):
    path, take = handed_over(couple, mara)
    desk = signed_in(therapist)
    assert desk.get(path).url.startswith("/account/reauthenticate/")
    freshly(desk)
    assert desk.post(path).url == path
    make_for(therapist, mara)
    assert b"Download it" in desk.get(path).content
    answer = desk.post(path + take)
    assert answer["Content-Type"] == "application/zip"
    assert {"copy.html", "copy.pdf", "data.json", "fhir.json"} <= set(opened(answer.content))
    assert desk.post(path + take).url == path, "once"
    assert b"took a copy of your record" in signed_in(mara).get("/you/record/").content
    assert b"took a copy" not in signed_in(theo).get("/you/record/").content


def test_what_staff_wrote_down_from_paper_is_handed_over_without_who_wrote_it(couple, therapist, mara):
    with tenancy.acting(tenancy.as_system(mara.practice_id)):
        MeasureEntry.objects.create(
            couple=couple, client=mara, measure="csi4", definition_version="1", taken_on=AT.date(), total=12,
            note="Only for us.", entered_by=therapist,
        )  # fmt: skip
    release(couple, therapist, client=mara)
    with acting_as(mara):
        made = making.gathered(mara, AT, couple_id=couple.pk)
    data = json.loads(opened(packed(made.parts, made_at=AT, facts=made.facts))["data.json"])
    [entry] = data["exercises.MeasureEntry"]
    assert entry["total"] == 12
    assert not {"entered_by", "note", "safety"} & set(entry)


def test_b118_nobody_without_the_case_hands_over_its_record(couple, mara, colleague, coordinator, no_broker):
    path, _take = handed_over(couple, mara)
    for who in (colleague, coordinator):
        browser = freshly(signed_in(who))
        assert browser.get(path).status_code == 404
        assert browser.post(path).status_code == 404
    with inside_of(mara):
        assert not Archive.objects.exists()


def by_staff(person: Client, couple: Couple) -> dict[str, bytes]:
    with acting_as(person):
        made = making.gathered(person, AT, couple_id=couple.pk)
    return opened(packed(made.parts, made_at=AT, facts=made.facts))


# ── of one couple, and of no other one ───────────────────────────────────────

FIRST, LATER = "told in the first couple", "told to somebody else"
NOTE = [{"key": "note", "type": "long_text", "label": "Anything for me alone"}]


def told_in(couple: Couple, member: Membership, person: Client, words: str, *, keep: bool = True) -> None:
    (one,) = give(couple, member, Lane.PRIVATE, NOTE, to=[person], title=f"Form {words}")
    with acting_as(person):
        answering.submit(one, author=person, raw={"note": [words]}, keep=keep)


def alone(person: Client, member: Membership) -> Couple:
    """A record of somebody's own with another therapist, who knows nothing of the couple before."""
    with inside_of(person):
        couple = Couple.objects.create(time_zone="Europe/London")
        Partner.objects.create(couple=couple, client=person, position=0)
    takes_part(couple, member)
    return couple


@pytest.fixture
def parted(couple, therapist, answered, mara) -> Couple:
    """A couple that one of them has left, with what she told there."""
    told_in(couple, therapist, mara, FIRST)
    told_in(couple, therapist, mara, f"{FIRST}, without a copy", keep=False)
    release(couple, therapist, client=mara)
    with acting_as(mara):
        parting.leave(mara, couple.pk)
    return couple


def went_on(mara: Client, colleague: Membership) -> Couple:
    """Leave a trace in everything that a person does and is given in care, in another record than the couple's."""
    later = alone(mara, colleague)
    send(later, colleague, mara, "csi4", LOW)
    release(later, colleague, client=mara)
    told_in(later, colleague, mara, LATER)
    told_in(later, colleague, mara, f"{LATER}, without a copy", keep=False)
    now = timezone.now()
    with inside_of(mara):
        Appointment.objects.create(couple=later, audience=[mara.pk], starts_at=now)
        Message.objects.create(
            kind="talk", occasion="later", person_id=mara.pk, about_id=later.pk, couple_id=later.pk, due_at=now,
            fresh_until=now,
        )  # fmt: skip
        Message.objects.create(
            kind="test", occasion="test", person_id=mara.pk, about_id=mara.pk, due_at=now, fresh_until=now
        )
        ErasureRequest.objects.create(client=mara)
        Contact.objects.filter(client=mara).update(country="US", quiet_from="21:00", confirmed_at=now)
    with acting_as(mara):
        consents.take_back(mara, "care")
    signed_in(mara)
    return later


def test_b118_what_is_handed_over_of_one_couple_is_the_same_bytes_whatever_its_person_does_elsewhere(
    parted, colleague, mara
):
    before, own = by_staff(mara, parted), copy_of(mara)
    went_on(mara, colleague)
    after = by_staff(mara, parted)
    assert [path for path in before if before[path] != after.get(path)] == []
    assert before.keys() == after.keys()
    assert copy_of(mara) != own, "while her own copy has all of it"


def test_b118_each_couple_is_handed_over_by_itself(parted, colleague, mara):
    later = went_on(mara, colleague)
    first, second = by_staff(mara, parted), by_staff(mara, later)
    for files, has, lacks, here in ((first, FIRST, LATER, parted), (second, LATER, FIRST, later)):
        told = b"".join(files.values()).decode()
        assert (has in told, f"{has}, without a copy" in told, lacks in told) == (True, True, False)
        assert here.pk != parted.pk or str(later.pk) not in told
        kinds = [one["resource"]["resourceType"] for one in json.loads(files["fhir.json"])["entry"]]
        assert (kinds.count("QuestionnaireResponse"), kinds.count("Observation"), kinds.count("Task")) == (3, 1, 3)
        manifest = json.loads(files["manifest.json"])
        assert manifest["record"] == "The record of one person in this couple"
        assert {"clients.Consent", "clients.PortalVisit"} <= set(manifest["only_in_their_own_copy"])
        assert b"The record of one person in this couple" in files["copy.html"]


def test_what_was_sent_without_a_copy_is_handed_over_once(parted, mara):
    data = json.loads(by_staff(mara, parted)["data.json"])
    twice = {name: len(rows) for name, rows in data.items() if len({one["id"] for one in rows}) != len(rows)}
    assert twice == {}
    assert len(data["exercises.Response"]) == 3


def test_b118_of_what_names_no_couple_only_what_stands_on_its_pages_is_handed_over(parted, mara):
    data = json.loads(by_staff(mara, parted)["data.json"])
    nowhere = {one.model for one in gathering.records() if not gathering.names_couple(one)}
    assert nowhere & set(data) == set(gathering.ON_ITS_PAGES)
    assert {name: set(data[name][0]) for name in gathering.ON_ITS_PAGES} == gathering.ON_ITS_PAGES


def test_b118_who_reads_two_couples_of_somebody_takes_of_each_what_was_made_for_it(parted, therapist, mara, no_broker):
    later = alone(mara, therapist)
    told_in(later, therapist, mara, LATER)
    (here, take), (there, _take) = handed_over(parted, mara), handed_over(later, mara)
    desk = freshly(signed_in(therapist))
    desk.post(here)
    make_for(therapist, mara)
    assert b"Download it" in desk.get(here).content
    assert b"Download it" not in desk.get(there).content
    assert desk.post(there + take).url == there
    assert desk.post(there).url == there, "asking for the other one"
    answer = desk.post(here + take)
    assert LATER.encode() not in b"".join(opened(answer.content).values()), "leaves this one as it was"


def test_b118_a_copy_that_does_not_say_of_which_couple_is_not_made(mara, therapist, no_broker):
    with acting_as(therapist):
        archive = archives.ask(Archive.Kind.RECORD_COPY, user_id=therapist.user_id, person_id=mara.pk)
    for _turn in range(2):
        make_archive(practice_id=str(mara.practice_id), archive_id=str(archive.pk))
    with inside_of(mara):
        assert Archive.objects.get(pk=archive.pk).state == Archive.State.FAILED
