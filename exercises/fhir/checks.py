"""What can be judged only once all items are read: where answers come from, initial values, limits."""

from __future__ import annotations

from decimal import Decimal

from exercises.fhir.choices import ValueSets, built_in
from exercises.fhir.elements import Elements
from exercises.fhir.findings import Findings
from exercises.fhir.structure import CHOICES, Datum, Item, Questionnaire
from exercises.fhir.values import KINDS
from exercises.form_language import FormError
from exercises.questions import Form

#: Types whose answers may be chosen from a list; a value set goes with choices alone.
MAY_OFFER = CHOICES | {"string", "text", "url", "integer", "decimal", "date", "dateTime", "time"}


def check_options(form: Questionnaire, findings: Findings) -> None:
    """Find the answers of every question, refuse questions without any; name each outside set once."""
    sets = ValueSets(Elements(form.raw, findings), findings)
    outside: dict[str, list[str]] = {}
    for item in form.walk():
        _check_item(item, sets, outside, findings)
    for url, link_ids in outside.items():
        _refuse_outside(url, link_ids, findings)


def _refuse_outside(url: str, link_ids: list[str], findings: Findings) -> None:
    first, *others = link_ids
    findings.refuse("external_set", first, "answerValueSet", also=others, url=url, count=len(link_ids))


def _check_item(item: Item, sets: ValueSets, outside: dict[str, list[str]], findings: Findings) -> None:
    address = Elements(item.raw, findings, item.link_id, item.path).text("answerValueSet", 1000)
    if item.choices and address:
        findings.refuse("both_options", item.link_id, f"{item.path}.answerValueSet")
        return
    if item.choices and item.type not in MAY_OFFER:
        item.choices = []
        findings.notice("kept", item.link_id, "answerOption", name="answerOption")
    if item.type not in CHOICES:
        if address:
            findings.notice("kept", item.link_id, "answerValueSet", name="answerValueSet")
        return
    found = True
    if address and not item.calculated:
        found = _from_set(item, address, sets, outside, findings)
    if not found or item.choices or item.calculated:
        return
    if item.is_hidden_away:
        findings.notice("constant", item.link_id, "answerOption")
    elif not any(item.raw.get(name) for name in ("answerOption", "option", "options")):
        # Else the reason was said with the option.
        findings.refuse("no_options", item.link_id, item.path)


def _from_set(item: Item, address: str, sets: ValueSets, outside: dict[str, list[str]], findings: Findings) -> bool:
    """Fill in the answers of a value set; False when a refusal was said already."""
    canonical = address.partition("|")[0]
    if not address.startswith("#") and canonical not in sets:
        known = built_in(address)
        if known is None:
            outside.setdefault(address, []).append(item.link_id)
            return False
        item.choices = list(known)
        return True
    name = address.removeprefix("#") if address.startswith("#") else canonical
    if name not in sets:
        if item.is_hidden_away:
            return True
        findings.refuse("no_contained_set", item.link_id, f"{item.path}.answerValueSet", name=name)
        return False
    choices = sets.choices(name)
    if choices is None:
        findings.refuse("open_set", item.link_id, f"{item.path}.answerValueSet", name=name)
        return False
    item.choices = list(choices)
    return True


def check_values(form: Questionnaire, findings: Findings) -> None:
    """Initial values, limits, texts: what does not fit is refused, what is only odd is noticed."""
    for item in form.walk():
        _check_text(item, findings)
        if item.is_question:
            _check_initial(item, findings)
        if item.type != "display":
            _check_limits(item, findings)


def _check_text(item: Item, findings: Findings) -> None:
    if not item.text.strip() and not item.is_hidden_away:
        findings.notice("no_text", item.link_id, "text")


def _check_initial(item: Item, findings: Findings) -> None:
    if item.initial and item.type in KINDS:
        kinds = KINDS[item.type]
        if item.choices:
            kinds = kinds | {one.datum.kind for one in item.choices}
        wrong = [one for one in item.initial if one.kind not in kinds]
        if wrong:
            findings.notice("initial_kind", item.link_id, "initial", type=item.type)
            item.initial = [one for one in item.initial if one.kind in kinds]
    if len(item.initial) > 1 and not item.repeats:
        findings.notice("initial_many", item.link_id, "initial")
        item.initial = item.initial[:1]
    if item.initial and item.choices:
        findings.notice("first_match", item.link_id, "initial")
        if item.type != "open-choice" and not any(matches(item, one) for one in item.initial):
            findings.notice("initial_not_offered", item.link_id, "initial")


def matches(item: Item, value: Datum) -> bool:
    return any(one.datum.is_like(value) for one in item.choices)


def _check_limits(item: Item, findings: Findings) -> None:
    if (item.fewest or 0) > 1 and not (item.type in CHOICES and item.repeats):
        findings.notice("not_enforced", item.link_id, "extension", name="minOccurs")
    least, most = item.least, item.most
    if (isinstance(least, Decimal) and isinstance(most, Decimal) and least > most) or (
        isinstance(least, str) and isinstance(most, str) and least > most
    ):
        findings.refuse("limits_crossed", item.link_id, f"{item.path}.extension")
    if item.shortest is not None and item.longest is not None and item.shortest > item.longest:
        findings.refuse("limits_crossed", item.link_id, f"{item.path}.extension")
    if item.pattern and not _can_be_enforced(item.pattern):
        item.pattern = ""
        findings.notice("bad_regex", item.link_id, "extension")


def _can_be_enforced(pattern: str) -> bool:
    """Let our own language judge a pattern: it knows which ones could take forever."""
    try:
        Form.from_data([{"key": "text", "type": "short_text", "label": "text", "pattern": pattern}])
    except FormError:
        return False
    return True
