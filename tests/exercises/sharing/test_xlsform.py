"""XLSForm: what each row becomes, what does not and why, and files that mean harm."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from exercises.fhir.forms import packed
from exercises.models import Exercise, Manuscript
from exercises.xlsform.expressions import Unread
from exercises.xlsform.findings import Refused
from exercises.xlsform.planning import Plan, plan_workbook
from exercises.xlsform.relevance import condition_of
from exercises.xlsform.spots import Spot
from practice.bare import opened_apart
from tests.each import each
from tests.exercises.sharing.books import CHOICES, HEADER, with_part, workbook
from tests.factories import inside, signed_in

ADDRESS, SHEET = "/desk/library/import/", "/desk/library/import/sheet/"
SAID = {"title": "How it went", "lane": "private", "licence": "CC-BY-4.0", "author": "A. Writer",
        "licence_confirmed": "on", "asks": "no"}  # fmt: skip

EVERYTHING = workbook(
    [
        ("note", "hello", "Welcome"),
        ("begin_group", "week", "This week", None, None, "${near} > 3"),
        ("select_one kept", "did", "Did you do it?", "Either is fine", "yes"),
        ("select_multiple feeling or_other", "felt", "How it felt", None, None, "${did}='yes' and not(${near} < 5)"),
        ("text", "why", "Why not", None, None, "selected(${felt}, 'tense') or ${did} != 'yes'", None, "multiline"),
        ("end_group",),
        ("range", "near", "How near", None, None, None, None, None, "start=0 end=10 step=1"),
        ("integer", "times", "How often", None, None, None, ". >= 0 and . < 8"),
        ("decimal", "hours", "Hours", None, None, None, ". <= 24"),
        ("date", "day", "Which day", None, None, None, ". <= today()"),
        ("time", "at", "What time"),
        ("text", "code", "A code", None, None, None, "regex(., '[A-Z]{3}') and string-length(.) <= 3"),
        ("calculate", "sum", *(None,) * 8, "${times} + 1"),
        ("geopoint", "where", "Where"),
        ("audio", "voice", "Say it"),
        ("select_one_from_file towns.csv", "town", "Town"),
        ("rank feeling", "order", "Put in order"),
        ("text", "late", "After", None, None, "${where} != ''"),
        ("text", "piped", "You said ${did}", None, None, "pulldata('a','b','c',${did}) = 'x'"),
    ],
    header=(*HEADER, "calculation"),
)  # fmt: skip


def planned(data: bytes) -> Plan:
    return plan_workbook(data, "en")


def items(plan: Plan) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}

    def walk(questions: list[dict[str, Any]]) -> None:
        for one in questions:
            found[one["key"]] = one
            walk(one.get("questions", []))

    walk(plan.mapped.questions)
    return found


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(with_part(EVERYTHING, "xl/worksheets/sheet1.xml", lambda xml: xml))


def test_every_row_becomes_something_or_is_told_by_its_number(plan):
    told = {row for one in (*plan.gone, *plan.changed) for row in one.rows} | {line.row for line in plan.lines()}
    assert told == set(range(2, 21)) - {7}  # the end of the group
    gone = {name: str(one.message) for one in plan.gone for name in one.names}
    assert set(gone) == {"sum", "where", "voice", "town", "order"}
    assert "calculated" in gone["sum"]
    assert "another file" in gone["town"]


def test_types_limits_and_words_are_taken(plan):
    found = items(plan)
    types = {key: one["type"] for key, one in found.items()}
    assert types == {
        "hello": "instructions", "week": "group", "did": "single", "felt": "multi", "why": "long_text", "near": "scale",
        "times": "number", "hours": "number", "day": "date", "at": "time", "code": "short_text", "late": "short_text",
        "piped": "short_text",
    }  # fmt: skip
    assert (found["did"]["required"], found["did"]["help"]) == (True, "Either is fine")
    assert [one["value"] for one in found["did"]["options"]] == ["yes", "no"]
    assert found["felt"]["other"] is True
    assert (found["near"]["min"], found["near"]["max"]) == (0, 10)
    assert (found["times"]["min"], found["times"]["max"], found["times"]["decimals"]) == (0, 7, 0)
    assert found["hours"]["max"] == 24
    assert (found["code"]["pattern"], found["code"]["max_length"]) == ("[A-Z]{3}", 3)
    assert found["piped"]["label"] == "You said …"


def test_conditions_are_said_exactly_or_not_at_all(plan):
    found = items(plan)
    assert found["week"]["show_if"] == {"all": [{"question": "near", "operator": ">", "answer": 3}]}
    # Not below five is also true where nothing was answered.
    not_below = {"any": [{"question": "near", "operator": ">=", "answer": 5},
                         {"question": "near", "operator": "exists", "answer": False}]}  # fmt: skip
    assert found["felt"]["show_if"] == {"all": [{"question": "did", "operator": "=", "answer": "yes"}, not_below]}
    assert found["why"]["show_if"]["any"][0] == {"question": "felt", "operator": "=", "answer": "tense"}
    assert "show_if" not in found["late"]
    assert "show_if" not in found["piped"]
    told = {name: str(one.message) for one in plan.changed for name in one.names}
    assert "which is not asked here" in told["late"]
    assert "pulldata()" in " ".join(str(one.message) for one in plan.changed)


def test_expressions_that_mean_more_are_not_bent():
    spots = {
        "n": Spot("n", "n", "number", {"type": "integer"}),
        "one": Spot("one", "one", "single", {}, values={"a": "a"}),
        "many": Spot("many", "many", "multi", {}, values={"a": "a"}),
    }

    def said(text: str) -> dict[str, Any] | None:
        try:
            return condition_of(text, spots)
        except Unread:
            return None

    def one(key: str, operator: str, answer: Any) -> dict[str, Any]:
        return {"all": [{"question": key, "operator": operator, "answer": answer}]}

    cells = {
        "5 < ${n}": one("n", ">", 5),
        "${n} = -2": one("n", "=", -2),
        "${one} = ''": one("one", "exists", False),
        "not(${one} = '')": one("one", "exists", True),
        "not(selected(${many}, 'a'))": one("many", "!=", "a"),
        "count-selected(${many}) > 0": one("many", "exists", True),
        "(${n} > 1) and (${one}='a')": {"all": [one("n", ">", 1)["all"][0], one("one", "=", "a")["all"][0]]},
        "${many} = 'a'": None,
        "${n} = ${one}": None,
        "${n} + 1 > 3": None,
        "${one} = 'gone'": None,
        "${nobody} = 1": None,
        "today() > ${n}": None,
        "count-selected(${many}) > 1": None,
        "${n} >": None,
        "(" * 30 + "${n}=1" + ")" * 30: None,
        "": None,
    }
    for text, wanted in cells.items():
        assert said(text) == wanted, text


def test_languages_are_taken_by_the_tags_or_names_of_their_columns():
    data = workbook(
        [("select_one kept", "did", "Did you?", "Hast du?", "???")],
        header=("type", "name", "label::English (en)", "label::Deutsch", "label::Elbisch"),
        settings=[("form_title", "form_id", "default_language"), ("Evenings", "evenings", "English (en)")],
    )
    plan = planned(data)
    assert (plan.title, plan.mapped.language) == ("Evenings", "en")
    assert plan.mapped.translations["de"]["questions.did.label"] == "Hast du?"
    assert any("Elbisch" in one.names for one in plan.gone)


def test_formulas_are_never_worked_out():
    plan = planned(workbook([("text", "a", '=CONCATENATE("x","y")'), ("text", "b", "Plain")]))
    assert any("formula" in str(one.message) for one in plan.gone)
    assert items(plan)["b"]["label"] == "Plain"


def a_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<a/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    return out.getvalue()


def with_sheet_named(ending: str, declared: bytes) -> bytes:
    """A workbook whose first sheet has another name, and says something before its first row."""
    old, new = b"worksheets/sheet1.xml", b"worksheets/sheet1." + ending.encode()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as good, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for one in good.namelist():
            first, text = one.endswith("sheet1.xml"), good.read(one).replace(old, new)
            made.writestr(one.replace(old.decode(), new.decode()), declared + text if first else text)
    return out.getvalue()


GOOD = workbook([("text", "a", "A")])
ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><sst>&e;</sst>'
HARMFUL = {
    "a bomb": a_bomb,
    "entities": lambda: with_part(GOOD, "xl/workbook.xml", lambda xml: ENTITY),
    "a document type in a part of another name": lambda: with_sheet_named("bin", b" " * 500 + b"<!DOCTYPE x>"),
    "other letters": lambda: with_part(GOOD, "xl/workbook.xml", lambda xml: "<a/>".encode("utf-16")),
    "no archive": lambda: b"PK\x03\x04 and nothing of an archive",
    "an end cut off": lambda: GOOD[:-400],
    "a huge cell": lambda: workbook([("text", "a", "x" * 20_000)]),
    "many rows": lambda: workbook([("text", f"q{n}", "A") for n in range(1_600)]),
    "an unknown type": lambda: workbook([("nonsense", "a", "A")]),
    "a group without an end": lambda: workbook([("begin_group", "g", "Never ended"), ("text", "a", "A")]),
    "nothing asked": lambda: workbook([("geopoint", "c", "C")]),
    "many bytes": lambda: b"PK" + b"x" * 2_000_001,
}


@each("name", HARMFUL)
def test_files_that_mean_harm_are_refused_in_words(name):
    with pytest.raises(Refused) as refused:
        planned(HARMFUL[name]())
    words = " ".join(str(one) for one in refused.value.reasons)
    assert words
    assert "root:" not in words


OF_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
SHARED = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>%s</t></si></sst>'


def one_text_in_many_cells(n: int) -> bytes:
    """A workbook that keeps a long text once, as is usual, and lets each of ``n`` choices point at it."""
    data = workbook([("text", "a", "A")], choices=[CHOICES[0], *[("kept", f"c{one}", "@") for one in range(n)]])
    part = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{OF_EXCEL}"/></Types>'.encode()
    data = with_part(data, "[Content_Types].xml", lambda xml: xml.replace(b"</Types>", part))
    cell = re.compile(rb't="inlineStr"><is><t>@</t></is>')
    out = io.BytesIO(with_part(data, "xl/worksheets/sheet2.xml", lambda xml: cell.sub(b't="s"><v>0</v>', xml)))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", SHARED % (b"x" * 11_000))
    return out.getvalue()


def test_one_text_in_very_many_cells_is_refused_before_it_is_told(monkeypatch):
    told: list[int] = []

    def opened(*said: Any, **more: Any) -> tuple[int, bytes]:
        code, answer = opened_apart(*said, **more)
        told.append(len(answer))
        return code, answer

    monkeypatch.setattr("exercises.xlsform.reading.bare.opened_apart", opened)
    data = one_text_in_many_cells(5_000)
    assert len(data) < 100_000
    with pytest.raises(Refused) as refused:
        planned(data)
    assert "too large when it is unpacked" in str(refused.value.reasons[0])
    assert told == [0]


def test_a_form_too_long_for_our_language_is_refused_whole():
    with pytest.raises(Refused):
        planned(workbook([("text", f"q{n}", "A") for n in range(600)]))


@pytest.mark.django_db
def test_a_workbook_is_looked_at_and_becomes_one_draft(practice, therapist):
    browser = signed_in(therapist)
    page = browser.post(ADDRESS, {"file": SimpleUploadedFile("form.json", EVERYTHING)})
    text = page.content.decode()
    assert page.status_code == 200
    assert "What each row becomes" in text
    assert "Row 14" in text
    with inside(practice):
        assert not Exercise.objects.filter(practice=practice).exists()
    refused = browser.post(SHEET, {"packed": packed(EVERYTHING), **SAID, "asks": ""})
    assert refused.status_code == 422
    assert "A. Writer" in refused.content.decode()
    for _time in range(2):
        assert browser.post(SHEET, {"packed": packed(EVERYTHING), **SAID}).status_code == 302
    with inside(practice):
        draft = Manuscript.objects.select_related("exercise").get()
        assert draft.exercise.newest_id is None
        assert draft.content["rights"] == {"licence": "CC-BY-4.0", "author": "A. Writer"}
        assert (draft.content["title"], draft.content["lane"]) == ("How it went", "private")
    assert browser.get(f"/desk/library/{draft.exercise.slug}/write/check/").status_code == 200


@pytest.mark.django_db
def test_what_is_no_file_of_ours_is_told_so(therapist):
    browser = signed_in(therapist)
    for data, words in (
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b"Dear all,\nhere is the form", "none of the files"),
        (b"PK\x05\x06" + bytes(18), "no Excel workbook"),
        (b"", "empty"),
        (b"attune: library\nformat: 9\n", "newer Attune"),
    ):
        answer = browser.post(ADDRESS, {"file": SimpleUploadedFile("x", data)})
        assert answer.status_code == 422, words
        assert words in answer.content.decode()
