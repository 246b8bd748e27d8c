"""Who is bound, for how long, and that nobody bound means nothing seen."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from clients.models import Appointment, CaseloadEntry, Clearance, Client, Contact, Couple, Partner, Reach
from exercises.models import Answer, Assignment, Draft, Occurrence, Response
from practice import roles, tenancy
from practice.ids import uuid7
from practice.models import AuditEvent, Membership, Practice, User
from practice.tenancy import Asker
from tests.factories import acting_as, inside, make_couple, make_member, make_practice
from tests.properties import times

pytestmark = pytest.mark.django_db

PRACTICE_MODELS = [Contact, Couple, Partner, CaseloadEntry, Clearance, Appointment, Assignment]


@pytest.mark.parametrize("model", [*PRACTICE_MODELS, Occurrence, Response, Answer, Draft])
def test_with_nobody_bound_no_table_answers(model, couple):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        model.objects.exists()


@pytest.mark.parametrize("model", [Client, Membership])
def test_with_nobody_signed_in_the_tables_of_sign_in_are_empty(model, couple):
    assert not model.objects.exists()


def test_a_role_without_a_practice_is_refused(practice):
    with pytest.raises(tenancy.NoPractice), tenancy.acting(Asker(role=roles.SUPERVISOR)):
        pass


def test_settings_do_not_outlive_their_block(practice, couple):
    with inside(practice):
        assert Couple.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('app.practice', true)")
        assert cursor.fetchone() == (roles.LOGIN, "")


def test_after_an_error_the_outer_binding_holds_again(practice, couple, therapist):
    with acting_as(therapist):
        with pytest.raises(IntegrityError), tenancy.elevated():
            Couple.objects.create(id=couple.pk, practice=practice, time_zone="UTC")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == (roles.THERAPIST,)
        assert tenancy.current().role == roles.THERAPIST
        assert Couple.objects.get() == couple


@pytest.mark.parametrize("who", ["therapist", "owner", "mara"])
def test_the_rest_of_a_request_is_bound_to_all_that_its_asker_says(who, practice, couple, therapist, request):
    """Also to what was bound a moment before, as Attune itself, and so was not said again."""
    one = request.getfixturevalue(who)
    staff = isinstance(one, Membership)
    role = one.database_role if staff else roles.PORTAL
    bare = Asker(role, practice.pk, user_id=one.user_id, person_id=None if staff else one.pk, closed="")
    with tenancy.of_request():
        with tenancy.for_the_rest(bare) as asker, connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == (role,)
        with connection.cursor() as cursor:
            for name, value in asker.settings().items():
                cursor.execute("SELECT current_setting(%s)", [f"app.{name}"])
                assert cursor.fetchone() == (value,), name


@pytest.mark.django_db(transaction=True)
def test_b14_a_line_that_serves_many_practices_in_turn_never_shows_one_to_another():
    """What a pooler of transactions does: one session of the server, transactions of everybody, all kinds of ends."""
    draw, practices = random.Random(14), [make_practice(f"House {number}") for number in range(20)]
    couples = {one.pk: make_couple(one).pk for one in practices}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        line = cursor.fetchone()
    for _turn in range(times(200, 50_000)):
        practice, end = draw.choice(practices), draw.choice(ENDS)
        with suppress(ENDS_IN), inside(practice):
            assert [one.pk for one in Couple.objects.all()] == [couples[practice.pk]]
            end()
        assert tenancy.current() is None
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid(), current_user, current_setting('app.practice', true)")
            assert cursor.fetchone() == (*line, roles.LOGIN, ""), end.__name__


ENDS_IN = (DatabaseError, ZeroDivisionError)


def as_it_should() -> None:
    pass


def an_exception() -> None:
    raise ZeroDivisionError


def a_statement_that_fails() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def one_that_fails_inside_and_is_caught() -> None:
    with suppress(DatabaseError), transaction.atomic(), tenancy.elevated():
        a_statement_that_fails()


def one_that_takes_too_long() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1")
        cursor.execute("SELECT pg_sleep(1)")


def one_that_is_cancelled() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(1)")


ENDS = (
    as_it_should,
    an_exception,
    a_statement_that_fails,
    one_that_fails_inside_and_is_caught,
    one_that_takes_too_long,
    one_that_is_cancelled,
)


def test_one_transaction_never_changes_practice(practice, neighbour):
    with inside(practice), pytest.raises(tenancy.OtherPractice), inside(neighbour):
        pass


def test_a_forgotten_filter_sees_one_practice(practice, neighbour, couple):
    make_couple(neighbour, ("Nia", "Noor"))
    with inside(neighbour), connection.cursor() as cursor:
        cursor.execute("SELECT name FROM clients_client ORDER BY name")
        assert cursor.fetchall() == [("Nia",), ("Noor",)]
        cursor.execute("UPDATE clients_couple SET status = 'closed'")
        assert cursor.rowcount == 1
        cursor.execute("DELETE FROM clients_partner")
        assert cursor.rowcount == 2
    with inside(practice):
        assert Couple.objects.get().status == "active"
        assert Partner.objects.count() == 2


def test_a_row_can_not_be_written_or_moved_into_another_practice(practice, neighbour, couple):
    own = make_couple(neighbour, ("Nia", "Noor"))
    with inside(neighbour):
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Couple.objects.create(practice=practice, time_zone="UTC")
        with (
            pytest.raises(DatabaseError, match="row-level security"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE clients_couple SET practice_id = %s WHERE id = %s", [practice.pk, own.pk])


@pytest.mark.parametrize("foreign", [True, False], ids=["another practice's couple", "no couple at all"])
def test_pointing_at_a_foreign_row_fails_like_pointing_at_nothing(practice, neighbour, couple, foreign):
    client = make_couple(neighbour, ("Nia", "Noor")).clients[0]
    target = couple.pk if foreign else uuid7()
    with inside(neighbour), transaction.atomic():
        Partner.objects.create(practice=neighbour, couple_id=target, client=client, position=3)
        with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)
    assert "clients_partner_couple_id_practice" in str(refused.value)
    assert str(practice.pk) not in str(refused.value)


def test_a_therapist_sees_the_caseload_and_no_other_couple(practice, therapist, colleague, couple, owner):
    other = make_couple(practice, ("Ada", "Ruth"), therapist=colleague)
    with acting_as(therapist):
        assert set(Couple.objects.all()) == {couple}
        assert {one.name for one in Client.objects.all()} == {"Mara", "Theo"}
        assert set(Contact.objects.values_list("client__name", flat=True)) == {"Mara", "Theo"}
    with acting_as(colleague):
        assert set(Couple.objects.all()) == {other}
    with acting_as(owner):
        assert set(Couple.objects.all()) == set(), "whoever runs the practice has a caseload of their own, or none"


def test_a_therapist_can_not_put_a_couple_on_their_own_caseload(practice, therapist, colleague, couple):
    with acting_as(colleague), pytest.raises(DatabaseError), transaction.atomic():
        CaseloadEntry.objects.create(practice=practice, membership=colleague, couple=couple)


def test_a_coordinator_has_no_right_on_anything_answered(practice, coordinator, couple):
    with acting_as(coordinator):
        assert set(Couple.objects.all()) == {couple}
        for model in (Assignment, Occurrence, Response, Answer, Draft, Clearance):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                model.objects.exists()


def test_a_partner_sees_the_other_ones_name_and_not_how_to_reach_them(practice, couple, mara, theo):
    make_couple(practice, ("Ada", "Ruth"))
    with acting_as(mara):
        assert {one.name for one in Client.objects.all()} == {"Mara", "Theo"}
        assert [contact.client_id for contact in Contact.objects.all()] == [mara.pk]
        assert set(User.objects.values_list("pk", flat=True)) == {mara.user_id}


def test_a_partner_can_not_change_the_other_one(couple, mara, theo):
    with acting_as(mara):
        assert Client.objects.filter(pk=theo.pk).update(name="Somebody") == 0
        assert Contact.objects.filter(client=theo).update(time_zone="UTC") == 0
        assert Reach.objects.filter(client=theo).update(ended_by="you") == 0
        assert Client.objects.filter(pk=mara.pk).update(pronouns="they") == 1


def test_after_separation_a_partner_sees_the_couple_no_more(practice, couple, mara):
    with inside(practice):
        Couple.objects.update(status=Couple.Status.SEPARATED)
    with acting_as(mara):
        assert not Couple.objects.exists()
        assert {one.name for one in Client.objects.all()} == {"Mara"}


def test_staff_of_one_practice_find_no_user_but_themselves(therapist, couple, neighbour):
    make_member(neighbour)
    with acting_as(therapist):
        assert [user.pk for user in User.objects.all()] == [therapist.user_id]


def test_who_signed_in_finds_only_their_own_memberships(practice, neighbour, therapist):
    make_member(neighbour)
    with transaction.atomic():
        tenancy.bind_user(therapist.user_id)
        assert list(Membership.objects.all()) == [therapist]
        with pytest.raises(ProgrammingError), transaction.atomic():
            Practice.objects.exists()


def test_the_audit_trail_knows_who_did_what_and_can_not_be_changed(practice, therapist, couple):
    with acting_as(therapist):
        Couple.objects.filter(pk=couple.pk).update(status="paused")
    with inside(practice):
        event = AuditEvent.objects.filter(subject="clients_couple", act="update").get()
        assert (event.role, event.user_id) == (roles.THERAPIST, therapist.user_id)
        assert event.changes == {"status": ["active", "paused"]}
        for act in (
            lambda: AuditEvent.objects.all().delete(),
            lambda: AuditEvent.objects.update(act="nothing"),
            lambda: AuditEvent.objects.create(role="x", act="forged", subject="x"),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()


def test_the_dispatcher_finds_rows_of_all_practices_and_reads_none_of_their_content(practice, couple):
    with tenancy.acting(Asker(role=roles.DISPATCH)), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM practice_practice")
        assert (practice.pk,) in cursor.fetchall()
        for column in ("name", "address"):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(f"SELECT {column} FROM practice_practice")
