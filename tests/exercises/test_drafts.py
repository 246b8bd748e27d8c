"""Drafts: kept as typed, never silently overwritten."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exercises import drafts
from exercises.models import Draft, Occurrence
from tests.exercises.given import EVERY_TYPE, give
from tests.factories import acting_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def hers(couple, therapist) -> Occurrence:
    return give(couple, therapist, "reveal", EVERY_TYPE)[0]


def save(occurrence: Occurrence, author, raw: dict[str, list[str]], base: int) -> Draft:
    with acting_as(author):
        mine = Occurrence.objects.select_related("assignment__edition").get(pk=occurrence.pk)
        return drafts.save_draft(mine, author=author, raw=raw, base_version=base)


def kept(occurrence: Occurrence, author) -> drafts.Kept:
    with acting_as(author):
        return drafts.kept(Occurrence.objects.get(pk=occurrence.pk), author)


def test_wrong_input_is_kept_as_typed(hers, mara):
    save(hers, mara, {"hours": ["about\x00 three 😀"], "near": ["99"], "unknown": ["x"]}, 0)
    assert kept(hers, mara).raw == {"hours": ["about\x00 three 😀"], "near": ["99"]}


def test_the_first_save_marks_the_start(hers, mara):
    save(hers, mara, {"near": ["3"]}, 0)
    with acting_as(mara):
        assert Occurrence.objects.get(pk=hers.pk).started_at is not None


def test_saving_the_same_again_changes_nothing(hers, mara):
    first = save(hers, mara, {"good": ["Tea"]}, 0)
    again = save(hers, mara, {"good": ["Tea"]}, 0)
    assert first.version == again.version == 1


def test_an_old_tab_does_not_overwrite_a_newer_text(hers, mara):
    save(hers, mara, {"good": ["first"]}, 0)
    save(hers, mara, {"good": ["second"]}, 1)
    with pytest.raises(drafts.Conflict) as found:
        save(hers, mara, {"good": ["from yesterday"]}, 1)
    assert found.value.mine == {"good": ["from yesterday"]}
    assert found.value.kept == {"good": ["second"]}
    assert kept(hers, mara).raw["good"] == ["second"]


def test_saves_to_different_questions_join(hers, mara):
    save(hers, mara, {"good": ["Tea"]}, 0)
    save(hers, mara, {"near": ["4"]}, 0)
    assert kept(hers, mara).raw == {"good": ["Tea"], "near": ["4"]}


def test_b62_too_much_is_refused_and_what_was_there_stays(hers, mara):
    save(hers, mara, {"good": ["Tea"]}, 0)
    with pytest.raises(drafts.TooLong):
        save(hers, mara, {"good": ["x" * 1_000_000]}, 1)
    assert kept(hers, mara).raw == {"good": ["Tea"]}


def test_b63_halves_of_characters_do_not_break_a_draft(hers, mara):
    save(hers, mara, {"good": ["a\ud800b"]}, 0)
    assert kept(hers, mara).raw["good"] == ["a?b"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from([0, 1]), st.sampled_from(["good", "wish"]), st.text(max_size=4)), max_size=12
    )
)
def test_b149_two_tabs_never_lose_a_text_silently(hers, mara, steps):
    """Each tab knows the count it last saw. A refused save leaves both texts; an accepted one is what is kept."""
    with acting_as(mara):
        Draft.objects.filter(occurrence=hers).delete()
    seen = {0: 0, 1: 0}
    truth: dict[str, list[str]] = {}
    last_by: dict[str, int] = {}
    for tab, key, text in steps:
        try:
            draft = save(hers, mara, {key: [text]}, seen[tab])
        except drafts.Conflict as conflict:
            refused = conflict
        else:
            refused = None
        if refused is not None:
            assert refused.kept[key] == truth.get(key, [])
            assert last_by[key] > seen[tab]
            seen[tab] = refused.draft.version
        else:
            if truth.get(key, []) != [text]:
                last_by[key] = draft.version
            truth[key] = [text]
            seen[tab] = draft.version
        assert kept(hers, mara).raw.get(key, []) == truth.get(key, [])
