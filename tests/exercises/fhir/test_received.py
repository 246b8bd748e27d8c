"""Responses from elsewhere, matched with their forms and checked: nothing is saved here."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from exercises.fhir.findings import Refused
from exercises.fhir.planning import Choices, plan_file
from exercises.fhir.received import Checked, authored_at, check_response, read_response
from tests.exercises.fhir.samples import sample


def check(form: str, response: str | dict, **choices) -> Checked:
    plan = plan_file(sample(form))[0]
    data = sample(response) if isinstance(response, str) else json.dumps(response).encode()
    return check_response(read_response(data), plan, scoring=plan.content(Choices(**choices))["scoring"])


def refusals(form: str, response: str | dict) -> list[tuple[str, tuple[str, ...]]]:
    with pytest.raises(Refused) as refused:
        check(form, response)
    return [(one.code, one.link_ids) for one in refused.value.findings]


def answers(form: str, *items: dict, status: str = "completed") -> dict:
    return {"resourceType": "QuestionnaireResponse", "status": status, "item": list(items)}


def test_flat_answers_are_matched_by_link_id_and_reported():
    checked = check("phq9-researchkit", "phq9-researchkit-response", add_up=True)
    assert sum(value.number for value in checked.values.values()) == 27
    assert [notice.code for notice in checked.notices] == ["flat"]
    assert len(checked.notices[0].link_ids) == 9


def test_a_time_with_nanoseconds_is_understood():
    received = read_response(sample("phq9-researchkit-response"))
    assert authored_at(received, None).isoformat() == "2026-02-19T22:09:14.800706+01:00"


def test_both_instances_of_a_group_stay_in_order():
    checked = check("repeating-groups", "repeating-groups-response")
    assert {key: value.text for key, value in checked.values.items()} == {
        "q_1_1~1": "2024-06-03",
        "q_1_1~2": "2026-02-11",
    }


def test_a_required_question_that_is_switched_off_may_be_absent():
    checked = check("enablewhen-numeric", "enablewhen-numeric-response")
    assert {key: value.number for key, value in checked.values.items()} == {"n0": Decimal(1), "n1": Decimal(0)}


def test_a_required_question_that_is_asked_may_not_be_absent():
    both = [{"linkId": name, "answer": [{"valueInteger": 1}]} for name in ("N0", "N1")]
    assert refusals("enablewhen-numeric", answers("", *both)) == [("answer_missing", ("N2",))]
    assert check("enablewhen-numeric", answers("", *both, status="in-progress")).finished is False


def test_what_a_condition_switches_off_may_not_be_there():
    given = [{"linkId": name, "answer": [{"valueInteger": 0}]} for name in ("N0", "N1", "N2")]
    assert refusals("enablewhen-numeric", answers("", *given)) == [("answer_disabled", ("N2",))]


def test_children_stay_with_their_answer():
    checked = check("items-under-answers", "items-under-answers-response")
    texts = {key: value.text for key, value in checked.values.items() if value.text}
    assert texts["choice_st~1"] == "a"
    assert texts["choice_st~2"] == "aa"
    assert texts["choice_choice_st~2.1"] == "cc"
    assert texts["choice_choice_st~2.2"] == "dd"
    assert checked.values["choice_choice_int~2.2.2"].number == 88
    assert checked.notices == []


def test_broken_json_is_refused_with_its_place():
    with pytest.raises(Refused) as refused:
        read_response(sample("broken-json-response"))
    assert dict(refused.value.findings[0].values) == {"line": 11, "column": 9}


def test_unknown_items_kinds_and_options_are_named_together():
    given = answers(
        "",
        {"linkId": "elsewhere", "answer": [{"valueString": "x"}]},
        {"linkId": "H1/T1/Q1", "answer": [{"valueInteger": 2}]},
        {"linkId": "H1/T1/Q2", "answer": [{"valueCoding": {"code": "sometimes"}}]},
        {"linkId": "H1/T1", "answer": [{"valueBoolean": True}]},
    )
    assert refusals("phq9-researchkit", given) == [
        ("unknown_item", ("elsewhere",)),
        ("answer_kind", ("H1/T1/Q1",)),
        ("answer_option", ("H1/T1/Q2",)),
        ("answer_in_group", ("H1/T1",)),
    ]


def test_one_structure_for_what_repeats():
    twice = {"linkId": "822683260269", "answer": [{"valueString": "x"}]}
    assert refusals("initial-values", answers("", twice, twice)) == [("item_repeated", ("822683260269",))]
    many = {"linkId": "822683260269", "answer": [{"valueString": "x"}, {"valueString": "y"}]}
    assert refusals("initial-values", answers("", many)) == [("answer_many", ("822683260269",))]


def test_our_own_total_counts_and_theirs_is_reported():
    items = [
        {"linkId": link_id, "answer": [{"valueCoding": {"system": "http://loinc.org", "code": "LA6569-3"}}]}
        for link_id in (
            "/44250-9", "/44255-8", "/44259-0", "/44254-1", "/44251-7", "/44258-2", "/44252-5", "/44253-3", "/44260-8",
        )
    ]  # fmt: skip
    wrong = {"linkId": "/44261-6", "answer": [{"valueDecimal": 12}]}
    checked = check("phq9-lforms", answers("", *items, wrong))
    (differs,) = [notice for notice in checked.notices if notice.code == "total_differs"]
    assert dict(differs.values) == {"theirs": "12", "ours": "9"}
    right = {"linkId": "/44261-6", "answer": [{"valueDecimal": 9}]}
    assert "total_differs" not in {notice.code for notice in check("phq9-lforms", answers("", *items, right)).notices}


def test_a_quantity_keeps_every_digit():
    amount = {"value": Decimal("1.2345"), "unit": "yard", "system": "http://unitsofmeasure.org", "code": "[yd_i]"}
    text = json.dumps(answers("", {"linkId": "9704408582171", "answer": [{"valueQuantity": {**amount, "value": 0}}]}))
    plan = plan_file(sample("initial-values"))[0]
    received = read_response(text.replace('"value": 0', '"value": 1.2345').encode())
    assert check_response(received, plan).values["q_9704408582171"].number == Decimal("1.2345")


@pytest.mark.parametrize("status", ["entered-in-error", "nonsense"])
def test_what_was_entered_in_error_is_not_taken(status):
    with pytest.raises(Refused):
        read_response(json.dumps(answers("", status=status)).encode())
