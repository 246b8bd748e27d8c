"""The client's own side of the API: what the portal's pages do, as data, by the sign-in of the browser alone."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone
from time_machine import travel

from clients.models import Consent, Partner
from exercises.models import Answer, Assignment, Draft, Occurrence, Response
from practice import signing_in
from practice.models import Recovery
from reports.models import Alert
from tests.exercises.given import ALL_TYPES, EVERY_TYPE, JOINT, NEAR, as_attune, give
from tests.exercises.test_on_demand import give_repair
from tests.factories import acting_as, make_couple, signed_in, user_of
from tests.practice.api.callers import program_of

pytestmark = pytest.mark.django_db

ME = "/api/v1/me/"
FEAR = {"key": "fear", "type": "yes_no", "label": "I am afraid at home", "private": True, "flag_if": "yes"}
HARM = {
    "key": "harm", "type": "yes_no", "label": "I have thought of hurting myself", "private": True, "flag_if": "yes",
}  # fmt: skip


class Phone:
    """Somebody's own program, with the cookies of their sign-in."""

    def __init__(self, who: Any, browser: Browser | None = None) -> None:
        self.browser = browser or signed_in(who)

    def get(self, path: str) -> HttpResponse:
        return self.browser.get(ME + path)

    def read(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.content)
        return answer.json()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        given = {name.replace("_", "-"): one for name, one in headers.items()}
        text = "" if body is None else json.dumps(body)
        return self.browser.generic(method, ME + path, text, content_type="application/json", headers=given)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.send("POST", path, body, **headers)

    def save(self, one: Occurrence, answers: dict[str, list[str]], version: int = 0, **more: Any) -> HttpResponse:
        return self.send("PATCH", f"occurrences/{one.pk}/draft/", {"version": version, "answers": answers, **more})

    def submit(self, one: Occurrence, answers: dict[str, list[str]] | None = None, **body: Any) -> HttpResponse:
        if answers is not None:
            assert self.save(one, answers).status_code == 200
        return self.post(f"occurrences/{one.pk}/submit/", body)


def of(rows: list[Occurrence], who: Any) -> Occurrence:
    return next(one for one in rows if one.client_id in (None, who.pk))


def at(one: Occurrence) -> str:
    return f"occurrences/{one.pk}/"


# ── who, and who not ──


def test_who_one_is_here(couple, mara):
    told = Phone(mara).read("")
    assert (told["name"], told["time_zone"], told["language"]) == ("Mara", "Europe/London", "en-gb")
    assert [one["others"] for one in told["couples"]] == [["Theo"]]
    assert told["couples"][0]["therapists"] == ["Dr Ines Karlsen"]


def test_no_token_and_no_staff_come_in(couple, mara, therapist):
    one = give(couple, therapist, "private", to=[mara])[0]
    program, staff = program_of(therapist), signed_in(therapist)
    for path in ("", "today/", "responses/", "together/", "lately/", at(one)):
        refused = program.get(ME + path)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_for_tokens"), path
        assert staff.get(ME + path).status_code == 404, path
    assert program.post(f"{ME}{at(one)}submit/").status_code == 403


def test_what_is_anothers_is_not_there(couple, mara, theo, therapist, practice):
    one = give(couple, therapist, "private", to=[mara])[0]
    stranger = make_couple(practice, ("Una", "Vic")).clients[0]
    for who in (theo, stranger):
        phone = Phone(who)
        answers = [phone.get(at(one)), phone.save(one, NEAR), phone.get(f"together/{one.pk}/")]
        answers += [phone.post(f"{at(one)}{act}/") for act in ("submit", "amend", "skip", "ready")]
        assert {answer.status_code for answer in answers} == {404}
        with acting_as(who):
            assert not Draft.objects.exists()


def test_who_left_reads_what_is_theirs_and_does_nothing_more(couple, mara, theo, therapist):
    one, phone = of(give(couple, therapist, "shared"), mara), Phone(mara)
    phone.save(of(give(couple, therapist, "private"), mara), {"good": ["never sent"]})
    assert phone.submit(one, NEAR).status_code == 200
    with as_attune(couple):
        Partner.objects.filter(client=mara).update(left_at=timezone.now())
    assert phone.read("")["couples"] == []
    assert phone.read("today/")["open"] == []
    assert len(phone.read("responses/")["results"]) == 1
    (begun_draft,) = phone.read("drafts/")["drafts"]
    (said,) = phone.read(f"drafts/{begun_draft['id']}/")["answers"]
    assert said["words"] == "never sent"
    assert Phone(theo).get(f"drafts/{begun_draft['id']}/").status_code == 404
    assert phone.get(at(one)).status_code == 404


def test_who_has_not_agreed_is_told_to_and_reads_what_they_wrote(couple, mara, therapist):
    one, phone = of(give(couple, therapist, "private"), mara), Phone(mara)
    assert phone.submit(one, NEAR).status_code == 200
    with as_attune(couple):
        Consent.objects.filter(client=mara).update(withdrawn_at=timezone.now(), ended_by=Consent.Ended.YOU)
    for answer in (phone.get(""), phone.get("today/"), phone.get(at(one)), phone.save(one, NEAR)):
        assert (answer.status_code, answer.json()["code"]) == (403, "agree_first")
    assert len(phone.read("responses/")["results"]) == 1


def test_a_sign_in_by_the_mailbox_alone_is_told_that_it_is_closed(couple, mara, therapist):
    one = of(give(couple, therapist, "private"), mara)
    assert Phone(mara).save(one, NEAR).status_code == 200
    Recovery.objects.create(user=user_of(mara), at=timezone.now())
    browser = signed_in(mara)
    session = browser.session
    assert session[signing_in.CLOSED]
    session["began"] = (timezone.now() + datetime.timedelta(minutes=1)).timestamp()
    session.save()
    phone = Phone(mara, browser)
    for answer in (phone.get(at(one)), phone.save(one, {"near": ["1"]})):
        assert (answer.status_code, answer.json()["code"]) == (403, "closed")
        assert "Tea in the morning" not in answer.content.decode()


# ── today, and one of it ──


def test_today_lists_what_is_open_in_the_order_of_the_page(couple, mara, therapist):
    late = of(give(couple, therapist, "shared", due=timezone.now() - datetime.timedelta(days=2)), mara)
    first, second = (of(give(couple, therapist, "reveal"), mara) for _ in range(2))
    phone = Phone(mara)
    assert [one["id"] for one in phone.read("today/")["open"]] == [str(one.pk) for one in (first, second, late)]
    phone.save(second, NEAR)
    told = phone.read("today/")["open"]
    assert [one["id"] for one in told] == [str(one.pk) for one in (second, first, late)]
    assert (told[0]["begun"], told[2]["late"]) == (True, True)
    assert told[0]["lane"]["key"] == "reveal"
    assert "Theo" in told[0]["lane"]["text"]


def test_one_occurrence_tells_what_is_asked_and_who_reads_each(couple, mara, therapist):
    one = of(give(couple, therapist, "shared", EVERY_TYPE), mara)
    told = Phone(mara).read(at(one))
    assert told["standing"] == "open"
    assert told["exercise"]["steps"] == ["Find a few quiet minutes.", "Answer as it was for you."]
    assert told["draft"]["asked"] == [question["key"] for question in EVERY_TYPE]
    lanes = {question["key"]: question["lane"]["key"] for question in told["questions"]}
    assert (lanes["good"], lanes["note"]) == ("shared", "private")
    options = next(question["options"] for question in told["questions"] if question["key"] == "ways")
    assert [option["value"] for option in options] == ["walks", "tea"]
    assert "flag" not in json.dumps(told)
    assert "weight" not in json.dumps(told)


def test_every_type_of_question_is_told_sent_and_read_back(couple, mara, therapist):
    one, phone = of(give(couple, therapist, "private", ALL_TYPES), mara), Phone(mara)
    told = phone.read(at(one))
    assert [question["key"] for question in told["questions"]] == [question["key"] for question in ALL_TYPES]
    answers = {
        "met": ["2026-11-01"], "days.meals": ["hard"], "walk": ["3", "km"], "helped": ["::other", "Rain"],
        "argued": ["yes"], "about": ["Time"], "children~1": [], "name~1": ["Kit"], "name~2": ["Lou"],
        "mood": ["4", "calm"], "thanks~2": ["You"],
    }  # fmt: skip
    answers.pop("children~1")
    saved = phone.save(one, answers)
    assert saved.status_code == 200, saved.content
    assert {"about", "mended", "name~2"} <= set(saved.json()["asked"])
    assert phone.submit(one).status_code == 200
    (listed,) = phone.read("responses/")["results"]
    said = {line["key"]: line for line in phone.read(f"responses/{listed['id']}/")["answers"]}
    assert said["helped"]["answer"] == ["::other", "Rain"]
    assert said["about"]["words"] == "Time"
    assert "Meals together" in said["days"]["words"]


# ── the draft ──


def test_a_draft_is_kept_as_typed_right_or_wrong(couple, mara, therapist):
    one, phone = of(give(couple, therapist, "private", EVERY_TYPE), mara), Phone(mara)
    saved = phone.save(one, {"hours": ["lots"], "wish": [" Rest "]})
    assert saved.json()["version"] == 1
    assert set(saved.json()["errors"]) == {"hours"}
    assert phone.read(at(one))["draft"]["answers"] == {"hours": ["lots"], "wish": [" Rest "]}
    refused = phone.submit(one)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/answers/hours")
    assert phone.read(at(one))["draft"]["version"] == 1


def test_what_two_devices_type_joins_and_never_overwrites(couple, mara, therapist):
    one = of(give(couple, therapist, "private"), mara)
    phone, tablet = Phone(mara), Phone(mara)
    assert phone.save(one, {"good": ["on the phone"]}).status_code == 200
    assert tablet.save(one, {"near": ["3"]}).status_code == 200, "another question"
    clash = tablet.save(one, {"good": ["on the tablet"]})
    assert (clash.status_code, clash.json()["code"]) == (409, "changed_elsewhere")
    assert clash.json()["questions"] == [{"key": "good", "mine": ["on the tablet"], "kept": ["on the phone"]}]
    assert phone.read(at(one))["draft"]["answers"] == {"good": ["on the phone"], "near": ["3"]}
    assert tablet.save(one, {"good": ["on the tablet"]}, clash.json()["version"]).status_code == 200


def test_what_would_be_lost_is_refused(couple, mara, therapist):
    one, phone = of(give(couple, therapist, "private"), mara), Phone(mara)
    for answers in ({"colour": ["red"]}, {"near": "7"}, {"near": [7, {}]}, {"good": ["x" * 400_000]}, {"near": None}):
        refused = phone.save(one, answers)
        assert refused.status_code == 400, answers
        assert refused["Content-Type"] == "application/problem+json"
    assert phone.read(at(one))["draft"]["version"] == 0


# ── sending ──


def test_it_is_sent_once_and_answered_alike(couple, mara, therapist):
    one, phone = of(give(couple, therapist, "private"), mara), Phone(mara)
    first = phone.submit(one, NEAR)
    again = phone.submit(one)
    assert first.status_code == 200
    assert first.json()["standing"] == "sent"
    assert first.json() == again.json()
    assert first["ETag"] == again["ETag"]
    with as_attune(couple):
        assert Response.objects.count() == 1
    assert phone.read(at(one))["draft"]["version"] == 0
    refused = phone.save(one, {"near": ["1"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "sent")


def test_a_key_sends_once(couple, mara, therapist):
    one, phone = of(give(couple, therapist, "private"), mara), Phone(mara)
    phone.save(one, NEAR)
    answers = [phone.post(f"{at(one)}submit/", {}, Idempotency_Key="k-1") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_b155_where_to_turn_is_said_before_and_after_sending(couple, mara, therapist, answer):
    one, phone = of(give(couple, therapist, "private", [HARM, FEAR]), mara), Phone(mara)
    with travel(timezone.now(), tick=False):
        saved = phone.save(one, {"harm": [answer]}).json()
        assert saved["help"]["now"] is (answer == "yes")
        assert saved["help"]["emergency"] == "999"
        told = phone.submit(one).json()["sent"]
    assert told["help"]["places"]
    assert "Not for emergencies." in told["read_when"]
    assert told["help"]["now"] is False, "the same whatever was answered"
    with as_attune(couple):
        assert Alert.objects.exists() is (answer == "yes")


def test_b30_what_is_sent_without_a_copy_is_not_read_back(couple, mara, therapist):
    one, phone = of(give(couple, therapist, "private"), mara), Phone(mara)
    assert phone.read(at(one))["may_send_without_copy"] is True
    sent = phone.submit(one, NEAR, keep_copy=False)
    assert (sent.json()["sent"]["copy"], sent.json()["sent"]["may_amend"]) == (False, False)
    (listed,) = phone.read("responses/")["results"]
    assert phone.read(f"responses/{listed['id']}/")["answers"] == []
    assert phone.post(f"{at(one)}amend/").json()["code"] == "may_have_been_read"
    shared = of(give(couple, therapist, "shared"), mara)
    assert phone.read(at(shared))["may_send_without_copy"] is False
    assert phone.submit(shared, NEAR, keep_copy=False).json()["sent"]["copy"] is True


def test_what_was_sent_is_changed_while_nobody_can_have_read_it(couple, mara, therapist):
    one, phone = of(give(couple, therapist, "private"), mara), Phone(mara)
    assert phone.post(f"{at(one)}amend/").json()["code"] == "not_sent"
    phone.submit(one, NEAR)
    begun = phone.post(f"{at(one)}amend/")
    assert begun.json()["standing"] == "amending", begun.content
    draft = phone.read(at(one))["draft"]
    assert draft["answers"] == NEAR
    assert phone.save(one, {"near": ["2"]}, draft["version"]).status_code == 200
    assert phone.submit(one).json()["standing"] == "sent"
    (listed,) = phone.read("responses/")["results"]
    assert listed["revision"] == 2
    phone.post(f"{at(one)}amend/")
    assert phone.post(f"{at(one)}amend/", {"begin": False}).json()["standing"] == "sent"


def test_it_is_put_aside_and_nobody_does_that_for_both(couple, mara, therapist):
    one, phone = of(give(couple, therapist, "shared"), mara), Phone(mara)
    assert phone.read(at(one))["may_skip"] is True
    assert phone.post(f"{at(one)}skip/", {"reason": "x" * 501}).status_code == 400
    assert phone.post(f"{at(one)}skip/", {"reason": "Too tired"}).status_code == 200
    assert phone.read("today/")["open"] == []
    with as_attune(couple):
        assert Occurrence.objects.get(pk=one.pk).skip_reason == "Too tired"
    joint = give(couple, therapist, "joint", JOINT)[0]
    assert phone.read(at(joint))["may_skip"] is False
    assert phone.post(f"{at(joint)}skip/").status_code == 404


def test_what_was_taken_back_takes_no_answer_and_keeps_what_was_typed(couple, mara, therapist):
    one, phone = of(give(couple, therapist, "private"), mara), Phone(mara)
    phone.save(one, NEAR)
    with as_attune(couple):
        Occurrence.objects.filter(pk=one.pk).update(state=Occurrence.State.WITHDRAWN)
    for refused in (phone.save(one, {"near": ["1"]}, 1), phone.submit(one), phone.post(f"{at(one)}skip/")):
        assert (refused.status_code, refused.json()["code"]) == (409, "over")
    told = phone.read(at(one))
    assert (told["standing"], told["exercise"], told["questions"]) == ("over", None, [])
    assert told["draft"]["answers"] == NEAR


# ── together ──


@pytest.mark.usefixtures("a_minute_ago")
def test_what_opened_is_read_after_one_looks_and_not_before(couple, mara, theo, therapist):
    rows = give(couple, therapist, "reveal", opens_by="all")
    phones = {who.name: Phone(who) for who in (mara, theo)}
    phones["Mara"].submit(of(rows, mara), NEAR)
    told = phones["Mara"].read("together/")
    assert (told["opened"], [one["id"] for one in told["waiting"]]) == ([], [str(of(rows, mara).pk)])
    assert phones["Mara"].get(f"together/{of(rows, mara).pk}/").status_code == 404
    phones["Theo"].submit(of(rows, theo), {"near": ["6"], "good": ["::rather-not-say"]})
    path = f"together/{of(rows, mara).pk}/"
    folded = phones["Mara"].read(path)
    assert (folded["unfolded"], folded["answers"]) == (False, [])
    opened = phones["Mara"].post(f"{path}unfold/").json()
    near = next(one for one in opened["answers"] if one["key"] == "near")
    assert [voice["number"] for voice in near["voices"]] == [7, 6]
    good = next(one for one in opened["answers"] if one["key"] == "good")
    assert [voice["words"] for voice in good["voices"]] == ["Tea in the morning", ""]
    assert phones["Theo"].read(f"together/{of(rows, theo).pk}/")["unfolded"] is False, "each for themselves"


@pytest.mark.usefixtures("a_minute_ago")
def test_it_opens_when_both_say_so(couple, mara, theo, therapist):
    rows = give(couple, therapist, "reveal", opens_by="together")
    for who in (mara, theo):
        assert Phone(who).post(f"{at(of(rows, who))}ready/").status_code == 404, "nothing sent yet"
        Phone(who).submit(of(rows, who), NEAR)
    assert Phone(mara).post(f"{at(of(rows, mara))}ready/").status_code == 200
    assert Phone(theo).read("together/")["opened"] == []
    assert Phone(theo).post(f"{at(of(rows, theo))}ready/", {"ready": True}).status_code == 200
    assert len(Phone(mara).read("together/")["opened"]) == 1


@pytest.mark.usefixtures("a_minute_ago")
def test_what_partners_answer_together_is_sent_by_one(couple, mara, theo, therapist):
    one = give(couple, therapist, "joint", JOINT)[0]
    assert Phone(mara).submit(one, {"agreed": ["Walks"], "mine": ["Time"], "doubt": ["None"]}).status_code == 200
    told = Phone(theo).read(at(one))
    assert [question["key"] for question in told["questions"]] == ["mine", "doubt"]
    assert Phone(theo).submit(one, {"mine": ["Tea"]}).json()["standing"] == "sent"
    with as_attune(couple):
        assert Answer.objects.filter(key="agreed").count() == 1


# ── whenever it is needed ──


def test_what_is_there_for_need_is_begun_once(couple, mara, theo, therapist):
    given, phone = give_repair(couple, therapist), Phone(mara)
    (offered,) = phone.read("today/")["whenever"]
    assert (offered["assignment_id"], offered["rests"]) == (str(given.pk), False)
    begun = [phone.post(f"whenever/{given.pk}/begin/") for _ in range(2)]
    assert [one.status_code for one in begun] == [200, 200]
    assert begun[0].json() == begun[1].json()
    assert phone.read(f"occurrences/{begun[0].json()['id']}/")["standing"] == "open"
    assert phone.read("today/")["whenever"] == []
    with as_attune(couple):
        Assignment.objects.filter(pk=given.pk).update(ended_at=timezone.now())
    refused = Phone(theo).post(f"whenever/{given.pk}/begin/")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_now")
    dated = give(couple, therapist, "private", to=[mara])[0]
    assert phone.post(f"whenever/{dated.assignment_id}/begin/").status_code == 404


# ── how often it asks the database ──


def test_the_number_of_questions_to_the_database_does_not_grow(
    couple, mara, theo, therapist, django_assert_max_num_queries
):
    phone = Phone(mara)
    for times in (1, 3):
        for _ in range(times):
            phone.save(of(give(couple, therapist, "private", to=[mara]), mara), NEAR)
            for who in (mara, theo):
                Phone(who).submit(of(give(couple, therapist, "shared"), who), NEAR)
            waiting = of(give(couple, therapist, "reveal"), mara)
        newest = phone.read("responses/")["results"][0]
        budgets = {
            "": 15, "today/": 32, "responses/": 13, "drafts/": 17, f"responses/{newest['id']}/": 16, "together/": 19,
            f"together/{newest['occurrence_id']}/": 23, "lately/": 32, at(waiting): 19,
        }  # fmt: skip
        for path, most in budgets.items():
            with django_assert_max_num_queries(most):
                phone.read(path)
    acts = {"submit": 62, "amend": 38, "ready": 18}
    with django_assert_max_num_queries(33):
        assert phone.save(waiting, NEAR).status_code == 200
    for act, most in acts.items():
        with django_assert_max_num_queries(most):
            phone.post(f"{at(waiting)}{act}/")
    another = of(give(couple, therapist, "reveal"), mara)
    with django_assert_max_num_queries(28):
        assert phone.post(f"{at(another)}skip/").status_code == 200
