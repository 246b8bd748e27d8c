"""Bytes of unknown origin: bounded, refused with a place, and never a crash."""

from __future__ import annotations

import contextlib
import copy
import json
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exercises.fhir.findings import Finding, Refused, outcome
from exercises.fhir.parsing import parse_file, parse_questionnaire
from exercises.fhir.planning import Choices, Plan, plan_file, plans_of
from exercises.fhir.reading import DEEPEST, LARGEST_FILE, parse, read, written
from exercises.fhir.received import check_response, read_response
from tests.exercises.fhir.samples import QUESTIONNAIRES, RESPONSES, sample


def codes(data: bytes) -> list[str]:
    with pytest.raises(Refused) as refused:
        parse_file(data)
    return [one.code for one in refused.value.findings]


def form(*items: dict, **more: Any) -> bytes:
    resource = {"resourceType": "Questionnaire", "status": "active", "item": list(items), **more}
    return json.dumps(resource).encode()


def text(link_id: str, **more: Any) -> dict:
    return {"linkId": link_id, "text": link_id, "type": "string", **more}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"  \n", "empty_file"),
        (b"<Questionnaire/>", "xml"),
        (b"[]", "no_object"),
        (b"{", "broken_json"),
        (b'{"a": NaN}', "broken_json"),
        (b'{"a": -Infinity}', "broken_json"),
        (b'{"a": 1,}', "broken_json"),
        (b'{"a": "\n"}', "broken_json"),
        (b"\xff\xfe{\x00}", "not_utf8"),
        (b'{"a": "\xe4"}', "not_utf8"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": ' + b"9" * 5000 + b"}", "huge_number"),
        (b'{"a": 1e999999999}', "huge_number"),
        (b'{"a": 0.' + b"1" * 60 + b"}", "huge_number"),
        (b'{"a": "\\u0000"}', "unkeepable"),
        (b'{"a": "\\ud800"}', "unkeepable"),
        (b'{"\\udfff": 1}', "unkeepable"),
        (b'{"a":' * 50_000, "too_deep_json"),
        (b"[" * 200 + b"]" * 200, "too_deep_json"),
        (b" " * (LARGEST_FILE + 1), "too_large"),
        (b"{}", "no_resource"),
        (b'{"resourceType": 7}', "no_resource"),
        (b'{"resourceType": "Patient"}', "other_resource"),
        (b'{"resourceType": "Bundle"}', "empty_bundle"),
        (b'{"resourceType": "Bundle", "entry": 3}', "wrong_kind"),
    ],
)
def test_what_is_no_questionnaire_is_refused(data, code):
    assert codes(data) == [code]


def test_a_place_is_named_by_line_and_column():
    with pytest.raises(Refused) as refused:
        read(b'{\n  "a": 1,\n  "b": 12345678901234567890123456789012345678901234567890\n}')
    assert dict(refused.value.findings[0].values) == {"line": 3, "column": 8}


def test_a_byte_order_mark_is_no_obstacle():
    data = "\ufeff".encode() + form(text("a"))
    assert parse_file(data).text.encode() == data


def test_brackets_in_words_are_no_depth():
    assert parse(json.dumps({"a": "[" * (DEEPEST + 50)}))


def test_numbers_keep_their_digits():
    tree = parse('{"a": 1.2345, "b": 1.0, "c": 1.10, "d": 3, "e": -0.50, "f": 1e2}')
    assert tree["b"] == Decimal("1.0")
    assert written(tree, indent=None) == '{"a":1.2345,"b":1.0,"c":1.10,"d":3,"e":-0.50,"f":100}'


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"text": "x", "type": "string"}, "no_link_id"),
        ({"linkId": "a", "text": "x"}, "no_type"),
        ({"linkId": "a", "type": "hologram"}, "unknown_type"),
        ({"linkId": "a", "type": "coding"}, "other_release_type"),
        ({"linkId": "a", "type": "question"}, "other_release_type"),
        ({"linkId": "a", "type": "choice", "option": [{"valueString": "x"}]}, "other_release"),
        (text("a", enableWhen=[{"question": "a", "operator": "exists", "answerBoolean": True}]), "condition_cycle"),
        (text("a", enableWhen=[{"question": "b", "operator": "=", "answerString": "x"}]), "condition_nowhere"),
        (text("a", modifierExtension=[{"url": "http://x"}]), "modifier"),
        (text("a", code=[{"modifierExtension": [{"url": "http://x"}], "code": "y"}]), "modifier"),
        ({"linkId": "a", "text": "x", "type": "choice"}, "no_options"),
        ({"linkId": "a", "text": "x", "type": "choice", "answerValueSet": "#b"}, "no_contained_set"),
        ({"linkId": "a", "text": "x", "type": "choice", "answerValueSet": "http://x"}, "external_set"),
        ({"linkId": "a", "text": ["x"], "type": "string"}, "wrong_kind"),
        (
            text("a", extension=[{"url": "http://x/sdc-questionnaire-subQuestionnaire", "valueCanonical": "y"}]),
            "sub_questionnaire",
        ),
    ],
)
def test_items_outside_the_subset_are_refused(item, code):
    assert code in codes(form(item))


def test_conditions_that_wait_for_each_other_are_one_circle():
    asks = {"operator": "exists", "answerBoolean": True}
    group = {
        "linkId": "g",
        "type": "group",
        "text": "g",
        "enableWhen": [{"question": "a", **asks}],
        "item": [text("a")],
    }
    with pytest.raises(Refused) as refused:
        parse_file(form(group))
    (circle,) = refused.value.findings
    assert circle.code == "condition_cycle"
    assert set(circle.values["names"].split(" → ")) == {"g", "a"}


def test_all_reasons_are_named_at_once():
    assert sorted(codes(form(text("a"), text("a"), {"linkId": "b"}, {"linkId": "c", "type": "reference"}))) == [
        "no_type",
        "not_asked_type",
        "same_link_id",
    ]


def test_sizes_are_bounded():
    assert codes(form(*[text(str(number)) for number in range(501)])) == ["too_many_items"]
    nested = text("end")
    for number in range(8):
        nested = {"linkId": f"g{number}", "text": "g", "type": "group", "item": [nested]}
    assert codes(form(nested)) == ["too_deep"]


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": "' + b'\\"' * 900_000,
        b'{"a": "' + b"[" * 2_000_000,
        b'{"resourceType": "Questionnaire", "item": [' + b"{}," * 600_000 + b"{}]}",
        b'{"resourceType": "Questionnaire", "item": [' + b'{"linkId":1,"enableWhen":[{}]},' * 4_000 + b"{}]}",
        b'{"resourceType": "Questionnaire", "extension": [' + b'{"url":"x"},' * 150_000 + b'{"url":"x"}]}',
        b'{"resourceType": "Questionnaire", "modifierExtension": 1, "x": ['
        + b'{"modifierExtension":1},' * 70_000
        + b"{}]}",
    ],
)
def test_b70_b71_a_hostile_file_takes_no_long_time(data):
    began = time.monotonic()
    taken_or_said(lambda: plan_file(data))
    assert time.monotonic() - began < 30  # seconds; without bounds it would be hours


def test_a_computed_item_may_be_switched_by_an_expression():
    sdc = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
    expression = {"valueExpression": {"language": "text/fhirpath", "expression": "true"}}
    shown = {"url": f"{sdc}enableWhenExpression", **expression}
    computed = {"url": f"{sdc}calculatedExpression", **expression}
    assert codes(form(text("a", extension=[shown]))) == ["expression"]
    assert parse_file(form(text("a", extension=[shown, computed]), text("b")))


def test_a_bundle_gives_each_of_its_forms():
    one, other = json.loads(form(text("a"))), json.loads(form(text("b")))
    bundle = {
        "resourceType": "Bundle",
        "entry": [{"resource": one}, {"resource": other}, {"resource": {"resourceType": "Patient"}}],
    }
    plans = plan_file(json.dumps(bundle).encode())
    assert [plan.form.questions[0].key for plan in plans] == ["a", "b"]
    assert plans[0].notices[0].code == "not_used_resource"


def test_the_two_lists_of_loinc_are_known():
    item = {"linkId": "a", "text": "x", "type": "choice", "answerValueSet": "http://loinc.org/vs/LL358-3"}
    plan = plan_file(form(item, {**item, "linkId": "b", "answerValueSet": "http://loinc.org/vs/LL359-1|2.77"}))[0]
    weights = [[option.get("weight") for option in one["options"]] for one in plan.mapped.questions]
    assert weights == [[0, 1, 2, 3], [None, None, None, None]]


def test_a_set_in_the_file_may_be_named_by_its_address():
    concepts = [{"code": "a", "display": "A"}, {"code": "b", "display": "B"}]
    value_set = {"resourceType": "ValueSet", "id": "s", "url": "http://x/s", "expansion": {"contains": concepts}}
    item = {"linkId": "a", "text": "x", "type": "choice", "answerValueSet": "http://x/s|1.0"}
    (question,) = plan_file(form(item, contained=[value_set]))[0].form
    assert [option.label for option in question.options] == ["A", "B"]


def test_whole_numbers_in_quotes_are_numbers():
    options = [{"valueInteger": "10"}, {"valueInteger": 20, "extension": [{"url": "http://x/shade", "valueCode": "a"}]}]
    plan = plan_file(form({"linkId": "a", "text": "x", "type": "integer", "answerOption": options}))[0]
    assert [option["stands_for"] for option in plan.mapped.questions[0]["options"]] == [10, 20]
    assert {notice.code for notice in plan.notices} == {"number_as_text", "kept"}


def test_what_is_asked_for_more_than_once_is_said_not_to_be_enforced():
    least = {"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-minOccurs", "valueInteger": 2}
    group = {"linkId": "g", "text": "g", "type": "group", "repeats": True, "extension": [least], "item": [text("a")]}
    (notice,) = plan_file(form(group))[0].notices
    assert (notice.code, notice.link_ids) == ("not_enforced", ("g",))


def test_phq9_without_its_ninth_item_is_not_phq9():
    resource = json.loads(sample("phq9-lforms"))
    resource["item"] = [one for one in resource["item"] if one["linkId"] not in ("/44260-8", "/44261-6")]
    plan = plan_file(json.dumps(resource).encode())[0]
    assert plan.offer.measure is None
    (missing,) = [notice for notice in plan.notices if notice.code == "missing_item"]
    assert dict(missing.values) == {"measure": "PHQ-9", "missing": "9"}
    assert plan.content(Choices())["scoring"] is None


def test_codes_without_a_system_count_when_the_panel_matches():
    resource = json.loads(sample("phq9-lforms"))
    for item in resource["item"]:
        for code in item.get("code", []):
            del code["system"]
    assert plan_file(json.dumps(resource).encode())[0].offer.measure.key == "phq9"
    del resource["code"]
    assert plan_file(json.dumps(resource).encode())[0].offer.measure is None


def test_phq9_whose_weights_stand_only_in_its_codes_is_native_and_asks_for_no_total():
    resource = json.loads(sample("phq9-lforms"))
    for item in resource["item"]:
        item.pop("extension", None)
        if item["type"] == "choice" and item["linkId"] != "/69722-7":
            del item["answerOption"]
            item["answerValueSet"] = "http://loinc.org/vs/LL358-3"
    plan = plan_file(json.dumps(resource).encode())[0]
    assert plan.offer.measure.key == "phq9"
    assert plan.asked == 10
    assert "total_not_asked" in {notice.code for notice in plan.notices}


def test_weights_that_differ_make_another_form():
    resource = json.loads(sample("phq9-lforms"))
    for option in resource["item"][0]["answerOption"]:
        option["extension"][1]["valueDecimal"] = 1
    plan = plan_file(json.dumps(resource).encode())[0]
    assert plan.offer.measure is None
    assert "weights_differ" in {notice.code for notice in plan.notices}


def test_a_slider_begins_at_nothing_when_it_does_not_say_where():
    slider = {"url": "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl",
              "valueCodeableConcept": {"coding": [{"code": "slider"}]}}  # fmt: skip
    most = {"url": "http://hl7.org/fhir/StructureDefinition/maxValue", "valueInteger": 15}
    item = {"linkId": "1", "text": "How many?", "type": "integer", "extension": [slider, most]}
    (question,) = plan_file(form(item))[0].form
    assert (question.type.value, question.min, question.max) == ("scale", 0, 15)


def test_words_of_ones_own_stand_beforehand_once():
    item = {"linkId": "1", "text": "x", "type": "open-choice", "repeats": True,
            "answerOption": [{"valueCoding": {"code": "a"}, "initialSelected": True}],
            "initial": [{"valueString": "one"}, {"valueString": "two"}]}  # fmt: skip
    (question,) = plan_file(form(item))[0].form
    assert question.initial == ("a", "one")


def test_findings_survive_being_kept():
    finding = Finding("external_set", ("a", "b"), "answerValueSet", {"url": "http://x", "count": 2})
    assert Finding.from_data(json.loads(json.dumps(finding.as_data()))) == finding
    issue = outcome([finding])["issue"][0]
    assert (issue["severity"], issue["diagnostics"]) == ("error", finding.message)


# Whatever is done to a file: it is taken, or it is refused with reasons that can be said.

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.text(max_size=12), st.sampled_from(
        ["choice", "group", "display", "quantity", "open-choice", "exists", "=", "#x", "1", "", "g1", "Q1", "{", "%"]
    ), st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
VALUES = st.recursive(SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(
    st.sampled_from(["linkId", "type", "item", "extension", "url", "valueCoding", "code", "answerOption"]),
    inner, max_size=3)), max_leaves=6)  # fmt: skip


@st.composite
def damaged(draw: Any, names: list[str]) -> bytes:
    tree = json.loads(sample(draw(st.sampled_from(names))))
    for _time in range(draw(st.integers(1, 4))):
        places = list(_places(tree))
        if not places:
            break
        where, name = places[draw(st.integers(0, len(places) - 1))]
        match draw(st.sampled_from(["replace", "remove", "copy"])):
            case "replace":
                where[name] = draw(VALUES)
            case "remove":
                del where[name]
            case "copy" if isinstance(where, list):
                where.append(copy.deepcopy(where[name]))
    return json.dumps(tree).encode()


def _places(tree: Any) -> Any:
    """Places to damage: below the resource type, which alone would decide everything."""
    waiting = [tree]
    while waiting:
        value = waiting.pop()
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inner in pairs:
            if name != "resourceType" and name != "div":
                yield value, name
            if isinstance(inner, (dict, list)):
                waiting.append(inner)


EASY = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def taken_or_said(work: Callable[[], Any]) -> Any:
    """What the work gives; nothing when it was refused, with reasons that can be said."""
    try:
        return work()
    except Refused as refused:
        reasons = [str(one) for one in refused.findings]
    assert reasons
    assert all(reasons)
    return None


@EASY
@given(damaged(QUESTIONNAIRES))
def test_a_damaged_form_is_taken_or_refused(data):
    plans = taken_or_said(lambda: plan_file(data)) or []
    for plan in plans:
        content = json.loads(json.dumps(plan.content(Choices(add_up=True, no_safety_questions=True))))
        assert content["title"]
        assert all(str(one) for one in plan.notices)
        json.dumps([one.as_data() for one in plan.notices], default=str)


PLANS: dict[str, Plan] = {}


def plan_for(name: str) -> Plan:
    if name not in PLANS:
        PLANS[name] = plan_file(sample(name.removesuffix("-response")))[0]
    return PLANS[name]


@EASY
@given(st.sampled_from([name for name in RESPONSES if name != "broken-json-response"]).flatmap(
    lambda name: st.tuples(st.just(name), damaged([name]))))  # fmt: skip
def test_a_damaged_response_is_taken_or_refused(given_):
    name, data = given_
    checked = taken_or_said(lambda: check_response(read_response(data), plan_for(name)))
    assert all(str(one) for one in (checked.notices if checked else ()))


@EASY
@given(st.binary(max_size=300))
def test_noise_is_refused(data):
    with pytest.raises(Refused):
        plans_of(parse_file(data))


@EASY
@given(st.sampled_from(QUESTIONNAIRES), st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_a_torn_file_is_taken_or_refused(name, at, noise):
    data = sample(name)
    at %= len(data)
    with contextlib.suppress(Refused):
        plan_file(data[:at] + noise + data[at + len(noise) :])


def test_the_tree_is_read_without_its_text_being_changed():
    for name in QUESTIONNAIRES:
        tree = parse(sample(name).decode())
        parse_questionnaire(tree)
        assert tree == parse(sample(name).decode())
