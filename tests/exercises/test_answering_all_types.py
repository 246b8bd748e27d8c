"""Every type of question over HTTP: one a page, all on one, repeated, under conditions, without any script."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from time_machine import travel

from exercises import answering, drafts
from exercises.models import Answer, Assignment, Illustration, Occurrence, Response
from tests.exercises.given import ALL_TYPES, as_attune, give, make_edition
from tests.exercises.test_portal import keep, send, words
from tests.factories import acting_as, make_couple, signed_in

pytestmark = pytest.mark.django_db

FULL: dict[str, list[str]] = {
    "met": ["2026-05-21"],
    "bed": ["22:30"],
    "next": ["2026-05-28", "18:30"],
    "heard": ["3"],
    "days.meals": ["fine"],
    "days.talk": ["hard"],
    "song": ["https://example.org/song"],
    "walk": ["2.5", "km"],
    "hours": ["1.5"],
    "helped": ["tea", "::other", "The sun"],
    "place": ["::other", "On the stairs"],
    "argued": ["no"],
    "what": ["Dance"],
    "when": ["2026-06-01"],
    "name~1": ["Ann"],
    "age~1": ["7"],
    "name~2": ["Ben"],
    "thanks~1": ["Rain"],
    "mood": ["4", "calm"],
    "safe": ["yes"],
    "note": ["That is all"],
}
BRANCH = [one for one in ALL_TYPES if one["key"] in ("argued", "about", "mended", "mood")]


def page_data(html: str) -> dict[str, list[str]]:
    """The hidden fields of a page: what a browser without scripts sends along."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html):
        if name != "csrfmiddlewaretoken":
            found.setdefault(name, []).append(value)
    return found


def answer(browser: Any, path: str, raw: dict[str, list[str]], **more: Any):
    """Fill in one page as it stands and press Continue."""
    hidden = page_data(browser.get(path).content.decode())
    return browser.post(path, {**hidden, **{key: raw.get(key, []) for key in hidden["question"]}, **more})


def kept(occurrence: Occurrence, who) -> dict[str, list[str]]:
    with acting_as(who):
        return drafts.kept(Occurrence.objects.get(pk=occurrence.pk), who).raw


def whole(occurrence: Occurrence) -> None:
    with as_attune(occurrence):
        Assignment.objects.filter(pk=occurrence.assignment_id).update(whole_page=True)


# ── one page after the other ───────────────────────────────────────────────


def test_every_type_is_answered_page_by_page_without_script(couple, mara, theo, therapist):
    hers, _his = give(couple, therapist, "shared", ALL_TYPES)
    browser, at = signed_in(mara), f"/do/{hers.pk}/"
    keep(hers, mara, {"name~1": [""], "name~2": [""]})
    path, visited = f"{at}1/", []
    while "/check/" not in path:
        visited.append(path)
        assert browser.get(path).status_code == 200
        path = answer(browser, path, FULL).url
    assert len(visited) == 17, "what was not asked has no page on the way"
    check = words(browser.get(path))
    for said in ("21 May 2026", "22:30", "28 May 2026", "Mostly", "Meals together Fine", "2.5 kilometres", "1.5 hours",
                 "Tea, The sun", "On the stairs", "Dance", "Child (2): First name", "Good: calm"):  # fmt: skip
        assert said in check, said
    assert "What it was about" not in check
    with travel(timezone.now() - datetime.timedelta(minutes=1), tick=False):
        assert browser.post(f"{at}send/").url == f"{at}sent/"
    with as_attune(couple):
        answers = {one.key: one for one in Answer.objects.all()}
    assert {"days.meals", "days.talk", "name~1", "name~2", "age~1", "thanks~1"} <= set(answers)
    assert not {"days", "days.sleep", "age~2", "about", "mended"} & set(answers)
    assert answers["next"].text == "2026-05-28T18:30"
    assert (answers["walk"].number, answers["walk"].choices) == (2.5, ["km"])
    assert answers["safe"].lane == "private"
    opened = words(signed_in(theo).get(f"/together/{hers.pk}/"))
    assert "How these went: Meals together" in opened
    assert "I can say what I think" not in opened
    assert "On the stairs" in opened


def test_the_therapist_reads_rows_and_repeated_answers(couple, mara, therapist):
    hers = give(couple, therapist, "shared", ALL_TYPES)[0]
    send(hers, mara, FULL)
    with as_attune(couple):
        response = Response.objects.get()
    page = words(signed_in(therapist).get(reverse("response", args=[couple.pk, response.pk])))
    assert "Meals together Fine" in page
    assert "Child (2): First name Ben" in page
    assert "21 May 2026" in page


def test_what_is_required_is_asked_for_kindly_when_going_on_and_never_when_saving(couple, mara, therapist):
    hers = give(couple, therapist, "shared", ALL_TYPES)[0]
    browser, at = signed_in(mara), f"/do/{hers.pk}/"
    saved = browser.post(f"{at}save/", {"question": "met", "base_version": "0"})
    assert saved.json()["state"] == "saved"
    refused = answer(browser, f"{at}1/", {})
    assert refused.status_code == 422
    assert "Please answer this one, or choose “I would rather not say”" in words(refused)
    for to, url in (("stop", "/today/"), ("back", at)):
        assert answer(browser, f"{at}1/", {}, to=to).url == url, "stopping and going back are always free"
    declined = answer(browser, f"{at}1/", {"met": ["::rather-not-say"]})
    assert declined.status_code == 302
    keep(hers, mara, {"met": []}, base=9)
    blocked = browser.post(f"{at}send/")
    assert blocked.status_code == 422
    assert 'href="#q-met-line"' in blocked.content.decode()


def test_stopping_says_that_it_is_saved_and_where_to_find_it(couple, mara, therapist):
    hers = give(couple, therapist, "shared", ALL_TYPES)[0]
    browser = signed_in(mara)
    stopped = answer(browser, f"/do/{hers.pk}/2/", {"bed": ["23:15"]}, to="stop")
    assert stopped.url == "/today/"
    today = words(browser.get("/today/"))
    assert "Saved, and not sent. You find it here on Today" in today
    assert "You stopped here" in today
    assert kept(hers, mara)["bed"] == ["23:15"]


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("met", "31.12."),
        ("bed", "late"),
        ("song", "javascript:alert(1)"),
        ("walk", "far"),
        ("hours", "1,55"),
        ("heard", "9"),
    ],
)
def test_what_is_wrong_stays_on_the_page_with_what_would_help(key, typed, couple, mara, therapist):
    hers = give(couple, therapist, "shared", ALL_TYPES)[0]
    number = next(
        n
        for n in range(1, 20)
        if f'name="{key}"' in signed_in(mara).get(f"/do/{hers.pk}/{n}/", follow=True).content.decode()
    )
    page = answer(signed_in(mara), f"/do/{hers.pk}/{number}/", {key: [typed]})
    assert page.status_code == 422
    assert "field__error" in page.content.decode()
    assert kept(hers, mara)[key] == [typed]
    if key != "heard":
        assert f'value="{typed}"' in page.content.decode()


# ── conditions ─────────────────────────────────────────────────────────────


def test_what_another_tab_says_is_said_in_words(couple, mara, therapist):
    hers = give(couple, therapist, "shared", ALL_TYPES)[0]
    keep(hers, mara, {"place": ["kitchen"]})
    clash = (
        signed_in(mara)
        .post(f"/do/{hers.pk}/save/", {"question": "place", "place": "::other", "base_version": "0"})
        .json()["questions"][0]
    )
    assert (clash["mine_words"], clash["kept_words"]) == ("Something else", "In the kitchen")


def test_going_on_and_back_skips_what_is_not_asked(couple, mara, therapist):
    hers = give(couple, therapist, "shared", BRANCH)[0]
    browser, at = signed_in(mara), f"/do/{hers.pk}/"
    assert "Question 1 of at most 4" in words(browser.get(f"{at}1/"))
    assert answer(browser, f"{at}1/", {"argued": ["no"]}).url == f"{at}4/"
    assert "Question 2 of at most 2" in words(browser.get(f"{at}4/"))
    assert answer(browser, f"{at}4/", {}, to="back").url == f"{at}1/"
    assert browser.get(f"{at}2/").url == f"{at}4/", "an address that is not asked now leads on"
    assert answer(browser, f"{at}1/", {"argued": ["yes"]}).url == f"{at}2/"


def test_hidden_answers_come_back_with_their_condition_and_are_not_sent(couple, mara, theo, therapist):
    questions = [{**one, "flag_if": "<=3", "metric": "closeness"} if one["key"] == "mended" else one for one in BRANCH]
    hers = give(couple, therapist, "shared", questions)[0]
    browser, at = signed_in(mara), f"/do/{hers.pk}/"
    answer(browser, f"{at}1/", {"argued": ["yes"]})
    answer(browser, f"{at}2/", {"about": ["Money"]})
    answer(browser, f"{at}3/", {"mended": ["1"]})
    assert "Money" in words(browser.get(f"{at}check/"))
    answer(browser, f"{at}1/", {"argued": ["no"]})
    assert kept(hers, mara)["about"] == ["Money"]
    assert "Money" not in words(browser.get(f"{at}check/"))
    answer(browser, f"{at}1/", {"argued": ["yes"]})
    assert "Money" in words(browser.get(f"{at}check/"))
    answer(browser, f"{at}1/", {"argued": ["no"]})
    assert browser.post(f"{at}send/").status_code == 302
    from reports.models import Alert, Score

    with as_attune(couple):
        assert set(Answer.objects.values_list("key", flat=True)) == {"argued"}
        assert not Score.objects.exists()
        assert not Alert.objects.exists()
    assert "Money" not in words(signed_in(theo).get(f"/together/{hers.pk}/"))


def test_a_browser_that_posts_hidden_answers_changes_nothing(couple, mara, therapist):
    hers = give(couple, therapist, "shared", BRANCH)[0]
    browser, at = signed_in(mara), f"/do/{hers.pk}/"
    forged = {"question": ["argued", "about", "mended"], "argued": "no", "about": "Forged", "mended": "5"}
    browser.post(f"{at}1/", {**forged, "base_version": "0"})
    browser.post(f"{at}send/")
    with as_attune(couple):
        assert set(Answer.objects.values_list("key", flat=True)) == {"argued"}


def test_saving_tells_the_page_what_is_asked_now(couple, mara, therapist):
    hers = give(couple, therapist, "shared", BRANCH)[0]
    browser, at = signed_in(mara), f"/do/{hers.pk}/save/"
    yes = browser.post(at, {"question": "argued", "argued": "yes", "base_version": "0"}).json()
    assert yes["shown"] == ["argued", "about", "mended", "mood"]
    no = browser.post(at, {"question": "argued", "argued": "no", "base_version": "1"}).json()
    assert no["shown"] == ["argued", "mood"]


# ── all on one page ────────────────────────────────────────────────────────


def test_a_whole_page_keeps_everything_and_shows_what_has_come_up(couple, mara, therapist):
    hers = give(couple, therapist, "shared", BRANCH)[0]
    whole(hers)
    browser, at = signed_in(mara), f"/do/{hers.pk}/"
    first = browser.get(f"{at}1/").content.decode()
    assert re.search(r'data-block="about"\s+hidden', first)
    more = answer(browser, f"{at}1/", {"argued": ["yes"], "mood": ["3"]})
    assert more.url.startswith(f"{at}1/#q-about")
    page = browser.get(f"{at}1/")
    assert "One more thing has come up" in words(page)
    assert not re.search(r'data-block="about"\s+hidden', page.content.decode())
    done = answer(browser, f"{at}1/", {"argued": ["yes"], "about": ["Money"], "mended": ["12"], "mood": ["3"]})
    assert done.status_code == 422
    assert '<a href="#q-mended">How well we mended it:' in done.content.decode()
    assert kept(hers, mara)["about"] == ["Money"]
    assert answer(browser, f"{at}1/", {"argued": ["yes"], "about": ["Money"], "mood": ["3"]}).url == f"{at}check/"


def test_two_tabs_on_a_whole_page_join_what_each_has_touched(couple, mara, therapist):
    hers = give(couple, therapist, "shared", BRANCH)[0]
    whole(hers)
    browser, at = signed_in(mara), f"/do/{hers.pk}/1/"
    keep(hers, mara, {"argued": ["yes"], "about": ["First"]})
    one = page_data(browser.get(at).content.decode())
    other = page_data(browser.get(at).content.decode())
    same = {"argued": "yes", "about": "First"}
    assert browser.post(at, {**one, **same, "about": "From one tab"}).status_code == 302
    joined = browser.post(at, {**other, **same, "mood": "5"})
    assert joined.status_code == 302, "what this tab never touched does not clash"
    assert kept(hers, mara)["about"] == ["From one tab"]
    assert kept(hers, mara)["mood"] == ["5"]
    clash = browser.post(at, {**other, **same, "about": "From the other"})
    assert clash.status_code == 409
    assert "From one tab" in words(clash)
    assert "From the other" in clash.content.decode()
    assert kept(hers, mara)["about"] == ["From one tab"]


# ── again and again ────────────────────────────────────────────────────────


def test_one_more_and_one_less_by_plain_buttons(couple, mara, therapist):
    hers = give(couple, therapist, "shared", [one for one in ALL_TYPES if one["key"] == "children"])[0]
    browser, at = signed_in(mara), f"/do/{hers.pk}/1/"
    added = answer(browser, at, {}, add="children~2")
    assert added.url == f"{at}#q-name-n2"
    assert page_data(browser.get(at).content.decode())["question"] == ["name~1", "age~1", "name~2", "age~2"]
    answer(browser, at, {"name~1": ["Ann"], "name~2": ["Ben"]}, add="children~3")
    page = browser.get(at).content.decode()
    assert 'name="add"' not in page, "there is room for three"
    assert answer(browser, at, {"name~1": ["Ann"], "name~2": ["Ben"]}, remove="children~1").status_code == 302
    left = kept(hers, mara)
    assert "name~1" not in left
    assert left["name~2"] == ["Ben"]
    check = words(browser.get(f"/do/{hers.pk}/check/"))
    assert "Child (1): First name Ben" in check
    assert "Ann" not in check
    for key in ("children~99", "nobody~2", "../etc", "children"):
        assert answer(browser, at, {}, add=key).status_code in (200, 302)


def test_one_less_in_one_tab_does_not_swallow_what_another_wrote(couple, mara, therapist):
    hers = give(couple, therapist, "shared", [one for one in ALL_TYPES if one["key"] == "thanks"])[0]
    keep(hers, mara, {"thanks~1": ["Rain"], "thanks~2": ["Sun"]})
    browser, at = signed_in(mara), f"/do/{hers.pk}/1/"
    old = page_data(browser.get(at).content.decode())
    keep(hers, mara, {"thanks~2": ["Sun and wind"]}, base=1)
    clash = browser.post(at, {**old, "thanks~1": "Rain", "thanks~2": "Sun", "remove": "thanks~2"})
    assert clash.status_code == 409
    assert kept(hers, mara)["thanks~2"] == ["Sun and wind"]


# ── closing ────────────────────────────────────────────────────────────────


def test_late_is_fine_and_marked(couple, mara, therapist):
    hers = give(couple, therapist, "shared", BRANCH, due=timezone.now() - datetime.timedelta(hours=3))[0]
    browser, at = signed_in(mara), f"/do/{hers.pk}/"
    assert "Late is fine" in words(browser.get(at))
    assert "Late is fine" in words(browser.get(f"{at}1/"))
    keep(hers, mara, {"mood": ["3"]})
    assert browser.post(f"{at}send/").status_code == 302
    assert "late, and that is fine" in words(browser.get(f"{at}sent/"))
    with as_attune(couple):
        assert Occurrence.objects.get(pk=hers.pk).came_late
        response = Response.objects.get()
    assert "· late" in words(signed_in(therapist).get(reverse("response", args=[couple.pk, response.pk])))


def test_nothing_closes_while_somebody_is_writing(couple, mara, therapist):
    hers = give(couple, therapist, "shared", BRANCH)[0]
    at, closes = f"/do/{hers.pk}/", hers.closes_at
    with travel(closes - datetime.timedelta(minutes=5), tick=False):
        browser = signed_in(mara)
        keep(hers, mara, {"about": ["Just a mo"]})
    with as_attune(couple):
        Occurrence.objects.filter(pk=hers.pk).update(state="missed")
    with travel(closes + datetime.timedelta(minutes=4), tick=False):
        saved = browser.post(f"{at}save/", {"question": "mood", "mood": "3", "base_version": "1"})
        assert saved.json()["state"] == "saved"
    with travel(closes + datetime.timedelta(minutes=15), tick=False):
        assert answering.can_answer(hers, timezone.now(), written_at=closes + datetime.timedelta(minutes=4))
        assert browser.post(f"{at}send/").url == f"{at}sent/"
    with as_attune(couple):
        assert Occurrence.objects.get(pk=hers.pk).state == "done"


def test_what_was_closed_and_left_alone_stays_closed(couple, mara, therapist):
    hers = give(couple, therapist, "shared", BRANCH)[0]
    later = hers.closes_at + datetime.timedelta(minutes=30)
    assert not answering.can_answer(hers, later, written_at=hers.closes_at - datetime.timedelta(minutes=5))
    hers.state = Occurrence.State.PAUSED
    assert not answering.can_answer(hers, timezone.now(), written_at=timezone.now())


# ── pictures and links ─────────────────────────────────────────────────────


def test_pictures_are_for_those_the_exercise_was_given_to(practice, couple, mara, theo, therapist):
    with as_attune(couple):
        edition = make_edition(BRANCH)
        picture = Illustration.objects.create(
            exercise=edition.exercise, content_type="image/png", data=b"\x89PNG", sha256="a" * 64, width=1, height=1
        )
        odd = Illustration.objects.create(
            exercise=edition.exercise, content_type="text/html", data=b"<b>", sha256="b" * 64, width=1, height=1
        )
    questions = [{"key": "see", "type": "image", "attachment": str(picture.pk), "alt": "Two chairs"}, *BRANCH]
    path = f"/picture/{picture.pk}/"
    assert signed_in(mara).get(path).status_code == 404
    hers = give(couple, therapist, "private", questions, to=[mara])[0]
    with as_attune(couple):
        Assignment.objects.filter(pk=hers.assignment_id).update(edition=edition)
    shown = signed_in(mara).get(path)
    assert (shown.status_code, shown.content) == (200, b"\x89PNG")
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert signed_in(theo).get(path).status_code == 404, "what was given to her alone"
    assert signed_in(therapist).get(path).status_code == 200
    assert signed_in(mara).get(f"/picture/{odd.pk}/").status_code == 404
    elsewhere = make_couple(practice, ("Noor", "Lea"), therapist=therapist)
    assert signed_in(elsewhere.clients[0]).get(path).status_code == 404


def test_links_say_where_they_lead_and_pictures_what_they_show(couple, mara, therapist):
    picture = {"key": "see", "type": "image", "src": "practice/icon.svg", "alt": "Two chairs by a window"}
    link = {"key": "read", "type": "link", "url": "https://example.org/a?b=1", "label": "A short text"}
    hers = give(couple, therapist, "shared", [picture, link, *BRANCH])[0]
    page = signed_in(mara).get(f"/do/{hers.pk}/1/").content.decode()
    assert 'alt="Two chairs by a window"' in page
    assert 'target="_blank" rel="noopener noreferrer external"' in page
    assert "example.org · opens in a new tab" in page


# ── how much is read ───────────────────────────────────────────────────────


@pytest.mark.parametrize("times", [1, 3])
def test_queries_do_not_grow_with_what_is_typed(times, couple, mara, therapist, django_assert_max_num_queries):
    hers = give(couple, therapist, "shared", ALL_TYPES)[0]
    keep(hers, mara, {**FULL, **{f"thanks~{n}": ["Rain"] for n in range(1, times + 1)}})
    browser, at = signed_in(mara), f"/do/{hers.pk}/"
    for page in ("1/", "15/", "check/"):
        with django_assert_max_num_queries(24):
            assert browser.get(f"{at}{page}").status_code == 200
    with django_assert_max_num_queries(29):
        browser.post(f"{at}save/", {"question": "bed", "bed": f"2{times}:00", "base_version": "1"})


# ── together ───────────────────────────────────────────────────────────────


JOINT: list[dict[str, Any]] = [
    {"key": "moved", "type": "yes_no", "label": "We moved this week"},
    {
        "key": "mine",
        "type": "short_text",
        "label": "What I miss",
        "each": True,
        "show_if": {"all": [{"question": "moved", "operator": "=", "answer": True}]},
    },
]


@pytest.mark.parametrize(("moved", "asked"), [("yes", True), ("no", False)])
def test_ones_own_part_may_hang_on_what_was_answered_together(moved, asked, couple, mara, theo, therapist):
    (joint,) = give(couple, therapist, "joint", JOINT)
    with travel(timezone.now() - datetime.timedelta(minutes=1), tick=False), acting_as(mara):
        answering.submit(Occurrence.objects.get(pk=joint.pk), author=mara, raw={"moved": [moved]})
    browser, at = signed_in(theo), f"/do/{joint.pk}/"
    if not asked:
        assert browser.get(at).url == f"/together/{joint.pk}/"
        assert "Begin" not in words(browser.get("/today/"))
        return
    assert "What I miss" in words(browser.get(f"{at}1/"))
    keep(joint, theo, {"mine": ["The garden"]})
    assert "The garden" in words(browser.get(f"{at}check/"))
    assert browser.post(f"{at}send/").status_code == 302
    with as_attune(couple):
        assert set(Answer.objects.filter(author=theo).values_list("key", flat=True)) == {"mine"}
