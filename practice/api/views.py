"""What views of the API derive from: who comes in, and how things are read and written.

``door`` is the word that says who a page is for (:mod:`practice.access`), ``scopes`` what a token must be made for,
by method. A write is one transaction: it happens whole or not at all, and once for each ``Idempotency-Key``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.utils.decorators import method_decorator
from rest_framework.exceptions import NotAuthenticated, PermissionDenied, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from practice.api import parsing, repeating, versions
from practice.api.problems import ScopeMissing
from practice.api.scopes import Scope

SAFE = ("GET", "HEAD", "OPTIONS")


@method_decorator(login_not_required, name="dispatch")
class ApiView(GenericAPIView):
    """One address of the API."""

    #: For whom it is. Everybody else finds what they would find at an address that does not exist.
    door: ClassVar[Callable[..., Any]]
    #: What a token must be made for, by method; a method that is not named is not for tokens at all.
    scopes: ClassVar[Mapping[str, Scope]] = {}
    #: What stands in the description's list of contents.
    tag: ClassVar[str] = ""
    #: Whether reading it gives a page of many.
    is_list: ClassVar[bool] = False
    #: Whether a change says in ``If-Match`` what it changes; False where what is sent says so itself.
    if_match: ClassVar[bool] = True
    #: Whether an ``Idempotency-Key`` is heeded. Not where the answer holds words of others, which are kept nowhere else
    #: than in their lane: such a write does nothing when it comes again.
    repeats: ClassVar[bool] = True
    http_method_names: ClassVar[list[str]] = ["get", "post", "put", "patch", "delete", "head"]

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., Any]:
        """Return the view. Without its slash, an address is answered by a problem that says so, not led on from."""
        view = super().as_view(**initkwargs)
        view.should_append_slash = False
        return view

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        name = (request.method or "").lower()
        handler = getattr(self, name, None)
        self._only_signed_in(request, scoped=handler is not None)
        if handler is None:
            return
        opened = type(self).door(handler if request.method in SAFE else self._whole(handler))
        setattr(self, name, opened)

    def _only_signed_in(self, request: Request, *, scoped: bool) -> None:
        if not request.user.is_authenticated:
            raise NotAuthenticated("Sign in: with an access token, or in the browser.")
        if request.auth is None or not scoped:
            return
        method = "GET" if request.method == "HEAD" else request.method or ""
        scope = self.scopes.get(method)
        if scope is None:
            raise PermissionDenied("Tokens are not let in here, whatever they were made for.", "not_for_tokens")
        if scope not in request.auth.scopes:
            raise ScopeMissing(scope)

    def needs(self, scope: Scope) -> None:
        """Raise unless the token was made for ``scope`` as well: what is found at an address may need more than it."""
        if self.request.auth is not None and scope not in self.request.auth.scopes:
            raise ScopeMissing(scope)

    def _whole(self, handler: Callable[..., Response]) -> Callable[..., Response]:
        def write(request: Request, *args: Any, **kwargs: Any) -> Response:
            with transaction.atomic():
                if not type(self).repeats:
                    return handler(request, *args, **kwargs)
                return repeating.once(request, lambda: handler(request, *args, **kwargs))

        return write

    def sent(self, serializer: type[BaseSerializer] | None = None, **kwargs: Any) -> dict[str, Any]:
        """Return what was sent, judged by the view's serializer; a mistake becomes an answer with its pointer.

        A field that there is not is one: whoever misspells a day would find another one taken for it.
        """
        judged = (serializer or self.get_serializer_class())(
            data=self.request.data, context=self.get_serializer_context(), **kwargs
        )
        strays = parsing.strays(self.request.data, judged)
        if not judged.is_valid() or strays:
            raise ValidationError({**judged.errors, **strays})
        return judged.validated_data

    def shown(self, thing: Any, serializer: type[BaseSerializer] | None = None, **kwargs: Any) -> Any:
        """Return ``thing`` as it is given out."""
        kind = serializer or self.get_serializer_class()
        return kind(thing, context=self.get_serializer_context(), **kwargs).data

    def page_of(self, rows: Any, serializer: type[BaseSerializer] | None = None) -> Response:
        """Answer with one page of ``rows``, filtered as the query string says."""
        page = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(self.shown(page, serializer, many=True))

    def answer_with(self, shown: Any, *, status: int = 200, location: str = "") -> Response:
        """Answer with one thing and the tag of its state; 304 where whoever asks has it."""
        etag = versions.etag_of(shown)
        headers = {"ETag": etag, **({"Location": location} if location else {})}
        if self.request.method in SAFE and versions.has_seen(self.request, etag):
            return Response(status=304, headers=headers)
        return Response(shown, status=status, headers=headers)

    def must_match(self, shown: Any) -> None:
        """Raise unless ``If-Match`` names the state that ``shown`` is of. Lock the row before."""
        versions.must_match(self.request, versions.etag_of(shown))
