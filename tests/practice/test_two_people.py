"""Acts that need two different people."""

from __future__ import annotations

import datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from practice import outbox, two_people
from practice.models import Membership, Message, TwoPersonAct
from tests.clients.test_parting import freshly
from tests.factories import acting_as, inside, make_member, signed_in

pytestmark = pytest.mark.django_db
Act = TwoPersonAct.Act


@pytest.fixture
def done(request, monkeypatch):
    """An act that needs two, and what was done of it."""
    act = getattr(request, "param", Act.PRACTICE_EXPORT)
    acts: list[TwoPersonAct] = []
    monkeypatch.setitem(two_people._doers, act, acts.append)
    return act, acts


EACH = pytest.mark.parametrize("done", list(Act.values), indirect=True)


@pytest.fixture
def partner(practice) -> Membership:
    """Another owner, who was there all along."""
    return make_member(practice, "owner", "Ada Owner")


def ask(owner, act: str) -> TwoPersonAct:
    with acting_as(owner):
        return two_people.ask(act, by=owner, why="We move to another house.")


@EACH
def test_b54_one_asks_another_confirms_and_only_then_it_is_done(done, owner, partner):
    act, acts = done
    asked = ask(owner, act)
    assert acts == []
    freshly(signed_in(partner)).post(reverse("second_person_act", args=[asked.pk]), {"do": "confirm"})
    assert [one.pk for one in acts] == [asked.pk]
    with acting_as(owner):
        row = TwoPersonAct.objects.get()
        assert (row.outcome, row.asked_by_id, row.decided_by_id) == ("done", owner.pk, partner.pk)


@EACH
def test_b54_the_same_person_twice_is_refused_by_the_page_and_by_the_database(done, practice, owner, partner):
    act, acts = done
    asked = ask(owner, act)
    page = freshly(signed_in(owner))
    assert page.post(reverse("second_person_act", args=[asked.pk]), {"do": "confirm"}).status_code == 404
    with inside(practice):
        asked.outcome, asked.decided_by, asked.decided_at = "done", owner, timezone.now()
        with pytest.raises(IntegrityError), transaction.atomic():
            asked.save()
    assert acts == []


def test_b43_b54_every_act_of_two_asks_who_decides_once_more_who_they_are(monkeypatch, owner, partner):
    """Of every kind and for every choice: an unlocked screen of the second person is not the second person."""
    acts: list[TwoPersonAct] = []
    for act in Act.values:
        monkeypatch.setitem(two_people._doers, act, acts.append)
    browsers = {"confirm": signed_in(partner), "decline": signed_in(partner), "withdraw": signed_in(owner)}
    every = [(ask(owner, act), do) for act in Act.values for do in ["confirm"]]
    every += [(every[0][0], do) for do in ("decline", "withdraw")]
    for asked, do in every:
        answer = browsers[do].post(reverse("second_person_act", args=[asked.pk]), {"do": do})
        assert answer.url == "/account/reauthenticate/?next=%2Fdesk%2Fpractice%2Fsecond%2F", (asked.act, do)
    assert acts == []
    with acting_as(owner):
        assert [one.outcome for one in TwoPersonAct.objects.all()] == [""] * len(Act.values)
    page = freshly(browsers["confirm"])
    assert b"Confirm and do it" in page.get(reverse("second_person")).content
    for act in Act.values:
        asked = next(one for one, _do in every if one.act == act)
        page.post(reverse("second_person_act", args=[asked.pk]), {"do": "confirm"})
    assert [one.act for one in acts] == Act.values


def test_b43_b54_whoever_asks_for_one_has_just_shown_who_they_are(owner, mara):
    pages = {
        Act.PRACTICE_EXPORT: reverse("practice_export"),
        Act.ERASURE: reverse("retention_record", args=[mara.pk]),
        Act.KEY_DESTRUCTION: "",  # no page asks for it
    }
    assert set(pages) == set(two_people.declared())
    for act, page in pages.items():
        if page:
            assert signed_in(owner).post(page, {}).url.startswith("/account/reauthenticate/"), act


def test_b54_nobody_is_invited_in_order_to_confirm(done, practice, owner, partner):
    act, acts = done
    asked = ask(owner, act)
    newcomer = make_member(practice, "owner", "Neo Owner")
    with inside(practice):
        Membership.objects.filter(pk=newcomer.pk).update(joined_at=timezone.now() + datetime.timedelta(hours=1))
    page = freshly(signed_in(newcomer))
    assert page.post(reverse("second_person_act", args=[asked.pk]), {"do": "confirm"}).status_code == 404
    assert acts == []


@pytest.mark.parametrize("who", ["therapist", "colleague", "coordinator"])
def test_b54_who_does_not_run_the_practice_neither_asks_nor_confirms(done, owner, partner, request, who):
    act, acts = done
    asked, member = ask(owner, act), request.getfixturevalue(who)
    with acting_as(member), pytest.raises(two_people.NotTheirs):
        two_people.ask(act, by=member, why="")
    with acting_as(member), pytest.raises(two_people.NotTheirs):
        two_people.confirm(asked, by=member)
    assert signed_in(member).get(reverse("second_person")).status_code == 404
    assert acts == []


def test_b54_where_there_is_no_other_owner_a_supervisor_is_the_second_person(done, practice, owner):
    act, acts = done
    supervisor = make_member(practice, "supervisor", "Sue Visor")
    asked = ask(owner, act)
    with acting_as(supervisor):
        two_people.confirm(asked, by=supervisor)
    assert len(acts) == 1


def test_b54_in_a_practice_of_one_the_operator_of_the_installation_is_the_second_person(done, practice, owner, capsys):
    act, acts = done
    asked = ask(owner, act)
    with pytest.raises(CommandError):
        call_command("second_person", str(practice.pk), "--confirm", str(asked.pk))
    call_command("second_person", str(practice.pk))
    assert str(asked.pk) in capsys.readouterr().out
    call_command("second_person", str(practice.pk), "--confirm", str(asked.pk), "--operator", "R. Host")
    assert len(acts) == 1


def test_b54_the_operator_is_refused_where_somebody_of_the_practice_can_confirm(done, practice, owner, partner):
    act, acts = done
    asked = ask(owner, act)
    with pytest.raises(CommandError):
        call_command("second_person", str(practice.pk), "--confirm", str(asked.pk), "--operator", "R. Host")
    assert acts == []


def test_b54_what_was_declined_withdrawn_or_has_run_out_is_never_done(done, practice, owner, partner):
    act, acts = done
    for end in ("decline", "withdraw", "late"):
        asked = ask(owner, act)
        with acting_as(partner):
            if end == "decline":
                two_people.decline(asked, by=partner)
        with inside(practice):
            if end == "withdraw":
                two_people.withdraw(asked, by=owner)
            if end == "late":
                TwoPersonAct.objects.filter(pk=asked.pk).update(expires_at=timezone.now())
        with acting_as(partner), pytest.raises(two_people.NotWaiting):
            two_people.confirm(asked, by=partner)
    assert acts == []
    ask(owner, act)  # what has run out stands in nobody's way


def test_b54_what_fails_is_not_confirmed_either(done, owner, partner, monkeypatch):
    act, _acts = done

    def fail(one: TwoPersonAct) -> None:
        raise RuntimeError

    monkeypatch.setitem(two_people._doers, act, fail)
    asked = ask(owner, act)
    with acting_as(partner):
        with pytest.raises(RuntimeError):
            two_people.confirm(asked, by=partner)
        assert TwoPersonAct.objects.get().is_waiting


def test_b54_who_asked_and_left_has_asked_for_nothing(done, practice, owner, partner):
    act, acts = done
    asked = ask(owner, act)
    with inside(practice):
        Membership.objects.filter(pk=owner.pk).update(ended_at=timezone.now())
    with acting_as(partner), pytest.raises(two_people.NotWaiting):
        two_people.confirm(asked, by=partner)
    assert acts == []


def test_the_second_person_is_told_neutrally_and_reads_why_on_the_page(done, practice, owner, partner):
    act, _acts = done
    asked = ask(owner, act)
    with inside(practice):
        letter = Message.objects.get(kind=two_people.KIND)
        assert (letter.person_id, letter.about_id) == (partner.pk, asked.pk)
        words = outbox.handler_of(letter.kind).compose(letter)
        assert "house" not in words.text + words.subject
        assert outbox.handler_of(letter.kind).wanted(letter) == ""
    assert b"We move to another house." in signed_in(partner).get(reverse("second_person")).content


def test_the_same_is_asked_for_once(done, owner, partner):
    act, _acts = done
    ask(owner, act)
    with acting_as(owner), pytest.raises(two_people.NotWaiting):
        two_people.ask(act, by=owner, why="again")


def test_owners_read_of_no_act_that_nobody_can_ask_for(owner):
    said = signed_in(owner).get(reverse("practice_settings")).content.decode()
    assert "Taking everything out, erasing what is kept of one person: one asks" in said
    assert not [words for words in ("deleting the practice", "destroying a key") if words in said]
