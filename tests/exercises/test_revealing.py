"""Opening together: nobody learns who was first, nobody is opened by somebody late, and each looks when they want."""

from __future__ import annotations

import datetime
import re

import pytest
from django.utils import timezone
from time_machine import travel

from exercises import answering, revealing
from exercises.models import Occurrence, Response
from practice.models import Recovery
from tests.exercises.given import as_attune, give
from tests.factories import acting_as, make_couple, signed_in, user_of
from tests.pages import same_answer

pytestmark = pytest.mark.django_db
AGO = datetime.timedelta(minutes=1)
HERS, HIS = "tea on the stairs", "the walk in the rain"


def send(occurrence: Occurrence, author, text: str) -> Response:
    with travel(timezone.now() - AGO, tick=False), acting_as(author):
        raw = {"near": ["7"], "good": [text]}
        return answering.submit(Occurrence.objects.get(pk=occurrence.pk), author=author, raw=raw)


def say(occurrence: Occurrence, author, *, ready: bool = True) -> bool:
    """A minute ago, like sending: to the database a test is one instant."""
    with travel(timezone.now() - AGO, tick=False), acting_as(author):
        mine = Occurrence.objects.select_related("assignment").get(pk=occurrence.pk)
        return revealing.say_ready(mine, author, ready=ready)


def reads(who, text: str, at: Occurrence) -> bool:
    browser = signed_in(who)
    browser.post(f"/together/{at.pk}/open/")
    return text in browser.get(f"/together/{at.pk}/").content.decode()


@pytest.fixture
def two(couple, therapist) -> list[Occurrence]:
    return give(couple, therapist, "reveal", opens_by="together")


def test_it_opens_when_both_have_sent_and_both_say_so(two, mara, theo):
    hers, his = two
    send(hers, mara, HERS)
    assert not say(hers, mara)
    send(his, theo, HIS)
    assert not reads(mara, HIS, hers)
    assert say(his, theo)
    assert reads(mara, HIS, hers)
    assert reads(theo, HERS, his)


@pytest.mark.parametrize("first", ["ready", "sent"])
def test_until_then_no_byte_tells_of_the_other(first, two, mara, theo):
    hers, his = two
    send(hers, mara, HERS)
    say(hers, mara)
    browser = signed_in(mara)
    paths = ["/today/", "/together/", f"/do/{hers.pk}/sent/", f"/together/{hers.pk}/"]
    before = {path: browser.get(path) for path in paths}
    send(his, theo, HIS)
    if first == "ready":
        say(hers, mara, ready=False)
        say(his, theo)
        say(his, theo, ready=False)
        say(hers, mara)
    for path in paths:
        assert same_answer(before[path], browser.get(path)), path


def test_whoever_has_not_sent_opens_nothing(two, mara, theo):
    hers, his = two
    send(hers, mara, HERS)
    assert not say(hers, mara)
    assert not say(his, theo)
    assert signed_in(theo).post(f"/do/{his.pk}/ready/", {"ready": "yes"}).status_code == 404
    with as_attune(hers):
        assert Occurrence.objects.get(pk=his.pk).ready_at is None
        assert Occurrence.objects.get(pk=hers.pk).reveals_at is None
    assert not reads(theo, HERS, his)


def test_a_yes_can_be_taken_back_until_it_is_open(two, mara, theo):
    hers, his = two
    send(hers, mara, HERS)
    send(his, theo, HIS)
    say(hers, mara)
    say(hers, mara, ready=False)
    assert not say(his, theo)
    assert say(hers, mara)
    assert say(hers, mara, ready=False), "what is open stays open"
    assert reads(theo, HERS, his)


def test_b40_a_sign_in_by_the_mailbox_alone_opens_nothing_to_the_others(two, mara, theo):
    hers, his = two
    send(hers, mara, HERS)
    send(his, theo, HIS)
    say(his, theo)
    Recovery.objects.create(user=user_of(mara), at=timezone.now())
    browser = signed_in(mara)
    assert browser.post(f"/do/{hers.pk}/ready/", {"ready": "yes"}).url == "/account/closed/"
    assert not reads(theo, HERS, his)
    assert browser.post(f"/do/{hers.pk}/ready/", {"ready": "no"}).url == f"/do/{hers.pk}/sent/"


def test_nobody_says_yes_for_somebody_else(two, mara, theo):
    hers, his = two
    send(hers, mara, HERS)
    send(his, theo, HIS)
    say(hers, mara)
    with acting_as(mara):
        assert not revealing.say_ready(his, mara)
    assert signed_in(mara).post(f"/do/{his.pk}/ready/", {"ready": "yes"}).status_code == 404
    assert not reads(mara, HIS, hers)


@pytest.mark.parametrize("opens_by", ["date", "appointment", "therapist", "all"])
def test_where_others_decide_a_yes_changes_nothing(opens_by, couple, mara, theo, therapist):
    hers, his = give(couple, therapist, "reveal", opens_by=opens_by)
    send(hers, mara, HERS)
    assert not say(hers, mara)
    assert signed_in(mara).post(f"/do/{hers.pk}/ready/", {"ready": "yes"}).status_code == 404
    assert "I am ready to open it" not in signed_in(mara).get(f"/do/{hers.pk}/sent/").content.decode()
    assert not reads(theo, HERS, his)


def test_three_need_all_three(practice, therapist):
    couple = make_couple(practice, ("Mara", "Theo", "Noor"), therapist=therapist)
    rounds = list(zip(give(couple, therapist, "reveal", opens_by="together"), couple.clients, strict=True))
    for occurrence, who in rounds:
        send(occurrence, who, f"words of {who.name}")
    assert [say(occurrence, who) for occurrence, who in rounds] == [False, False, True]


def test_the_therapist_may_still_open_it_in_a_session(two, mara, theo, therapist):
    from exercises import assigning

    hers, his = two
    send(hers, mara, HERS)
    send(his, theo, HIS)
    with travel(timezone.now() - AGO, tick=False), acting_as(therapist):
        mine = Occurrence.objects.select_related("assignment").get(pk=hers.pk)
        assigning.open_reveal(mine.assignment, mine.slot, therapist)
    assert reads(theo, HERS, his)


# ── the ceremony ─────────────────────────────────────────────────────────────


def words(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<(script|svg)[\s\S]*?</\1>|<[^>]*>", " ", response.content.decode()))


def test_what_has_opened_waits_folded_until_one_looks(couple, mara, theo, therapist):
    hers, his = give(couple, therapist, "reveal", reveals_at=timezone.now() - datetime.timedelta(hours=1))
    send(hers, mara, HERS)
    send(his, theo, HIS)
    browser, other = signed_in(mara), signed_in(theo)
    at = f"/together/{hers.pk}/"
    folded = browser.get(at)
    assert "Ready to open" in words(folded)
    assert HERS not in words(folded)
    assert HIS not in words(folded)
    assert "Ready to open" in words(browser.get("/together/"))
    assert "Ready to open" in words(browser.get("/today/"))
    his_before = other.get(f"/together/{his.pk}/")
    lists_before = other.get("/together/")
    assert browser.post(f"{at}open/").url == at
    opened = words(browser.get(at))
    assert HERS in opened
    assert HIS in opened
    assert "Opened on" in words(browser.get("/together/"))
    assert same_answer(his_before, other.get(f"/together/{his.pk}/")), "he is not told that she looked"
    assert same_answer(lists_before, other.get("/together/"))


def test_what_opened_long_ago_is_simply_open(couple, mara, theo, therapist):
    hers, his = give(couple, therapist, "reveal", reveals_at=timezone.now() - datetime.timedelta(days=20))
    send(hers, mara, HERS)
    send(his, theo, HIS)
    assert HIS in words(signed_in(mara).get(f"/together/{hers.pk}/"))


@pytest.mark.parametrize("lane", ["shared", "joint"])
def test_what_was_never_sealed_has_no_ceremony(lane, couple, mara, theo, therapist):
    made = give(couple, therapist, lane)
    send(made[0], mara, HERS)
    assert HERS in words(signed_in(theo).get(f"/together/{made[-1].pk}/"))


def test_what_they_share_stands_before_what_they_do_not(couple, mara, theo, therapist):
    def scale(key: str, label: str) -> dict:
        return {"key": key, "type": "scale", "label": label, "min": 0, "max": 10, "low": "Far", "high": "Near"}

    questions = [scale("far", "Far apart here"), scale("near", "Close here")]
    hers, his = give(couple, therapist, "reveal", questions, reveals_at=timezone.now() - datetime.timedelta(hours=1))
    for occurrence, who, far in ((hers, mara, "1"), (his, theo, "9")):
        with travel(timezone.now() - AGO, tick=False), acting_as(who):
            mine = Occurrence.objects.get(pk=occurrence.pk)
            answering.submit(mine, author=who, raw={"far": [far], "near": ["6"]})
    browser = signed_in(mara)
    browser.post(f"/together/{hers.pk}/open/")
    page = words(browser.get(f"/together/{hers.pk}/"))
    assert page.index("Close here") < page.index("Far apart here") < page.index("Keep one thing")
