"""Django's database backend that starts PostgreSQL when it is first wanted."""

from pathlib import Path

import pytest
from django.db import connections

from practice.local import postgres
from practice.local.backend.base import DatabaseWrapper


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, bool]]:
    calls: list[tuple[Path, bool]] = []

    def ensure(state: Path, *, durable: bool) -> postgres.Address:
        calls.append((state, durable))
        return postgres.Address(Path("/run/somewhere"), 5432)

    monkeypatch.setattr(postgres, "ensure", ensure)
    return calls


def wrapper(host: str, name: str | None = "attune") -> DatabaseWrapper:
    changes = {"NAME": name, "USER": "someone", "HOST": host, "OPTIONS": {}}
    return DatabaseWrapper(connections["default"].settings_dict | changes)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("dev:/srv/state", (Path("/srv/state"), True)),
        ("dev:throwaway:/srv/state", (Path("/srv/state"), False)),
    ],
)
def test_starts_the_server_it_names(host: str, expected: tuple[Path, bool], asked: list) -> None:
    connection = wrapper(host)
    assert asked == []
    params = connection.get_connection_params()
    assert (params["host"], params["port"], params["dbname"]) == ("/run/somewhere", 5432, "attune")
    assert asked == [expected]


def test_the_maintenance_database_is_there_for_making_others(asked: list) -> None:
    assert wrapper("dev:/srv/state", name=None).get_connection_params()["dbname"] == "postgres"


def test_leaves_a_real_host_alone(asked: list) -> None:
    assert wrapper("db.example").get_connection_params()["host"] == "db.example"
    assert asked == []
