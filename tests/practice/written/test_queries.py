"""Queries that are written once: the same rows as Django's own, for everybody who asks."""

from __future__ import annotations

import datetime
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
import pytest
from django.db import DataError, ProgrammingError, connection, transaction
from django.db.models import Func, IntegerField, Value
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from clients.models import Client, Partner
from exercises.models import Draft, Response
from practice import tenancy, trips
from practice.written import Written, ahead, prepared, soon, together
from practice.written.changes import WrittenDelete, WrittenInsert, WrittenSave, WrittenUpdate
from practice.written.queries import Kept
from tests.exercises.given import give
from tests.factories import acting_as, inside, make_client, make_couple

pytestmark = pytest.mark.django_db

APPS = ("practice.", "clients.", "exercises.", "reports.")


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


def test_several_go_in_one_trip_and_each_sees_what_those_before_it_did(couple, practice):
    renamed = WrittenUpdate(lambda client, name: (Client.objects.filter(pk=client), {"name": name}),
                            client=uuid.UUID, name=str)  # fmt: skip
    people: Written[Client] = Written(lambda clients: Client.objects.filter(pk__in=clients), clients=[uuid.UUID])
    mara = couple.clients[0]
    with inside(practice):
        people.all(clients=[mara.pk])
        renamed.run(client=uuid.uuid4(), name="nobody")
        with CaptureQueriesContext(connection) as asked:
            before, changed, none, after = together(
                people.of(clients=[mara.pk]),
                renamed.of(client=mara.pk, name="100 % Mara"),
                people.of(clients=[]),
                people.of(clients=[mara.pk]),
            )
    assert len(asked) == 1
    assert (before[0].name, changed, none, after[0].name) == ("Mara", 1, [], "100 % Mara")


def test_a_change_reaches_only_the_practice_that_is_bound(practice, neighbour):
    renamed = WrittenUpdate(lambda name: (Client.objects.filter(name="Mara"), {"name": name}), name=str)
    here, there = make_client(practice, "Mara"), make_client(neighbour, "Mara")
    with inside(practice):
        assert renamed.run(name="Maria") == 1
        assert Client.objects.get(pk=here.pk).name == "Maria"
    with inside(neighbour):
        assert Client.objects.get(pk=there.pk).name == "Mara"


def test_a_list_that_is_stored_may_be_empty(couple, mara, practice):
    """Unlike one that something is looked for in."""
    heard = WrittenUpdate(
        lambda response, readers: (Response.objects.filter(pk=response), {"readers": readers}),
        response=uuid.UUID,
        readers=[uuid.UUID],
    )
    with inside(practice):
        assert heard.run(response=uuid.uuid4(), readers=[]) == 0


def test_new_rows_are_as_django_writes_them(couple, therapist, mara):
    hers = give(couple, therapist, "shared")[0]
    with acting_as(mara):
        rows = [Draft(occurrence=hers, author=mara, answers="Tea in the morning")]
        WrittenInsert(Draft).run(rows)
        WrittenInsert(Draft, skips=True).run([Draft(occurrence=hers, author=mara, answers="Twice")])
        kept = Draft.objects.get()
        assert (kept, kept.answers) == (rows[0], "Tea in the morning")
        kept.answers, kept.version = "And in the evening", 2
        WrittenSave(Draft, "answers", "version", "saved_at").run(kept)
        again = Draft.objects.get()
    assert (again.answers, again.version) == ("And in the evening", 2)
    assert again.saved_at > rows[0].saved_at


def test_what_is_asked_ahead_is_asked_once_and_answers_nobody_else(couple, mara, practice):
    written: Written[Client] = Written(lambda client: Client.objects.filter(pk=client), client=uuid.UUID)
    stranger = make_couple(practice, ("Una", "Vic")).clients[0]
    with inside(practice):
        written.first(client=mara.pk)
    with acting_as(mara), ahead(written.of(client=mara.pk), written.of(client=stranger.pk)):
        with CaptureQueriesContext(connection) as asked:
            assert written.first(client=mara.pk) == mara
            assert written.first(client=stranger.pk) is None
        assert len(asked) == 0
        with tenancy.elevated():
            assert written.first(client=stranger.pk) == stranger


def every(kind: type[Kept] = Written) -> list[Any]:
    """Return the queries of the product that are written once, or its changes."""
    assert get_resolver().url_patterns  # all views are there, and what they ask
    modules = [module for name, module in sys.modules.items() if name.startswith(APPS)]
    return [one for module in modules for one in vars(module).values() if isinstance(one, kind)]


def some_values(types: Mapping[str, type | list[type]]) -> dict[str, Any]:
    """Return a value of each type, that stands nowhere."""
    moment = timezone.now()
    some = {uuid.UUID: uuid.uuid4(), str: "x", datetime.datetime: moment, datetime.date: moment.date()}
    return {name: [some[kind[0]]] if isinstance(kind, list) else some[kind] for name, kind in types.items()}


class TestKeptPlans:
    """What is prepared is the same query: for everybody who asks, and behind their walls."""

    @pytest.fixture(autouse=True)
    def _kept(self, settings, monkeypatch):
        settings.DATABASE_KEEPS_PLANS = True
        monkeypatch.setattr(prepared, "_kept", WeakKeyDictionary())
        with connection.cursor() as cursor:
            cursor.execute("DEALLOCATE ALL")

    def test_every_query_of_the_product_can_be_prepared(self, practice):
        found = every()
        assert len(found) > 40
        with inside(practice):
            for one in found:
                values = some_values(one.types)
                with suppress(ProgrammingError), transaction.atomic():  # not everything is for this role to read
                    assert one.all(**values) == one.all(**values)
            assert prepared_ones() >= len({one.text()[0].sql for one in found})

    def test_every_change_of_the_product_can_be_prepared(self, practice):
        found = [*every(WrittenUpdate), *every(WrittenDelete)]
        assert len(found) > 4
        with inside(practice):
            for one in found:
                values = some_values(one.types)
                with unless_refused(), transaction.atomic():
                    assert one.run(**values) == one.run(**values) == 0

    def test_a_change_that_waits_is_prepared_at_once_and_made_once(self, practice):
        renaming = WrittenUpdate(
            lambda client, name: (Client.objects.filter(pk=client), {"name": name}), client=uuid.UUID, name=str
        )
        mara = make_client(practice, "Mara")
        with inside(practice), trips.gathering():
            with suppress(LookupError), transaction.atomic():
                soon(renaming.of(client=mara.pk, name="Nobody"))
                raise LookupError
            with CaptureQueriesContext(connection) as sent:
                soon(renaming.of(client=mara.pk, name="Una"))
                assert list(Client.objects.values_list("name", flat=True)) == ["Una"]
        assert [one["sql"].count("EXECUTE") for one in sent] == [1]
        assert prepared_ones() == 1

    def test_a_plan_is_made_once(self, practice):
        written = by_name()
        mara = make_client(practice, "Mara")
        with inside(practice), CaptureQueriesContext(connection) as sent:
            for _again in range(3):
                assert written.all(name="Mara") == [mara]
        assert ["PREPARE" in one["sql"] for one in sent] == [True, False, False]

    def test_a_plan_for_few_is_not_made_anew_because_it_would_be_cheaper_for_them(self, practice):
        written: Written[Partner] = Written(
            lambda couples: Partner.objects.filter(couple_id__in=couples).select_related("client"), couples=[uuid.UUID]
        )
        couple = make_couple(practice)
        with inside(practice):
            for _again in range(8):
                assert len(written.all(couples=[couple.pk])) == 2
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%partner%'"
            )
            assert cursor.fetchall() == [(8, 0)]

    @pytest.mark.parametrize(("many", "is_kept"), [(1, True), (10, True), (11, False)])
    def test_a_question_about_many_is_planned_for_these(self, practice, many, is_kept):
        written: Written[Client] = Written(lambda clients: Client.objects.filter(pk__in=clients), clients=[uuid.UUID])
        mara = make_client(practice, "Mara")
        with inside(practice):
            assert written.all(clients=[mara.pk, *(uuid.uuid4() for _ in range(many - 1))]) == [mara]
        assert prepared_ones() == int(is_kept)

    def test_the_walls_stand_whoever_asked_before_and_however_often(self, couple, mara, practice, neighbour):
        written: Written[Client] = Written(
            lambda clients: Client.objects.filter(pk__in=clients).order_by("name"), clients=[uuid.UUID]
        )
        una, far = make_couple(practice, ("Una", "Vic")).clients[0], make_client(neighbour, "Wim")
        asked = [una.pk, far.pk, mara.pk]
        for _again in range(7):
            with inside(practice):
                assert written.all(clients=asked) == [mara, una]
            with acting_as(mara):
                assert written.all(clients=asked) == [mara]
            with inside(neighbour):
                assert written.all(clients=asked) == [far]

    def test_what_failed_half_way_is_prepared_anew(self, practice):
        written = by_name()
        mara = make_client(practice, "Mara")
        with inside(practice):
            with pytest.raises(DataError), transaction.atomic(), trips.before_next("SELECT 1 / 0", []):
                written.all(name="Mara")
            with pytest.raises(DataError), transaction.atomic():
                together(written.of(name="Mara"), broken().of(name="Mara"))
            assert written.all(name="Mara") == [mara]

    def test_what_the_server_was_made_to_forget_is_prepared_anew(self, practice):
        written = by_name()
        mara = make_client(practice, "Mara")
        with inside(practice):
            assert written.all(name="Mara") == [mara]
            with connection.cursor() as cursor:
                cursor.execute("DEALLOCATE ALL")
            with pytest.raises(ProgrammingError), transaction.atomic():
                written.all(name="Mara")
            assert written.all(name="Mara") == [mara]

    def test_behind_a_pooler_nothing_is_prepared(self, practice, monkeypatch):
        monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", 0)
        mara = make_client(practice, "Mara")
        with inside(practice), CaptureQueriesContext(connection) as sent:
            assert by_name().all(name="Mara") == [mara]
        assert len(sent) == 1
        assert prepared_ones() == 0


@contextmanager
def unless_refused() -> Iterator[None]:
    """Run a block that not every role may run."""
    try:
        yield
    except ProgrammingError as error:
        if not isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
            raise


def prepared_ones() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        return cursor.fetchone()[0]


def broken() -> Written[Client]:
    """Return a query that fails when it runs, and not before."""
    nothing = Func(Value(1), Value(0), function="div", output_field=IntegerField())
    return Written(lambda name: Client.objects.filter(name=name).annotate(broken=nothing), name=str)
