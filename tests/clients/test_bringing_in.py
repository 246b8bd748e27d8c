"""Bringing couples in from a file: read, named, looked through, taken at once, and undone."""

from __future__ import annotations

import datetime
import re
import time
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.bringing import columns, reading
from clients.bringing.columns import Part
from clients.bringing.looking import Choices, look
from clients.bringing.reading import Unreadable, read
from clients.bringing.taking import take
from clients.models import BroughtIn, CaseloadEntry, Client, ClientInvitation, Contact, Couple, Partner
from clients.views.bringing import WAITS
from practice import archives, tenancy
from practice.models import Archive, ArchivePiece, AuditEvent, Message
from tests.factories import inside, make_couple, make_member, signed_in

pytestmark = pytest.mark.django_db

FILES = Path(__file__).parent / "files"
BRING = "/desk/couples/bring/"
TWO = (
    "Name 1,Email 1,Name 2,Email 2\nLea,lea@example.org,Noor,noor@example.org\nAda,ada@example.org,Bo,bo@example.org\n"
)


def table_of(*cells: str) -> reading.Table:
    return read("\n".join(cells).encode())


def chosen(table: reading.Table, therapist: Any = None, **fields: Any) -> Choices:
    said = {
        "parts": tuple(columns.guessed(table.headers)),
        "order": columns.ISO,
        "time_zone": "Europe/London",
        "therapists": (str(therapist.pk),) if therapist else (),
    }
    return Choices(**{**said, **fields})


def upload(browser: Any, data: bytes | str, **kwargs: Any) -> Any:
    body = data.encode() if isinstance(data, str) else data
    return browser.post(BRING, {"file": SimpleUploadedFile("list.csv", body)}, **kwargs)


def named(browser: Any, data: bytes | str, therapist: Any, **fields: Any) -> str:
    """Send a file and take its columns as they are guessed; return the address where it is looked through."""
    address = upload(browser, data).url
    page = browser.get(address).context["form"]
    sent = {name: page[name].value() or "" for name in page.fields}
    answer = browser.post(address, {**sent, "therapists": [str(therapist.pk)], **fields})
    assert answer.status_code == 302, answer.context["form"].errors
    return answer.url


def bring(browser: Any, data: bytes | str, therapist: Any, **fields: Any) -> BroughtIn:
    answer = browser.post(named(browser, data, therapist), fields)
    assert answer.status_code == 302, answer.context["form"].errors
    with inside(therapist.practice):
        return BroughtIn.objects.get(pk=answer.url.split("/")[-2])


# ── reading ──────────────────────────────────────────────────────────────────


def test_a_table_is_read_however_a_spreadsheet_wrote_it():
    text = 'Name;Note\nZoë;"says ""hello""; twice\nand again"\n'
    ways = {
        "UTF-8": text.encode(),
        "UTF-8 with a mark": text.encode("utf-8-sig"),
        "Windows-1252": text.encode("cp1252"),
        "commas": text.replace(';"', ',"').replace("Name;", "Name,").encode(),
        "tabs": text.replace(';"', '\t"').replace("Name;", "Name\t").encode(),
        "Windows line ends": text.replace("\n", "\r\n").encode(),
        "a first line that names the separator": b"sep=;\n" + text.encode(),
    }
    for way, data in ways.items():
        table = read(data)
        assert table.headers == ("Name", "Note"), way
        [row] = table.rows
        assert row.cells[0] == "Zoë", way
        assert row.cells[1].replace("\r", "") == 'says "hello"; twice\nand again', way


def test_a_cell_that_would_calculate_is_a_text():
    [row] = table_of("Name,Phone", '=1+1,"=""0044"""').rows
    assert row.cells == ("=1+1", "0044")


def test_rows_keep_the_numbers_that_a_spreadsheet_shows_and_empty_ones_are_nobody():
    assert [row.number for row in table_of("Name,Email", "Lea,", ",", "Noor,").rows] == [2, 4]


def test_what_is_no_table_is_refused_with_a_word_on_what_to_do():
    refused = {
        "a NUL": b"Name\nLe\0a\n",
        "a workbook": b"PK\x03\x04 and more",
        "UTF-16": "Name\nLea\n".encode("utf-16"),
        "letters of no known kind": b"Name\nL\x81a\n",
        "nothing": b"",
        "headings alone": b"Name,Email\n",
        "a quotation mark too many": b'Name\n"Lea\n',
        "more cells than headings": b"Name\nLea,Noor\n",
        "too many rows": b"Name\n" + b"Lea\n" * (reading.MOST_ROWS + 1),
        "too many columns": b"a," * reading.MOST_COLUMNS + b"b\n" + b"1\n",
        "too large": b"Name\n" + b"x" * reading.MOST_BYTES,
    }
    for what, data in refused.items():
        with pytest.raises(Unreadable) as told:
            read(data)
        assert str(told.value), what


# ── columns ──────────────────────────────────────────────────────────────────


def test_lists_of_two_systems_are_recognised_by_themselves():
    jane, cliniko = (read((FILES / f"{name}.csv").read_bytes()) for name in ("simplepractice", "cliniko"))
    assert columns.recognised(jane.headers) is columns.SIMPLE_PRACTICE
    assert columns.guessed(jane.headers) == [
        "", Part.GIVEN_1, Part.FAMILY_1, Part.NAME_1, "", Part.EMAIL_1, "", Part.STARTED, Part.STATUS,
        Part.THERAPIST, Part.COUPLE,
    ]  # fmt: skip
    assert columns.recognised(cliniko.headers) is columns.CLINIKO
    assert columns.guessed(cliniko.headers) == [
        "", Part.GIVEN_1, Part.FAMILY_1, "", Part.EMAIL_1, Part.TIME_ZONE_1, Part.PRONOUNS_1, Part.STARTED, "",
        Part.COUPLE,
    ]  # fmt: skip
    assert columns.recognised(("Name", "Email")) is None
    exported = ("Patient ID", "First Name", "Last Name", "Email", "Last Appointment", "Unapplied Account Credit")
    assert columns.recognised(exported) is columns.CLINIKO
    assert columns.guessed(exported) == ["", Part.GIVEN_1, Part.FAMILY_1, Part.EMAIL_1, "", ""]


def test_both_names_in_one_cell_have_no_address_unless_two_are_there():
    """Whose the one is, nobody can know: it must not become an invitation of the wrong person."""
    report = ("Client", "Client type", "Date added", "Primary clinician", "Phone number", "Email", "Status")
    assert columns.recognised(report) is columns.SIMPLE_PRACTICE
    known = ["", Part.STARTED, Part.THERAPIST, ""]
    assert columns.guessed(report) == [Part.NAMES, *known, "", Part.STATUS]
    assert columns.guessed(("Names", "Email 1", "Email 2")) == [Part.NAMES, Part.EMAIL_1, Part.EMAIL_2]
    # With a word for the couple in each row, the cell holds one person.
    beside = ("First name", "Email", "Partner first name", "Partner's email", "Spouse pronouns")
    assert columns.guessed(beside) == [Part.GIVEN_1, Part.EMAIL_1, Part.GIVEN_2, Part.EMAIL_2, Part.PRONOUNS_2]
    assert columns.guessed((*report, "Couple")) == [Part.NAME_1, *known, Part.EMAIL_1, Part.STATUS, Part.COUPLE]


# ── looking ──────────────────────────────────────────────────────────────────


def test_a_list_of_simplepractice_becomes_couples_and_says_what_speaks_against_which_row(practice, therapist):
    table = read((FILES / "simplepractice.csv").read_bytes())
    with inside(practice):
        seen = look(table, chosen(table, order=columns.MONTH_FIRST))
    [ready], [wrong] = seen.ready, seen.wrong
    assert (ready.names, ready.lines) == (["Jay", "Sam Roe"], [2, 3])
    assert ready.new.started_on == datetime.date(2024, 3, 15)
    assert [one.pk for one in ready.new.therapists] == [therapist.pk]
    assert [line for line, _words in wrong.wrong] == [4, 5]
    assert "Prospective" in wrong.wrong[0][1]


def test_a_cell_that_is_too_long_is_said_of_its_row_and_costs_no_time(practice, therapist):
    long = "a" + " " * 50_000 + "b"
    few = "Ada \t &  Bo"
    table = table_of("Names,Couple started,What was said", f"{long},,", f"{few},,{long}", f"{'a ' * 249}ab,,")
    began = time.process_time()
    with inside(practice):
        seen = look(table, chosen(table, therapist, parts=(Part.NAMES, "", "")))
    assert time.process_time() - began < 5
    assert [one.names for one in seen.ready] == [["Ada", "Bo"]], "what is left out may be as long as it likes"
    assert [line for one in seen.wrong for line, _words in one.wrong] == [2, 4]
    assert seen.wrong[0].wrong[0][1] == "A cell in this row has more than 500 characters."


def test_a_report_of_client_details_brings_in_its_couples_and_leaves_out_who_is_alone(practice, therapist):
    rows = ["Jamie Doe & Sam Roe,Couple,03/15/2024,jamie@example.org,Inactive", "Avery Stone,Adult,01/01/2026,,Active"]
    table = table_of("Client,Client type,Date added,Email,Status,Primary clinician", *[f"{row}," for row in rows])
    with inside(practice):
        seen = look(table, chosen(table, therapist, order=columns.MONTH_FIRST))
    [ready], [wrong] = seen.ready, seen.wrong
    assert (ready.names, ready.status) == (["Jamie Doe", "Sam Roe"], "closed")
    assert [one.email for one in ready.new.partners] == ["", ""]
    assert (wrong.lines, wrong.names) == ([3], ["Avery Stone"])
    assert "one partner alone" in wrong.wrong[0][1]


def test_a_list_of_cliniko_becomes_couples_and_one_alone_is_none(practice, therapist):
    table = read((FILES / "cliniko.csv").read_bytes())
    with inside(practice):
        seen = look(table, chosen(table, therapist))
    [ready], [wrong] = seen.ready, seen.wrong
    assert [one.time_zone for one in ready.new.partners] == ["Europe/Berlin", "Europe/Berlin"]
    assert ready.new.started_on == datetime.date(2025, 1, 20)
    assert (wrong.lines, wrong.names) == ([4], ["Tom Weiß"])


def test_each_row_that_cannot_come_in_says_why(practice, therapist):
    make_member(practice, "therapist", "Dr Two")
    make_member(practice, "therapist", "Dr Two")
    heads = "Name 1,Email 1,Name 2,Email 2,Time zone 1,Started,Status,Therapist"
    rows = {
        "Lea,lea@example.org,,,,,,": "one partner alone",
        "Lea,,,noor@example.org,,,,": "Partner 2, Name",
        "Lea,lea@,Noor,,,,,": "E-mail",
        "Lea,same@example.org,Noor,same+x@example.org,,,,": "address of their own",
        f"Lea,{therapist.user.email},Noor,,,,,": "cannot be used here",
        "Lea,,Noor,,Mars/Olympus,,,": "Time zone",
        "Lea,,Noor,,,31/31/2024,,": "no day",
        "Lea,,Noor,,,2999-01-01,,": "no day on which",
        "Lea,,Noor,,,,waiting,": "no status here",
        "Lea,,Noor,,,,,Dr Nobody": "Nobody who looks after",
        "Lea,,Noor,,,,,Dr Two": "More than one",
    }
    table = table_of(heads, *rows)
    with inside(practice):
        seen = look(table, chosen(table, therapist))
    assert [one.lines for one in seen.wrong] == [[number] for number in range(2, 2 + len(rows))]
    for one, words in zip(seen.wrong, rows.values(), strict=True):
        assert words in " ".join(said for _line, said in one.wrong), one.wrong


def test_an_address_that_stands_twice_is_refused_and_names_that_stand_twice_are_asked_about(practice, therapist):
    make_couple(practice, ("Mara", "Theo"), therapist=therapist)
    table = table_of(
        "Name 1,Email 1,Name 2", "Lea,lea@example.org,Noor", "Ada,LEA@example.org,Bo", "Noor,,Lea", "mara,,theo"
    )
    with inside(practice):
        seen = look(table, chosen(table, therapist))
    assert [one.lines for one in seen.ready] == [[2]]
    assert [one.lines for one in seen.wrong] == [[3]]
    assert [one.lines for one in seen.doubtful] == [[4], [5]]
    assert "Row 2" in seen.doubtful[0].doubts[0]
    assert len(seen.taken({seen.doubtful[1].number})) == 2


def test_looking_costs_the_same_for_one_row_or_many(practice, therapist):
    def cost(rows: int) -> int:
        table = table_of("Name 1,Email 1,Name 2", *[f"A{n},a{n}@example.org,B{n}" for n in range(rows)])
        with inside(practice), CaptureQueriesContext(connection) as asked:
            look(table, chosen(table, therapist))
        return len(asked)

    cost(1)
    assert cost(30) == cost(1)


# ── taking ───────────────────────────────────────────────────────────────────


def test_an_owner_brings_couples_in_and_nobody_is_written_to(practice, owner, therapist):
    browser = signed_in(owner)
    address = named(browser, TWO, therapist)
    page = browser.get(address)
    assert "2 couples would come in" in page.content.decode()
    with inside(practice):
        assert not Couple.objects.exists()
    answer = browser.post(address, {}, follow=True)
    assert "2 couples came in" in answer.content.decode()
    with inside(practice):
        assert [str(one) for one in Couple.objects.with_partners().order_by("pk")] == ["Lea & Noor", "Ada & Bo"]
        assert Contact.objects.filter(email="lea@example.org", time_zone="Europe/London").exists()
        assert CaseloadEntry.objects.filter(membership=therapist).count() == 2
        assert not ClientInvitation.objects.exists()
        assert not Message.objects.exists()
        brought = BroughtIn.objects.get()
        assert (brought.brought_by_id, brought.couples, brought.people, brought.left_out) == (owner.pk, 2, 4, 0)
        assert re.fullmatch(r"[0-9a-f]{64}", brought.fingerprint)
    assert browser.post(address, {}).status_code == 404, "sent twice, it comes in once"


def test_a_closed_couple_comes_in_closed_and_is_not_invited(practice, coordinator, therapist):
    data = (
        "Name 1,Email 1,Name 2,Status,Started\nLea,lea@example.org,Noor,Closed,2020-01-31\nAda,ada@example.org,Bo,,\n"
    )
    bring(signed_in(coordinator), data, therapist, invite="on")
    with inside(practice):
        lea = Couple.objects.get(status="closed")
        assert lea.ended_at
        assert lea.started_on == datetime.date(2020, 1, 31)
        assert list(ClientInvitation.objects.values_list("email", flat=True)) == ["ada@example.org"]
        assert Message.objects.count() == 1


def test_taking_costs_the_same_for_two_couples_or_many(practice, owner, therapist):
    def cost(rows: int, name: str) -> int:
        data = "Name 1,Email 1,Name 2\n" + "".join(f"{name}{n},{name}{n}@example.org,B{n}\n" for n in range(rows))
        with inside(practice):
            held = archives.hold(Archive.Kind.COUPLES_FILE, data.encode(), user_id=owner.user_id, lives=WAITS)
            archives.note(held, chosen(read(data.encode()), therapist).as_details())
            with CaptureQueriesContext(connection) as asked:
                take(held, anyway=[], invite=False, by=owner)
        return len(asked)

    cost(1, "w")
    assert cost(40, "m") == cost(2, "f")


# ── waiting ──────────────────────────────────────────────────────────────────


def test_the_file_waits_sealed_for_its_sender_alone_and_not_for_long(practice, owner, coordinator):
    address = upload(signed_in(owner), TWO).url
    with inside(practice):
        assert all(b"lea@example.org" not in bytes(one.body) for one in ArchivePiece.objects.all())
    assert signed_in(owner).get(address).status_code == 200
    assert signed_in(coordinator).get(address).status_code == 404
    with time_machine.travel(timezone.now() + WAITS + datetime.timedelta(minutes=1)):
        assert signed_in(owner).get(address).status_code in (302, 404)
        with tenancy.acting(tenancy.as_system(practice.pk)):
            archives.tend()
    with inside(practice):
        assert not ArchivePiece.objects.exists()


def test_a_file_can_be_thrown_away_and_a_new_one_takes_its_place(practice, owner):
    browser = signed_in(owner)
    first, second = upload(browser, TWO).url, upload(browser, TWO).url
    assert browser.get(first).status_code == 404
    assert browser.post(second.replace("columns", "away")).url == BRING
    with inside(practice):
        assert not ArchivePiece.objects.exists()


def test_therapists_do_not_share_out_couples(therapist, owner):
    assert signed_in(therapist).get(BRING).status_code == 404
    assert "Bring couples in" in signed_in(owner).get("/desk/couples/").content.decode()
    assert "Bring couples in" not in signed_in(therapist).get("/desk/couples/").content.decode()


def test_a_page_says_what_is_missing_and_keeps_what_was_chosen(owner, therapist):
    browser = signed_in(owner)
    assert "choose a file" in browser.post(BRING, {}).content.decode()
    assert "CSV UTF-8" in upload(browser, b"PK\x03\x04").content.decode()
    address = upload(browser, "Name,Email\nLea,lea@example.org\n").url
    sent = {"order": "ymd", "time_zone": "Asia/Tokyo", "therapists": [str(therapist.pk)]}
    told = browser.post(address, {**sent, "column-0": "name_1", "column-1": "name_1"})
    assert told.status_code == 422
    assert "hold the same" in told.content.decode()
    assert "who belongs together" in told.content.decode()
    assert told.context["form"]["time_zone"].value() == "Asia/Tokyo"


# ── undoing ──────────────────────────────────────────────────────────────────


def test_an_import_is_undone_as_if_it_had_never_come_and_the_trail_says_so(practice, owner, therapist):
    browser = signed_in(owner)
    brought = bring(browser, TWO, therapist, invite="on")
    page = browser.get(f"/desk/couples/brought/{brought.pk}/")
    assert "Take these 2 couples back" in page.content.decode()
    browser.post(f"/desk/couples/brought/{brought.pk}/undo/")
    with inside(practice):
        for model in (Couple, Client, Contact, Partner, CaseloadEntry, ClientInvitation):
            assert not model.objects.exists(), model
        assert set(Message.objects.values_list("state", flat=True)) == {"cancelled"}
        brought.refresh_from_db()
        assert (brought.made, brought.taken_back, brought.undone_by_id) == ([], 2, owner.pk)
        assert AuditEvent.objects.filter(act="delete", subject="clients_couple", user_id=owner.user_id).count() == 2
    assert bring(browser, TWO, therapist).couples == 2, "the same file can come again"


def test_couples_that_rest_or_are_over_come_in_as_that_without_anything_happening_and_can_go(
    practice, owner, therapist
):
    browser = signed_in(owner)
    states = ("paused", "separated", "closed")
    rows = [f"A{n},B{n},{status}" for n, status in enumerate(states)]
    brought = bring(browser, "\n".join(["Name 1,Name 2,Status", *rows]), therapist)
    with inside(practice):
        assert list(Couple.objects.order_by("pk").values_list("status", flat=True)) == list(states)
        assert [one.ended_at is None for one in Couple.objects.order_by("pk")] == [True, False, False]
        assert not AuditEvent.objects.filter(subject="clients_couple", act="update").exists()
        assert not AuditEvent.objects.filter(subject="clients_parting").exists()
    browser.post(f"/desk/couples/brought/{brought.pk}/undo/")
    with inside(practice):
        assert not Couple.objects.exists()


def test_a_couple_with_whom_something_has_happened_stays_and_it_is_said_why(practice, owner, therapist):
    browser = signed_in(owner)
    data = TWO + "Ida,ida@example.org,Uma,uma@example.org\nKim,,Liv,\n"
    brought = bring(browser, data, therapist, invite="on")
    with inside(practice):
        lea, ada, ida, kim = Couple.objects.with_partners().order_by("pk")
        Message.objects.filter(couple_id=ada.pk).update(state="claimed")
        ida_herself = ida.clients[0].pk
    browser.post(
        f"/desk/couples/{lea.pk}/partners/{lea.clients[0].pk}/",
        {"name": "Lea Maria", "email": "lea@example.org", "time_zone": "Europe/London"},
    )
    browser.post(f"/desk/couples/{ida.pk}/status/", {"status": "paused"})
    answer = browser.post(f"/desk/couples/brought/{brought.pk}/undo/", follow=True)
    told = {str(one.couple): one.since for one in answer.context["stay"]}
    assert "a client's record" in told["Lea Maria & Noor"]
    assert told["Ada & Bo"] == ("a message that has left",)
    assert told["Ida & Uma"] == ("a couple's record",)
    with inside(practice):
        assert not Couple.objects.filter(pk=kim.pk).exists()
        assert Client.objects.filter(pk=ida_herself).exists()
        brought.refresh_from_db()
        assert len(brought.made) == 3
