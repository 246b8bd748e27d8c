"""Copies of a practice: apart from each other as all practices are, and as whole as their model."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clients.models import Client, Couple
from exercises.models import Answer, Response
from practice import vault
from practice.local import copying
from practice.local.copying import Copy, Model
from practice.tenancy import acting, as_system
from reports.demo import growing
from tests.databases import superuser
from tests.factories import PASSWORD, user_of
from tests.world import World


@pytest.fixture(scope="module")
def above(world: World, django_db_blocker) -> Iterator[psycopg.Connection]:
    """Two copies of the world's first practice, its couples once in the first and twice in the second."""
    home = world.home
    with django_db_blocker.unblock(), superuser(connection.settings_dict["NAME"]) as server:
        with acting(as_system(home.practice.pk)):
            couples = Couple.objects.values_list("pk", flat=True)
            people = Client.objects.values_list("pk", "user_id")
            several = [*couples, *(one for pair in people for one in pair if one)]
        model = Model(server, home.practice.pk, several=several)
        with copying.indexes_later(server):
            model.write([1], times=1)
            model.write([2], times=2)
        copying.look_over(server)
        connection.close()
        yield server


def of_copy(number: int, model: uuid.UUID, time: int = 0) -> uuid.UUID:
    """Return the id of the same row in a copy."""
    return Copy(number, time).id(str(model)[:-8].encode() + copying.COUPLES)


def texts_of(practice_id: uuid.UUID) -> list[str]:
    with acting(as_system(practice_id)):
        return sorted(one.text for one in Answer.objects.all() if one.text)


def test_a_copy_is_as_whole_as_its_model_and_apart_from_it(world, above, committed):
    home = world.home.practice.pk
    for number, times in ((1, 1), (2, 2)):
        for model in (Couple, Response, Answer):
            with acting(as_system(home)):
                there = model.objects.count()
            with acting(as_system(of_copy(number, home))):
                assert model._base_manager.count() == there * times > 0
        assert texts_of(of_copy(number, home)) == sorted(texts_of(home) * times)


def test_nothing_in_a_copy_points_out_of_it(world, above, committed):
    """Each table is tied to the others of its practice again, as at the moment it was made."""
    ties = above.execute(
        "SELECT conrelid::regclass::text, confrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
    ).fetchall()
    loose = {}
    for table, target, told in ties:
        here, there = (part.split(")")[0].split(", ") for part in told.split("(")[1:3])
        same = " AND ".join(f"t.{mine} = o.{its}" for mine, its in zip(here, there, strict=True))
        whole = " AND ".join(f"t.{mine} IS NOT NULL" for mine in here)
        [found] = above.execute(
            f"SELECT count(*) FROM {table} t WHERE {whole} AND NOT EXISTS (SELECT FROM {target} o WHERE {same})"
        ).fetchone()
        if found:
            loose[table, told] = found
    assert loose == {}
    assert above.execute("SELECT count(*) FROM pg_index WHERE NOT (indisready AND indisvalid)").fetchone() == (0,)


def test_its_people_sign_in_and_find_their_own_pages(world, above, committed, client):
    for who, beginning in (("mara", "c1."), ("mara", "c2-2."), ("therapist", "c2.")):
        email = beginning + user_of(world.home[who]).email
        assert client.login(email=email, password=PASSWORD), email
        assert client.get("/", follow=True).status_code == 200


def test_sealed_text_opens_under_the_keys_of_its_own_copy_alone(world, above, committed):
    rows = above.execute(
        "SELECT id, practice_id, author_id, lane, text FROM exercises_answer "
        "WHERE text <> '' AND practice_id = ANY(%s)",
        [[of_copy(1, world.home.practice.pk), of_copy(2, world.home.practice.pk)]],
    ).fetchall()
    first = next(row for row in rows if row[1] == of_copy(1, world.home.practice.pk))
    pk, practice_id, author_id, lane, text = first
    place = f"exercises_answer.text.{pk}"
    with acting(as_system(practice_id)):
        assert vault.unseal(text, client_id=author_id, practice_id=practice_id, place=place, lane=lane)
    for other in {row[1] for row in rows} - {practice_id} | {world.home.practice.pk}:
        with acting(as_system(other)), pytest.raises(vault.SealBroken):
            vault.unseal(text, client_id=author_id, practice_id=other, place=place, lane=lane)


def test_seeds_are_sown_where_nothing_else_grows(settings, monkeypatch):
    with pytest.raises(CommandError, match="how much"):
        call_command("seed")
    monkeypatch.setitem(connection.settings_dict, "ENGINE", "django.db.backends.postgresql")
    with pytest.raises(CommandError, match="local database alone"):
        call_command("seed", practices=1)


def test_what_the_disk_has_no_room_for_is_refused(above, committed, monkeypatch):
    monkeypatch.setattr(growing, "room", lambda server: 1000)
    with pytest.raises(growing.TooLittleRoom, match="less"):
        growing.grow(above, None, growing.Wish(1, 1, 428, 9, 3_000_000), print)
    assert copying.copies_there(above) == 2
