"""Step by step: who sits together, two phones that never undo each other, a break that is always heard."""

from __future__ import annotations

import datetime
import re

import pytest
from django.utils import timezone
from time_machine import travel

from exercises import doing as doings
from exercises import pacing, sittings
from exercises.models import Occurrence, Sitting
from practice.models import Practice
from tests.exercises.given import JOINT, as_attune, give
from tests.factories import acting_as, signed_in
from tests.pages import same_answer

pytestmark = pytest.mark.django_db
STEPS = ["Breathe slowly for two minutes.", "Say one thing.", "Hold for thirty seconds."]


def talk(couple, therapist, lane: str = "reveal", questions=None, **content) -> list[Occurrence]:
    return give(
        couple, therapist, lane, questions, **{"steps": STEPS, "participation": "turn_taking", "minutes": 12, **content}
    )


def of(occurrence: Occurrence, who) -> doings.Doing:
    return doings.of(who, Practice.objects.get(pk=who.practice_id), occurrence.pk)


def sat(couple) -> list[Sitting]:
    with as_attune(couple):
        return list(Sitting.objects.order_by("started_at"))


# ── time ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Set a timer for sixty seconds.", 60),
        ("Hold each other for about thirty seconds.", 30),
        ("Set a two-minute timer and stay quiet.", 120),
        ("Stay for at least five minutes, in talk or in easy silence.", 300),
        ("Finish with a minute on how it was.", 60),
        ("Fix one day and hour and keep to it.", None),
        ("Allow a few minutes alone to change gear.", None),
        ("Atmet 10 Minuten ruhig.", 600),
        ("Wait 999 hours.", 7200),
    ],
)
def test_a_step_says_how_long_it_takes(text, seconds):
    assert pacing.seconds_in(text) == seconds


def test_other_steps_share_the_minutes_of_the_whole():
    assert [one.seconds for one in pacing.paced(STEPS, 12)] == [120, 240, 30]
    assert [one.seconds for one in pacing.paced(["Only this."], 0)] == [60]
    assert pacing.paced([], 5) == []


# ── who sits together ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("lane", "participation", "together"),
    [
        ("reveal", "turn_taking", True),
        ("shared", "together", True),
        ("joint", "together", True),
        ("joint", "each_alone", True),
        ("reveal", "each_alone", False),
        ("private", "turn_taking", False),
        ("own", "together", False),
    ],
)
def test_who_sits_together_follows_the_lane_and_how_it_is_done(
    lane, participation, together, couple, mara, theo, therapist
):
    occurrence = talk(couple, therapist, lane, JOINT if lane == "joint" else None, participation=participation)[0]
    with acting_as(mara):
        assert sittings.begin(of(occurrence, mara)).audience == (sorted([mara.pk, theo.pk]) if together else [mara.pk])


def test_two_who_do_it_alone_each_have_their_own(couple, mara, theo, therapist):
    hers, his = talk(couple, therapist, participation="each_alone")
    for occurrence, who, step in ((hers, mara, 2), (his, theo, 1)):
        with acting_as(who):
            doing = of(occurrence, who)
            sittings.begin(doing)
            sittings.go(doing, step=step, version=0)
    for occurrence, who, step in ((hers, mara, 2), (his, theo, 1)):
        with acting_as(who):
            assert [one.step for one in Sitting.objects.all()] == [step]
            assert sittings.current(of(occurrence, who)).step == step


@pytest.mark.parametrize("lane", ["private", "own"])
def test_what_one_does_in_private_changes_no_byte_for_the_other(lane, couple, mara, theo, therapist):
    private, _his = talk(couple, therapist, lane)
    shared = talk(couple, therapist, slot="2026-11-01T10:00")
    his = signed_in(theo)
    paths = ["/today/", "/together/", *(f"/do/{shared[1].pk}/{page}" for page in ("", "steps/", "steps/state/"))]
    # His own part of what both got apart from each other looks the same as well.
    paths.append(f"/do/{private.pk}/steps/")
    before = {path: his.get(path) for path in paths}
    hers = signed_in(mara)
    assert hers.post(f"/do/{private.pk}/steps/move/", {"act": "begin"}).status_code == 302
    assert hers.post(f"/do/{private.pk}/steps/move/", {"to": "2", "version": "0"}).status_code == 302
    assert hers.post(f"/do/{private.pk}/steps/move/", {"act": "pause"}).status_code == 302
    assert len(sat(couple)) == 1
    for path in paths:
        assert same_answer(before[path], his.get(path)), path
    with acting_as(theo):
        assert not Sitting.objects.exists()


# ── two phones ───────────────────────────────────────────────────────────────


def test_whoever_is_behind_is_told_and_undoes_nothing(couple, mara, theo, therapist):
    hers, his = talk(couple, therapist)
    with acting_as(mara):
        assert sittings.begin(of(hers, mara)).version == 0
        assert sittings.go(of(hers, mara), step=2, version=0).version == 1
    with acting_as(theo):
        doing = of(his, theo)
        with pytest.raises(sittings.Behind) as behind:
            sittings.go(doing, step=0, version=0)
        assert behind.value.sitting.step == 2
        assert sittings.go(doing, step=3, version=1).step == 3
    with acting_as(mara):
        assert sittings.current(of(hers, mara)).step == 3
        assert sittings.go(of(hers, mara), step=99, version=2).step == len(STEPS), "there is nothing behind the end"


def test_the_second_to_begin_joins_the_first(couple, mara, theo, therapist):
    hers, his = talk(couple, therapist)
    with acting_as(mara):
        sittings.begin(of(hers, mara), mode="own_phones")
        sittings.go(of(hers, mara), step=1, version=0)
    with acting_as(theo):
        joined = sittings.begin(of(his, theo), mode="one_phone")
        assert (joined.mode, joined.step) == ("own_phones", 1)
    assert len(sat(couple)) == 1


def test_who_goes_on_after_the_other_got_up_begins_nothing_new(couple, mara, theo, therapist):
    hers, his = talk(couple, therapist)
    one, other = signed_in(mara), signed_in(theo)
    one.post(f"/do/{hers.pk}/steps/move/", {"act": "begin"})
    one.post(f"/do/{hers.pk}/steps/move/", {"act": "end"})
    at = f"/do/{his.pk}/steps/move/"
    assert other.post(at, {"to": "1", "version": "0"}).url == f"/do/{his.pk}/"
    told = other.post(at, {"to": "1", "version": "0"}, HTTP_ACCEPT="application/json")
    assert (told.status_code, told.json()) == (409, {"ended": True})
    assert [one.ended_at is None for one in sat(couple)] == [False]


def test_a_break_is_heard_at_once_and_ends_once(couple, mara, theo, therapist):
    hers, his = talk(couple, therapist)
    now = timezone.now()
    with acting_as(mara):
        sittings.begin(of(hers, mara))
        sittings.go(of(hers, mara), step=1, version=0)
        sittings.start_timer(of(hers, mara), seconds=60, version=1)
    with acting_as(theo):
        paused = sittings.pause(of(his, theo))
        assert paused.timer_started_at is None
        assert paused.paused_until is not None
        assert datetime.timedelta(minutes=19) < paused.paused_until - now < datetime.timedelta(minutes=21)
    with acting_as(mara):
        with pytest.raises(sittings.Behind):
            sittings.go(of(hers, mara), step=2, version=paused.version)
        assert sittings.pause(of(hers, mara)).version == paused.version, "a second press changes nothing"
        assert sittings.resume(of(hers, mara), version=paused.version).paused_at is None
    with acting_as(theo):
        again = sittings.pause(of(his, theo))
        with pytest.raises(sittings.Behind):
            sittings.resume(of(his, theo), version=paused.version)
        assert again.paused_at is not None, "an old 'go on' does not end a new break"


def test_a_break_lasts_as_long_as_they_agreed(couple, mara, theo, therapist):
    from exercises import answering

    questions = [{"key": "minutes", "type": "number", "label": "Length of pause", "min": 0, "unit": "minutes"}]
    (agreeing,) = give(couple, therapist, "joint", questions, slug="pause-and-return-agreement")
    with travel(timezone.now() - datetime.timedelta(minutes=1), tick=False), acting_as(theo):
        answering.submit(Occurrence.objects.get(pk=agreeing.pk), author=theo, raw={"minutes": ["35"]})
    hers = talk(couple, therapist)[0]
    page = signed_in(mara).get(f"/do/{hers.pk}/steps/").content.decode()
    assert "35 minutes" in page
    with acting_as(mara):
        paused = sittings.pause(of(hers, mara))
        assert paused.paused_until - paused.paused_at == datetime.timedelta(minutes=35)


def test_the_agreement_itself_stands_beside_the_break(couple, mara, theo, therapist):
    from exercises.models import Agreement, AgreementVersion, Assent

    (agreeing,) = give(couple, therapist, "joint", JOINT, slug="pause-and-return-agreement")
    both = sorted([mara.pk, theo.pk])
    with as_attune(couple):
        agreement = Agreement.objects.create(couple=couple, audience=both, occurrence=agreeing, title="A break")
        version = AgreementVersion.objects.create(
            couple=couple, agreement=agreement, audience=both, number=1, text="Whoever says tulip, we stop."
        )
        Assent.objects.create(couple=couple, version=version, audience=both, author=mara)
    hers = talk(couple, therapist)[0]
    browser, at = signed_in(mara), f"/do/{hers.pk}/steps/"
    browser.post(f"{at}move/", {"act": "pause"})
    assert "tulip" not in browser.get(at).content.decode(), "one yes is no agreement"
    with as_attune(couple):
        Assent.objects.create(couple=couple, version=version, audience=both, author=theo)
    assert "Whoever says tulip" in browser.get(at).content.decode()


def test_what_was_chosen_for_them_stands_with_it(couple, mara, therapist):
    from exercises.models import Assignment

    hers = talk(couple, therapist, adaptations={"long_distance": "By video.", "quiet_temperament": "In writing."})[0]
    with as_attune(couple):
        Assignment.objects.update(tailoring={"adaptations": ["long_distance", "gone"]})
    for path in ("", "paper/"):
        page = signed_in(mara).get(f"/do/{hers.pk}/{path}").content.decode()
        assert "By video." in page
        assert "In writing." not in page


def test_turns_go_round_and_each_phone_says_its_own_side(couple, mara, theo, therapist):
    hers, his = talk(couple, therapist)
    one, other = signed_in(mara), signed_in(theo)
    at = f"/do/{hers.pk}/steps/"
    one.post(f"{at}move/", {"act": "begin", "mode": "own_phones", "first": str(theo.pk)})
    assert shown_turn(one.get(at)) == "Theo speaks. You listen."
    assert shown_turn(other.get(f"/do/{his.pk}/steps/")) == "You speak. Mara listens."
    one.post(f"{at}move/", {"act": "turn", "version": "0"})
    assert shown_turn(one.get(at)) == "You speak. Theo listens."
    assert shown_turn(other.get(f"/do/{his.pk}/steps/")) == "Mara speaks. You listen."
    other.post(f"/do/{his.pk}/steps/move/", {"act": "turn", "version": "0"})
    assert shown_turn(one.get(at)) == "You speak. Theo listens.", "a turn is not passed twice by one intention"


def shown_turn(page) -> str:
    found = re.search(r'data-turn="[^"]*">(?:<span[^>]*>)?([^<]*)', page.content.decode())
    return found[1] if found else ""


def test_one_phone_names_both(couple, mara, theo, therapist):
    hers = talk(couple, therapist)[0]
    browser = signed_in(mara)
    browser.post(f"/do/{hers.pk}/steps/move/", {"act": "begin"})
    assert shown_turn(browser.get(f"/do/{hers.pk}/steps/")) == "Mara speaks. Theo listens."


# ── pages ────────────────────────────────────────────────────────────────────


def test_the_whole_way_as_plain_forms(couple, mara, therapist):
    hers = talk(couple, therapist)[0]
    browser, at = signed_in(mara), f"/do/{hers.pk}/steps/"
    assert "Do it step by step" in browser.get(f"/do/{hers.pk}/").content.decode()
    assert "Who speaks first?" in browser.get(at).content.decode()
    browser.post(f"{at}move/", {"act": "begin"})
    for number, text in enumerate(STEPS):
        page = browser.get(at).content.decode()
        assert f"Step {number + 1} of 3" in page
        assert re.search(rf'data-step="{number}"[^>]*data-seconds="\d+"><h1 tabindex="-1">{text}', page)
        browser.post(f"{at}move/", {"to": str(number + 1), "version": version_in(page)})
    closing = browser.get(at).content.decode()
    assert re.search(r'data-step="3"><h1 tabindex="-1">That was the last step', closing)
    assert browser.post(f"{at}move/", {"act": "end"}).url == f"/do/{hers.pk}/1/"
    assert "Who speaks first?" in browser.get(at).content.decode(), "the next time begins anew"


def version_in(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


def test_without_questions_the_end_is_done(couple, mara, therapist):
    hers = talk(couple, therapist, "shared", [])[0]
    browser, at = signed_in(mara), f"/do/{hers.pk}/steps/"
    browser.post(f"{at}move/", {"act": "begin"})
    assert "We did it" in browser.get(at).content.decode()
    assert browser.post(f"{at}move/", {"act": "end"}).url == f"/do/{hers.pk}/sent/"


def test_a_timer_is_started_by_oneself_and_shown_as_an_hour(couple, mara, therapist):
    hers = talk(couple, therapist)[0]
    browser, at = signed_in(mara), f"/do/{hers.pk}/steps/"
    browser.post(f"{at}move/", {"act": "begin"})
    assert browser.get(f"{at}state/").json()["timer"] is None
    browser.post(f"{at}move/", {"act": "timer", "seconds": "120", "version": "0"})
    told = browser.get(f"{at}state/").json()
    assert 110 <= told["timer"] <= 120
    browser.post(f"{at}move/", {"to": "1", "version": "1"})
    assert browser.get(f"{at}state/").json()["timer"] is None, "it ends with its step"
    for nonsense in ("", "-5", "1e9", "99999999", "ten"):
        answer = browser.post(f"{at}move/", {"act": "timer", "seconds": nonsense, "version": "2"})
        assert answer.status_code == 302
    assert pacing.SHORTEST - 1 <= browser.get(f"{at}state/").json()["timer"] <= pacing.LONGEST


def test_a_script_is_told_how_it_stands(couple, mara, theo, therapist):
    hers, his = talk(couple, therapist)
    one, other = signed_in(mara), signed_in(theo)
    json = {"HTTP_ACCEPT": "application/json"}
    at = f"/do/{hers.pk}/steps/"
    assert other.get(f"/do/{his.pk}/steps/state/").json() == {"ended": True}
    begun = one.post(f"{at}move/", {"act": "begin"}, **json)
    assert (begun.status_code, begun.json()["version"]) == (200, 0)
    assert one.post(f"{at}move/", {"to": "1", "version": "0"}, **json).json()["step"] == 1
    late = other.post(f"/do/{his.pk}/steps/move/", {"to": "2", "version": "0"}, **json)
    assert (late.status_code, late.json()["step"], late.json()["version"]) == (409, 1, 1)
    assert other.get(f"/do/{his.pk}/steps/state/").json() == {**late.json()}
    for page in (f"{at}move/", f"/do/{his.pk}/steps/move/"):
        assert one.post(page, {"act": "dance"}).status_code == 404


def test_sending_changes_nothing_in_the_steps_of_the_other(couple, mara, theo, therapist):
    from exercises import answering

    hers, his = talk(couple, therapist)
    other = signed_in(theo)
    other.post(f"/do/{his.pk}/steps/move/", {"act": "begin"})
    before = other.get(f"/do/{his.pk}/steps/")
    with acting_as(mara):
        answering.submit(Occurrence.objects.get(pk=hers.pk), author=mara, raw={"near": ["3"]})
    assert same_answer(before, other.get(f"/do/{his.pk}/steps/"))


def test_paper_says_how_it_goes_and_names_nobody(couple, mara, therapist):
    hers = talk(couple, therapist, prompts=["One thing", "Another thing"])[0]
    page = signed_in(mara).get(f"/do/{hers.pk}/paper/").content.decode()
    for text in (*STEPS, "One thing", "Another thing", "data-print"):
        assert text in page
    assert "Mara" not in page
    assert "Theo" not in page
    assert "Karlsen" not in page


def test_paper_keeps_a_delicate_title_to_itself(couple, mara, therapist):
    hers = talk(couple, therapist, "private", title="Private safety check", reminder_title="A form", summary="At home.")
    page = signed_in(mara).get(f"/do/{hers[0].pk}/paper/").content.decode()
    assert "A form" in page
    assert "safety check" not in page
    assert "At home." not in page


def test_looking_on_costs_few_queries(couple, mara, therapist, django_assert_max_num_queries):
    hers = talk(couple, therapist)[0]
    browser = signed_in(mara)
    browser.post(f"/do/{hers.pk}/steps/move/", {"act": "begin"})
    with django_assert_max_num_queries(16):
        browser.get(f"/do/{hers.pk}/steps/state/")
