"""Filters of lists: what the view's ``filterset_class`` knows, and nothing else."""

from __future__ import annotations

import datetime
from typing import Any

from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError

#: Words of a query string that are not filters.
OTHERS = frozenset({"cursor", "limit"})
FIRST_YEAR, LAST_YEAR = 1900, 2999
#: No place on earth is further from UTC.
FURTHEST = datetime.timedelta(hours=14)
NOTHING = datetime.timedelta()


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
        found = self.get_filterset(request, queryset, view)
        if found is not None and found.is_valid():
            _must_be_of_this_world(found.form.cleaned_data)
        return super().filter_queryset(request, queryset, view)


def _must_be_of_this_world(said: dict[str, Any]) -> None:
    """Refuse moments that PostgreSQL does not know: a year or an offset from UTC that nobody has."""
    for name, value in said.items():
        for one in (value.start, value.stop) if isinstance(value, slice) else (value,):
            if isinstance(one, datetime.datetime) and not _is_of_this_world(one):
                raise ValidationError({name: ["There is no such moment."]})


def _is_of_this_world(moment: datetime.datetime) -> bool:
    return FIRST_YEAR <= moment.year <= LAST_YEAR and abs(moment.utcoffset() or NOTHING) <= FURTHEST
