"""The walls stand: every table, every role, every foreign key, as PostgreSQL itself tells."""

from __future__ import annotations

import re
import uuid
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, models

from practice import grants, registry, roles
from practice.registry import Scope
from practice.walls import NO_SHARED_SCREEN, NOT_CLOSED, foreign_keys_inside_practice, listed
from tests import databases
from tests.factories import inside, make_practice

pytestmark = pytest.mark.django_db

#: Tables that hold no practice data, each with its reason.
GLOBAL = {
    "practice_user": "people who sign in; has policies of its own",
    "django_migrations": "Django's own",
    "attune_cache": "counters, no content",
    "practice_limit": "keyed hashes and moments",
    "practice_signin": "each user's own sign-ins",
    "practice_recovery": "accounts that were got back through the mailbox",
    "practice_accountevent": "what changed about how a user signs in",
    "practice_signindoor": "at which address a practice's provider is; policies of its own",
    "practice_circuit": "the health of providers",
    "practice_pace": "counters, no content",
    "practice_suppression": "keyed hashes of addresses that are left alone",
    "practice_pulse": "the heartbeat of the installation",
    "practice_installationsecret": "one secret, wrapped by a key that is not in the database",
}
LIBRARY = {"exercises_exercise", "exercises_edition", "exercises_program"}


def rows(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def practice_tables() -> dict[str, type[models.Model]]:
    return {
        model._meta.db_table: model
        for model in apps.get_models()
        if model._meta.app_label in ("practice", "clients", "exercises", "reports")
        and model._meta.db_table not in GLOBAL
    }


def test_b2_every_table_is_behind_a_wall_or_declared_global():
    global_tables = {
        model._meta.db_table
        for label in grants.GLOBAL_APPS
        if apps.is_installed(label) or label in apps.app_configs
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    }
    there = {
        name
        for (name,) in rows(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
    }
    assert there - global_tables - set(GLOBAL) == set(practice_tables())


def test_b2_row_level_security_is_enabled_and_forced_everywhere():
    guarded = {
        name
        for name, enabled, forced in rows(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relkind = 'r'"
        )
        if enabled and forced
    }
    assert {*practice_tables(), "practice_user"} <= guarded


@pytest.mark.parametrize("kind", ["v", "m"])
def test_b2_no_view_looks_over_the_wall(kind):
    assert rows("SELECT relname FROM pg_class WHERE relkind = %s AND relnamespace = 'public'::regnamespace", kind) == []


def test_b2_every_policy_compares_the_practice_and_none_asks_another_table():
    policies = rows("SELECT tablename, policyname, permissive, coalesce(qual, with_check) FROM pg_policies")
    tables = {table for table, name, *_ in policies if name == "practice_wall"}
    assert tables == set(practice_tables())
    for table, name, _permissive, condition in policies:
        assert "SELECT" not in condition.upper().replace("FOR SELECT", ""), (table, name)
        if name == "practice_wall":
            assert "app.practice" in condition, table


def test_what_holds_for_nearly_everybody_is_taken_for_that_when_a_query_is_planned():
    for nearly_always in (NO_SHARED_SCREEN, NOT_CLOSED):
        sql = f"EXPLAIN (FORMAT JSON) SELECT FROM generate_series(1, 1000) AS n WHERE {nearly_always} OR n < 0"
        [[[plan]]] = rows(sql.replace("%", "%%"))
        assert plan["Plan"]["Plan Rows"] > 900, nearly_always


#: How PostgreSQL tells ``couple_id = ANY(the caseload)``.
LIST_TAKEN_APART = r"app\.(couples|people)'::text, true\), ''::text\)\)::uuid\[\]"


def test_no_policy_takes_a_list_of_many_apart_for_each_row():
    conditions = rows("SELECT tablename, policyname, concat(qual, ' ', with_check) FROM pg_policies")
    assert [one for *one, said in conditions if re.search(LIST_TAKEN_APART, said)] == []
    assert [one for *one, said in conditions if "''::text) = ''::text" in said or "strpos(" in said] == []


def test_an_id_stands_in_a_list_wherever_it_is_there_and_in_no_other():
    one, *others = (uuid.uuid4() for _ in range(4))
    among = f"SELECT {listed('one', 'couples')} FROM (SELECT %s::uuid AS one) AS asked"

    def found(*ids: uuid.UUID) -> bool:
        with inside(make_practice()), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.couples', %s, true)", [f"{{{','.join(map(str, ids))}}}"])
            cursor.execute(among, [one])
            return cursor.fetchone()[0]

    assert all(found(*others[:at], one, *others[at:]) for at in range(4))
    assert found(one)
    assert not found(*others)
    assert not found()
    assert rows(among, str(one)) in ([(False,)], [(None,)]), "nobody is bound"


def test_walls_that_stood_before_are_written_as_new_ones_are():
    policy = (
        "SELECT qual, with_check FROM pg_policies WHERE tablename = 'clients_couple' AND policyname = 'therapist_all'"
    )
    before = "strpos(current_setting('app.couples', true), id::text) > 0"
    rewrite = import_module("reports.migrations.0021_lists_in_half_the_time").REWRITE
    with databases.superuser(connection.settings_dict["NAME"]) as above, above.transaction(force_rollback=True):
        written = above.execute(policy).fetchall()
        above.execute(f"ALTER POLICY therapist_all ON clients_couple USING ({before} AND status <> '')")
        above.execute(rewrite)
        [(using, _check)] = above.execute(policy).fetchall()
        assert using == f"({written[0][0]} AND ((status)::text <> ''::text))"


#: Rows about clients and couples, which go when somebody is erased. Files to take away are thrown away as a whole.
ABOUT_PEOPLE = {
    one.class_._meta.db_table
    for one in registry.all_records()
    if one.scope in (Scope.PERSON, Scope.COUPLE) and one.model != "practice.Archive"
}


def test_b2_only_named_policies_are_permissive_besides_the_practice_wall():
    others = {
        (table, name)
        for table, name, permissive in rows("SELECT tablename, policyname, permissive FROM pg_policies")
        if permissive == "PERMISSIVE" and name != "practice_wall"
    }
    assert others == {
        ("practice_user", "sign_in"),
        ("practice_user", "address"),
        ("practice_user", "self"),
        ("practice_membership", "sign_in"),
        ("practice_providerlink", "sign_in"),
        ("practice_signindoor", "finds_doors"),
        ("practice_signindoor", "own_door"),
        ("clients_client", "sign_in"),
        ("practice_auditevent", "written_by_trigger"),
        ("practice_message", "finds_due"),
        ("practice_provider", "finds_provider"),
        ("practice_webhookdelivery", "finds_calls"),
        ("practice_practice", "finds_practices"),
        *((table, name) for table in LIBRARY for name in ("also_read", "catalogue")),
        *((table, "eraser") for table in ABOUT_PEOPLE),
    }


def test_b119_only_the_role_that_erases_removes_what_nobody_may_remove():
    """It is of no other use: it reads and removes rows about people inside one practice, and adds none."""
    found = rows(
        """SELECT c.relname, p FROM pg_class c, unnest(%s::text[]) p WHERE c.relnamespace = 'public'::regnamespace
            AND c.relkind = 'r' AND has_table_privilege(%s, c.oid, p)""",
        ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER"],
        roles.ERASER,
    )
    rights = {table: {right for one, right in found if one == table} for table, _right in found}
    kept = {"clients_erasure": {"SELECT"}, "practice_message": {"SELECT", "UPDATE"}, "practice_practice": {"SELECT"}}
    assert rights.keys() == {*ABOUT_PEOPLE, "practice_practice"}
    assert {table: one for table, one in rights.items() if one != {"SELECT", "UPDATE", "DELETE"}} == kept


def test_b2_roles_own_nothing_and_bypass_nothing():
    found = rows(
        "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = ANY(%s)",
        [roles.LOGIN, roles.OWNER, *roles.ACTING],
    )
    assert {name for name, *_ in found} == {roles.LOGIN, roles.OWNER, *roles.ACTING}
    assert not any(is_super or bypass for _, is_super, bypass in found)
    assert rows("SELECT current_user, session_user") == [(roles.LOGIN, roles.LOGIN)]
    owners = {owner for (owner,) in rows("SELECT tableowner FROM pg_tables WHERE schemaname = 'public'")}
    assert owners == {roles.OWNER}


def test_b2_no_role_of_the_application_may_truncate_or_make_tables():
    for role in (roles.LOGIN, *roles.ACTING):
        for table in practice_tables():
            assert rows("SELECT has_table_privilege(%s, %s, 'TRUNCATE')", role, table) == [(False,)]
        assert rows("SELECT has_schema_privilege(%s, 'public', 'CREATE')", role) == [(False,)]


def test_b2_functions_above_their_caller_are_the_two_of_the_audit_trail():
    found = rows("SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace")
    assert {name for name, _ in found} == {"attune_audit", "attune_looked"}
    assert all("search_path" in config[0] for _, config in found)


def test_b5_every_foreign_key_between_practice_tables_is_composite():
    wanted = {
        (table, one.column) for table, model in practice_tables().items() for one in foreign_keys_inside_practice(model)
    }
    there = {
        (table, columns[1])
        for table, columns in rows(
            """SELECT conrelid::regclass::text,
                      ARRAY(SELECT attname FROM unnest(conkey) WITH ORDINALITY AS k(n, i)
                            JOIN pg_attribute ON attrelid = conrelid AND attnum = n ORDER BY i)
               FROM pg_constraint WHERE contype = 'f' AND cardinality(conkey) = 2"""
        )
    }
    assert wanted == there
    assert len(wanted) > 25


def test_b6_unique_constraints_begin_with_the_practice():
    loose = rows(
        """SELECT c.conrelid::regclass::text, c.conname FROM pg_constraint c
           JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
           WHERE c.contype = 'u' AND c.conrelid::regclass::text = ANY(%s) AND a.attname <> 'practice_id'""",
        list(practice_tables()),
    )
    assert {name for _, name in loose} == {"practice_practice_slug_key"}
