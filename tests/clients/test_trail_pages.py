"""The trail as people read it: the practice's owners all of it, a client their own record's."""

from __future__ import annotations

import datetime
import html
import re
import uuid

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from clients.models import Contact
from exercises import journal
from exercises.models import Goal, Thread
from practice import audit, roles
from practice.ids import uuid7
from practice.models import AuditEvent
from tests.databases import superuser
from tests.factories import acting_as, inside, make_couple, signed_in

pytestmark = pytest.mark.django_db

PAGE, ALL = "/you/record/", "/desk/practice/trail/"


def look(who, *args, **kwargs) -> None:
    with acting_as(who):
        audit.looked(*args, **kwargs)


def page(who, path: str = PAGE) -> str:
    answer = signed_in(who).get(path)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def bare(who) -> str:
    """The page without what differs by itself."""
    text = signed_in(who).get(PAGE).content.decode()
    return re.sub(r'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": *"[^"]*"', "", text)


# ── a client's own list ──────────────────────────────────────────────────────


def test_b126_a_client_reads_who_opened_their_record_and_when(mara, therapist):
    look(therapist, "opened", "clients_client", mara.pk)
    text = page(mara)
    assert "Dr Ines Karlsen opened your record" in text
    assert timezone.localdate().strftime("%B %Y") in text


def test_b126_a_day_is_named_once_however_often_it_was(mara, therapist):
    for _turn in range(5):
        look(therapist, "opened", "clients_client", mara.pk)
        look(therapist, "opened", "exercises_response", uuid7(), client_id=mara.pk, lane="private")
    assert page(mara).count("Karlsen opened your record") == 1


def test_b126_which_part_was_opened_is_not_said(mara, therapist):
    """Somebody may be reading along: an answer that was kept from them must not show here."""
    look(therapist, "opened", "clients_client", mara.pk)
    before = bare(mara)
    look(therapist, "opened", "exercises_response", uuid7(), client_id=mara.pk, lane="private")
    look(therapist, "opened", "exercises_thread", uuid7(), client_id=mara.pk, lane="private")
    assert bare(mara) == before


def test_b126_nothing_that_happens_in_a_partners_private_lane_moves_the_list(practice, couple, mara, theo, therapist):
    look(therapist, "opened", "clients_client", mara.pk)
    look(therapist, "opened", "clients_couple", couple.pk)
    before = bare(mara)
    with inside(practice):
        entry = journal.begin(theo, couple.pk, "his alone", uuid7())
        journal.release(entry, "private", [])
        Goal.objects.create(
            couple=couple, audience=[theo.pk], lane="private", words="his", started_on=datetime.date(2026, 3, 2)
        )
        alone = Thread.objects.create(couple=couple, audience=[theo.pk], latest_at=timezone.now())
    browser = signed_in(therapist)
    for path in (f"private/{theo.pk}/", f"threads/{alone.pk}/", "signs/", "alerts/", ""):
        browser.get(f"/desk/couples/{couple.pk}/{path}")
    look(therapist, "opened", "clients_client", theo.pk)
    look(therapist, "opened", "exercises_response", uuid7(), client_id=theo.pk, couple_id=couple.pk, lane="private")
    look(therapist, "opened", "exercises_staffnote", couple.pk, couple_id=couple.pk, lane=audit.STAFF)
    look(theo, "opened", "clients_couple", couple.pk)
    assert bare(mara) == before


def test_b126_the_database_itself_shows_a_client_no_other_line(practice, couple, mara, theo, therapist):
    look(therapist, "opened", "clients_client", theo.pk)
    look(therapist, "opened", "exercises_alert", uuid7(), client_id=mara.pk, lane=audit.STAFF)
    look(therapist, "opened", "clients_couple", couple.pk)
    look(theo, "opened", "clients_client", mara.pk)
    look(therapist, "opened", "clients_client", mara.pk)
    with acting_as(mara):
        seen = AuditEvent.objects.exclude(user_id=mara.user_id).values_list("subject", "client_id", "user_id")
        assert list(seen) == [("clients_client", mara.pk, therapist.user_id)]
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            list(AuditEvent.objects.values_list("changes"))


def test_b126_what_is_shared_is_listed_by_months_that_are_over(mara, couple, therapist):
    look(therapist, "opened", "clients_couple", couple.pk)
    assert "What you share" not in page(mara)


@pytest.mark.django_db(transaction=True)
def test_b126_a_month_that_is_over_names_who_opened_what_is_shared(transactional_db):
    from tests.factories import make_member, make_practice

    practice = make_practice()
    therapist = make_member(practice)
    couple = make_couple(practice, therapist=therapist)
    look(therapist, "opened", "clients_couple", couple.pk)
    look(therapist, "opened", "clients_couple", couple.pk, lane=audit.STAFF)
    with superuser(connection.settings_dict["NAME"]) as above:
        above.execute("SET session_replication_role = replica")
        above.execute("UPDATE practice_auditevent SET at = '2026-01-15', lane = '' WHERE act = 'opened' AND lane = ''")
        above.execute("UPDATE practice_auditevent SET at = '2026-02-15' WHERE lane = 'staff'")
        above.execute("UPDATE practice_auditevent SET at = at - interval '1 year' WHERE act <> 'opened'")
    text = page(couple.clients[0])
    if timezone.now().date() < datetime.date(2027, 1, 1):
        assert "January 2026" in text
    assert "February 2026" not in text


def test_changes_of_staff_and_ones_own_are_told(practice, mara, coordinator):
    with acting_as(coordinator):
        Contact.objects.filter(client=mara).update(time_zone="Europe/Paris")
    with acting_as(mara):
        Contact.objects.filter(client=mara).update(time_zone="Europe/Rome")
    text = page(mara)
    assert "Cory Desk changed how you are reached" in text
    assert "You changed how you are reached" in text


def test_a_partner_reading_what_is_shared_is_never_told(mara, theo, couple):
    look(theo, "opened", "exercises_response", uuid7(), client_id=mara.pk, couple_id=couple.pk, lane="shared")
    assert "Nobody has opened it yet" in page(mara)


def test_the_list_costs_the_same_for_one_line_or_many(mara, therapist, django_assert_max_num_queries):
    browser = signed_in(mara)
    for _turn in range(30):
        look(therapist, "opened", "clients_client", mara.pk)
    with django_assert_max_num_queries(18):
        browser.get(PAGE)


# ── the practice's ───────────────────────────────────────────────────────────


def test_b126_an_owner_reads_who_did_what_and_to_whose_record(owner, mara, therapist):
    look(therapist, "opened", "clients_client", mara.pk)
    text = page(owner, ALL)
    assert "Dr Ines Karlsen opened a client's record" in text
    assert "Mara" in text


def test_an_owner_chooses_by_kind_and_by_person(owner, mara, therapist, couple):
    look(therapist, "opened", "clients_client", mara.pk)
    look(therapist, "turned away", "page couple", uuid7(), lane=audit.STAFF)
    refused = page(owner, f"{ALL}?kind=refused")
    assert "was turned away from the page “couple”" in refused
    assert "opened a client" not in refused
    assert "Nothing of this kind" in page(owner, f"{ALL}?by={owner.user_id}&kind=refused")


@pytest.mark.parametrize(
    "query", ["kind=x", "by=x", "before=x", "before=-1", f"before={'9' * 40}", "before=%00", "by=%00"]
)
def test_a_wish_that_makes_no_sense_is_left_out(owner, query):
    assert signed_in(owner).get(f"{ALL}?{query}").status_code == 200


def test_a_long_trail_is_read_page_by_page(owner, mara, therapist, django_assert_max_num_queries):
    with acting_as(therapist):
        for _turn in range(60):
            audit.looked("opened", "clients_client", mara.pk)
    browser = signed_in(owner)
    with django_assert_max_num_queries(28):
        first = browser.get(f"{ALL}?kind=opened").content.decode()
    older = re.search(r'rel="next" href="\?([^"]*)"', first)
    assert older
    assert 'rel="next"' not in page(owner, f"{ALL}?{older[1].replace('&amp;', '&')}")


def test_what_stays_with_its_author_is_not_in_the_practices_trail(practice, couple, mara, owner):
    with acting_as(mara):
        audit.looked("opened", "exercises_journalentry", uuid7(), client_id=mara.pk, lane="own")
    with acting_as(owner):
        assert not AuditEvent.objects.filter(subject="exercises_journalentry").exists()


@pytest.mark.parametrize("who", ["therapist", "coordinator", "colleague"])
def test_b126_nobody_but_owners_reads_the_practices_trail(request, who):
    member = request.getfixturevalue(who)
    assert signed_in(member).get(ALL).status_code == 404
    if member.database_role != roles.SUPERVISOR:
        with acting_as(member), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            AuditEvent.objects.exists()


# ── what requests leave behind ───────────────────────────────────────────────


def lines(practice, **of) -> list[tuple[str, str]]:
    with inside(practice):
        rows = AuditEvent.objects.filter(**of).exclude(act__in=["insert", "update", "delete"])
        return list(rows.values_list("act", "subject"))


def test_b123_a_page_that_says_nothing_by_itself_leaves_one_line(practice, couple, therapist):
    signed_in(therapist).get(f"/desk/couples/{couple.pk}/sessions/")
    assert lines(practice) == [("opened", "page appointments")]


def test_b123_a_page_that_does_leaves_no_second(practice, couple, therapist):
    signed_in(therapist).get(f"/desk/couples/{couple.pk}/")
    assert lines(practice) == [("opened", "clients_couple")]


def test_b123_who_is_turned_away_leaves_a_line_alike_for_what_exists_and_what_does_not(
    practice, couple, colleague, theo
):
    nowhere = uuid.uuid4()
    for who in (colleague, theo):
        for one in (couple.pk, nowhere):
            assert signed_in(who).get(f"/desk/couples/{one}/").status_code == 404
    assert lines(practice, act="turned away") == [("turned away", "page couple")] * 4
    assert lines(practice, subject_id=nowhere, user_id=theo.user_id)
    assert not lines(practice, couple_id=couple.pk), "it says nothing of whose it might be"


def test_b123_clients_leave_no_line_by_reading_their_own(practice, mara):
    signed_in(mara).get("/today/")
    signed_in(mara).get("/you/")
    assert lines(practice) == []
