"""The description of the API: as OpenAPI for programs, and as a page for people."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from practice.api.schema import ABOUT


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
    whole = described()
    groups = [
        {**tag, "operations": found}
        for tag in whole["tags"]
        if (found := [one for one in _operations(whole) if tag["name"] in one["tags"]])
    ]
    return render(request, "practice/api_docs.html", {"about": ABOUT, "groups": groups})


def _operations(whole: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            **operation,
            "path": path,
            "method": method.upper(),
            "request_example": _example(operation.get("requestBody", {})),
            "answers": [
                {"status": status, "words": answer.get("description", ""), "example": _example(answer)}
                for status, answer in operation["responses"].items()
                if status.startswith("2")
            ],
        }
        for path, methods in whole["paths"].items()
        for method, operation in methods.items()
    ]


def _example(body: dict[str, Any]) -> str:
    for media in body.get("content", {}).values():
        for one in media.get("examples", {}).values():
            return json.dumps(one["value"], indent=2, ensure_ascii=False)
    return ""
