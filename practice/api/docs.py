"""The description of the API: as OpenAPI for programs, and as a page for people."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from markdown_it import MarkdownIt

from practice.api.schema import ABOUT

_READER = MarkdownIt("commonmark", {"html": False})
JSON = "application/json"


@lru_cache(1)
def described() -> dict[str, Any]:
    """Return the OpenAPI description: the same for everybody, it knows nothing of any practice."""
    return SchemaGenerator().get_schema(request=None, public=True)


@require_safe
@login_not_required
def api_schema(request: HttpRequest) -> HttpResponse:
    """The description for programs."""
    return JsonResponse(described())


@require_safe
@login_not_required
def api_docs(request: HttpRequest) -> HttpResponse:
    """The description for people, with an example of each operation."""
    return render(request, "practice/api_docs.html", {"about": _html(ABOUT), "groups": _groups()})


@lru_cache(1)
def _groups() -> list[dict[str, Any]]:
    """Return the operations as the page shows them, by what they are about."""
    whole = described()
    found = [_shown(path, method, one, whole) for path, method, one in _operations(whole)]
    groups = [{**tag, "operations": [one for one in found if one["tag"] == tag["name"]]} for tag in whole["tags"]]
    return [one for one in groups if one["operations"]]


def _operations(whole: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _shown(path: str, method: str, operation: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {})
    sent = _example(body)
    return {
        "id": operation["operationId"],
        "tag": operation["tags"][0],
        "summary": operation["summary"],
        "words": _html(operation.get("description", "")),
        "path": path,
        "method": method,
        "parameters": [_parameter(one) for one in operation.get("parameters", [])],
        "fields": _fields(body, whole),
        "sent": sent,
        "answers": [
            {"status": status, "example": _example(answer)}
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        ],
        "curl": _curl(path, method, sent, operation) if {"token": []} in operation["security"] else "",
    }


def _parameter(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "place": {"path": "path", "query": "query", "header": "header"}[one["in"]], **_kind(one["schema"])}


def _fields(body: dict[str, Any], whole: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the fields of a body, one level deep: what lies deeper is in the example."""
    schema = _resolved(body.get("content", {}).get(JSON, {}).get("schema", {}), whole)
    needed = schema.get("required", [])
    return [
        {"name": name, "required": name in needed, "words": one.get("description", ""), **_kind(_resolved(one, whole))}
        for name, one in schema.get("properties", {}).items()
    ]


def _resolved(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    for inner in schema.get("allOf", [])[:1]:
        schema = {**inner, **{name: one for name, one in schema.items() if name != "allOf"}}
    if "$ref" not in schema:
        return schema
    found = whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return {**found, **{name: one for name, one in schema.items() if name != "$ref"}}


def _kind(schema: dict[str, Any]) -> dict[str, Any]:
    said = schema.get("type", "")
    kinds = [said] if isinstance(said, str) else said
    if schema.get("enum"):
        return {"kind": "one of", "choices": [str(one) for one in schema["enum"] if one is not None]}
    words = " or ".join(one for one in kinds if one != "null") or "object"
    return {"kind": f"{words} ({schema['format']})" if "format" in schema else words, "choices": []}


def _curl(path: str, method: str, sent: str, operation: dict[str, Any]) -> str:
    parts = ["curl", settings.ATTUNE_URL + path, '-H "Authorization: Bearer $TOKEN"']
    if method != "GET":
        parts.insert(1, f"-X {method}")
    if any(one["name"] == "If-Match" for one in operation.get("parameters", [])):
        parts.append("-H 'If-Match: *'")
    if sent:
        parts += [f"-H 'Content-Type: {JSON}'", f"-d {shlex.quote(json.dumps(json.loads(sent), ensure_ascii=False))}"]
    return " \\\n  ".join(parts)


def _example(body: dict[str, Any]) -> str:
    for media in body.get("content", {}).values():
        for one in media.get("examples", {}).values():
            return json.dumps(one["value"], indent=2, ensure_ascii=False)
    return ""


def _html(text: str) -> SafeString:
    # Our own words, and markdown-it escapes whatever is not its own.
    return mark_safe(_READER.render(text))  # noqa: S308
