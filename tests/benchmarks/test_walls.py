"""What the walls cost: the same reads as a therapist behind them and as the role above them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest
from django.db import connection

from clients.models import Appointment, Couple
from tests.databases import superuser
from tests.factories import acting_as, inside, make_couple, make_member, make_practice

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 200


def seconds(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def test_a_caseload_behind_the_wall_against_a_filter_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    practice = make_practice()
    therapist = make_member(practice)
    couples = [make_couple(practice, (f"A{n}", f"B{n}"), therapist=therapist, login=False) for n in range(40)]
    with inside(practice):
        Appointment.objects.bulk_create(
            Appointment(couple=couple, starts_at=f"2026-{month:02}-01T10:00Z")
            for couple in couples
            for month in range(1, 13)
        )
    with acting_as(therapist):
        walled = seconds(lambda: list(Appointment.objects.values_list("pk")))
        names = seconds(lambda: [str(one) for one in Couple.objects.with_partners()])
    with superuser(connection.settings_dict["NAME"]) as server:
        sql = "SELECT id FROM clients_appointment WHERE practice_id = %s"
        open_ = seconds(lambda: server.execute(sql, [practice.pk]).fetchall())
    with capsys.disabled():
        print(f"\n480 appointments: behind the wall {walled * 1e3:.2f} ms, by hand {open_ * 1e3:.2f} ms")
        print(f"40 couples with their partners' names: {names * 1e3:.2f} ms")
