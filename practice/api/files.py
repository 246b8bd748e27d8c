"""Files in and out: multipart bodies of bounded size, and answers that are no JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http.multipartparser import MultiPartParserError
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import MultiPartParser


class TooLarge(APIException):
    """More came than fits."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "More came than can be kept in one go."
    default_code = "too_large"


class Files(MultiPartParser):
    """What a form with a file sends, through memory alone (see :mod:`practice.uploads`)."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RequestDataTooBig:
            raise TooLarge from None
        except (TooManyFieldsSent, TooManyFilesSent, MultiPartParserError):
            raise ParseError("This is no form that can be read.") from None


class WhateverIsAccepted(BaseContentNegotiation):
    """For a file there is nothing to choose: problems are JSON, the file is what it is."""

    def select_parser(self, request: Any, parsers: Sequence[Any]) -> Any:
        return next((one for one in parsers), None)

    def select_renderer(self, request: Any, renderers: Sequence[Any], format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type
