"""Two hundred partners who send in the same second, to one machine."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.factories import make_member, make_practice
from tests.hosts import pairs
from tests.hosts.hosts import Host, database_url, ended

pytestmark = pytest.mark.django_db(transaction=True)

COUPLES, ALONE = 100, 5


def at_once(acts: Sequence[Callable[[], Any]], meanwhile: Callable[[], object]) -> list[Any]:
    """Begin all of these at the same moment; do something else again and again until the last has ended."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait(60)
        return act()

    with ThreadPoolExecutor(len(acts)) as people:
        under_way = [people.submit(run, one) for one in acts]
        while wait(under_way, timeout=0.2).not_done:
            meanwhile()
        return [one.result() for one in under_way]


def test_two_hundred_partners_send_at_once_and_every_pair_opens_once(tmp_path: Path) -> None:
    """No error, no lost answer; nobody reads anything before the other has sent, and then both do."""
    practice = make_practice()
    couples = pairs.make_pairs(practice, make_member(practice), COUPLES + ALONE)
    alone = [one for one, _other in couples[COUPLES:]]
    people = [half for pair in couples[:COUPLES] for half in pair] + alone
    connection.close()
    too_soon: Counter[int] = Counter()
    host = Host("one", tmp_path, database_url())
    with ended(host):
        host.serve()
        typed = at_once([lambda one=one: one.types(host.port) for one in people], lambda: None)
        assert Counter(typed) == {200: len(people)}, host.said()
        sent = at_once(
            [lambda one=one: one.sends(host.port) for one in people],
            lambda: too_soon.update([pairs.opened_too_soon()]),
        )
        assert Counter(sent) == Counter((302, f"/do/{one.asked.pk}/sent/") for one in people), host.said()
    assert set(too_soon) == {0}
    for one, other in couples[:COUPLES]:
        for half in (one, other):
            assert pairs.answers_of(half) == [half.words]
            assert pairs.read_by(half) == {one.person.pk, other.person.pk}
    for half in alone:
        assert pairs.answers_of(half) == [half.words]
    for _one, other in couples[COUPLES:]:
        assert pairs.read_by(other) == set()
    asked = {half.asked.pk for pair in couples[:COUPLES] for half in pair}
    assert pairs.openings() == dict.fromkeys(asked, 1)
