"""Everything that Attune keeps, does by itself, sends and hands out is declared, and what is declared is so.

A table, job, kind of message or download without a line in ``records.py`` fails here. Addresses stand in
``tests/doors.py``.
"""

from __future__ import annotations

import inspect
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from practice import outbox, plain_rows, registry, roles, whole_export
from practice.celery import app as celery
from practice.registry import Keep, Reads, Record, Scope
from practice.vault import SealedTextField
from tests.doors import ANONYMOUS, CLIENTS, DOORS, OF_THE_COUPLE, PERSONAS

RECORDS = {record.model: record for record in registry.all_records()}
WALLED = [record for record in RECORDS.values() if record.is_walled]
ABOUT_PEOPLE = [record for record in WALLED if record.scope != Scope.PRACTICE]


def columns(record: Record) -> dict[str, models.Field]:
    return {one.name: one for one in record.class_._meta.concrete_fields}


# ── nothing is missing ───────────────────────────────────────────────────────


def test_b1_every_table_is_declared():
    there = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert there - set(RECORDS) == set(), "say in records.py of its app whose it is"
    assert set(RECORDS) - there == set(), "these are gone"


def test_b1_every_job_is_declared_and_takes_nothing_but_ids():
    celery.loader.import_default_modules()
    there = {name: task for name, task in celery.tasks.items() if not name.startswith("celery.")}
    declared = {job.name: job for job in registry.all_jobs()}
    assert there.keys() == declared.keys(), "say in records.py what it carries"
    for name, task in there.items():
        assert tuple(inspect.signature(task.run).parameters) == declared[name].carries, name
        assert all(one.endswith("_id") for one in declared[name].carries), name


def test_b1_every_kind_of_message_is_declared():
    declared = {kind.kind for kind in registry.all_messages()}
    assert set(outbox._handlers) == declared, "say in records.py to whom it goes"
    for kind in registry.all_messages():
        assert kind.to in ("client", "staff"), kind
        assert kind.about in RECORDS, kind


def test_b1_what_is_called_security_is_sent_rather_twice_than_never_and_waits_for_no_choice():
    kinds = {kind.kind: kind for kind in registry.all_messages()}
    repeats = set(outbox.repeating_kinds()) & set(kinds)
    assert {name for name, kind in kinds.items() if kind.security} == repeats
    for name in repeats:
        handler = type(outbox.handler_of(name))
        # A client's own waits for their hours by the safe contact (tests/clients/test_safe_contact.py).
        own = (outbox.Handler.not_before, outbox.Handler.decide)
        assert (handler.not_before, handler.decide) == own or kinds[name].to == "client", name


#: Who may fetch what lies in a lane, of the personas of ``tests/doors.py``.
MAY_FETCH = {
    Reads.OPEN: {ANONYMOUS, *PERSONAS},
    **{lane: {*OF_THE_COUPLE, "mara", "theo"} for lane in (Reads.ROW, Reads.READERS, Reads.AUDIENCE, Reads.COUPLE)},
    Reads.PRIVATE: {*OF_THE_COUPLE, "mara"},
    Reads.OWN: set(CLIENTS),
    Reads.STAFF: set(OF_THE_COUPLE),
    Reads.NOBODY: {"owner"},
}
#: Who has nothing to do with the couple: what they fetch is nobody's words.
STRANGERS = {ANONYMOUS, "colleague", "coordinator", "far_owner"}


def test_b1_b7_a_download_opens_to_those_of_its_lane_and_to_nobody_else():
    """That a door opens for its kind and for nobody else is tried for each in ``tests/test_doors.py``."""
    for one in registry.all_downloads():
        who = DOORS[one.door].kind.who
        assert who <= MAY_FETCH[one.lane], f"{one.door} is fetched by more than lane {one.lane!r} says"
        assert (one.lane == Reads.OPEN) == bool(who & STRANGERS), f"{one.door}: is it open to all, or somebody's?"


def test_b1_a_table_without_a_line_is_found():
    with pytest.raises(LookupError, match="not declared"):
        registry.record_of("clients.Horoscope")


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": Scope.PERSON, "own_copy": True},
        {"scope": Scope.PERSON, "person": "client"},
        {"scope": Scope.COUPLE},
        {"scope": Scope.COUPLE, "own_copy": True, "why_not": "it is, and it is not"},
        {"scope": Scope.PRACTICE, "export": False},
        {"scope": Scope.PERSON, "person": "id", "own_copy": True, "lane": Reads.OWN},
        {"scope": Scope.PRACTICE, "left_behind": models.Q(status="x")},
    ],
    ids=[
        "nobody's",
        "no word on the copy",
        "nor for couples",
        "both",
        "no word on the export",
        "its author's alone, and exported",
        "rows left behind without a word",
    ],
)
def test_b1_a_line_says_all_that_must_be_known(wrong):
    with pytest.raises(ValueError, match="clients"):
        Record("clients.Client", **wrong)


def test_b1_nothing_is_declared_twice_and_differently():
    with pytest.raises(ValueError, match="twice"):
        registry.register(Record("clients.Client", Scope.PRACTICE))
    registry.register(*RECORDS.values())


# ── what is said is so ───────────────────────────────────────────────────────


def test_b1_what_is_behind_the_wall_is_what_carries_its_practice():
    carries = {model._meta.label for model in apps.get_models() if "practice" in {f.name for f in model._meta.fields}}
    assert {record.model for record in WALLED} == {*carries, "practice.Practice"}


def test_b1_the_path_to_a_person_ends_at_a_client():
    ends = {}
    for record in WALLED:
        if record.person:
            field, model = None, record.class_
            for part in record.person.split("__"):
                field = model._meta.get_field(part)
                model = field.related_model or model
            ends[record.model] = model._meta.label if field.name != "person_id" else "clients.Client"
            assert record.of(uuid.uuid4()), "and rows can be looked up by it"
    assert set(ends.values()) == {"clients.Client"}, ends


def points_at(record: Record) -> set[str]:
    return {one.related_model._meta.label for one in columns(record).values() if one.related_model}


#: Who is themselves what others point at; and what holds ids of people who may be staff as well.
THEMSELVES = {"clients.Client", "clients.Couple", "practice.Message", "practice.Archive"}


def test_b1_what_points_at_a_client_or_couple_is_declared_as_about_people_and_nothing_else_is():
    people = {"clients.Client", "clients.Couple", "exercises.Occurrence"}
    leads = {record.model for record in WALLED if people & points_at(record)} | THEMSELVES
    assert leads == {record.model for record in ABOUT_PEOPLE}


def lane_by_columns(record: Record) -> set[Reads]:
    """The lanes that may be declared for a table with these columns."""
    there = columns(record)
    if {"lane", "readers"} <= there.keys():
        return {Reads.ROW, Reads.READERS}
    if "readers" in there:
        return {Reads.READERS}
    if isinstance(there.get("audience"), ArrayField):
        return {Reads.AUDIENCE}
    return {Reads.COUPLE, Reads.PRIVATE, Reads.OWN, Reads.STAFF, Reads.NOBODY}


def test_b1_the_lane_is_the_one_that_the_columns_say():
    wrong = {record.model: record.lane for record in ABOUT_PEOPLE if record.lane not in lane_by_columns(record)}
    assert wrong == {}


def test_b1_what_is_sealed_for_a_person_is_theirs():
    sealed_for = {
        (record.model, record.person.split("__")[0], field.sealed_for.removesuffix("_id"))
        for record in WALLED
        for field in columns(record).values()
        if isinstance(field, SealedTextField) and field.sealed_for
    }
    assert len(sealed_for) > 10
    assert {one for one in sealed_for if one[1] != one[2]} == set()


def test_b1_what_is_withheld_is_there():
    assert {one.model for one in WALLED if set(one.withheld) - columns(one).keys()} == set()


# ── who reads, as the database says ──────────────────────────────────────────

#: A client's role reads these at all; which rows, the policies say.
CLIENTS_READ = (Reads.ROW, Reads.READERS, Reads.AUDIENCE, Reads.COUPLE, Reads.PRIVATE, Reads.OWN)


@pytest.mark.django_db
def test_b16_b49_the_roles_that_read_a_table_are_those_of_its_lane():
    wanted = {
        (record.model, role): reads
        for record in ABOUT_PEOPLE
        for role, reads in {
            roles.PORTAL: record.lane in CLIENTS_READ,
            roles.THERAPIST: record.lane not in (Reads.OWN, Reads.NOBODY),
            roles.SUPERVISOR: record.lane not in (Reads.OWN, Reads.NOBODY),
            roles.COORDINATOR: record.office,
        }.items()
    }
    there = readable()
    assert {key: wanted[key] for key in wanted if wanted[key] != (key in there)} == {}


def readable() -> set[tuple[str, str]]:
    """Every (table, role) with a right to read any of it, by the label of the table's model."""
    labels = {record.class_._meta.db_table: record.model for record in RECORDS.values()}
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT t, r FROM unnest(%s::text[]) t, unnest(%s::text[]) r
                WHERE has_any_column_privilege(r, t, 'SELECT')""",
            [list(labels), [roles.LOGIN, *roles.ACTING]],
        )
        return {(labels[table], role) for table, role in cursor.fetchall()}


@pytest.mark.django_db
def test_b50_the_columns_that_a_clients_role_may_not_read_are_those_that_are_withheld():
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
               WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace = 'public'::regnamespace
                 AND c.relkind = 'r'
                 AND has_any_column_privilege(%(role)s, c.oid, 'SELECT')
                 AND NOT has_column_privilege(%(role)s, c.oid, a.attnum, 'SELECT')""",
            {"role": roles.PORTAL},
        )
        found = {*cursor.fetchall()}
    assert found == {
        (record.class_._meta.db_table, columns(record)[name].column) for record in WALLED for name in record.withheld
    }


@pytest.mark.django_db
def test_b2_the_login_role_reads_what_is_the_installations_and_who_signed_in():
    walled = {record.model for record in WALLED}
    found = {model for model, role in readable() if role == roles.LOGIN and model in walled}
    assert found == {"practice.Membership", "practice.ProviderLink", "clients.Client"}, (
        "by whose rows it finds out who signed in"
    )


# ── what leaves in the practice's export ─────────────────────────────────────


@pytest.mark.django_db
def test_what_stays_with_its_author_is_what_the_walls_show_no_owner():
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT tablename FROM pg_policies
                WHERE %s = ANY(roles) AND permissive = 'RESTRICTIVE' AND qual LIKE '%%lane%%<>%%own%%'""",
            [roles.SUPERVISOR],
        )
        walled_off = {table for (table,) in cursor.fetchall()}
    exported = [record for record in WALLED if record.export]
    assert {one.class_._meta.db_table for one in exported if one.stays_with_author} == walled_off


def test_every_column_that_leaves_has_a_form_in_which_it_is_written():
    for record in WALLED:
        if record.export:
            for field in plain_rows.columns(record):
                if not field.is_relation and not isinstance(field, SealedTextField):
                    assert plain_rows.written(field, None) is None
                    plain_rows._form(getattr(field, "base_field", field))


def test_bytes_that_leave_are_opened_first_where_they_are_sealed():
    """A new column of bytes is put down here, or said to be sealed by hand in its line."""
    plain = {
        f"{record.model}.{field.name}"
        for record in WALLED
        if record.export
        for field in plain_rows.columns(record)
        if isinstance(field, models.BinaryField) and not isinstance(field, SealedTextField)
        and field.name not in record.sealed_bytes
    }  # fmt: skip
    assert plain == {"exercises.Illustration.data", "reports.Letterhead.logo"}


def test_a_kind_of_column_that_nobody_said_how_to_write_stops_the_export():
    with pytest.raises(plain_rows.NoKnownForm):
        plain_rows.written(models.DurationField(), timedelta(1))


def test_what_leaves_is_in_an_order_in_which_everything_finds_what_it_needs():
    order = [record.model for record in whole_export.exported()]
    assert order[-1] == "practice.Practice", "the rules of today don't judge what was given under yesterday's"
    for record in whole_export.exported():
        for other in whole_export.needed(record) & set(order):
            assert order.index(other) < order.index(record.model)


# ── the front desk, and what is kept apart ───────────────────────────────────


def test_b49_the_front_desk_meets_no_words_of_clients():
    sealed = {
        record.model
        for record in RECORDS.values()
        if record.office and any(isinstance(one, SealedTextField) for one in columns(record).values())
    }
    assert sealed == {"clients.Contact"}, "a telephone number, and nothing that anybody wrote"


def test_notes_of_therapists_are_in_no_copy_of_anybody():
    assert {record.model for record in RECORDS.values() if record.keep == Keep.NOTES and record.own_copy} == set()


def test_every_app_with_tables_has_its_own_lines():
    for label in ("practice", "clients", "exercises", "reports"):
        assert (Path(apps.get_app_config(label).path) / "records.py").exists()
