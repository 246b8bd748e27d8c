"""One phone, two people: what the first leaves behind, how the second proves who they are, and how far that goes."""

from __future__ import annotations

import datetime
import re

import pytest
from django.core import mail
from django.test import Client as Browser
from django.utils import timezone
from time_machine import travel

from clients import pins
from clients.models import Consent, Pin
from exercises import answering, handover
from exercises.models import Occurrence, Response
from practice import narrow, tenancy
from tests.exercises.given import JOINT, TWO_SCALES, as_attune, give
from tests.factories import acting_as, signed_in, user_of
from tests.pages import same_answer

pytestmark = pytest.mark.django_db
CODE = "7306"


def send(occurrence: Occurrence, author, raw=None) -> Response:
    with travel(timezone.now() - datetime.timedelta(minutes=1), tick=False), acting_as(author):
        return answering.submit(Occurrence.objects.get(pk=occurrence.pk), author=author, raw=raw or {"near": ["3"]})


def own_code(who, code: str = CODE) -> None:
    with acting_as(who):
        pins.choose(who, code)


def pass_on(browser: Browser, occurrence: Occurrence, to) -> None:
    answer = browser.post(f"/do/{occurrence.pk}/pass/", {"to": str(to.pk)})
    assert (answer.status_code, answer.url) == (302, "/pass/")


@pytest.fixture
def handed(couple, mara, theo, therapist):
    """Hers is sent and the phone is waiting for him: the browser, her occurrence and his."""
    hers, his = give(couple, therapist, "reveal")
    send(hers, mara)
    browser = signed_in(mara)
    pass_on(browser, hers, theo)
    return browser, hers, his


# ── the offer ────────────────────────────────────────────────────────────────


def offer(who, occurrence: Occurrence) -> bool:
    return "Doing it on one phone?" in signed_in(who).get(f"/do/{occurrence.pk}/sent/").content.decode()


@pytest.mark.parametrize(
    ("lane", "questions", "offered"),
    [
        ("reveal", TWO_SCALES, True),
        ("shared", TWO_SCALES, True),
        ("joint", JOINT, True),
        ("joint", JOINT[:1], False),
        ("private", TWO_SCALES, False),
        ("own", TWO_SCALES, False),
    ],
)
def test_it_is_offered_where_the_other_has_a_part_in_the_same_round(
    lane, questions, offered, couple, mara, theo, therapist
):
    hers = give(couple, therapist, lane, questions)[0]
    send(hers, mara, {questions[0]["key"]: ["3"]})
    assert offer(mara, hers) is offered
    answer = signed_in(mara).post(f"/do/{hers.pk}/pass/", {"to": str(theo.pk)})
    assert answer.status_code == (302 if offered else 404)


@pytest.mark.parametrize("his_state", ["sent", "skipped", "begun", "private"])
def test_the_offer_tells_nothing_of_the_other(his_state, couple, mara, theo, therapist):
    from exercises import drafts

    hers, his = give(couple, therapist, "reveal", reveals_at=timezone.now() + datetime.timedelta(days=2))
    send(hers, mara)
    browser = signed_in(mara)
    before = browser.get(f"/do/{hers.pk}/sent/")
    if his_state == "sent":
        send(his, theo)
    with acting_as(theo):
        mine = Occurrence.objects.select_related("assignment__edition").get(pk=his.pk)
        if his_state == "skipped":
            answering.skip(mine, author=theo, reason="no")
        elif his_state == "begun":
            drafts.save_draft(mine, author=theo, raw={"near": ["1"]}, base_version=0)
    if his_state == "private":
        give(couple, therapist, "private", to=[theo])
    assert same_answer(before, browser.get(f"/do/{hers.pk}/sent/"))


def test_it_is_not_offered_before_sending_nor_for_strangers(couple, mara, theo, therapist):
    hers, his = give(couple, therapist, "reveal")
    assert signed_in(mara).post(f"/do/{hers.pk}/pass/", {"to": str(theo.pk)}).status_code == 404
    send(hers, mara)
    for nobody in ("", "x", str(mara.pk), str(hers.pk)):
        assert signed_in(mara).post(f"/do/{hers.pk}/pass/", {"to": nobody}).status_code == 404
    assert signed_in(mara).post(f"/do/{his.pk}/pass/", {"to": str(theo.pk)}).status_code == 404


# ── what the first one leaves behind ─────────────────────────────────────────


def test_the_first_sign_in_is_over_before_the_phone_changes_hands(handed, mara):
    browser, hers, _his = handed
    assert "_auth_user_id" not in browser.session
    assert set(browser.session.keys()) == {handover.KEY}
    for path in ("/today/", f"/do/{hers.pk}/sent/", f"/do/{hers.pk}/", "/you/"):
        answer = browser.get(path)
        assert (answer.status_code, answer.url.split("?")[0]) == (302, "/account/login/"), path
        assert answer.headers["Cache-Control"] == "no-store"
    page = browser.get("/pass/")
    assert page.headers["Cache-Control"] == "no-store"
    text = page.content.decode()
    assert "Now pass the phone to Theo" in text
    assert "<title>Pass it on</title>" in text
    assert "Looking back" not in text, "the page knows two names and nothing else"


def test_an_old_cookie_of_the_first_one_opens_nothing(couple, mara, theo, therapist):
    hers = give(couple, therapist, "reveal")[0]
    send(hers, mara)
    browser = signed_in(mara)
    kept = browser.cookies["session"].value
    pass_on(browser, hers, theo)
    thief = Browser()
    thief.cookies["session"] = kept
    assert thief.get("/today/").status_code == 302


# ── the proof ────────────────────────────────────────────────────────────────


def test_his_own_code_opens_his_part(handed, theo):
    own_code(theo)
    browser, _hers, his = handed
    answer = browser.post("/pass/", {"code": " 73 06"})
    assert (answer.status_code, answer.url) == (302, f"/do/{his.pk}/")
    page = browser.get(answer.url).content.decode()
    assert "Before you start" in page
    assert "data-lent" in page
    assert 'class="tabs"' not in page


def test_every_refusal_looks_the_same(handed, mara, theo):
    browser, _hers, _his = handed
    own_code(mara)
    without = browser.post("/pass/", {"code": "1739"})
    own_code(theo)
    wrong = browser.post("/pass/", {"code": "1739"})
    hers = browser.post("/pass/", {"code": CODE[::-1]})
    with as_attune(theo):
        Pin.objects.filter(client=theo).update(locked_until=timezone.now() + datetime.timedelta(minutes=5))
    resting = browser.post("/pass/", {"code": CODE})
    assert without.status_code == 422
    for other in (wrong, hers, resting, browser.post("/pass/", {"code": ""}), browser.post("/pass/", {})):
        assert same_answer(without, other)


def test_the_partners_code_does_not_work(handed, mara, theo):
    own_code(mara, "9182")
    own_code(theo, "5047")
    assert handed[0].post("/pass/", {"code": "9182"}).status_code == 422


def test_there_is_always_exactly_one_comparison(handed, theo, monkeypatch):
    compared: list[str] = []

    def slow_check(digits: str, hashed: str) -> bool:
        compared.append(hashed)
        return False

    monkeypatch.setattr(pins, "check_password", slow_check)
    browser = handed[0]
    browser.post("/pass/", {"code": "1739"})
    own_code(theo)
    browser.post("/pass/", {"code": "1739"})
    with as_attune(theo):
        Pin.objects.update(locked_until=timezone.now() + datetime.timedelta(minutes=5))
    browser.post("/pass/", {"code": "1739"})
    assert len(compared) == 3
    assert all(compared)


def test_after_a_few_wrong_ones_the_right_one_waits_too(couple, handed, theo):
    own_code(theo)
    browser = handed[0]
    for _n in range(pins.FREE):
        browser.post("/pass/", {"code": "1739"})
    assert browser.post("/pass/", {"code": CODE}).status_code == 422
    with travel(timezone.now() + pins.FIRST_REST + datetime.timedelta(seconds=5)), as_attune(theo):
        assert pins.proves(theo.pk, CODE)
        assert Pin.objects.get().failures == 0


def test_the_rest_grows_and_has_an_end():
    rests = [pins.rest_after(pins.FREE * n) for n in range(1, 200)]
    assert rests[:3] == [pins.FIRST_REST, pins.FIRST_REST * 2, pins.FIRST_REST * 4]
    assert rests == sorted(rests)
    assert rests[-1] == pins.LONGEST_REST


def test_a_phone_does_not_let_itself_be_tried_for_ever(handed):
    browser = handed[0]
    answers = [browser.post("/pass/", {"code": "1739"}) for _n in range(handover.TRIES)]
    assert [one.status_code for one in answers] == [422] * (handover.TRIES - 1) + [302]
    assert browser.get("/pass/").url == "/pass/end/"


def test_a_phone_that_lies_around_closes(handed, theo):
    own_code(theo)
    browser = handed[0]
    with travel(timezone.now() + handover.LASTS + datetime.timedelta(seconds=5)):
        assert browser.post("/pass/", {"code": CODE}).url == "/pass/end/"
    assert "Put the phone down together" in browser.get("/pass/end/").content.decode()


def test_locking_is_one_press(handed, theo):
    own_code(theo)
    browser = handed[0]
    assert browser.post("/pass/", {"lock": "1"}).url == "/pass/end/"
    assert browser.post("/pass/", {"code": CODE}).url == "/pass/end/"


def test_a_code_by_mail_works_once_asked_for(handed, theo):
    browser, _hers, his = handed
    asked = browser.post("/pass/", {"mail": "1"})
    assert "If there is an address for Theo" in asked.content.decode()
    (letter,) = mail.outbox
    assert letter.to == [user_of(theo).email]
    assert letter.subject == "Your code"
    found = re.search(r"\b\d{6}\b", str(letter.body))
    assert found
    assert found[0] not in str(dict(browser.session.items()))
    assert browser.post("/pass/", {"code": found[0]}).url == f"/do/{his.pk}/"


def test_without_an_address_the_same_is_said(couple, mara, theo, therapist):
    hers = give(couple, therapist, "reveal")[0]
    send(hers, mara)
    answers = []
    for has_login in (True, False):
        if not has_login:
            with as_attune(couple):
                type(theo).objects.filter(pk=theo.pk).update(user=None)
        browser = signed_in(mara)
        pass_on(browser, hers, theo)
        answers.append(browser.post("/pass/", {"mail": "1"}))
    assert same_answer(*answers)
    assert len(mail.outbox) == 1


def test_codes_by_mail_are_few(handed):
    browser = handed[0]
    for _n in range(6):
        assert browser.post("/pass/", {"mail": "1"}).status_code == 200
    assert len(mail.outbox) == handover.MAILS


# ── nothing to do, told only after the proof ─────────────────────────────────


@pytest.mark.parametrize("why", ["sent", "withdrawn", "no consent", "left"])
def test_nothing_to_do_is_said_only_after_the_proof(why, couple, mara, theo, therapist):
    hers, his = give(couple, therapist, "reveal", reveals_at=timezone.now() + datetime.timedelta(days=2))
    send(hers, mara)
    own_code(theo)
    browser = signed_in(mara)
    pass_on(browser, hers, theo)
    before = browser.get("/pass/")
    if why == "sent":
        send(his, theo)
    with as_attune(couple):
        if why == "withdrawn":
            Occurrence.objects.filter(pk=his.pk).update(state="withdrawn")
        if why == "no consent":
            Consent.objects.filter(client=theo).update(withdrawn_at=timezone.now())
        if why == "left":
            couple.status = "separated"
            couple.save()
    assert same_answer(before, browser.get("/pass/"))
    assert browser.post("/pass/", {"code": "1739"}).status_code == 422
    answer = browser.post("/pass/", {"code": CODE})
    assert "Nothing to do here now" in answer.content.decode()
    assert "_auth_user_id" not in browser.session
    assert browser.get("/pass/").url == "/pass/end/"


# ── how far it goes ──────────────────────────────────────────────────────────


@pytest.fixture
def lent(handed, theo):
    own_code(theo)
    handed[0].post("/pass/", {"code": CODE})
    return handed


def test_it_ends_with_sending(lent, theo):
    browser, _hers, his = lent
    at = f"/do/{his.pk}/"
    assert browser.post(f"{at}save/", {"question": "near", "near": "4", "base_version": "0"}).status_code == 200
    assert browser.get(f"{at}check/").status_code == 200
    sent = browser.post(f"{at}send/")
    assert sent.url == f"{at}sent/"
    assert browser.get(sent.url).url == "/pass/end/"
    assert "_auth_user_id" not in browser.session
    assert browser.get(at).url.startswith("/account/login/")
    with acting_as(theo):
        assert Response.objects.filter(author=theo).count() == 1


def test_it_ends_when_nothing_happens(lent):
    browser, _hers, his = lent
    with travel(timezone.now() + narrow.IDLE + datetime.timedelta(seconds=5)):
        answer = browser.get(f"/do/{his.pk}/1/")
        # Either the session itself is over, or the door sees that it has waited too long.
        assert answer.status_code == 302
        assert answer.url == "/pass/end/" or answer.url.startswith("/account/login/")
        assert browser.get("/today/").status_code == 302


def test_a_touch_keeps_it_open(lent):
    browser, _hers, his = lent
    now = timezone.now()
    for minutes in (10, 20, 30):
        with travel(now + datetime.timedelta(minutes=minutes)):
            assert browser.get(f"/do/{his.pk}/1/").status_code == 200


@pytest.mark.parametrize("path", ["/today/", "/pass/end/"])
def test_stopping_ends_it_and_his_words_wait_for_him(path, lent, theo):
    browser, _hers, his = lent
    browser.post(f"/do/{his.pk}/save/", {"question": "good", "good": "half a thought", "base_version": "0"})
    answer = browser.get(path, follow=True)
    assert "Put the phone down together" in answer.content.decode()
    assert "_auth_user_id" not in browser.session
    assert (
        "half a thought"
        in signed_in(theo).get(f"/do/{his.pk}/2/").content.decode()
        + signed_in(theo).get(f"/do/{his.pk}/1/").content.decode()
    )


def test_leaving_and_help_are_always_there(lent):
    browser, _hers, his = lent
    assert browser.get("/you/help/").status_code == 200
    assert 'class="tabs"' not in browser.get("/you/help/").content.decode()
    assert browser.get("/you/limits/").status_code == 200
    assert browser.get("/").url == f"/do/{his.pk}/"
    assert browser.get("/leave/").status_code == 302
    assert "_auth_user_id" not in browser.session


def test_in_a_joint_round_he_finds_his_own_part(couple, mara, theo, therapist):
    (joint,) = give(couple, therapist, "joint", JOINT)
    send(joint, mara, {"agreed": ["Tea at nine"], "mine": ["cups"]})
    own_code(theo)
    browser = signed_in(mara)
    pass_on(browser, joint, theo)
    answer = browser.post("/pass/", {"code": CODE})
    assert answer.url == f"/do/{joint.pk}/"
    assert "Your own part is left" in browser.get(answer.url).content.decode()


def test_three_people_choose_who_is_next(practice, therapist):
    from tests.factories import make_couple

    couple = make_couple(practice, ("Mara", "Theo", "Noor"), therapist=therapist)
    mara, _theo, noor = couple.clients
    hers = give(couple, therapist, "shared")[0]
    send(hers, mara)
    page = signed_in(mara).get(f"/do/{hers.pk}/sent/").content.decode()
    assert "Pass the phone to Theo" in page
    assert "Pass the phone to Noor" in page
    own_code(noor)
    browser = signed_in(mara)
    pass_on(browser, hers, noor)
    assert browser.post("/pass/", {"code": CODE}).status_code == 302


def test_a_member_of_staff_who_is_also_a_client_is_only_the_client(lent, theo, practice):
    from practice.models import Membership

    with tenancy.acting(tenancy.as_system(practice.pk)):
        Membership.objects.create(practice=practice, user=user_of(theo), role="owner", name="Theo too")
    browser, _hers, his = lent
    assert browser.get(f"/do/{his.pk}/1/").status_code == 200
    assert browser.get("/desk/").status_code == 404
