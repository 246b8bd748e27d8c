"""From JSON to a checked questionnaire: everything that speaks against it at once, or what to know about it.

parse_file(data)            bytes -> Parsed, raises Refused
parse_questionnaire(raw)    one resource -> (Questionnaire, Findings)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exercises.fhir.checks import check_options, check_values
from exercises.fhir.conditions import check_conditions
from exercises.fhir.elements import Elements
from exercises.fhir.findings import Finding, Findings, Refused
from exercises.fhir.items import read_items
from exercises.fhir.known import KNOWN_ROOT, ROOT_EXTENSIONS, STATUSES, check_modifiers
from exercises.fhir.reading import read
from exercises.fhir.structure import Questionnaire

MOST_ITEMS = 500
DEEPEST = 8
#: So many items are not even looked at.
HOPELESS = 10 * MOST_ITEMS


@dataclass(frozen=True)
class One:
    """One questionnaire of a file, with what to know about it."""

    questionnaire: Questionnaire
    notices: list[Finding]


@dataclass(frozen=True)
class Parsed:
    """A file that can be taken: its text word for word, the hash of that, and what it holds."""

    text: str
    sha256: str
    forms: list[One]

    @property
    def only(self) -> One:
        return self.forms[0]


def parse_file(data: bytes) -> Parsed:
    """Read a file of unknown origin. Raises :class:`Refused` with all reasons; nothing was saved then."""
    text, tree = read(data)
    resources, notices = questionnaires_in(tree)
    read_ones = [parse_questionnaire(raw, prefix) for prefix, raw in resources]
    refusals = [refusal for _form, findings in read_ones for refusal in findings.refusals]
    if refusals:
        raise Refused(refusals)
    forms = [One(form, [*notices, *findings.notices]) for form, findings in read_ones]
    return Parsed(text, hashlib.sha256(text.encode()).hexdigest(), forms)


def questionnaires_in(tree: Mapping[str, Any]) -> tuple[list[tuple[str, Mapping[str, Any]]], list[Finding]]:
    """The questionnaires of a resource or a Bundle, with their path."""
    name = resource_type(tree)
    if name == "Questionnaire":
        return [("", tree)], []
    if name != "Bundle":
        raise Refused([Finding("other_resource", element="resourceType", values={"name": name})])
    findings = Findings()
    bundle = Elements(tree, findings)
    found: list[tuple[str, Mapping[str, Any]]] = []
    for path, entry in bundle.objects("entry"):
        resource = entry.get("resource")
        if isinstance(resource, dict) and resource.get("resourceType") == "Questionnaire":
            found.append((f"{path}.resource", resource))
        elif isinstance(resource, dict):
            findings.notice("not_used_resource", element="entry", name=str(resource.get("resourceType", "?"))[:60])
    check_modifiers({key: value for key, value in tree.items() if key != "entry"}, findings)
    if findings.refusals:
        raise Refused(findings.refusals)
    if not found:
        raise Refused([Finding("empty_bundle", element="entry")])
    return found, findings.notices


def resource_type(tree: Mapping[str, Any]) -> str:
    """What the resource says it is. Raises :class:`Refused` when it says nothing."""
    name = tree.get("resourceType")
    if not isinstance(name, str) or not name:
        raise Refused([Finding("no_resource", element="resourceType")])
    return name


def parse_questionnaire(raw: Mapping[str, Any], path: str = "") -> tuple[Questionnaire, Findings]:
    """Read one resource. The questionnaire is sound only if the findings hold no refusal."""
    findings = Findings()
    count = _items_in(raw)
    if count > HOPELESS:
        findings.refuse("too_many_items", element="item", count=count, limit=MOST_ITEMS)
        return Questionnaire(raw), findings
    root = Elements(raw, findings, path=path)
    form = _metadata(root)
    form.items = read_items(root)
    _check_size(form, findings)
    if not findings.refusals or len(list(form.walk())) <= MOST_ITEMS:
        check_modifiers(raw, findings, path)
        _check_link_ids(form, findings)
        check_options(form, findings)
        check_conditions(form, findings)
        check_values(form, findings)
    if not form.items and not findings.refusals:
        findings.notice("no_items", element="item")
    return form, findings


def _items_in(raw: Mapping[str, Any]) -> int:
    """How many items there are, good or bad."""
    count, waiting = 0, [raw]
    while waiting:
        inside = waiting.pop().get("item")
        if isinstance(inside, list):
            count += len(inside)
            waiting += [one for one in inside if isinstance(one, dict)]
    return count


def _metadata(root: Elements) -> Questionnaire:
    form = Questionnaire(
        raw=root.raw,
        url=root.text("url", 500),
        version=root.text("version", 100),
        name=root.text("name", 500),
        title=root.text("title", 500),
        status=root.text("status", 40),
        description=root.text("description"),
        copyright=root.text("copyright"),
        publisher=root.text("publisher", 500),
        language=root.text("language", 20),
        translations=root.translations("title"),
        codes=codes_of(root),
        subject_types=tuple(one for one in root.list("subjectType") if isinstance(one, str)),
    )
    _status(form, root)
    for extension in root.extensions():
        if extension.name == "subQuestionnaire":
            root.findings.refuse("sub_questionnaire", element=extension.elements.path)
        elif extension.name not in ROOT_EXTENSIONS:
            root.findings.notice("kept", element=root.at("extension"), name=extension.url)
    for name in raw_names(root):
        if name not in KNOWN_ROOT:
            root.findings.notice("kept", element=root.at(name), name=name)
    return form


def _status(form: Questionnaire, root: Elements) -> None:
    if not form.status:
        root.findings.notice("no_status", element=root.at("status"))
    elif form.status not in STATUSES:
        root.findings.notice("odd_status", element=root.at("status"), name=form.status)
    elif form.status == "retired":
        root.findings.notice("retired", element=root.at("status"))
    if form.status not in STATUSES:
        form.status = "draft"


def raw_names(elements: Elements) -> list[str]:
    return [name for name in elements.raw if not name.startswith("_")]


def codes_of(elements: Elements) -> list[tuple[str, str]]:
    """The codes of an item or a resource, as (system, code)."""
    found = []
    for path, raw in elements.objects("code"):
        one = elements.inner(path, raw)
        system, code = one.text("system"), one.text("code")
        if code:
            found.append((system, code))
    return found


def _check_size(form: Questionnaire, findings: Findings) -> None:
    count = depth = 0
    level = form.items
    while level:
        depth += 1
        count += len(level)
        level = [child for item in level for child in item.children]
    if count > MOST_ITEMS:
        findings.refuse("too_many_items", element="item", count=count, limit=MOST_ITEMS)
    if depth > DEEPEST:
        findings.refuse("too_deep", element="item", depth=depth, limit=DEEPEST)


def _check_link_ids(form: Questionnaire, findings: Findings) -> None:
    seen: set[str] = set()
    for item in form.walk():
        if item.link_id and item.link_id in seen:
            findings.refuse("same_link_id", item.link_id, f"{item.path}.linkId")
        seen.add(item.link_id)
