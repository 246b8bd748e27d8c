"""The description of the API: OpenAPI 3.1, written from the views and serializers themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema_serializer

from practice.api import repeating
from practice.api.files import Files
from practice.api.problems import CONTENT_TYPE, ProblemSerializer
from practice.api.scopes import Scope

ABOUT = """
Programs work for a member of staff with what that person may see and do, and no more. Make an access token under
*Your account, Access for programs*; it is shown once. Send it with every request:

    Authorization: Bearer attune_…

- **Not yours** and **not there** are the same 404.
- A token is made for some things: each operation says which scope it needs.
- 600 requests a minute; `RateLimit` says what is left, `Retry-After` when to come again.
- Times are RFC 3339 with their offset from UTC. Texts are UTF-8. Identifiers grow with time and mean nothing.
- Bodies are JSON, at most one megabyte; files come as `multipart/form-data`. A field that there is not is refused.
- Addresses end with a slash.
"""

TAGS = [
    ("couples", "Couples and their partners"),
    ("appointments", "Sessions: when therapist and couple meet"),
    ("library", "Exercises and their published editions"),
    ("programs", "Plans over several weeks, and how one goes"),
    ("assignments", "What was given to a couple, and when it is due"),
    ("goals", "What they want to reach, and how near it feels"),
    ("responses", "Answers and scores"),
    ("conversations", "What partners and the practice write to each other"),
    ("progress", "How it goes, and what needs a look"),
    ("reports", "Reports on paper"),
    ("messages", "What was sent, and whether it arrived"),
    ("export", "Taking data away"),
    ("webhooks", "Telling other systems that something happened: for owners"),
    ("me", "The portal: for clients, signed in in the browser"),
]


def example(**fields: Any) -> Callable[[type], type]:
    """Say what a serializer's fields look like, for the description."""
    return extend_schema_serializer(
        examples=[OpenApiExample("Example", value=fields, status_codes=["200", "201", "202"])]
    )


def problem(words: str) -> OpenApiResponse:
    """Describe a refusal."""
    return OpenApiResponse(ProblemSerializer, description=words)


class TimeByTheClock(OpenApiSerializerFieldExtension):
    """A time without a zone. What JSON Schema calls a time has one."""

    target_class = "rest_framework.fields.TimeField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^[0-2][0-9]:[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"}


class Operation(AutoSchema):
    """Adds to each operation what holds for all of its kind."""

    def _is_list_view(self, serializer: Any = None) -> bool:
        return self.method == "GET" and getattr(self.view, "is_list", False)

    def _get_examples(self, *args: Any, **kwargs: Any) -> Any:
        found = super()._get_examples(*args, **kwargs)
        for one in found.values():
            if isinstance(one["value"], dict) and "results" in one["value"]:
                one["value"] = {
                    **one["value"],
                    "next": f"{settings.ATTUNE_URL}{self.path}?cursor=cD0wMTk5YThjMA",
                    "previous": None,
                }
        return found

    def get_tags(self) -> list[str]:
        return [getattr(self.view, "tag", "")] if getattr(self.view, "tag", "") else super().get_tags()

    def get_description(self) -> str:
        said = super().get_description() or ""
        scope: Scope | None = getattr(self.view, "scopes", {}).get(self.method)
        needs = f"Needs the scope `{scope.value}`: {scope.label}." if scope else "Not for access tokens."
        return f"{said}\n\n{needs}"

    def get_auth(self) -> list[dict[str, list[str]]]:
        ways: list[dict[str, list[str]]] = [{"browser": []}]
        return [{"token": []}, *ways] if self.method in getattr(self.view, "scopes", {}) else ways

    @property
    def _needs_if_match(self) -> bool:
        return self.method in ("PATCH", "PUT", "DELETE") and getattr(self.view, "if_match", True)

    def get_override_parameters(self) -> list[Any]:
        found: list[Any] = []
        if self.method == "POST" and self.view.repeats:
            found.append(
                OpenApiParameter(
                    repeating.HEADER,
                    OpenApiTypes.STR,
                    OpenApiParameter.HEADER,
                    description="A new random text for each write; sent again, it is done once.",
                )
            )
        if self._needs_if_match:
            found.append(
                OpenApiParameter(
                    "If-Match",
                    OpenApiTypes.STR,
                    OpenApiParameter.HEADER,
                    required=True,
                    description="The ETag of what you read, or *.",
                )
            )
        return found

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        for code, words in self._refusals().items():
            if code not in bodies:
                said = self._get_response_for_code(problem(words), code, [CONTENT_TYPE], direction=direction)
                bodies[code] = said
        return bodies

    def _refusals(self) -> dict[str, str]:
        found = {
            "401": "Nobody is signed in, or the token opens nothing.",
            "403": "Not with this token.",
            "429": "Too many requests.",
            "400": "Something in what was sent is not right.",
        }
        if "{" in self.path or self.method != "GET":
            found["404"] = "Not there, or not yours."
        else:
            found["404"] = "Not for people of this role."
        if self._needs_if_match:
            found |= {"412": "It changed since it was read.", "428": "If-Match is missing."}
        if self.method in ("POST", "PATCH", "PUT"):
            found |= {"415": "What was sent is no JSON, or no form where a file is sent."}
            if Files in self.view.parser_classes:
                found |= {"413": "The file is too large."}
        if self.method != "GET":
            found |= {"409": "It contradicts how things stand."}
        if self.method == "POST":
            found |= {"422": "The Idempotency-Key was used for something else."}
        return found


def with_everywhere(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add what is said once for all operations."""
    result["info"]["description"] = ABOUT.strip()
    result["tags"] = [{"name": name, "description": words} for name, words in TAGS]
    for name, schema in result["components"]["schemas"].items():
        if name.endswith("Request") and "properties" in schema:
            schema["additionalProperties"] = False
    result.setdefault("servers", [{"url": "/", "description": "This installation"}])
    return result
