"""Every public sample file behaves as the README beside it says."""

from __future__ import annotations

import pytest

from exercises.fhir.findings import Refused
from exercises.fhir.planning import Choices, Plan, plan_file, questions_of
from exercises.fhir.recognising import every
from tests.exercises.fhir.samples import FOLDER, QUESTIONNAIRES, sample


def plan(name: str) -> Plan:
    return plan_file(sample(name))[0]


def refusals(name: str) -> list[tuple[str, tuple[str, ...]]]:
    with pytest.raises(Refused) as refused:
        plan_file(sample(name))
    return [(one.code, one.link_ids) for one in refused.value.findings]


def codes(taken: Plan) -> set[str]:
    return {notice.code for notice in taken.notices}


def item(taken: Plan, link_id: str) -> dict:
    return next(one for one in every(taken.mapped.questions) if one.get("link_id") == link_id)


def test_every_file_of_the_folder_has_a_row_in_its_readme():
    readme = (FOLDER / "README.md").read_text()
    assert all(f"`{path.name}`" in readme for path in FOLDER.glob("*.json"))


def test_phq9_with_codes_is_recognised_and_scored_natively():
    taken = plan("phq9-lforms")
    assert taken.offer.measure.key == "phq9"
    assert sorted(taken.offer.items.values()) == list(range(1, 10))
    assert {"number_as_text", "kept", "calculated"} <= codes(taken)
    assert "/44261-6" not in {one["link_id"] for one in questions_of(taken)}  # the total is not asked
    assert item(taken, "/69722-7")["options"][0].get("weight") is None
    assert taken.offer.safety == {"q_44260_8": "any:LA6569-3,LA6570-1,LA6571-9"}


def test_phq9_without_item_codes_is_a_sum_of_weights():
    taken = plan("phq9-researchkit")
    assert taken.offer.measure is None
    assert (len(taken.offer.sum_of), taken.offer.low, taken.offer.high) == (9, 0, 27)
    assert [one["weight"] for one in item(taken, "H1/T1/Q1")["options"]] == [0, 1, 2, 3]
    assert any(notice.values.get("name", "").endswith("rendering-styleSensitive") for notice in taken.notices)
    assert taken.content(Choices())["scoring"] is None
    assert taken.content(Choices(add_up=True))["scoring"]["method"] == "sum"


def test_gad7_without_codes_is_a_sum_up_to_21():
    taken = plan("gad7-researchkit")
    assert (taken.offer.measure, taken.offer.low, taken.offer.high) == (None, 0, 21)
    assert all(one["required"] for one in questions_of(taken))


def test_one_item_of_each_type_names_what_cannot_be_asked():
    assert refusals("all-item-types") == [
        ("not_asked_type", ("Item-reference",)),
        ("not_asked_type", ("Item-attachment",)),
        ("external_set", ("Item-rb", "Item10")),
        ("external_set", ("Item11", "Item12")),
    ]


def test_conditions_that_cannot_hold_are_refused_with_exactly_five_reasons():
    assert refusals("enablewhen-all-operators") == [
        ("expression", ("Q10-ewe",)),
        ("condition_fit", ("Q9c-eq-B",)),
        ("condition_fit", ("Q9c-noteq-B",)),
        ("condition_fit", ("Q9d-eq-B",)),
        ("condition_fit", ("Q9d-noteq-B",)),
    ]


def test_the_paginated_form_fails_for_its_duplicate_alone():
    assert refusals("paginated-layout") == [("same_link_id", ("10.1",))]


def test_the_long_branching_form_comes_in_without_notices():
    taken = plan("branching-128-items")
    assert taken.notices == []
    assert taken.one.questionnaire.find("materials/broadcast").conditions
    assert sum(1 for _one in taken.one.questionnaire.walk()) == 128


def test_repeating_groups_repeat():
    taken = plan("repeating-groups")
    assert [one["repeats"] for one in taken.mapped.questions] == [20, 20]
    assert item(taken, "1-1")["help"] == "yyyy-mm-dd"


def test_an_expression_that_decides_what_is_asked_is_refused():
    assert refusals("enablewhen-expression") == [("expression", ("2",))]


def test_initial_values_are_there_beforehand():
    taken = plan("initial-values")
    initial = {one["label"]: one.get("initial") for one in questions_of(taken)}
    assert initial == {
        "string item": ["abc"],
        "Integer item": ["123"],
        "Decimal item": ["1.23"],
        "Boolean item": ["yes"],
        "Date item": ["2020-01-01"],
        "Date time item": ["2020-01-01T10:10"],
        "Time item": ["10:10"],
        "Text item": ["Initial text "],
        "Url item": ["http://hl7.org"],
        "Choice item": ["c2"],
        "Quantity item": ["1.2345", "yard"],
    }
    assert item(taken, "2471664492721")["unit"] == "centimeter"


def test_numbers_without_texts_come_in_with_notices():
    taken = plan("enablewhen-numeric")
    assert codes(taken) == {"no_text"}
    assert item(taken, "N2")["show_if"] == {
        "all": [
            {"question": "n0", "operator": "=", "answer": 1},
            {"question": "n1", "operator": "=", "answer": 1},
        ]
    }


def test_broken_json_is_refused_with_its_place():
    with pytest.raises(Refused) as refused:
        plan_file(sample("broken-json-response"))
    assert [dict(one.values) for one in refused.value.findings] == [{"line": 11, "column": 9}]


def test_the_newer_weights_are_found():
    taken = plan("apgar-item-weight")
    assert (taken.offer.measure, taken.offer.low, taken.offer.high) == (None, 0, 10)
    assert "calculated" in codes(taken)
    assert taken.asked == 5


def test_a_condition_on_nothing_names_both_items():
    with pytest.raises(Refused) as refused:
        plan_file(sample("enablewhen-missing-target"))
    (found,) = refused.value.findings
    assert found.link_ids == ("q3",)
    assert "q11" in found.message


def test_translations_come_along_for_texts_and_options():
    taken = plan("registration-translated")
    swahili = taken.mapped.translations["sw"]
    assert swahili["questions.pr_name_text.label"] == "Jina la kwanza"
    assert swahili["questions.patient_0_gender.options.female"] == "Mwanamke"
    hidden = item(taken, "PR-telecom-system")
    assert (hidden["hidden"], hidden["initial"]) == (True, ["phone"])
    assert {one.values.get("name", "").rpartition("-")[2] for one in taken.notices} >= {"initialExpression"}


def test_items_under_an_answer_stay_under_it():
    taken = plan("items-under-answers")
    choice = item(taken, "/choice")
    assert (choice["type"], choice["repeats"]) == ("single", 3)
    assert [one["link_id"] for one in choice["questions"]] == [
        "/choice/st",
        "/choice/int",
        "/choice/group",
        "/choice/choice",
    ]


@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_a_refusal_or_a_notice_can_always_be_said(name):
    try:
        found = plan(name).notices
    except Refused as refused:
        found = refused.findings
    assert all(str(one) and "%(" not in str(one) for one in found)
