"""A partner's own progress page, and the therapist's page of who sees what."""

from __future__ import annotations

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Client, Couple, Partner
from exercises.models import Response
from exercises.vocabulary import Lane
from practice.models import Practice, Recovery
from reports import lately, releases
from reports.material import Period
from reports.metrics import Facts, own
from reports.metrics.facts import Fact
from reports.models import Release, Score, Showing
from reports.paper import Partner as Person
from tests.exercises.given import as_attune
from tests.factories import make_couple, signed_in, user_of
from tests.reports.factories import QUESTIONS, Giver
from tests.reports.test_measures import send
from tests.reports.test_releases import release, say

pytestmark = pytest.mark.django_db


def text_of(browser, path: str = "/lately/") -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", answer.content.decode())


def words_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition('<main id="main"')[2].partition("</main>")[0]))


def taken(couple: Couple, therapist, client: Client, key: str, *answers: str) -> None:
    """Scores of one partner, a week apart, the last one today."""
    for at, one in enumerate(answers):
        response = send(couple, therapist, client, key, one)
        ago = timezone.now() - datetime.timedelta(weeks=len(answers) - 1 - at)
        with as_attune(couple):
            Response.objects.filter(pk=response.pk).update(submitted_at=ago)
            Score.objects.filter(response=response).update(at=ago)


@pytest.fixture
def scored(couple, therapist, mara, theo) -> Couple:
    taken(couple, therapist, mara, "csi4", "3 3 4 3", "4 4 3 3", "4 4 4 4")
    taken(couple, therapist, theo, "csi4", "5 5 4 5", "4 4 4 4", "4 4 3 4")
    return couple


@pytest.fixture
def asked(couple, therapist) -> Giver:
    return Giver(couple, therapist)


def answered(giver: Giver, client: Client, lane: str, values: list[int]) -> None:
    """Weekly answers to the question of closeness, the last one yesterday."""
    first = timezone.localdate() - datetime.timedelta(days=7 * (len(values) - 1) + 1)
    given = giver.give(giver.edition(), lane, to=[client] if lane != Lane.SHARED else None, starts_on=first)[0]
    for at, value in enumerate(values):
        giver.send(given, client, first + datetime.timedelta(weeks=at), {"closeness": value})


def test_the_page_is_there_before_anything_is(mara, couple):
    page = text_of(signed_in(mara))
    assert "Nothing to draw yet" in page
    assert "<title>Lately" in page


def test_an_unreleased_measure_leaves_no_word_on_the_page(scored, mara):
    assert "CSI-4" not in text_of(signed_in(mara))


def test_a_released_measure_is_told_in_words_for_clients_with_its_numbers(scored, therapist, mara):
    release(scored, therapist, client=mara)
    page = text_of(signed_in(mara))
    said = words_of(page)
    assert "Higher than at the start: 13 then, 16 now." in said
    assert 'role="img"' in page
    assert "<title>CSI-4, from 0 to 21. You: from 13 to 16 in 3 answers.</title>" in page
    assert all(f">{value}</td>" in page for value in (13, 14, 16))
    for word in ("failed", "worse", "deteriorat", "distress", "clinical", "reliabl", "improve", "Theo:"):
        assert word.lower() not in said.lower(), word


def test_a_score_in_the_range_of_many_couples_is_told_in_those_words(couple, therapist, mara):
    taken(couple, therapist, mara, "csi4", "4 4 3 3", "3 3 4 3", "3 3 3 3")
    release(couple, therapist, client=mara)
    said = words_of(text_of(signed_in(mara)))
    assert "This lies in the range where many couples seek help." in said
    assert "About the same as at the start: 14 then, 12 now." in said


def test_a_measure_without_a_threshold_says_numbers_alone(couple, therapist, mara):
    taken(couple, therapist, mara, "phq8", "3 3 3 3 3 3 3 3", "1 1 1 1 1 1 1 1", "0 0 0 0 0 0 0 0")
    release(couple, therapist, "phq8", mara)
    said = words_of(text_of(signed_in(mara)))
    assert "24 at the start, 0 now." in said
    assert "than at the start" not in said


def test_below_three_scores_it_is_too_early_to_draw(couple, therapist, mara):
    taken(couple, therapist, mara, "csi4", "4 4 3 3", "3 3 4 3")
    release(couple, therapist, client=mara)
    page = text_of(signed_in(mara))
    assert "2 answers so far. From the third on there is something to draw." in page
    assert "chart--line" not in page


def test_the_start_is_the_first_score_however_long_ago_it_was(scored, therapist, mara):
    response = send(scored, therapist, mara, "csi4", "1 1 1 1")
    with as_attune(scored):
        long_ago = timezone.now() - datetime.timedelta(weeks=40)
        Response.objects.filter(pk=response.pk).update(submitted_at=long_ago)
        Score.objects.filter(response=response).update(at=long_ago)
    release(scored, therapist, client=mara)
    said = words_of(text_of(signed_in(mara)))
    assert "Higher than at the start: 4 then, 16 now." in said
    assert "You: from 13 to 16 in 3 answers." in text_of(signed_in(mara)), "drawn is the half year alone"


def test_a_measure_that_is_too_early_to_draw_is_named_once(couple, therapist, mara, theo):
    for one in (mara, theo):
        taken(couple, therapist, one, "csi4", "4 4 3 3")
    release(couple, therapist)
    for one in (mara, theo):
        say(one, couple)
    assert text_of(signed_in(mara)).count("One answer so far.") == 1


def test_the_page_says_who_else_sees_it(scored, therapist, mara):
    said = words_of(text_of(signed_in(mara)))
    assert f"Only you see this page, and {therapist.name} what you sent them." in said


def test_the_others_line_stands_beside_ones_own_only_while_both_show_it(scored, therapist, mara, theo):
    release(scored, therapist)
    browser = signed_in(mara)
    assert "Side by side" not in text_of(browser)
    say(mara, scored)
    alone = text_of(browser)
    assert "Side by side" not in alone
    say(theo, scored)
    both = text_of(browser)
    assert both.index("You: from 13 to 16") < both.index("Theo: from 19 to 15")
    say(theo, scored, shows=False)
    assert words_of(text_of(browser)) == words_of(alone), "as if it had never been"


def test_a_partner_stops_showing_with_one_press_and_nobody_is_told(scored, therapist, mara, theo):
    release(scored, therapist)
    browser, other = signed_in(mara), signed_in(theo)
    for one in (browser, other):
        sent = {"couple": str(scored.pk), "series": "csi4", "shows": "yes"}
        assert one.post("/lately/showing/", sent).status_code == 302
    assert "Mara: from 13" in text_of(other)
    assert "Stop showing it to Theo" in text_of(browser)
    browser.post("/lately/showing/", {"couple": str(scored.pk), "series": "csi4", "shows": "no"})
    assert "Mara: from" not in text_of(other)
    with as_attune(scored):
        assert not Showing.objects.filter(client=mara, ended_at=None, shows=True).exists()


def test_b40_a_sign_in_by_the_mailbox_alone_shows_nothing_more_and_may_stop_showing(scored, therapist, mara, theo):
    release(scored, therapist)
    say(mara, scored, "csi4", shows=False)
    say(theo, scored, "csi4")
    Recovery.objects.create(user=user_of(mara), at=timezone.now())
    browser, other = signed_in(mara), signed_in(theo)
    for series in ("csi4", releases.EVERYTHING):
        sent = {"couple": str(scored.pk), "series": series, "shows": "yes"}
        assert browser.post("/lately/showing/", sent).url == "/account/closed/"
    assert "Mara: from" not in text_of(other)
    Recovery.objects.all().delete()
    sent = {"couple": str(scored.pk), "series": "csi4", "shows": "yes"}
    signed_in(mara).post("/lately/showing/", sent)
    assert "Mara: from 13" in text_of(other)
    Recovery.objects.create(user=user_of(mara), at=timezone.now())
    assert signed_in(mara).post("/lately/showing/", sent | {"shows": "no"}).url == "/lately/"
    assert "Mara: from" not in text_of(other)


@pytest.mark.parametrize(
    "changed", [{"couple": "x"}, {"series": "hits"}, {"series": "emotional_safety"}, {"series": "made up"}]
)
def test_a_word_on_what_is_not_theirs_to_show_is_a_404(scored, mara, changed):
    sent = {"couple": str(scored.pk), "series": "csi4", "shows": "yes"} | changed
    assert signed_in(mara).post("/lately/showing/", sent).status_code == 404


def test_a_word_about_another_couple_is_a_404(scored, mara, practice, therapist):
    other = make_couple(practice, ("Ines", "Jon"), therapist=therapist)
    sent = {"couple": str(other.pk), "series": "csi4", "shows": "yes"}
    assert signed_in(mara).post("/lately/showing/", sent).status_code == 404


def test_ones_own_answers_of_every_lane_make_ones_own_line(asked, mara, theo):
    answered(asked, mara, Lane.OWN, [3, 4, 5])
    mine, theirs = text_of(signed_in(mara)), text_of(signed_in(theo))
    assert "How close I felt" in mine
    assert "Your last answers lie between 3 and 5." in mine
    assert "How close I felt" not in theirs


def test_a_missing_week_is_a_gap_that_says_nothing(asked, mara):
    answered(asked, mara, Lane.PRIVATE, [3, 4, 5, 5])
    with as_attune(asked.couple):
        at = timezone.now() - datetime.timedelta(weeks=12)
        first = Response.objects.order_by("submitted_at")[0]
        Response.objects.filter(pk=first.pk).update(submitted_at=at)
    page = text_of(signed_in(mara))
    assert "The line breaks where there is no answer; that says nothing about the week." in page


def test_the_default_is_asked_of_each_partner_before_anything_is_seen(scored, therapist, mara, theo, practice):
    with as_attune(scored):
        Practice.objects.filter(pk=practice.pk).update(scores_by_agreement=True)
    release(scored, therapist, releases.EVERYTHING)
    browser = signed_in(mara)
    page = text_of(browser)
    assert "would like your scores to be shown here" in page
    assert "CSI-4" not in page
    browser.post("/lately/showing/", {"couple": str(scored.pk), "series": "", "shows": "no"})
    assert "CSI-4" in text_of(browser), "only for her"
    say(theo, scored, "")
    assert "Side by side" not in text_of(signed_in(theo))
    browser.post("/lately/showing/", {"couple": str(scored.pk), "series": "", "shows": "yes"})
    assert "Side by side" in text_of(signed_in(theo))


def test_the_queries_do_not_grow_with_the_data(couple, therapist, mara, theo, asked):
    def cost() -> int:
        browser = signed_in(mara)
        browser.get("/lately/")
        with CaptureQueriesContext(connection) as seen:
            assert browser.get("/lately/").status_code == 200
        return len(seen)

    taken(couple, therapist, mara, "csi4", "3 3 4 3", "4 4 3 3", "4 4 4 4")
    release(couple, therapist)
    answered(asked, mara, Lane.PRIVATE, [3, 4, 5])
    answered(asked, theo, Lane.SHARED, [5])
    few = cost()
    for key in ("phq8", "gad7"):
        release(couple, therapist, key)
    taken(couple, therapist, mara, "gad7", *["1 1 1 1 1 0 0"] * 6)
    answered(asked, mara, Lane.SHARED, [3, 4, 5, 6, 7, 8])
    assert cost() == few
    assert few <= 50


# ── at a glance ──────────────────────────────────────────────────────────────


def glance_of(html: str) -> dict[str, str]:
    there = html.partition('id="glance-')[2].partition("</dl>")[0]
    return dict(re.findall(r"<dt[^>]*>(.*?)</dt><dd>(.*?)</dd>", there))


def test_the_first_glance_says_higher_only_of_a_change_beyond_chance(scored, asked, therapist, mara):
    taken(scored, therapist, mara, "phq8", "3 3 3 3 3 3 3 3", "1 1 1 1 1 1 1 1", "0 0 0 0 0 0 0 0")
    answered(asked, mara, Lane.PRIVATE, [2, 5, 9])
    for key in ("csi4", "phq8"):
        release(scored, therapist, key, mara)
    said = glance_of(text_of(signed_in(mara)))
    assert said["CSI-4"] == "higher than at the start"
    assert said["PHQ-8"] == "24 at the start, 0 now", "no threshold, no word"
    assert said["How close I felt"] == "lately between 2 and 9"


def test_there_is_no_first_glance_where_nothing_is_drawn(asked, mara):
    answered(asked, mara, Lane.PRIVATE, [2, 5])
    assert glance_of(text_of(signed_in(mara))) == {}


def test_below_a_drawing_stand_its_first_its_middle_and_its_last_day(asked, mara):
    answered(asked, mara, Lane.PRIVATE, [3, 4, 5, 6])
    ends = re.search(r'<p class="ends" aria-hidden="true">(.*?)</p>', text_of(signed_in(mara)))
    assert ends is not None
    today = timezone.localdate(timezone=asked.couple.zone)
    said = re.findall(r"<span>(.*?)</span>", ends[1])
    first = today - lately.REACH + datetime.timedelta(days=1)
    starts = first + datetime.timedelta(weeks=((today - lately.SHORTEST) - first).days // 7)
    middle = starts + (today - starts) // 2
    assert said == [f"{day:%-d %b}" for day in (starts, middle, today)]


# ── numbers between sessions ─────────────────────────────────────────────────

FAIRNESS = [{**QUESTIONS[0], "key": "fair", "label": "How fair", "metric": "fairness"}]


def felt(giver: Giver, client: Client, lane: str, values: list[int]) -> None:
    first = timezone.localdate() - datetime.timedelta(days=7 * (len(values) - 1) + 1)
    edition = giver.edition(FAIRNESS, title="Fair")
    [given] = giver.give(edition, lane, to=[client] if lane != Lane.SHARED else None, starts_on=first)
    for at, value in enumerate(values):
        giver.send(given, client, first + datetime.timedelta(weeks=at), {"fair": value})


def numbers_of(client: Client) -> str:
    return words_of(text_of(signed_in(client))).partition("Numbers between sessions")[2]


def test_each_partner_reads_their_own_numbers_and_nobody_elses(asked, mara, theo):
    felt(asked, mara, Lane.SHARED, [4, 5, 6])
    felt(asked, theo, Lane.SHARED, [9, 9, 9, 9])
    assert "Fairness of unseen work 3 answers" in numbers_of(mara)
    assert "5 of 10" in numbers_of(mara)
    assert "9 of 10" not in numbers_of(mara)
    assert "9 of 10" in numbers_of(theo)


def test_a_number_with_too_little_behind_it_is_not_shown(asked, mara):
    felt(asked, mara, Lane.SHARED, [4, 5])
    assert numbers_of(mara) == ""


@pytest.mark.parametrize("lane", [Lane.OWN, Lane.PRIVATE])
def test_what_not_everybody_may_read_is_in_no_number(asked, mara, lane):
    felt(asked, mara, lane, [4, 5, 6])
    assert numbers_of(mara) == ""


def test_nothing_that_is_added_up_over_both_is_told(couple):
    partners = (Person("Mara", 0), Person("Theo", 1))
    today = timezone.localdate()
    said = [Fact(at, today, "load", series="labour_share", number=6.0) for at in (0, 1) for _n in range(3)]
    period = Period(today - datetime.timedelta(days=30), today, couple.zone)
    facts = Facts(partners=partners, period=period, shared=True, facts=tuple(said))
    told = list(own.told(facts, 0))
    assert [one.value for one in told] == ["6 of 10"]


# ── the therapist's side ─────────────────────────────────────────────────────


def test_a_therapist_releases_and_takes_back_with_one_press_each(scored, therapist, mara, theo):
    browser, path = signed_in(therapist), f"/desk/couples/{scored.pk}/shown/"
    page = text_of(browser, path)
    assert "CSI-4" in page
    assert "3 scores: not shown" in words_of(page)
    browser.post(f"{path}change/", {"series": "csi4", "to": str(mara.pk)})
    assert "shown to themselves alone" in words_of(text_of(browser, path))
    browser.post(f"{path}change/", {"series": "csi4", "to": "all"})
    assert "Not side by side yet: that needs a yes of each." in text_of(browser, path)
    for one in (mara, theo):
        say(one, scored)
    assert "All of them see it side by side." in text_of(browser, path)
    browser.post(f"{path}change/", {"series": "csi4", "to": "nobody"})
    assert "3 scores: not shown" in words_of(text_of(browser, path))
    with as_attune(scored):
        assert Release.objects.count() == 3
        assert not Release.objects.filter(withdrawn_at=None).exists()


def test_a_press_that_changes_nothing_says_so(scored, therapist, mara):
    browser, act = signed_in(therapist), f"/desk/couples/{scored.pk}/shown/change/"
    for to, done in (("all", "Released."), ("nobody", "Taken back.")):
        first = browser.post(act, {"series": "csi4", "to": to}, follow=True).content.decode()
        again = browser.post(act, {"series": "csi4", "to": to}, follow=True).content.decode()
        assert done in first
        assert "Nothing has changed." in again
        assert done not in again


@pytest.mark.parametrize(
    ("names", "words"),
    [(("Mara", "Theo"), "Ask both and show scores"), (("Mara", "Theo", "Ada"), "Ask each of them and show scores")],
)
def test_as_many_are_asked_as_there_are(practice, therapist, names, words):
    several = make_couple(practice, names, therapist=therapist)
    with as_attune(several):
        Practice.objects.filter(pk=practice.pk).update(scores_by_agreement=True)
    assert words in text_of(signed_in(therapist), f"/desk/couples/{several.pk}/shown/")


def test_the_preview_holds_the_words_that_the_partner_reads(scored, therapist, mara):
    release(scored, therapist, client=mara)
    seen = text_of(signed_in(therapist), f"/desk/couples/{scored.pk}/shown/to/{mara.pk}/")
    assert "Higher than at the start: 13 then, 16 now." in seen
    assert "portal_showing" not in seen
    assert "/lately/showing/" not in seen


def test_the_preview_holds_nothing_that_they_keep_to_themselves(asked, therapist, mara):
    answered(asked, mara, Lane.OWN, [3, 4, 5])
    seen = text_of(signed_in(therapist), f"/desk/couples/{asked.couple.pk}/shown/to/{mara.pk}/")
    assert "How close I felt" not in seen


def test_whoever_left_has_no_page_to_look_at_and_nothing_to_release(scored, therapist, mara):
    with as_attune(scored):
        Partner.objects.filter(client=mara).update(left_at=timezone.now())
    browser, path = signed_in(therapist), f"/desk/couples/{scored.pk}/shown/"
    assert browser.get(f"{path}to/{mara.pk}/").status_code == 404
    assert browser.post(f"{path}change/", {"series": "csi4", "to": str(mara.pk)}).status_code == 404


@pytest.mark.parametrize("series", ["hits", "emotional_safety", "safety", "", "nonsense"])
def test_what_is_never_released_cannot_be_asked_for(scored, therapist, series):
    path = f"/desk/couples/{scored.pk}/shown/change/"
    assert signed_in(therapist).post(path, {"series": series, "to": "all"}).status_code == 404


def test_screens_are_not_even_listed(couple, therapist, mara):
    send(couple, therapist, mara, "hits", "1 2 1 3")
    assert "HITS" not in text_of(signed_in(therapist), f"/desk/couples/{couple.pk}/shown/")


def test_a_shared_question_stands_side_by_side_once_it_is_released_and_both_show_it(asked, therapist, mara, theo):
    answered(asked, mara, Lane.SHARED, [3, 4, 5])
    answered(asked, theo, Lane.SHARED, [8, 7, 6])
    release(asked.couple, therapist, "closeness")
    for one in (mara, theo):
        say(one, asked.couple, "closeness")
    page = text_of(signed_in(mara))
    assert "You are at 5. Theo is at 6." in page
    say(theo, asked.couple, "closeness", shows=False)
    assert "Theo is at" not in text_of(signed_in(mara))
