"""The client's pages, over HTTP: the way through, what they never say, and what they do with hostile input."""

from __future__ import annotations

import datetime
import html
import re
import uuid

import pytest
from django.test import Client as Browser
from django.utils import timezone
from time_machine import travel

from clients.models import Appointment
from exercises import answering, drafts
from exercises.models import Answer, Occurrence, Response
from practice import vault
from tests.exercises.given import EVERY_TYPE, JOINT, as_attune, give
from tests.factories import acting_as, make_couple, make_member, signed_in

pytestmark = pytest.mark.django_db
EVENING = datetime.datetime(2026, 11, 24, 20, 15, tzinfo=datetime.UTC)


def send(occurrence: Occurrence, author, raw: dict[str, list[str]]) -> Response:
    with travel(timezone.now() - datetime.timedelta(minutes=1), tick=False), acting_as(author):
        mine = Occurrence.objects.get(pk=occurrence.pk)
        return answering.submit(mine, author=author, raw=raw)


def keep(occurrence: Occurrence, author, raw: dict[str, list[str]], base: int = 0) -> None:
    with acting_as(author):
        mine = Occurrence.objects.select_related("assignment__edition").get(pk=occurrence.pk)
        drafts.save_draft(mine, author=author, raw=raw, base_version=base)


def words(response) -> str:
    text = re.sub(r"<(script|svg)[\s\S]*?</\1>|<[^>]*>", " ", response.content.decode())
    return re.sub(r"\s+", " ", html.unescape(text))


# ── the way through ────────────────────────────────────────────────────────


def test_a_form_is_answered_without_script_and_sent_once(couple, mara, therapist):
    occurrence = give(couple, therapist, "reveal", EVERY_TYPE)[0]
    browser, at = signed_in(mara), f"/do/{occurrence.pk}/"
    assert "Begin" in words(browser.get("/today/"))
    assert "I would like us to begin" in words(browser.get(at))
    raw = {"good": "Tea <3", "near": "7", "talked": "yes", "heard": "half", "ways": ["tea"], "signs": "::none",
           "hours": "2,5", "mood": ["4", "calm"], "wish": "Rest", "safe": "::rather-not-say", "note": ""}  # fmt: skip
    for number, one in enumerate(EVERY_TYPE, start=1):
        page = browser.get(f"{at}{number}/")
        assert f"Question {number} of 11" in words(page)
        version = re.search(r'name="base_version" value="(\d+)"', page.content.decode())
        assert version is not None
        answer = browser.post(f"{at}{number}/", {one["key"]: raw[one["key"]], "base_version": version[1]})
        assert answer.status_code == 302, words(answer)
    assert answer.url == f"{at}check/"
    check = words(browser.get(answer.url))
    assert "Tea <3" in check
    assert "Good: calm" in check
    assert "I would rather not say" in check
    assert "Carry on" in words(browser.get("/today/"))
    for _press in range(2):
        sent = browser.post(f"{at}send/")
        assert (sent.status_code, sent.url) == (302, f"{at}sent/")
    assert "Sent. Thank you, Mara." in words(browser.get(f"{at}sent/"))
    for page in ("", "3/", "check/"):
        assert browser.get(f"{at}{page}").url == f"{at}sent/"
    with as_attune(couple):
        assert Response.objects.count() == 1
        assert Answer.objects.count() == 10


def test_back_keeps_what_is_typed_even_when_it_is_wrong(couple, mara, therapist):
    occurrence = give(couple, therapist, "reveal", EVERY_TYPE)[0]
    browser, at = signed_in(mara), f"/do/{occurrence.pk}/"
    back = browser.post(f"{at}7/", {"hours": "lots", "base_version": "0", "to": "back"})
    assert back.url == f"{at}6/"
    assert 'value="lots"' in browser.get(f"{at}7/").content.decode()
    wrong = browser.post(f"{at}7/", {"hours": "lots", "base_version": "1"})
    assert wrong.status_code == 422
    assert "plain number" in words(wrong)
    assert 'value="lots"' in wrong.content.decode()
    refused = browser.post(f"{at}send/")
    assert refused.status_code == 422
    assert "plain number" in words(refused)


def test_change_leads_back_to_the_check_page(couple, mara, therapist):
    occurrence = give(couple, therapist, "reveal")[0]
    browser = signed_in(mara)
    page = browser.get(f"/do/{occurrence.pk}/1/?to=check").content.decode()
    assert 'name="to" value="check"' in page
    changed = browser.post(f"/do/{occurrence.pk}/1/", {"near": "3", "to": "check", "base_version": "0"})
    assert changed.url == f"/do/{occurrence.pk}/check/"


def test_both_texts_are_shown_when_another_tab_was_faster(couple, mara, therapist):
    occurrence = give(couple, therapist, "reveal")[0]
    keep(occurrence, mara, {"good": ["on the phone"]})
    browser, at = signed_in(mara), f"/do/{occurrence.pk}/2/"
    clash = browser.post(at, {"good": "on the tablet", "base_version": "0"})
    assert clash.status_code == 409
    assert "on the tablet" in words(clash)
    assert "on the phone" in words(clash)
    assert browser.post(at, {"good": "on the tablet", "base_version": "1"}).status_code == 302


def test_something_without_questions_is_done_by_one_press(couple, mara, theo, therapist):
    occurrence = give(couple, therapist, "shared", [], participation="together")[0]
    browser = signed_in(mara)
    page = words(browser.get(f"/do/{occurrence.pk}/"))
    assert "We did it" in page
    assert "can see that it was done" in page
    send(occurrence, mara, {})
    assert "Done. Thank you, Mara." in words(browser.get(f"/do/{occurrence.pk}/sent/"))
    assert "You did this" in words(signed_in(theo).get(f"/together/{occurrence.pk}/"))


def test_putting_aside_takes_a_reason(couple, mara, therapist):
    occurrence = give(couple, therapist, "reveal", rule="FREQ=WEEKLY;BYDAY=SU")[0]
    browser, at = signed_in(mara), f"/do/{occurrence.pk}/skip/"
    assert "Not this week" in words(browser.get(at))
    long = browser.post(at, {"reason": "x" * 501})
    assert long.status_code == 422
    assert "x" * 501 in long.content.decode()
    assert browser.post(at, {"reason": "bad\x00"}).status_code == 422
    assert browser.post(at, {"reason": "A full week"}).url == "/today/"
    assert "Weekly" not in words(browser.get("/today/"))


@pytest.mark.parametrize("state", ["withdrawn", "missed"])
def test_what_is_over_is_said_kindly_and_keeps_the_words(state, couple, mara, therapist):
    occurrence = give(couple, therapist, "reveal")[0]
    keep(occurrence, mara, {"good": ["my own words"], "near": ["99"]})
    with as_attune(couple):
        Occurrence.objects.filter(pk=occurrence.pk).update(state=state)
    browser = signed_in(mara)
    for answer in (browser.get(f"/do/{occurrence.pk}/"), browser.post(f"/do/{occurrence.pk}/send/")):
        said = words(answer)
        assert "my own words" in said
        assert not re.search(r"overdue|missed|failed|homework", said, re.IGNORECASE)
    assert browser.post(f"/do/{occurrence.pk}/save/", {}).json() == {"state": "over"}


def test_a_joint_answer_sent_while_the_other_is_typing(couple, mara, theo, therapist):
    (occurrence,) = give(couple, therapist, "joint", JOINT)
    browser, at = signed_in(theo), f"/do/{occurrence.pk}/"
    assert "What we agree on" in words(browser.get(f"{at}1/"))
    send(occurrence, mara, {"agreed": ["We stop"]})
    late = browser.post(f"{at}1/", {"question": "agreed", "agreed": "We go on", "base_version": "0"}, follow=True)
    assert "were sent in the meantime" in words(late)
    assert "What I bring" in words(browser.get(f"{at}1/"))
    with acting_as(theo):
        assert drafts.kept(Occurrence.objects.get(pk=occurrence.pk), theo).raw["agreed"] == ["We go on"]
    (plain,) = give(couple, therapist, "joint", JOINT[:1])
    send(plain, mara, {"agreed": ["We stop"]})
    assert browser.get(f"/do/{plain.pk}/").url == f"/together/{plain.pk}/"
    assert browser.post(f"/do/{plain.pk}/send/").status_code == 302
    assert "We stop" in words(browser.get(f"/together/{plain.pk}/"))


# ── the pages themselves ───────────────────────────────────────────────────


def test_the_first_page_by_the_hour_with_what_waits_and_what_comes(couple, mara, theo, therapist):
    with travel(EVENING, tick=False):
        browser = signed_in(mara)
        assert "Nothing to do tonight" in words(browser.get("/today/"))
        hers = give(couple, therapist, "reveal", reveals_at=EVENING + datetime.timedelta(days=2))[0]
        late = give(couple, therapist, "shared", due=EVENING - datetime.timedelta(days=3), title="Landing time")
        give(couple, therapist, "shared", due=EVENING + datetime.timedelta(days=3), title="A walk")
        with as_attune(couple):
            Appointment.objects.create(couple=couple, starts_at=EVENING + datetime.timedelta(days=2))
        said = words(browser.get("/today/"))
        assert "Good evening, Mara" in said
        assert "best before 22:15 today" in said
        assert "Sealed for both until Thursday" in said
        assert "Still open from Saturday" in said
        assert "A walk" in said
        assert "Session with Dr Ines Karlsen Thursday 26 November, 20:15" in said
        assert late
        send(hers, mara, {"near": ["3"]})
        assert "Sealed. Opens on Thursday" in words(browser.get("/today/"))
        assert "Sealed. Opens on Thursday" in words(browser.get("/together/"))


def test_several_things_to_do_are_listed_as_text_each_with_its_own_address(couple, mara, therapist):
    odd = 'Tea & <b>"talk"</b> {{ now }}'
    with travel(EVENING, tick=False):
        first = give(couple, therapist, "shared", title="First", to=[mara])[0]
        begun = give(couple, therapist, "shared", EVERY_TYPE, title="Begun", to=[mara])[0]
        plain = give(couple, therapist, "private", title=odd, to=[mara])[0]
        late = give(couple, therapist, "private", reminder_title=odd, to=[mara], due=EVENING - datetime.timedelta(1))[0]
        keep(begun, mara, {"near": ["3"]})
        ahead = EVENING + datetime.timedelta(days=3)
        with as_attune(couple):
            Appointment.objects.create(couple=couple, starts_at=ahead, place=odd)
            coming = give(couple, therapist, "private", title=odd, to=[mara], due=ahead)[0]
            Occurrence.objects.filter(pk=coming.pk).update(opens_at=ahead)
        page = signed_in(mara).get("/today/").content.decode()
    assert odd not in page
    assert page.count(f"<b>{html.escape(odd)}</b>") == 3
    assert f"minutes · {html.escape(odd)}</span>" in page
    found = re.findall(r'href="/do/([^"]+)/"><b>', page)
    assert found == [str(one.pk) for one in (first, plain, late)]
    assert "Still open from yesterday · about" in page


def test_side_by_side_shows_both_and_leaves_out_the_private(couple, mara, theo, therapist):
    past = timezone.now() - datetime.timedelta(hours=1)
    hers, his = give(couple, therapist, "reveal", EVERY_TYPE, reveals_at=past)
    send(hers, mara, {"good": ["You made tea"], "near": ["7"], "heard": ["mostly"], "note": ["NEVER"], "hours": ["3"]})
    send(his, theo, {"good": ["You laughed"], "near": ["2"], "heard": ["mostly"], "safe": ["no"]})
    for who, at in ((mara, hers), (theo, his)):
        browser = signed_in(who)
        browser.post(f"/together/{at.pk}/open/")
        page = browser.get(f"/together/{at.pk}/")
        said = words(page)
        assert said.index("You made tea") < said.index("You laughed") < said.index("Where you are close")
        assert "Where you saw it differently" in said
        assert "3 hours" in said
        assert "NEVER" not in said
        assert "I can say what I think" not in said
        assert 'aria-label="Mara: 7 of 10, Theo: 2 of 10"' in page.content.decode()


def test_pages_have_neutral_titles_and_paths(couple, mara, therapist):
    occurrence = give(couple, therapist, "reveal", EVERY_TYPE)[0]
    browser, at = signed_in(mara), f"/do/{occurrence.pk}/"
    for path in ("/today/", "/together/", at, f"{at}1/", f"{at}check/", f"{at}skip/"):
        title = re.search(r"<title>(.*?)</title>", browser.get(path).content.decode(), re.DOTALL)
        assert title is not None
        assert not re.search("Mara|Theo|Linden|week|Karlsen|Attune", title[1]), title[1]


def test_a_couple_of_three_is_spoken_to_as_three(practice, therapist):
    three = make_couple(practice, ("Noor", "Lea", "Kim"), therapist=therapist)
    moment = timezone.now() + datetime.timedelta(days=9)
    occurrence = give(three, therapist, "reveal", reveals_at=moment)[0]
    said = words(signed_in(three.clients[0]).get(f"/do/{occurrence.pk}/"))
    assert "Sealed for all of you" in said
    assert "Lea and Kim" in said


def test_without_secrets_no_page_promises_one(practice, couple, mara, therapist):
    occurrence = give(couple, therapist, "private")[0]
    with as_attune(couple):
        practice.secrets_policy = "no_secrets"
        practice.save(update_fields=["secrets_policy"])
    said = words(signed_in(mara).get(f"/do/{occurrence.pk}/"))
    assert "nothing is a secret between partners" in said
    assert "never sees it" not in said


# ── what one partner can learn of the other: nothing ──────────────────────


def observed(who, *paths: str) -> list[bytes]:
    """Everything on the portal's pages, without tokens that differ on each visit."""
    browser = signed_in(who)
    seen = []
    for path in ("/today/", "/together/", *paths):
        answer = browser.get(path)
        body = re.sub(
            rb'nonce="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken": "[^"]*"', b"", answer.content
        )
        said = {name: one for name, one in answer.headers.items() if name != "X-Request-ID"}  # each has its own
        seen += [str(answer.status_code).encode(), body, str(sorted(said.items())).encode()]
    return [re.sub(rb"nonce-[^']+|csrf=[^;]+", b"", one) for one in seen]


def test_nothing_a_partner_does_in_private_changes_the_others_pages(couple, mara, theo, therapist):
    with travel(EVENING, tick=False):
        moment = EVENING + datetime.timedelta(days=2)
        hers, his = give(couple, therapist, "reveal", EVERY_TYPE, reveals_at=moment)
        shared, his_shared = give(couple, therapist, "shared", EVERY_TYPE)
        (joint,) = give(couple, therapist, "joint", JOINT)
        private, his_private = give(couple, therapist, "private", rule="FREQ=WEEKLY;BYDAY=SU")
        own = give(couple, therapist, "own", to=[mara])[0]
        his_ids = (his, his_shared, joint, his_private)
        foreign = (hers, shared, private, own)
        paths = [f"/do/{one.pk}/{page}" for one in his_ids for page in ("", "1/", "check/", "skip/", "sent/")]
        paths += [f"/{page}/{one.pk}/" for one in foreign for page in ("do", "together")]
        before = observed(theo, *paths)

        keep(hers, mara, {"good": ["a draft"]})
        keep(shared, mara, {"note": ["a draft"]})
        keep(joint, mara, {"agreed": ["a draft"]})
        assert observed(theo, *paths) == before, "drafts"
        send(hers, mara, {"good": ["sealed"], "note": ["x"], "safe": ["no"]})
        assert observed(theo, *paths) == before, "a sealed answer"
        send(private, mara, {"good": ["private"]})
        send(own, mara, {"good": ["own"]})
        with acting_as(mara):
            answering.skip(Occurrence.objects.get(pk=shared.pk), author=mara, reason="why")
        give(couple, therapist, "private", to=[mara])
        assert observed(theo, *paths) == before, "private answers, skips and gifts"


def test_his_sealed_page_is_the_same_whether_she_has_sent_or_not(couple, mara, theo, therapist):
    with travel(EVENING, tick=False):
        hers, his = give(couple, therapist, "reveal", EVERY_TYPE, reveals_at=EVENING + datetime.timedelta(days=2))
        send(his, theo, {"good": ["his"]})
        paths = [f"/do/{his.pk}/sent/", f"/together/{his.pk}/", f"/together/{hers.pk}/"]
        before = observed(theo, *paths)
        send(hers, mara, {"good": ["hers"], "note": ["x"]})
        assert observed(theo, *paths) == before


def test_her_private_part_of_a_joint_answer_leaves_no_trace(couple, mara, theo, therapist):
    questions = [one for one in JOINT if one["key"] != "mine"]
    with travel(EVENING, tick=False):
        (joint,) = give(couple, therapist, "joint", questions)
        send(joint, theo, {"agreed": ["We stop"], "doubt": ["his"]})
        paths = [f"/do/{joint.pk}/sent/", f"/together/{joint.pk}/"]
        before = observed(theo, *paths)
        send(joint, mara, {"doubt": ["hers"]})
        assert observed(theo, *paths) == before


# ── someone else's, and nobody's ───────────────────────────────────────────


def test_unknown_foreign_and_private_are_the_same_404(neighbour, couple, mara, theo, therapist):
    there = make_couple(neighbour, ("Noor", "Lea"), therapist=(other := make_member(neighbour)))
    foreign = give(there, other, "shared")[0]
    hers = give(couple, therapist, "private")[0]
    not_yet = give(couple, therapist, "shared", due=timezone.now() + datetime.timedelta(days=3))[1]
    browser = signed_in(theo)
    pages = set()
    for one in (foreign.pk, hers.pk, not_yet.pk, uuid.uuid4()):
        for path in ("", "1/", "check/", "sent/", "skip/"):
            answer = browser.get(f"/do/{one}/{path}")
            pages.add(
                (
                    answer.status_code,
                    re.sub(r'nonce="[^"]*"|value="[^"]*"|Token": "[^"]*"', "", answer.content.decode()),
                )
            )
        pages |= {
            (answer.status_code, "")
            for answer in (
                browser.post(f"/do/{one}/send/"),
                browser.post(f"/do/{one}/save/"),
                browser.get(f"/together/{one}/"),
            )
        }
    assert {status for status, _page in pages} == {404}
    assert len(pages) == 2
    assert browser.get(f"/do/{give(couple, therapist, 'shared')[1].pk}/99/").status_code == 404


def test_staff_have_no_portal(couple, therapist):
    occurrence = give(couple, therapist, "shared")[0]
    browser = signed_in(therapist)
    for path in ("/today/", "/together/", f"/do/{occurrence.pk}/", f"/together/{occurrence.pk}/"):
        assert browser.get(path).status_code == 404


def test_an_expired_sign_in_leads_to_signing_in_and_back(couple, mara, therapist):
    occurrence = give(couple, therapist, "shared")[0]
    path = f"/do/{occurrence.pk}/1/"
    answer = Browser().get(path)
    assert answer.status_code == 302
    assert answer.url.endswith(f"?next={path}")
    assert Browser().post(f"/do/{occurrence.pk}/save/", {"near": "3"}).status_code == 302


def test_saving_needs_a_token(couple, mara, therapist):
    occurrence = give(couple, therapist, "shared")[0]
    browser = Browser(enforce_csrf_checks=True)
    browser.cookies = signed_in(mara).cookies
    for path in ("save/", "send/", "skip/", "1/"):
        assert browser.post(f"/do/{occurrence.pk}/{path}", {}).status_code == 403


# ── saving as one types ────────────────────────────────────────────────────


def test_autosave_says_where_it_is(couple, mara, therapist):
    occurrence = give(couple, therapist, "shared", EVERY_TYPE)[0]
    browser, at = signed_in(mara), f"/do/{occurrence.pk}/save/"
    saved = browser.post(at, {"question": "ways", "ways": ["tea", "walks"], "base_version": "0"}).json()
    assert (saved["state"], saved["version"], saved["errors"]) == ("saved", 1, {})
    wrong = browser.post(at, {"question": "hours", "hours": "x", "base_version": "1"}).json()
    assert "plain number" in wrong["errors"]["hours"]
    emptied = browser.post(at, {"question": "ways", "base_version": "2"}).json()
    assert emptied["version"] == 3
    clash = browser.post(at, {"question": "ways", "ways": "tea", "base_version": "1"})
    assert clash.status_code == 409
    assert clash.json()["questions"][0]["mine_words"] == "Tea"
    assert browser.get(at).status_code == 405


HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}{% debug %}",
    "right to left": "\u202eשלום עולם\u202c مرحبا",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈" * 20,
    "quotes": "\"'`</textarea>--><!--",
    "nul": "before\x00after",
    "combining": "e" + "\u0301" * 3000,
    "one megabyte": "x" * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_b65_hostile_text_is_text(name, couple, mara, therapist):
    occurrence = give(couple, therapist, "reveal", EVERY_TYPE)[0]
    browser, text = signed_in(mara), HOSTILE[name]
    answer = browser.post(f"/do/{occurrence.pk}/1/", {"good": text, "base_version": "0"})
    assert answer.status_code in (302, 422)
    page = answer if answer.status_code == 422 else browser.get(f"/do/{occurrence.pk}/1/")
    body = page.content.decode()
    assert "<script>alert" not in body
    assert "onerror=alert" not in body.replace(html.escape(text), "")
    assert html.escape(text) in body, "what was typed stands in its field"
    if answer.status_code == 422:
        assert page.content.count(b"field__error") == 1
        assert browser.get(f"/do/{occurrence.pk}/check/").status_code == 200
    else:
        assert browser.post(f"/do/{occurrence.pk}/send/").status_code == 302


@pytest.mark.parametrize("base", ["", "-1", "x", "9" * 40, "²", "\x00"])
def test_a_nonsense_version_is_the_first(base, couple, mara, therapist):
    occurrence = give(couple, therapist, "shared")[0]
    answer = signed_in(mara).post(f"/do/{occurrence.pk}/1/", {"near": "3", "base_version": base})
    assert answer.status_code == 302


def test_nothing_readable_rests_in_the_database(couple, mara, therapist):
    from django.db import connection

    occurrence = give(couple, therapist, "reveal")[0]
    keep(occurrence, mara, {"good": ["a very own sentence"]})
    with acting_as(mara), connection.cursor() as cursor:
        cursor.execute("SELECT encode(answers, 'escape') FROM exercises_draft")
        assert "own sentence" not in cursor.fetchone()[0]
    vault.forget_keys()


# ── how much is asked of the database ──────────────────────────────────────


@pytest.mark.parametrize("rows", [1, 8])
def test_queries_do_not_grow_with_what_is_there(rows, couple, mara, theo, therapist, django_assert_max_num_queries):
    past, soon = (timezone.now() + datetime.timedelta(days=days) for days in (-1, 2))
    for _row in range(rows):
        give(couple, therapist, "shared")
        give(couple, therapist, "joint", JOINT)
        give(couple, therapist, "shared", due=soon + datetime.timedelta(days=1))
        send(give(couple, therapist, "reveal", reveals_at=soon)[0], mara, {"near": ["3"]})
        hers, his = give(couple, therapist, "reveal", EVERY_TYPE, reveals_at=past)
        send(hers, mara, {"near": ["3"], "good": ["a"]})
        send(his, theo, {"near": ["4"], "good": ["b"]})
    browser = signed_in(mara)
    with django_assert_max_num_queries(35):
        browser.get("/today/")
    with django_assert_max_num_queries(35):
        browser.get("/together/")
    with django_assert_max_num_queries(35):
        browser.get(f"/together/{hers.pk}/")


def test_lists_say_nothing_delicate_to_somebody_looking_over_the_shoulder(couple, mara, therapist):
    """Until its own page is opened, a delicate exercise is known by its neutral title alone."""
    delicate = {
        "title": "Private safety check", "reminder_title": "A form from your therapist",
        "summary": "About how safe things are at home.", "kind": "warning_signs",
    }  # fmt: skip
    [first, _second] = [
        give(couple, therapist, "private", to=[mara], slot=f"2026-11-2{n}T18:00", **delicate)[0] for n in (4, 5)
    ]
    browser = signed_in(mara)
    before = words(browser.get("/today/"))
    send(first, mara, {})
    after = words(browser.get("/today/")) + words(browser.get(f"/do/{first.pk}/sent/"))
    for page in (before, after):
        assert "A form from your therapist" in page
        for told in ("safety check", "safe things", "Warning signs"):
            assert told not in page
