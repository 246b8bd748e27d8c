"""What becomes of exercises when people part: closed for each other at once, kept for whoever wrote it."""

from __future__ import annotations

import datetime

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from clients import individual, parting, status
from clients.models import CaseloadEntry, Couple, EmergencyAccess, Parting, Partner
from exercises import desk, drafts, journal
from exercises.models import Answer, Comment, Draft, Goal, JournalEntry, Occurrence, Response, Thread
from practice import delivery, moves
from practice.ids import uuid7
from practice.models import Message
from tests.exercises.given import JOINT, TWO_SCALES, as_attune, give
from tests.exercises.given_reminders import MIDNIGHT, ask, reach, remind
from tests.exercises.given_reminders import give as give_plain
from tests.exercises.test_lanes import WORDS, reads, send
from tests.factories import acting_as, inside, make_couple, signed_in

pytestmark = pytest.mark.django_db

GOOD = {"good": [WORDS]}


def leave(person, couple) -> bool:
    with acting_as(person):
        return parting.leave(person, couple.pk)


def status_of(couple: Couple) -> str:
    with as_attune(couple):
        return Couple.objects.values_list("status", flat=True).get(pk=couple.pk)


@pytest.fixture
def three(practice, therapist) -> Couple:
    return make_couple(practice, ("Kwame", "Ingrid", "Mateo"), therapist=therapist)


# ── at each moment ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("who", ["one of them", "the therapist"])
def test_b27_with_a_draft_open_nothing_is_sent_any_more_and_the_draft_stays_its_authors(
    couple, mara, theo, therapist, who
):
    (hers, _his) = give(couple, therapist, "shared")
    browser = signed_in(mara)
    assert browser.get(f"/do/{hers.pk}/1/").status_code == 200
    with acting_as(mara):
        drafts.save_draft(hers, author=mara, raw=GOOD, base_version=0)
    end(couple, theo, therapist, who)
    for path in ("", "1/", "check/", "send/"):
        assert browser.get(f"/do/{hers.pk}/{path}").status_code == 404
        assert browser.post(f"/do/{hers.pk}/{path}", {"question": "good", "good": "x"}).status_code in (404, 405)
    with as_attune(couple):
        assert not Response.objects.exists()
    with acting_as(mara):
        draft = Draft.objects.get()
    page = browser.get(f"/you/kept/{draft.pk}/")
    assert page.status_code == 200
    assert WORDS in page.content.decode()
    assert signed_in(theo).get(f"/you/kept/{draft.pk}/").status_code == 404


def end(couple, theo, therapist, who) -> None:
    if who == "one of them":
        assert leave(theo, couple)
    else:
        with acting_as(therapist):
            status.change(Couple.objects.with_partners().get(pk=couple.pk), "separated", by=therapist)


def test_b27_a_reminder_that_was_claimed_does_not_leave(couple, mara, theo, therapist, mail_server):
    reach(couple, quiet_from=MIDNIGHT, quiet_until=MIDNIGHT)
    given = give_plain(couple, therapist)
    planned = remind(ask(given, mara), ask(given, theo))
    assert planned
    moves.claim(couple.practice_id, "me", most=5)
    leave(theo, couple)
    assert delivery.deliver() == {}
    assert mail_server.taken == []
    with as_attune(couple):
        assert set(Message.objects.filter(couple_id=couple.pk).values_list("state", flat=True)) == {"cancelled"}


def test_b27_shared_words_close_for_both_and_private_ones_stay_private(couple, mara, theo, therapist):
    shared = send(give(couple, therapist, "shared")[0], mara, GOOD)
    private = send(give(couple, therapist, "private")[0], mara, GOOD)
    assert reads(theo, shared)
    leave(theo, couple)
    assert (reads(theo, shared), reads(theo, private)) == (False, False)
    assert (reads(mara, shared), reads(mara, private)) == (True, True), "one's own stay"
    assert (reads(therapist, shared), reads(therapist, private)) == (True, True)
    kept = signed_in(mara).get("/you/kept/")
    assert kept.status_code == 200
    assert WORDS in signed_in(mara).get(f"/you/kept/{private.pk}/").content.decode()
    assert signed_in(theo).get(f"/you/kept/{shared.pk}/").status_code == 404
    with acting_as(theo):
        assert not Couple.objects.exists()


def test_b27_what_was_sealed_never_opens(couple, mara, theo, therapist):
    (hers, his) = give(couple, therapist, "reveal", reveals_at=timezone.now() + datetime.timedelta(days=2))
    sealed = [send(hers, mara, GOOD), send(his, theo, GOOD)]
    leave(mara, couple)
    with as_attune(couple):
        rows = Response.objects.filter(pk__in=[one.pk for one in sealed])
        assert [(one.readers, one.opens_at) for one in rows] == [([], None)] * 2
        status.change(Couple.objects.with_partners().get(pk=couple.pk), "active")
    assert (reads(theo, sealed[0]), reads(mara, sealed[1])) == (False, False), "not even if they come back"


def test_b27_what_was_to_be_one_answer_is_asked_of_nobody(couple, mara, theo, therapist):
    (together,) = give(couple, therapist, "joint", JOINT)
    leave(mara, couple)
    with as_attune(couple):
        assert Occurrence.objects.get(pk=together.pk).state == "withdrawn"


def test_b27_what_they_had_in_common_is_closed_and_what_was_ones_own_stays(couple, mara, theo, therapist):
    with as_attune(couple):
        both, own = (
            Thread.objects.create(couple=couple, audience=people, latest_at=timezone.now())
            for people in ([mara.pk, theo.pk], [mara.pk])
        )
    with acting_as(mara):
        assert Thread.objects.filter(pk__in=[both.pk, own.pk]).count() == 2
    leave(theo, couple)
    with acting_as(mara):
        assert list(Thread.objects.values_list("pk", flat=True)) == [own.pk]
    with acting_as(theo):
        assert not Thread.objects.exists()
        assert not Comment.objects.exists()
        assert not Goal.objects.exists()


def test_b27_pages_of_ones_own_stay_readable_and_can_be_handed_to_nobody(couple, mara, theo):
    with acting_as(mara):
        page = journal.begin(mara, couple.pk, WORDS, uuid7())
    leave(theo, couple)
    browser = signed_in(mara)
    assert WORDS[:20] in browser.get("/space/").content.decode()
    assert WORDS in browser.get(f"/space/{page.pk}/").content.decode()
    for lane in ("private", "shared"):
        assert browser.post(f"/space/{page.pk}/release/", {"lane": lane}).status_code == 404
    assert browser.get("/space/new/").status_code == 404
    with acting_as(mara):
        assert JournalEntry.objects.get().lane == "own"


# ── who decided it ───────────────────────────────────────────────────────────


def test_whoever_decided_it_both_partners_see_the_same(practice, therapist):
    pages = set()
    for n, way in enumerate(("first", "second", "therapist")):
        pair = make_couple(practice, ("Ada", "Ada"), therapist=therapist)
        if way == "therapist":
            end(pair, pair.clients[1], therapist, way)
        else:
            leave(pair.clients[n], pair)
        for person in pair.clients:
            for path in ("/today/", "/together/", "/space/", "/you/kept/"):
                page = signed_in(person).get(path)
                assert page.status_code == 200
                pages.add((path, _without_tokens(page.content.decode())))
    assert len(pages) == 4
    assert all("not in care here" in page for path, page in pages if path == "/today/")


def _without_tokens(page: str) -> str:
    import re

    return re.sub(r'(nonce|value|content|hx-headers)=(["\'])[^"\']*["\']+[^>]*', "", page)


def test_therapists_are_told_who_and_nobody_else_learns_it(couple, mara, theo, therapist, owner, coordinator):
    leave(mara, couple)
    with acting_as(therapist):
        (item,) = [one for one in desk.queue(therapist, [couple.pk]) if one.url.endswith("/apart/")]
    assert item.urgent
    assert "Mara" not in f"{item.what} {item.detail}"
    page = signed_in(therapist).get(item.url).content.decode()
    assert "Mara decided it, on their own pages" in page
    assert "Somebody left the couple" in signed_in(therapist).get("/desk/").content.decode()
    for client in (mara, theo):
        with acting_as(client), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            Parting.objects.exists()
        assert signed_in(client).get(item.url).status_code == 404
    assert signed_in(coordinator).get(item.url).status_code == 404
    assert signed_in(therapist).post(f"{item.url}noted/").url == item.url
    with acting_as(therapist):
        assert not [one for one in desk.queue(therapist, [couple.pk]) if one.url.endswith("/apart/")]


def test_nobody_is_written_to_about_it(couple, mara):
    leave(mara, couple)
    with as_attune(couple):
        assert not Message.objects.exclude(state="cancelled").exists()


def test_leaving_twice_is_leaving_once(couple, mara, theo):
    assert leave(mara, couple)
    assert not leave(mara, couple)
    assert not leave(theo, couple)
    with as_attune(couple):
        assert Parting.objects.count() == 1


# ── one of three ─────────────────────────────────────────────────────────────


def test_b27_of_three_one_leaves_and_the_others_go_on(three, therapist):
    kwame, ingrid, mateo = three.clients
    mine, _his, theirs = give(three, therapist, "shared")
    of_leaver, of_stayer = send(mine, kwame, GOOD), send(theirs, mateo, GOOD)
    assert reads(ingrid, of_leaver)
    assert leave(kwame, three)
    assert status_of(three) == "active"
    assert (reads(kwame, of_stayer), reads(ingrid, of_leaver)) == (False, False)
    assert (reads(ingrid, of_stayer), reads(kwame, of_leaver)) == (True, True)
    with acting_as(kwame):
        assert not Couple.objects.exists()
    with acting_as(ingrid):
        assert Couple.objects.count() == 1
    assert leave(ingrid, three), "and then only one would be left"
    assert status_of(three) == "separated"


def test_the_therapist_writes_down_that_one_of_three_left(three, therapist):
    kwame = three.clients[0]
    browser = signed_in(therapist)
    assert "Leaves the couple" in browser.get(f"/desk/couples/{three.pk}/apart/").content.decode()
    browser.post(f"/desk/couples/{three.pk}/partners/{kwame.pk}/leaves/")
    with as_attune(three):
        assert Partner.objects.get(client=kwame).left_at
        assert Parting.objects.get().decided_by_id == therapist.pk


def test_of_two_none_is_taken_out_by_the_desk(couple, mara, therapist):
    signed_in(therapist).post(f"/desk/couples/{couple.pk}/partners/{mara.pk}/leaves/")
    assert status_of(couple) == "active"


# ── going on alone ───────────────────────────────────────────────────────────


def test_individual_work_is_a_new_record_with_nothing_of_the_old_one(couple, mara, theo, therapist):
    send(give(couple, therapist, "private", title="Marzipan")[0], mara, GOOD)
    browser = signed_in(therapist)
    start = f"/desk/couples/{couple.pk}/partners/{mara.pk}/alone/"
    assert browser.post(start).url == f"/desk/couples/{couple.pk}/apart/", "not while they are in care together"
    leave(theo, couple)
    new = browser.post(start).url
    assert new != f"/desk/couples/{couple.pk}/"
    assert browser.post(start).url == f"/desk/couples/{couple.pk}/apart/", "once"
    page = browser.get(new).content.decode()
    assert page.count("Mara") > 0
    for word in ("Theo", "Marzipan", str(couple.pk), WORDS):
        assert word not in page
    pk = new.split("/")[3]
    with as_attune(couple):
        assert [one.client_id for one in Partner.objects.filter(couple_id=pk)] == [mara.pk]
        assert not Answer.objects.filter(couple_id=pk).exists()
    assert signed_in(mara).get("/today/").status_code == 200
    assert "not in care here" not in signed_in(mara).get("/today/").content.decode()
    assert "not in care here" in signed_in(theo).get("/today/").content.decode()
    assert signed_in(mara).get("/you/care/end/").url.startswith("/account/"), "asked for a sign-in, told nothing"


def test_individual_work_may_begin_with_each_of_them(couple, mara, theo, therapist):
    leave(theo, couple)
    with acting_as(therapist):
        old = Couple.objects.with_partners().get(pk=couple.pk)
        assert individual.can_begin(old, therapist) == [mara, theo]
        individual.begin(mara, before=old, by=therapist)
        assert individual.can_begin(old, therapist) == [theo]


def test_b53_whoever_sees_a_couple_for_a_while_takes_nobody_of_it_on(practice, couple, mara, theo, colleague):
    """The new record would outlast the emergency that opened the old one."""
    leave(theo, couple)
    with inside(practice):
        EmergencyAccess.objects.create(membership=colleague, couple=couple, why="Nobody else could be reached.")
    browser = signed_in(colleague)
    shown = browser.get(f"/desk/couples/{couple.pk}/apart/")
    assert shown.status_code == 200
    assert "Begin individual work" not in shown.content.decode()
    assert browser.post(f"/desk/couples/{couple.pk}/partners/{mara.pk}/alone/").status_code == 404
    with inside(practice):
        assert not CaseloadEntry.objects.filter(membership=colleague).exists()


def test_asked_alone_somebody_answers_alone(couple, mara, theo, therapist):
    leave(theo, couple)
    with acting_as(therapist):
        new = individual.begin(mara, before=Couple.objects.get(pk=couple.pk), by=therapist)
    with as_attune(couple):
        new = Couple.objects.with_partners().get(pk=new.pk)
    (hers,) = give(new, therapist, "private", TWO_SCALES)
    assert signed_in(mara).get(f"/do/{hers.pk}/").status_code == 200
    assert send(hers, mara, {}).couple_id == new.pk
