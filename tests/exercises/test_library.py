"""Search that finds what one means, facets that combine, pages that show all of an edition."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from exercises import library
from exercises.models import Exercise, Program
from exercises.writing.editions import publish_edition
from exercises.writing.starting import blank
from tests.factories import acting_as, inside, signed_in

pytestmark = pytest.mark.django_db


def titles(therapist, words, **chosen):
    with acting_as(therapist):
        return [one.title for one in library.find(library.Wish(words, chosen)).exercises]


def test_the_whole_catalogue_is_on_the_shelf(therapist):
    assert len(titles(therapist, "")) == 166


@pytest.mark.parametrize("words", ["apology", "apologies", "apolog", "APOLOGY", "  apology "])
def test_words_find_an_exercise_in_any_form(therapist, words):
    assert any("apolog" in title.lower() for title in titles(therapist, words)[:5])


def test_a_title_comes_before_a_mention(therapist):
    assert titles(therapist, "weekly state of us")[0] == "Weekly state of us"
    assert titles(therapist, "state of")[0] == "Weekly state of us"


def test_the_beginning_of_a_word_will_do(therapist):
    short, full = titles(therapist, "grat"), titles(therapist, "gratitude")
    assert full
    assert set(full) <= set(short)


def test_quotes_or_and_minus_are_understood(therapist):
    both = set(titles(therapist, "touch or money"))
    assert both >= set(titles(therapist, "touch")[:3])
    assert set(titles(therapist, "touch -hug")) < set(titles(therapist, "touch"))


@pytest.mark.parametrize(
    "words", ["'; DROP TABLE x --", "a:* & !b |", "<->", "((", "\\", "🙂", "ا ب", "the", ":*", "x" * 5000, '"', "-"]
)
def test_b13_b68_no_search_breaks_anything(therapist, words):
    titles(therapist, words)


def test_facets_combine_and_count_what_choosing_would_show(therapist):
    with acting_as(therapist):
        found = library.find(library.Wish("", {"level": ("gentle",), "kind": ("ritual",)}))
        assert found.exercises
        assert {one.level for one in found.exercises} == {"gentle"}
        assert {one.kind for one in found.exercises} == {"ritual"}
        kinds = next(facet for facet in found.facets if facet.name == "kind")
        agreement = next(option for option in kinds.options if option.value == "agreement")
        other = library.find(library.Wish("", {"level": ("gentle",), "kind": ("agreement",)}))
        assert agreement.count == len(other.exercises) > 0


def test_each_facet_narrows(therapist):
    for name, value, read in [
        ("theme", "touch", lambda one: "touch" in one.themes),
        ("minutes", "15", lambda one: one.minutes <= 15),
        ("who", "together", lambda one: one.participation == "together"),
        ("lane", "joint", lambda one: one.lane == "joint"),
    ]:
        with acting_as(therapist):
            found = library.find(library.Wish("", {name: (value,)})).exercises
            assert 0 < len(found) < 166
            assert all(read(one) for one in found)


def test_b13_unknown_filters_are_left_out():
    wish = library.wish_of(QueryDict("kind=nonsense&level=gentle&level=%00&page=x&q=%00a"))
    assert wish.chosen["kind"] == ()
    assert wish.chosen["level"] == ("gentle",)
    assert wish.words == "a"


def test_search_is_one_query(therapist, django_assert_num_queries):
    with acting_as(therapist), django_assert_num_queries(1):
        library.find(library.Wish("repair", {"level": ("gentle",)}))


def test_a_practice_sees_its_own_and_never_its_neighbours(practice, neighbour, therapist):
    for where, title in ((practice, "Our own evening"), (neighbour, "Their own evening")):
        with inside(where):
            one = Exercise.objects.create(
                practice=where,
                slug="own-evening",
                kind="ritual",
                title=title,
                summary="x",
                participation="together",
                level="gentle",
                minutes=5,
                lane="joint",
            )
            publish_edition(one, {**blank(title, "ritual"), "summary": "x"})
    found = titles(therapist, "own evening")
    assert "Our own evening" in found
    assert "Their own evening" not in found


# ── pages ────────────────────────────────────────────────────────────────────


def test_the_page_searches_filters_and_pages(therapist, django_assert_max_num_queries):
    browser = signed_in(therapist)
    with django_assert_max_num_queries(17):
        page = browser.get("/desk/library/?q=repair&level=gentle&minutes=30")
    assert page.status_code == 200
    assert "that fit" in page.content.decode()
    assert browser.get("/desk/library/?page=99").status_code == 200
    assert browser.get("/desk/library/?page=0&kind=&q=%00").status_code == 200


def test_htmx_gets_the_results_alone(therapist):
    part = signed_in(therapist).get("/desk/library/?q=touch", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'id="results"' in part
    assert 'id="facets"' in part
    assert 'id="q"' not in part, "what is being typed stays untouched"


def test_every_exercise_opens_and_shows_itself_as_the_couple_sees_it(therapist):
    browser = signed_in(therapist)
    with acting_as(therapist):
        slugs = list(library.shelf().values_list("slug", flat=True))
    for slug in slugs[::12]:
        assert browser.get(f"/desk/library/{slug}/").status_code == 200
        assert browser.get(f"/desk/library/{slug}/preview/").status_code == 200
        assert browser.get(f"/desk/library/{slug}/assign/").status_code == 200


def test_the_page_says_all_of_an_edition(therapist):
    page = signed_in(therapist).get("/desk/library/weekly-state-of-us/").content.decode()
    for words in (
        "Fix one day and hour",
        "What went well between us this week",
        "Longer text",
        "Far apart",
        "Partners in different places",
        "Same day and hour every week",
        "Only when everyone is calm",
    ):
        assert words in page


def test_what_needs_clearance_says_so(therapist):
    with acting_as(therapist):
        slug = library.shelf().filter(needs_clearance=True).values_list("slug", flat=True)[0]
    assert "joint work is safe" in signed_in(therapist).get(f"/desk/library/{slug}/").content.decode()


def test_programs_lead_to_their_exercises(therapist, django_assert_max_num_queries):
    browser = signed_in(therapist)
    page = browser.get("/desk/programs/").content.decode()
    assert page.count("/desk/programs/") >= 12
    with acting_as(therapist):
        slugs = list(Program.objects.values_list("slug", flat=True))
    assert len(slugs) == 12
    for slug in slugs:
        with django_assert_max_num_queries(17):
            shown = browser.get(f"/desk/programs/{slug}/")
        assert shown.status_code == 200
        assert "/desk/library/" in shown.content.decode()


@pytest.mark.parametrize("path", ["library/nothing-like-it/", "programs/nothing/", "library/nothing/preview/"])
def test_unknown_ones_are_404(therapist, path):
    assert signed_in(therapist).get(f"/desk/{path}").status_code == 404


@pytest.mark.parametrize("path", ["library/", "programs/", "library/weekly-state-of-us/"])
def test_only_clinicians_use_the_library(coordinator, mara, owner, path):
    assert signed_in(coordinator).get(f"/desk/{path}").status_code == 404
    assert signed_in(mara).get(f"/desk/{path}").status_code == 404
    assert signed_in(owner).get(f"/desk/{path}").status_code == 200
