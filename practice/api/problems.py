"""What goes wrong, said as RFC 9457 has it: ``application/problem+json`` with a title, a status and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelError
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers, status
from rest_framework.response import Response

from practice import limits, tenancy
from practice.api.scopes import Scope

CONTENT_TYPE = "application/problem+json"
NO_SLASH = "There is nothing here: addresses end with a slash."
NOT_THERE = "There is nothing here, or nothing that is yours to see."


class Conflict(exceptions.APIException):
    """What was asked for contradicts how things stand."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "That contradicts how things stand."
    default_code = "conflict"

    def __init__(self, detail: Any = None, code: str | None = None, **more: Any) -> None:
        super().__init__(detail, code)
        #: What the problem says beside the usual, by name: how things stand.
        self.more = more


class Changed(exceptions.APIException):
    """Somebody changed it since it was read."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "It has changed since you read it. Read it again and repeat your change."
    default_code = "changed"


class WhichState(exceptions.APIException):
    """An edit that does not say which state it edits."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = "Say in If-Match which state you change: the ETag of what you read."
    default_code = "if_match_missing"


class OtherWrite(exceptions.APIException):
    """An Idempotency-Key that was used for something else."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = "This Idempotency-Key was used for another request. Take a new one for each write."
    default_code = "key_used"


class ScopeMissing(exceptions.PermissionDenied):
    """The token was not made for this; ``scope`` is what it would need."""

    default_code = "scope_missing"

    def __init__(self, scope: Scope) -> None:
        super().__init__(f"This token was not made for this: it needs {scope.value} ({scope.label}).")
        self.scope = scope


class ProblemSerializer(serializers.Serializer):
    """A problem, as RFC 9457 has it. ``errors`` says which fields, where it is about what was sent."""

    type = serializers.CharField(help_text="The kind of problem; about:blank where the status says all.")
    title = serializers.CharField(help_text="What it is, in a few words.")
    status = serializers.IntegerField(help_text="The status of the answer once more.")
    detail = serializers.CharField(help_text="What to do about it.")
    code = serializers.CharField(help_text="The same for programs.")
    errors = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField()),
        required=False,
        help_text="One entry for each mistake: pointer (RFC 6901, into what was sent), detail and code.",
    )


def handler(raised: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an error of a view; None for what is ours to mend, which becomes a 500 that says nothing."""
    error = _as_api_error(raised)
    if not isinstance(error, exceptions.APIException):
        return None
    if isinstance(error, exceptions.UnsupportedMediaType):
        error = exceptions.UnsupportedMediaType("", _wanted(context["view"]))
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        error.status_code = status.HTTP_401_UNAUTHORIZED
    answer = Response(_said(error), status=error.status_code, headers=_challenge(error))
    answer["Content-Type"] = CONTENT_TYPE
    answer.content_type = CONTENT_TYPE
    return answer


def _challenge(error: exceptions.APIException) -> dict[str, str]:
    """Return the header of RFC 6750, which clients that speak OAuth understand."""
    match error:
        case exceptions.NotAuthenticated():
            said = ""
        case exceptions.AuthenticationFailed():
            said = ', error="invalid_token"'
        case ScopeMissing():
            said = f', error="insufficient_scope", scope="{error.scope.value}"'
        case _:
            return {}
    return {"WWW-Authenticate": f'Bearer realm="Attune"{said}'}


def _wanted(view: Any) -> str:
    return f"Send it as {view.parser_classes[0].media_type}, and say so in Content-Type."


def _as_api_error(error: Exception) -> Exception:
    match error:
        case Http404():
            return exceptions.NotFound(NOT_THERE)
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case tenancy.Closed():
            return exceptions.PermissionDenied(
                "This sign-in does not open what is private. Sign in with your password or second step.", "closed"
            )
        case ModelError():
            return exceptions.ValidationError(error.message_dict if hasattr(error, "error_dict") else error.messages)
    return error


def _said(error: exceptions.APIException) -> dict[str, Any]:
    said: dict[str, Any] = {
        "type": "about:blank",
        "title": _title(error.status_code),
        "status": error.status_code,
    }
    if isinstance(error, exceptions.ValidationError):
        mistakes = list(_mistakes(error.detail, ""))
        return {
            **said,
            "detail": _("Something in what was sent is not right: see errors."),
            "code": "invalid",
            "errors": mistakes,
        }
    detail: Any = error.detail
    code = getattr(detail, "code", None) or error.default_code
    return {**said, "detail": str(detail), "code": code, **getattr(error, "more", {})}


def _mistakes(detail: Any, pointer: str) -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for name, one in detail.items():
            whole = name in ("non_field_errors", "__all__")
            yield from _mistakes(one, pointer if whole else f"{pointer}/{_escaped(str(name))}")
    elif isinstance(detail, list | tuple):
        for number, one in enumerate(detail):
            yield from _mistakes(one, f"{pointer}/{number}" if isinstance(one, dict | list) else pointer)
    else:
        yield {"pointer": pointer, "detail": str(detail), "code": getattr(detail, "code", "") or "invalid"}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _title(code: int) -> str:
    from http import HTTPStatus

    return HTTPStatus(code).phrase


def of_form(form: BaseForm) -> exceptions.ValidationError:
    """Return the errors of a form that judged what was sent, for fields that are called alike."""
    return exceptions.ValidationError({name: list(found) for name, found in form.errors.items()})


def plain(code: int, detail: str, **headers: str) -> HttpResponse:
    """Return a problem from outside of any view of the API."""
    words = {
        "type": "about:blank",
        "title": _title(code),
        "status": code,
        "detail": detail,
        "code": _title(code).lower().replace(" ", "_"),
    }
    return JsonResponse(words, status=code, content_type=CONTENT_TYPE, headers=headers)


def too_many(request: HttpRequest, reached: limits.TooMany) -> HttpResponse:
    """Say that it was too often, and when to come again."""
    return plain(
        429,
        f"Too many requests. Come again in {reached.wait} seconds.",
        **{"Retry-After": str(reached.wait), "RateLimit": f'"api";r=0;t={reached.wait}'},
    )
