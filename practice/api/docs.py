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

HERE = f"{settings.ATTUNE_URL}/api/v1"
#: What holds for all operations, each with an example.
PARTS = [
    {
        "id": "lists",
        "title": "Lists and filters",
        "words": "Newest first, in pages: follow `next` until it is `null`. A filter that there is not is an error, so "
        "that nobody takes everything for what they asked for.",
        "example": f"""curl -i '{HERE}/couples/?status=active&limit=2' \\
  -H "Authorization: Bearer $ATTUNE_TOKEN"

HTTP/1.1 200 OK
Link: <{HERE}/couples/?cursor=cD0wMTk5…&limit=2&status=active>; rel="next"

{{
  "next": "{HERE}/couples/?cursor=cD0wMTk5…&limit=2&status=active",
  "previous": null,
  "results": […]
}}""",
    },
    {
        "id": "edits",
        "title": "Edits",
        "words": "Send `If-Match` with the `ETag` of what you read. Who comes second is told so (412) and overwrites "
        "nothing; `*` means whatever it is now.",
        "example": f"""curl -i -X PATCH {HERE}/couples/0199a8c0-…/ \\
  -H "Authorization: Bearer $ATTUNE_TOKEN" \\
  -H 'If-Match: "5d41402abc4b2a76b9719d911017c592"' \\
  -H 'Content-Type: application/json' \\
  -d '{{"status": "paused"}}'""",
    },
    {
        "id": "writes",
        "title": "Writes that may be sent again",
        "words": "Where a line broke, nobody knows whether a write arrived. Give each one an `Idempotency-Key`, a new "
        "random text: sent again within a day it is done once and answered alike, with `Idempotency-Replayed: true`, "
        "as long as you still see what it is about.",
        "example": f"""curl -i -X POST {HERE}/couples/ \\
  -H "Authorization: Bearer $ATTUNE_TOKEN" \\
  -H "Idempotency-Key: $(uuidgen)" \\
  -H 'Content-Type: application/json' \\
  -d '{{"partners": [{{"name": "Mara"}}, {{"name": "Theo"}}], "time_zone": "Europe/London"}}'""",
    },
    {
        "id": "problems",
        "title": "Problems",
        "words": "As RFC 9457 has them, `application/problem+json`. `detail` is for people, `code` for programs; "
        "`pointer` leads into what was sent.",
        "example": """HTTP/1.1 400 Bad Request
Content-Type: application/problem+json

{
  "type": "about:blank",
  "title": "Bad Request",
  "status": 400,
  "detail": "Something in what was sent is not right: see errors.",
  "code": "invalid",
  "errors": [
    {
      "pointer": "/partners/1/time_zone",
      "detail": "There is no such time zone.",
      "code": "invalid_choice"
    }
  ]
}""",
    },
]

_READER = MarkdownIt("commonmark", {"html": False})
JSON, MULTIPART = "application/json", "multipart/form-data"


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
    groups = _groups()
    context = {
        "about": _html(ABOUT),
        "parts": [{**one, "words": _html(one["words"])} for one in PARTS],
        "groups": groups,
        "count": sum(len(one["operations"]) for one in groups),
    }
    return render(request, "practice/api_docs.html", context)


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
            {"status": status, "example": _example(answer), "words": answer["description"] or "Nothing more is said."}
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        ],
        "curl": _curl(path, method, sent, operation) if {"token": []} in operation["security"] else "",
    }


def _parameter(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "place": {"path": "path", "query": "query", "header": "header"}[one["in"]], **_kind(one["schema"])}


def _fields(body: dict[str, Any], whole: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the fields of a body, one level deep: what lies deeper is in the example."""
    schema = _resolved(_content(body).get("schema", {}), whole)
    needed = schema.get("required", [])
    return [
        {"name": name, "required": name in needed, "words": one.get("description", ""), **_kind(_resolved(one, whole))}
        for name, one in schema.get("properties", {}).items()
    ]


def _content(body: dict[str, Any]) -> dict[str, Any]:
    there = body.get("content", {})
    return there.get(JSON) or there.get(MULTIPART) or {}


def _resolved(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    for inner in [*schema.get("allOf", []), *schema.get("oneOf", [])][:1]:
        schema = {**inner, **{name: one for name, one in schema.items() if name not in ("allOf", "oneOf")}}
    if "$ref" not in schema:
        return schema
    found = whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return {**found, **{name: one for name, one in schema.items() if name != "$ref"}}


def _kind(schema: dict[str, Any]) -> dict[str, Any]:
    said = schema.get("type", "")
    kinds = [said] if isinstance(said, str) else said
    if schema.get("type") == "array":
        inner = _kind(schema.get("items", {}))
        return {
            "kind": f"list of {inner['kind']}" if inner["kind"] != "one of" else "any of",
            "choices": inner["choices"],
        }
    if schema.get("enum"):
        return {"kind": "one of", "choices": [str(one) for one in schema["enum"] if one is not None]}
    words = " or ".join(one for one in kinds if one != "null") or "object"
    return {"kind": f"{words} ({schema['format']})" if "format" in schema else words, "choices": []}


def _curl(path: str, method: str, sent: str, operation: dict[str, Any]) -> str:
    verb = "" if method == "GET" else f"-X {method} "
    parts = [f"curl {verb}{settings.ATTUNE_URL}{path}", '-H "Authorization: Bearer $ATTUNE_TOKEN"']
    if any(one["name"] == "If-Match" for one in operation.get("parameters", [])):
        parts.append("-H 'If-Match: *'")
    if MULTIPART in operation.get("requestBody", {}).get("content", {}):
        parts.append("-F file=@bench.jpg -F 'words=Our bench'")
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
