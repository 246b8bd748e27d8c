"""Statements that go to the database together: in the order that was said, once, and undone with the rest."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clients.models import Couple
from practice import roles, tenancy, trips
from practice.written import Asked, together, together_elevated
from tests.benchmarks.pages.trips import Trips, counted
from tests.factories import acting_as, inside, make_practice, signed_in

pytestmark = pytest.mark.django_db

NOTE = "SELECT set_config('test.note', current_setting('test.note', true) || %s, true)"


@pytest.fixture(autouse=True)
def _blank() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('test.note', '', true)")


def noted() -> str:
    return one("SELECT current_setting('test.note')")


def one(sql: str, *values: object):
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchone()[0]


def test_what_goes_before_is_there_when_the_next_statement_runs():
    with trips.before_next(NOTE, ["a"]):
        assert one("SELECT current_setting('test.note') || %s", "%") == "a%"
        assert noted() == "a"


def test_a_block_without_statements_sends_it_all_the_same():
    with trips.before_next(NOTE, ["a"]):
        pass
    assert noted() == "a"


def test_it_is_sent_once_in_one_trip():
    with CaptureQueriesContext(connection) as sent, trips.before_next(NOTE, ["a"]), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.execute("SELECT 2")
    assert len(sent) == 2
    assert noted() == "a"


def test_rows_are_those_of_the_callers_own_statement(practice, couple):
    with inside(practice), trips.before_next(NOTE, ["a"]):
        assert list(Couple.objects.all()) == [couple]


def test_a_cursor_on_the_server_waits_for_it(practice, couple):
    with inside(practice), trips.before_next(NOTE, ["a"]):
        assert list(Couple.objects.all().iterator(chunk_size=1)) == [couple]
    assert noted() == "a"


def test_many_rows_at_once_wait_for_it():
    with trips.before_next(NOTE, ["a"]), connection.cursor() as cursor:
        cursor.executemany("SELECT set_config('test.note', current_setting('test.note') || %s, true)", [["b"], ["c"]])
    assert noted() == "abc"


def test_where_it_fails_the_next_statement_never_ran():
    with pytest.raises(ProgrammingError), transaction.atomic(), trips.before_next("SELECT nothing_like_it()", []):
        one("SELECT set_config('test.note', 'too far', true)")
    assert noted() == ""


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_it_is_refused():
    with pytest.raises(transaction.TransactionManagementError), trips.before_next(NOTE, ["a"]):
        one("SELECT 1")


class TestWhatIsSaidSoon:
    def test_it_waits_for_the_next_statement_and_keeps_its_order(self):
        with trips.gathering(), trips.before_next(NOTE, ["a"]):
            trips.soon((NOTE, ["b"]), (NOTE, ["c"]))
            with trips.before_next(NOTE, ["d"]):
                trips.soon((NOTE, ["e"]))
                assert noted() == "abcde"
            trips.soon((NOTE, ["f"]))
        assert noted() == "abcdef"

    def test_outside_of_a_block_that_gathers_it_is_done_at_once(self):
        with CaptureQueriesContext(connection) as sent:
            trips.soon((NOTE, ["a"]), (NOTE, ["b"]))
        assert len(sent) == 1
        assert noted() == "ab"

    def test_what_fails_is_told_by_the_next_statement_which_did_not_run(self):
        def fails() -> None:
            trips.soon(("SELECT nothing_like_it()", None))
            one("SELECT set_config('test.note', 'too far', true)")

        with pytest.raises(ProgrammingError), transaction.atomic(), trips.gathering():
            fails()
        assert noted() == ""

    def test_a_savepoint_keeps_what_was_said_before_it_and_nothing_that_was_said_in_it(self):
        with trips.gathering():
            trips.soon((NOTE, ["a"]))
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                self.breaks()
            assert noted() == "a"

    @pytest.mark.parametrize("inner", [trips.gathering, nullcontext])
    def test_a_savepoint_can_be_gone_back_to_after_an_error_whatever_waits(self, inner):
        with trips.gathering():
            trips.soon((NOTE, ["a"]))
            with pytest.raises(ZeroDivisionError), transaction.atomic(), inner():
                self.breaks("SELECT nothing_like_it()")
            trips.soon((NOTE, ["b"]))
        assert noted() == "ab"

    def test_a_block_that_breaks_sends_nothing_more(self):
        with pytest.raises(ZeroDivisionError), trips.gathering():
            self.breaks()
        assert noted() == ""

    def test_a_block_that_is_to_be_rolled_back_sends_nothing_more(self):
        with transaction.atomic(), trips.gathering():
            trips.soon((NOTE, ["lost"]))
            transaction.set_rollback(True)
        assert noted() == ""

    def breaks(self, asking: str = "") -> None:
        """Say something soon, ask what can not be answered, and break."""
        trips.soon((NOTE, ["lost"]))
        if asking:
            with pytest.raises(ProgrammingError):
                one(asking)
            trips.soon((NOTE, ["lost, too"]))
        raise ZeroDivisionError


@pytest.mark.django_db(transaction=True)
def test_a_binding_holds_where_the_connection_is_only_just_made():
    connection.close()
    practice = make_practice()
    connection.close()
    with inside(practice):
        assert one("SELECT current_user") == roles.SYSTEM


class TestBindings:
    def test_a_block_inside_another_costs_one_trip_more_than_what_it_asks(self, therapist, couple):
        with acting_as(therapist), counted(taken := Trips()), tenancy.elevated():
            assert one("SELECT current_user") == roles.SYSTEM
            assert one("SELECT current_user") == roles.SYSTEM
        assert taken.trips == 3

    def test_an_error_in_a_block_leaves_the_outer_binding(self, therapist, couple):
        with acting_as(therapist):
            with pytest.raises(ProgrammingError), tenancy.elevated():
                one("SELECT nothing_like_it()")
            assert one("SELECT current_user") == roles.THERAPIST

    def test_what_goes_in_one_trip_as_attune_itself_leaves_the_outer_binding(self, therapist, couple):
        who = Asked("SELECT current_user", None, lambda cursor: cursor.fetchone()[0])
        broken = Asked("SELECT nothing_like_it()", None, lambda cursor: None)
        with acting_as(therapist):
            with counted(taken := Trips()):
                assert together_elevated(who, who) == [roles.SYSTEM, roles.SYSTEM]
            assert taken.trips == 1
            assert together(who) == [roles.THERAPIST]
            with pytest.raises(ProgrammingError), transaction.atomic():
                together_elevated(who, broken)
            assert together(who) == [roles.THERAPIST]
            assert tenancy.current().role == roles.THERAPIST

    def test_a_block_that_binds_nobody_else_costs_none(self, practice, couple):
        with inside(practice), CaptureQueriesContext(connection) as sent, tenancy.elevated():
            pass
        assert len(sent) == 0

    def test_a_block_that_is_rolled_back_leaves_the_outer_binding(self, practice, therapist, couple):
        with acting_as(therapist):
            with tenancy.elevated():
                transaction.set_rollback(True)
            assert one("SELECT current_user") == roles.THERAPIST
            assert one("SELECT current_setting('app.user')") == str(therapist.user_id)

    def test_a_request_leaves_nobody_bound(self, therapist, couple):
        signed_in(therapist).get("/desk/")
        assert one("SELECT current_user") == roles.LOGIN
        bound = [one("SELECT current_setting(%s, true)", f"app.{name}") for name in tenancy.SETTINGS]
        assert not any(bound)
        assert tenancy.current() is None

    def test_a_request_that_breaks_leaves_nobody_bound(self, therapist, couple, monkeypatch):
        def broken(*args: object, **kwargs: object) -> None:
            raise RuntimeError

        monkeypatch.setattr("practice.identity.zone_of", broken)
        browser = signed_in(therapist, raise_request_exception=False)
        assert browser.get("/desk/").status_code == 500
        assert one("SELECT current_user") == roles.LOGIN
        assert not one("SELECT current_setting('app.practice', true)")

    @pytest.mark.parametrize(("who", "trips_before"), [("therapist", 6), ("owner", 5), ("coordinator", 5), ("mara", 5)])
    def test_a_page_begins_after_few_trips(self, who, trips_before, couple, monkeypatch, request):
        """Session, user and what they are in one; what their walls let through; the practice. In a test two more."""
        begun = []
        monkeypatch.setattr("practice.audit.begin_request", lambda: begun.append(len(sent)))
        browser = signed_in(request.getfixturevalue(who))
        with CaptureQueriesContext(connection) as sent:
            browser.get("/you/help/" if who == "mara" else "/desk/")
        assert begun[0] <= trips_before
