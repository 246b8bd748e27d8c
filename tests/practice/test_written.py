"""Queries that are written once: the same rows as Django's own, for everybody who asks."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client, Partner
from practice.written import Written
from tests.factories import acting_as, inside, make_client, make_couple

pytestmark = pytest.mark.django_db


def by_name() -> Written[Client]:
    return Written(lambda name: Client.objects.filter(name=name), name=str)


def test_each_asking_has_its_own_values_and_its_own_practice(practice, neighbour):
    written = by_name()
    here, there = make_client(practice, "Mara"), make_client(neighbour, "Mara")
    other = make_client(practice, "Theo")
    with inside(practice):
        assert written.all(name="Mara") == [here]
        assert written.all(name="Theo") == [other]
        assert written.first(name="nobody") is None
    with inside(neighbour):
        assert written.all(name="Mara") == [there]


def test_the_walls_stand_whoever_asked_first(couple, mara, practice):
    written: Written[Client] = Written(lambda client: Client.objects.filter(pk=client), client=uuid.UUID)
    stranger = make_couple(practice, ("Una", "Vic")).clients[0]
    with inside(practice):
        assert written.first(client=stranger.pk) == stranger
    with acting_as(mara):
        assert written.first(client=stranger.pk) is None


def test_what_belongs_to_a_row_comes_with_it_and_lists_may_have_any_length(couple, practice):
    written: Written[Partner] = Written(
        lambda clients: Partner.objects.filter(client__in=clients).select_related("client"), clients=[uuid.UUID]
    )
    people = [client.pk for client in couple.clients]
    with inside(practice):
        with CaptureQueriesContext(connection) as asked:
            assert [one.client.name for one in written.all(clients=people)] == ["Mara", "Theo"]
        assert len(asked) == 1
        assert [one.client.name for one in written.all(clients=people[:1])] == ["Mara"]
        assert written.all(clients=[]) == []
        assert len(written.all(clients=[*people, *(uuid.uuid4() for _ in range(60))])) == 2


def test_a_value_that_would_be_left_out_is_refused(practice):
    written: Written[Client] = Written(lambda name: Client.objects.filter(name__icontains=name), name=str)
    with inside(practice), pytest.raises(AssertionError):
        written.all(name="Mara")


def test_what_it_was_not_given_is_refused_for_everybody_would_be_asked_with_it(mara, practice):
    written: Written[Client] = Written(lambda name: Client.objects.filter(name=name, pk=mara.pk), name=str)
    with inside(practice), pytest.raises(AssertionError):
        written.all(name="Mara")


def test_a_list_stands_after_in_and_nowhere_else(practice):
    written: Written[Client] = Written(lambda client: Client.objects.filter(pk=client[0]), client=[uuid.UUID])
    with inside(practice), pytest.raises(AssertionError):
        written.all(client=[uuid.uuid4()])
