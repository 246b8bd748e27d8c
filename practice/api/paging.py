"""Lists in pages that stay right while rows come and go: a cursor, newest first."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.pagination import CursorPagination


class ByCursor(CursorPagination):
    """``limit`` rows a page, ``next`` and ``previous`` with their cursors. Ids grow with time: they are the order."""

    page_size = 50
    page_size_query_param = "limit"
    page_size_query_description = "Rows in a page: 50 unless you say, at most 200."
    max_page_size = 200
    cursor_query_description = "Where the page begins. Take next or previous as they are."
    ordering = "-pk"

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
