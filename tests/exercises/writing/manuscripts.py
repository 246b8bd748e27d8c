"""Writing in tests: begin an exercise, add a question, say what is in it, look at what was kept."""

from __future__ import annotations

import itertools
from typing import Any

from exercises.models import Exercise, Manuscript
from exercises.writing.desk_page import items_of
from exercises.writing.starting import start_new
from practice.models import Membership
from tests.factories import acting_as, signed_in

_numbers = itertools.count(1)


def began(member: Membership, kind: str = "check_in") -> Exercise:
    """An exercise of one's own that was begun just now."""
    with acting_as(member):
        return start_new(f"Tea at nine {next(_numbers)}", kind, member)


def add(member: Membership, one: Exercise, kind: str, after: str = "") -> str:
    """Add an item; return its key."""
    sent = {"act": "add", "type": kind, "key": after}
    answer = signed_in(member).post(f"/desk/library/{one.slug}/write/act/", sent)
    assert answer.status_code == 302
    return answer.url.partition("/questions/")[2].split("/")[0]


def post(member: Membership, one: Exercise, key: str, HTTP_HX_REQUEST: str = "", base: int = 99, **fields: Any) -> Any:
    """Send the form of one question."""
    extra = {"headers": {"HX-Request": "true"}} if HTTP_HX_REQUEST else {}
    sent = {"base_version": str(base), "decline": "1", **fields}
    return signed_in(member).post(f"/desk/library/{one.slug}/write/questions/{key}/", sent, **extra)


def say(member: Membership, one: Exercise, key: str, **fields: Any) -> None:
    assert post(member, one, key, **fields).status_code == 302


def act(member: Membership, one: Exercise, act_: str, key: str = "", **more: Any) -> Any:
    return signed_in(member).post(f"/desk/library/{one.slug}/write/act/", {"act": act_, "key": key, **more})


def content_of(member: Membership, one: Exercise) -> dict[str, Any]:
    with acting_as(member):
        return Manuscript.objects.get(exercise=one).content


def find(member: Membership, one: Exercise, key: str) -> dict[str, Any]:
    """One item as it was kept."""
    return items_of(content_of(member, one))[key]
