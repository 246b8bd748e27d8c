"""Lists in pages that stay right while rows come and go: a cursor, newest first."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination


class ByCursor(CursorPagination):
    """``limit`` rows a page, ``next`` and ``previous`` with their cursors. Ids grow with time: they are the order."""

    page_size = 50
    page_size_query_param = "limit"
    page_size_query_description = "Rows in a page: 50 unless you say, at most 200."
    max_page_size = 200
    cursor_query_description = "Where the page begins. Take next or previous as they are."
    ordering = "-pk"
    invalid_cursor_message = "This cursor leads nowhere. Take next or previous as they are."

    def get_page_size(self, request: Any) -> int:
        """Return how many rows were asked for; what is no such number is refused, not taken for another one."""
        said = request.query_params.get(self.page_size_query_param)
        if said is None:
            return self.page_size
        if not (said.isascii() and said.isdigit() and len(said) < 4 and 1 <= int(said) <= self.max_page_size):
            raise ValidationError({self.page_size_query_param: [f"From 1 to {self.max_page_size}."]})
        return int(said)

    def get_paginated_response(self, data: Any) -> Any:
        answer = super().get_paginated_response(data)
        links = {"next": self.get_next_link(), "prev": self.get_previous_link()}
        said = ", ".join(f'<{link}>; rel="{name}"' for name, link in links.items() if link)
        if said:
            answer["Link"] = said
        return answer

    def get_paginated_response_schema(self, schema: Any) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True, "example": f"{settings.ATTUNE_URL}/api/v1/…"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": dict(link), "results": schema},
        }


def by(*ordering: str) -> type[ByCursor]:
    """Return pages in another order, for rows whose ids do not grow with time. The last name must be unique."""
    return type("ByOther", (ByCursor,), {"ordering": ordering})
