"""Pages for when something is wrong, and error reports without people in them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.crypto import get_random_string
from django.views import defaults
from django.views.debug import SafeExceptionReporterFilter

from practice.api import problems
from practice.api.middleware import HERE


class NoValues(SafeExceptionReporterFilter):
    """Error reports name files and lines; no value of any variable, form or cookie."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> Any:
        return []

    def get_post_parameters(self, request: Any) -> dict[str, str]:
        return {}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that we could not read what was sent. Django's own page reads it again, and breaks on it once more."""
    if request.path.startswith(HERE):
        return problems.plain(400, "This request can not be read.")
    return HttpResponse(loader.render_to_string("400.html"), status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is nothing: to people with a page, to programs in their words."""
    if request.path.startswith(HERE):
        return problems.plain(404, problems.NOT_THERE if request.path.endswith("/") else problems.NO_SLASH)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something broke, with a number that stands in the log beside the error and says nothing else."""
    request.reference = get_random_string(8, "23456789abcdefghjkmnpqrstuvwxyz")  # type: ignore[attr-defined]
    if request.path.startswith(HERE):
        return problems.plain(500, f"Something broke here, and nothing was changed. Its number is {request.reference}.")  # type: ignore[attr-defined]
    page = loader.render_to_string("500.html", {"reference": request.reference})  # type: ignore[attr-defined]
    return HttpResponse(page, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say kindly that the page was too old, and how to get back without losing anything."""
    return render(request, "403_csrf.html", status=403)
