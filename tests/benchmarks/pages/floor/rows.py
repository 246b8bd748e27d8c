"""Rows by plain SQL, and who is asking."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.http import Http404, HttpRequest

from practice import bearers

CLIENT = """
    SELECT c.id, c.practice_id, c.name, c.user_id, p.couple_id
      FROM clients_client c JOIN clients_partner p ON p.client_id = c.id AND p.left_at IS NULL
     WHERE c.user_id = %s
"""
MEMBER = """
    SELECT m.id, m.practice_id, m.name, p.name AS practice
      FROM practice_membership m JOIN practice_practice p ON p.id = m.practice_id
     WHERE m.user_id = %s AND m.ended_at IS NULL
"""
TOKEN = """
    SELECT m.id, m.practice_id FROM practice_accesstoken t
      JOIN practice_membership m ON m.id = t.membership_id
      JOIN clients_caseloadentry s ON s.membership_id = m.id AND s.couple_id = %s
     WHERE t.id = %s AND t.digest = %s AND t.expires_at > now() AND t.ended_at IS NULL
"""


def rows(sql: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the rows of a query, by name."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        names = [one.name for one in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def row(sql: str, values: Sequence[Any]) -> dict[str, Any]:
    """Return the one row of a query, or answer 404."""
    found = rows(sql, values)
    if not found:
        raise Http404
    return found[0]


def client(request: HttpRequest) -> dict[str, Any]:
    """Return the client who signed in, or answer 404."""
    user_id = request.session.get("_auth_user_id")
    if user_id is None:
        raise Http404
    return row(CLIENT, [user_id])


def member(request: HttpRequest) -> dict[str, Any]:
    """Return the member of staff who signed in, or answer 404."""
    user_id = request.session.get("_auth_user_id")
    if user_id is None:
        raise Http404
    return row(MEMBER, [user_id])


def program(request: HttpRequest, couple_id: uuid.UUID) -> dict[str, Any]:
    """Return the member of staff for whom a program calls about a couple of theirs, or answer 404."""
    _practice_id, token_id, secret = bearers.parts(request.headers["Authorization"].removeprefix("Bearer attune_"))
    return row(TOKEN, [couple_id, token_id, bearers.digest(secret)])
