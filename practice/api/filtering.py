"""Filters of lists: what the view's ``filterset_class`` knows, and nothing else."""

from __future__ import annotations

from typing import Any

from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError

#: Words of a query string that are not filters.
OTHERS = frozenset({"cursor", "limit"})


class Filters(DjangoFilterBackend):
    """Refuse a filter that there is not: an answer with everything in it would be taken for the one asked for."""

    def filter_queryset(self, request: Any, queryset: Any, view: Any) -> Any:
        kind = self.get_filterset_class(view, queryset)
        known = OTHERS | set(kind.base_filters if kind else ())
        unknown = {name: ["There is no such filter."] for name in request.query_params if name not in known}
        if unknown:
            raise ValidationError(unknown)
        if any("\x00" in value for value in request.query_params.values()):
            raise ValidationError("A filter holds a sign that is none: NUL.")
        return super().filter_queryset(request, queryset, view)
