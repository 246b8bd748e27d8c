"""A new version comes in while people work: no migration holds a table up, and each can be taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from practice.indexing import AddIndexBesideWork
from practice.management.commands import migrate
from tests.databases import superuser

APPS = ("practice", "clients", "exercises", "reports")
#: The rules for tables with rows came after these. An older installation takes them in while it is closed.
BEFORE_THE_RULES = {"practice": "0020", "clients": "0020", "exercises": "0026", "reports": "0020"}

#: What SQL by hand may not do to a table with rows, and what to do instead.
BY_HAND = {
    r"\bCREATE (UNIQUE )?INDEX (?!CONCURRENTLY)": "an index holds up who writes: CREATE INDEX CONCURRENTLY",
    r"\bADD (CONSTRAINT|CHECK|FOREIGN KEY)(?!.*NOT VALID)": "a constraint reads all rows: NOT VALID, then VALIDATE",
    r"\bSET NOT NULL\b": "it reads all rows: a valid check of the same first",
    r"\bALTER COLUMN \w+ (SET DATA )?TYPE\b": "it writes all rows anew",
    r"\bVACUUM FULL\b|\bCLUSTER\b|\bLOCK TABLE\b": "it holds up everybody",
}


def ours() -> dict[tuple[str, str], migrations.Migration]:
    found = MigrationLoader(None).disk_migrations
    return {key: one for key, one in sorted(found.items()) if key[0] in APPS}


def is_new(app: str, name: str) -> bool:
    return name > BEFORE_THE_RULES[app]


def faults(migration: migrations.Migration) -> list[str]:
    """Return what a migration would do to tables with rows that it must not, in words."""
    made = {one.name_lower for one in migration.operations if isinstance(one, migrations.CreateModel)}
    return [
        f"{type(one).__name__}: {words}"
        for one in migration.operations
        if getattr(one, "model_name_lower", "") not in made
        for words in _faults_of(one, migration)
    ]


def _faults_of(one: Operation, migration: migrations.Migration) -> list[str]:
    match one:
        case AddIndexBesideWork():
            return ["needs atomic = False"] if migration.atomic else []
        case AddConstraintNotValid():
            return []
        case migrations.AddIndex():
            return ["AddIndexBesideWork holds nobody up"]
        case migrations.AddConstraint():
            return ["AddConstraintNotValid first, ValidateConstraint in another migration"]
        case migrations.AddField(field=field):
            return _faults_of_field(field)
        case migrations.AlterField() | migrations.RenameField() | migrations.RenameModel():
            return [
                "code of before and after runs at the same time: add another column, move, remove the old one later"
            ]
        case migrations.RunSQL(sql=sql):
            return [words for pattern, words in BY_HAND.items() if re.search(pattern, str(sql), re.IGNORECASE)]
        case migrations.RunPython():
            return [] if not migration.atomic else ["rows are moved in portions, with atomic = False"]
    return []


def _faults_of_field(field: models.Field[Any, Any]) -> list[str]:
    found = []
    has_default = field.db_default is not models.NOT_PROVIDED
    if not field.null and not has_default:
        found.append("old code does not fill it: null=True, or db_default")
    if field.unique or (field.db_index and not isinstance(field, models.ForeignKey)):
        found.append("its index holds up who writes: AddIndexBesideWork")
    if isinstance(field, models.ForeignKey) and (field.db_constraint or field.db_index):
        found.append("db_constraint=False, db_index=False; then NOT VALID and an index CONCURRENTLY")
    return found


def test_b127_every_migration_lets_people_work():
    assert BEFORE_THE_RULES.keys() == set(APPS)
    wrong = {f"{app}.{name}": faults(one) for (app, name), one in ours().items() if is_new(app, name)}
    assert {name: words for name, words in wrong.items() if words} == {}


def test_b127_every_migration_can_be_taken_back_or_says_that_it_can_not():
    there_and_back = {f"{app}.{name}": [type(op).__name__ for op in one.operations if not op.reversible]
                      for (app, name), one in ours().items()}  # fmt: skip
    assert {name: kinds for name, kinds in there_and_back.items() if kinds} == {}


BAD: list[Operation] = [
    migrations.AddIndex("couple", models.Index(fields=["status"], name="one")),
    migrations.AddConstraint("couple", models.CheckConstraint(condition=models.Q(status=""), name="two")),
    migrations.AddField("couple", "word", models.CharField(max_length=3, default="")),
    migrations.AddField("couple", "word", models.CharField(max_length=3, null=True, db_index=True)),
    migrations.AddField("couple", "word", models.CharField(max_length=3, null=True, unique=True)),
    migrations.AddField("couple", "of", models.ForeignKey("clients.Client", models.CASCADE, null=True)),
    migrations.AlterField("couple", "status", models.TextField()),
    migrations.RenameField("couple", "status", "state"),
    migrations.RunPython(migrations.RunPython.noop),
    *(migrations.RunSQL(sql) for sql in (
        "CREATE UNIQUE INDEX one ON clients_couple (status)",
        "ALTER TABLE clients_couple ADD CONSTRAINT two CHECK (status <> '')",
        "ALTER TABLE clients_couple ALTER COLUMN status SET NOT NULL",
        "ALTER TABLE clients_couple ALTER COLUMN status TYPE text",
        "LOCK TABLE clients_couple",
    )),
]  # fmt: skip
GOOD: list[Operation] = [
    migrations.AddField("couple", "word", models.CharField(max_length=3, null=True)),
    migrations.AddField("couple", "word", models.CharField(max_length=3, db_default="")),
    AddConstraintNotValid("couple", models.CheckConstraint(condition=models.Q(status=""), name="two")),
    migrations.RunSQL("CREATE INDEX CONCURRENTLY one ON clients_couple (status)"),
    migrations.RunSQL("ALTER TABLE clients_couple ADD CONSTRAINT two CHECK (status <> '') NOT VALID"),
    migrations.RunSQL("CREATE POLICY one ON clients_couple USING (false)"),
]


def of(*operations: Operation, atomic: bool = True) -> migrations.Migration:
    made = migrations.Migration("0099_x", "clients")
    made.operations, made.atomic = list(operations), atomic
    return made


@pytest.mark.parametrize("one", BAD, ids=lambda one: f"{type(one).__name__} {getattr(one, 'sql', '')}"[:40])
def test_b127_what_would_hold_people_up_is_found(one):
    assert faults(of(one))


@pytest.mark.parametrize("one", GOOD, ids=lambda one: f"{type(one).__name__} {getattr(one, 'sql', '')}"[:40])
def test_b127_what_holds_nobody_up_is_let_through(one):
    assert faults(of(one)) == []


def test_b127_a_table_of_the_same_migration_has_no_rows_and_an_index_at_work_no_transaction():
    new = migrations.CreateModel("couple", [("id", models.AutoField(primary_key=True))])
    assert faults(of(new, BAD[0])) == []
    index = AddIndexBesideWork("couple", models.Index(fields=["status"], name="one"))
    assert faults(of(index, atomic=False)) == []
    assert faults(of(index))
    refused_by_parts = AddIndexConcurrently("couple", models.Index(fields=["status"], name="one"))
    assert faults(of(refused_by_parts, atomic=False))


@pytest.mark.django_db(transaction=True)
def test_b127_a_migration_waits_for_nobody_longer_than_a_moment(monkeypatch):
    """Who waits for a table holds up all who come after: it gives up, undoes what it began, and says so."""
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0.2)

    def asks_for_a_table(self, *args: Any, **options: Any) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE TABLE half_way (id int)")
            cursor.execute("ALTER TABLE clients_couple ADD COLUMN word text")

    monkeypatch.setattr(migrate.DjangoMigrate, "handle", asks_for_a_table)
    with superuser(connection.settings_dict["NAME"]) as other, other.transaction():
        other.execute("SELECT count(*) FROM clients_couple")
        with pytest.raises(CommandError, match="run it again"):
            call_command("migrate", verbosity=0)
    with superuser(connection.settings_dict["NAME"]) as other:
        assert other.execute("SELECT to_regclass('half_way')").fetchone() == (None,)
