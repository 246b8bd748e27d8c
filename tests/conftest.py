"""A real PostgreSQL, migrated by its owner and used as the application's own role."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections

from practice import roles, vault

pytest_plugins = ["tests.factories", "tests.practice.mail_server"]


def superuser(database: str) -> psycopg.Connection:
    """Connect above all walls: only to prepare and clean the test database."""
    params = connection.get_connection_params()
    return psycopg.connect(
        host=params["host"], port=params["port"], user="postgres", dbname=database, autocommit=True
    )


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    with superuser("postgres") as server:
        for statement in roles.statements():
            server.execute(statement)  # type: ignore[call-overload]
    settings.DATABASES["default"]["USER"] = roles.OWNER
    connections["default"].settings_dict["USER"] = roles.OWNER


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """Migrated as the owner, the catalogue loaded; from here on everything runs as the login role."""
    with django_db_blocker.unblock():
        from exercises.loading import load_catalogue_into_database

        load_catalogue_into_database()
        connection.close()
        connection.settings_dict["USER"] = roles.LOGIN
        connection.settings_dict["PASSWORD"] = ""
    yield
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["USER"] = roles.OWNER


@pytest.fixture(autouse=True)
def _quick_and_quiet(settings) -> Iterator[None]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STAFF_NEED_SECOND_FACTOR = False
    vault.forget_keys()
    yield
    vault.forget_keys()


#: Kept between transactional tests: what migrations and the catalogue put there.
KEPT = ("django_migrations", "django_content_type", "auth_permission")
CATALOGUE = ("exercises_exercise", "exercises_edition", "exercises_program")


@pytest.fixture(autouse=True, scope="session")
def _clean_as_superuser() -> Iterator[None]:
    """The login role may not TRUNCATE, so committed rows are cleaned away from above."""
    from django.test import TransactionTestCase

    def teardown(self) -> None:
        connection.close()
        with superuser(connection.settings_dict["NAME"]) as server:
            tables = [
                row[0]
                for row in server.execute(
                    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                ).fetchall()
                if row[0] not in KEPT + CATALOGUE
            ]
            server.execute("SET session_replication_role = replica")  # the audit trail refuses otherwise
            for table in tables:
                server.execute(f"DELETE FROM {table}")  # type: ignore[arg-type]
            for table in CATALOGUE:
                server.execute(f"DELETE FROM {table} WHERE practice_id IS NOT NULL")  # type: ignore[arg-type]

    before = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = before
