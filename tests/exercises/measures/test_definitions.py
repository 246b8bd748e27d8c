"""The definitions: what they must say, what they may never hold, and how they are recognised."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from exercises import measures
from exercises.measures import DefinitionError, Status, UnknownMeasure, reading
from exercises.measures.definition import FORBIDDEN_CODES, Confidence

FOLDER = Path(reading.__file__).parent / "definitions"
KEYS = [
    "phq9", "phq8", "phq2", "phq4", "gad7", "gad2", "who5", "k10", "csi4", "csi16", "csi32", "rdas", "crs", "kmss",
    "ras", "qmi", "ors", "srs", "wai_sr", "ecr_rs", "hits", "ehits", "wast",
]  # fmt: skip
CHANGE = {"phq9", "gad7", "who5", "csi4", "csi16", "csi32", "rdas", "crs", "ors"}
LICENSED = {"rdas", "crs", "kmss", "ras", "qmi", "ors", "srs", "wai_sr", "hits", "ehits", "wast"}


def test_every_measure_is_defined() -> None:
    assert sorted(one.key for one in measures.all()) == sorted(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_definition_says_what_users_must_know(key: str) -> None:
    measure = measures.get(key)
    assert measure.credit
    assert measure.licence.source
    assert measure.facts
    assert measure.rhythm
    assert measure.limits or not measure.person_only
    assert all(fact.confidence is not Confidence.LOW for fact in measure.shown_facts)
    if measure.licence.status is not Status.SHIP:
        assert measure.licence.notice


@pytest.mark.parametrize(
    ("key", "size", "low", "high"),
    [
        ("phq9", 9, 0, 27),
        ("phq8", 8, 0, 24),
        ("phq2", 2, 0, 6),
        ("phq4", 4, 0, 12),
        ("gad7", 7, 0, 21),
        ("gad2", 2, 0, 6),
        ("who5", 5, 0, 100),
        ("k10", 10, 10, 50),
        ("csi4", 4, 0, 21),
        ("csi16", 16, 0, 81),
        ("csi32", 32, 0, 161),
        ("rdas", 14, 0, 69),
        ("crs", 10, 0, 100),
        ("kmss", 3, 3, 21),
        ("ras", 7, 7, 35),
        ("qmi", 6, 6, 45),
        ("ors", 4, 0, 40),
        ("srs", 4, 0, 40),
        ("wai_sr", 12, 12, 60),
        ("hits", 4, 4, 20),
        ("ehits", 5, 5, 25),
        ("wast", 8, 8, 24),
    ],
)
def test_lowest_and_highest_answers_give_the_ends_of_the_range(key: str, size: int, low: int, high: int) -> None:
    measure = measures.get(key)
    assert len(measure.items) == size
    assert (measure.low, measure.high) == (low, high)
    lowest = {item.number: item.high if item.reverse else item.low for item in measure.items}
    highest = {item.number: item.low if item.reverse else item.high for item in measure.items}
    assert measures.score(measure, lowest).total == low
    assert measures.score(measure, highest).total == high


@pytest.mark.parametrize(
    ("key", "threshold", "inclusive"),
    [
        ("phq9", "6", True),
        ("gad7", "4", True),
        ("who5", "10", True),
        ("csi4", "2.716", False),
        ("csi16", "6.664", False),
        ("csi32", "12.544", False),
        ("rdas", "12", True),
        ("crs", "16", True),
        ("ors", "5", True),
    ],
)
def test_thresholds_of_change_are_data(key: str, threshold: str, inclusive: bool) -> None:
    reliable = measures.get(key).reliable
    assert reliable is not None
    assert (reliable.threshold, reliable.inclusive) == (Decimal(threshold), inclusive)


def test_all_others_have_no_threshold_and_so_no_state() -> None:
    without = {one.key for one in measures.all() if one.reliable is None}
    assert without == set(KEYS) - CHANGE


def test_licensed_measures_need_a_confirmation_and_free_ones_do_not() -> None:
    needing = {one.key for one in measures.all() if one.licence.needs_confirmation}
    assert needing == LICENSED
    assert {one.key for one in measures.all() if one.score_only} == needing


def test_screens_for_violence_are_for_one_person_alone_and_never_say_safe() -> None:
    alone = {one.key for one in measures.all() if one.person_only}
    assert alone == {"hits", "ehits", "wast"}
    for key in alone:
        assert any("does not show that somebody is safe" in line for line in measures.get(key).limits)


def test_only_what_the_measure_asks_about_safety_is_a_safety_item() -> None:
    assert {one.key: one.safety_items for one in measures.all() if one.safety_items} == {"phq9": (9,)}


def test_uncertain_facts_are_kept_and_shown_to_nobody() -> None:
    qmi = measures.get("qmi")
    assert any(fact.confidence is Confidence.LOW for fact in qmi.facts)
    assert all("cut-off" not in fact.about for fact in qmi.shown_facts)


def test_a_definition_holds_no_words_of_any_item() -> None:
    """Items are numbers, weights and codes; nothing in their place could hold a wording."""
    for file in FOLDER.glob("*.yaml"):
        if file.name == "licences.yaml":
            continue
        for versions in yaml.safe_load(file.read_text(encoding="utf-8")).values():
            for run in versions["items"]:
                assert set(run) <= {"first", "last", "low", "high", "decimals"}
            assert all(len(code) < 10 for code in versions.get("codes", {}).get("items", []))


# ── versions ─────────────────────────────────────────────────────────────────


def test_an_older_version_stays_and_the_newest_is_offered(tmp_path: Path) -> None:
    for file in FOLDER.glob("*.yaml"):
        shutil.copy(file, tmp_path)
    file = tmp_path / "attachment.yaml"
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    newer = {**data["ecr_rs"], "version": 2, "how_often": "intake_end"}
    file.write_text(yaml.safe_dump({"ecr_rs": [newer, data["ecr_rs"]]}), encoding="utf-8")
    versions = reading.read_definitions(tmp_path)["ecr_rs"]
    assert [one.version for one in versions] == [1, 2]
    assert versions[-1].how_often == "intake_end"


def test_a_version_can_be_asked_for_as_it_is_stored() -> None:
    assert measures.get("phq9", "1") is measures.get("phq9", 1) is measures.get("phq9")
    assert measures.find("phq9", 99) is None
    with pytest.raises(UnknownMeasure):
        measures.get("dass21")


@pytest.mark.parametrize(
    "change",
    [
        {"range": [0, 27, 3]},
        {"better": "up"},
        {"reliable": {"at_least": 6, "more_than": 5}},
        {"cut": {"kind": "clinical"}},
        {"cut": {"kind": "severe", "at_least": 10}},
        {"bands": {"severity": {"minimal": [0, 4], "mild": [6, 27]}}},
        {"bands": {"severity": {"dire": [0, 27]}}},
        {"items": [{"first": 2, "last": 9, "low": 0, "high": 3}]},
        {"items": [{"first": 1, "last": 9, "low": 0, "high": 3, "text": "…"}]},
        {"licence": "mine"},
        {"wording": "…"},
        {"how_often": "often"},
        {"codes": {"panel": "44249-1", "total": "70273-8", "items": ["1-1"] * 9, "answers": {}}},
        {"codes": {"panel": "44249-1", "total": "44261-6", "items": ["1-1"] * 8, "answers": {}}},
        {"name": 9},
    ],
)
def test_a_definition_that_is_not_understood_is_refused(change: dict) -> None:
    data = yaml.safe_load((FOLDER / "symptoms.yaml").read_text(encoding="utf-8"))["phq9"]
    licences = {"phq": measures.get("phq9").licence}
    assert reading.read_measure("phq9", data, licences).key == "phq9"
    with pytest.raises(DefinitionError):
        reading.read_measure("phq9", {**data, **change}, licences)


# ── codes ────────────────────────────────────────────────────────────────────

PHQ9_ITEMS = ["44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"]
GAD7_ITEMS = ["69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"]
LOINC = measures.LOINC


def coded(codes: list[str], system: str | None = LOINC) -> dict[str, list[tuple[str | None, str]]]:
    return {f"/{code}": [(system, code)] for code in codes}


@pytest.mark.parametrize(("code", "key"), [("44249-1", "phq9"), ("69737-5", "gad7"), ("55757-9", "phq2")])
def test_a_form_is_known_by_its_code(code: str, key: str) -> None:
    for system in (LOINC, "", None):
        found = measures.by_code(system, code)
        assert found is not None
        assert found.key == key
    assert measures.by_code("http://snomed.info/sct", code) is None


def test_a_measure_without_a_public_code_has_ours() -> None:
    csi = measures.get("csi16")
    assert measures.by_code(*csi.panel_code) is csi
    assert csi.item_code(3) == (measures.SYSTEM, "csi16-3")
    assert csi.total_code == (measures.SYSTEM, "csi16-total")


@pytest.mark.parametrize("code", sorted(FORBIDDEN_CODES))
def test_mislabelled_codes_name_nothing(code: str) -> None:
    assert measures.by_code(LOINC, code) is None
    assert measures.recognise([(LOINC, code)], {}) is None


@pytest.mark.parametrize("system", [LOINC, "", None])
def test_a_form_with_every_item_is_the_measure(system: str | None) -> None:
    items = coded(PHQ9_ITEMS, system) | {"/69722-7": [(LOINC, "69722-7")], "/44261-6": [(LOINC, "44261-6")]}
    found = measures.recognise([(LOINC, "44249-1")], items)
    assert found is not None
    assert found.complete
    assert found.items["/44260-8"] == 9
    assert found.not_scored == {"/69722-7": "difficulty", "/44261-6": "total"}


def test_a_form_that_lacks_an_item_is_not_the_measure_and_the_item_is_named() -> None:
    found = measures.recognise([(LOINC, "44249-1")], coded(PHQ9_ITEMS[:-1]))
    assert found is not None
    assert not found.complete
    assert found.missing == (9,)


def test_an_item_asked_twice_is_not_the_measure() -> None:
    items = coded(GAD7_ITEMS) | {"again": [(LOINC, GAD7_ITEMS[0])]}
    found = measures.recognise([(LOINC, "69737-5")], items)
    assert found is not None
    assert (found.complete, found.doubled) == (False, (1,))


def test_items_of_another_system_do_not_count() -> None:
    found = measures.recognise([(LOINC, "69737-5")], coded(GAD7_ITEMS, "http://example.org/ours"))
    assert found is not None
    assert len(found.missing) == 7


def test_the_items_alone_without_the_panel_are_no_measure() -> None:
    assert measures.recognise([], coded(PHQ9_ITEMS)) is None


def test_answers_and_the_safety_item_are_known_by_code() -> None:
    phq9 = measures.get("phq9")
    weights = [phq9.weight_of(LOINC, code) for code in ("LA6568-5", "LA6569-3", "LA6570-1", "LA6571-9", "LA1-1")]
    assert weights == [0, 1, 2, 3, None]
    assert measures.is_safety_item(LOINC, "44260-8")
    assert not measures.is_safety_item(LOINC, "44250-9")
