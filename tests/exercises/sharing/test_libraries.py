"""The library of a practice as a file: what goes out, what stays, and what it becomes elsewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile

from exercises.fhir.forms import packed
from exercises.fhir.planning import Choices, plan_file
from exercises.fhir.taking import take as take_form
from exercises.library import find_exercise
from exercises.models import Exercise, Manuscript, Program
from exercises.programs import write as write_program
from exercises.sharing.matching import match_library
from exercises.sharing.offering import Signature, as_yaml, document, offers, program_offers
from exercises.sharing.reading import LARGEST_FILE, Unreadable, read_library
from exercises.sharing.taking import Taken, take
from exercises.writing.editions import publish, publish_edition
from exercises.writing.saving import change, manuscript_of
from exercises.writing.starting import adapt, blank, start_from
from practice.models import Membership
from tests.each import each
from tests.exercises.fhir.samples import sample
from tests.factories import acting_as, inside, make_couple, make_member, signed_in

pytestmark = pytest.mark.django_db

BRING, TAKE, SHARE = "/desk/library/import/", "/desk/library/import/library/", "/desk/sharing/"
NAMED = Signature("CC-BY-SA-4.0", by="Linden House", author="The Linden team")
QUIET = Signature("CC0-1.0")
QUESTIONS = [
    {"key": "near", "type": "scale", "label": "How near: 12:30, no", "min": 0, "max": 10, "low": "Far", "high": "Near"},
    {"key": "why", "type": "long_text", "label": "Why\u2028 é 😀 <<", "help": "One line.\nAnother.",
     "show_if": {"all": [{"question": "near", "operator": "<", "answer": 3}]}},
    {"key": "hours", "type": "number", "label": "1e5", "min": 0, "max": 0.25, "decimals": 2},
]  # fmt: skip


def written(member: Membership, title: str = "Tea at nine", **more: Any) -> Exercise:
    """A published exercise of the member's practice."""
    with acting_as(member):
        content = {**blank(title, "check_in"), "summary": "yes", "questions": QUESTIONS, "steps": ["Sit down.", "true"]}
        return publish_all(start_from({**content, **more}, member))


def publish_all(exercise: Exercise) -> Exercise:
    row = Manuscript.objects.get(exercise=exercise)
    publish(row, [], version=row.version)
    return Exercise.objects.select_related("newest").get(pk=exercise.pk)


def shared_by(member: Membership, signature: Signature = NAMED, *, programs: bool = True) -> str:
    with acting_as(member):
        found = offers()
        return as_yaml(document([*found, *(program_offers(found) if programs else [])], signature))


def brought(member: Membership, text: str) -> Taken:
    with acting_as(member):
        return take(read_library(text.encode()), None, member)


def entries(text: str) -> dict[str, dict[str, Any]]:
    return {one["title"]: one for one in yaml.safe_load(text)["exercises"]}


@pytest.fixture
def friend(neighbour) -> Membership:
    return make_member(neighbour, name="Dr Noor Haddad")


def without_lineage(text: str) -> Any:
    """Everything a file says but who said when, and of what it was made."""
    said = yaml.safe_load(text)
    kept = [
        {name: part for name, part in one.items() if name not in ("lineage", "by", "on")} for one in said["exercises"]
    ]
    return kept, said.get("programs")


def test_what_goes_out_comes_back_the_same(therapist, friend):
    written(therapist)
    written(therapist, "Zwei Minuten", language="de", translations={"en": {"title": "Two minutes"}}, minutes=3)
    sent = shared_by(therapist)
    taken = brought(friend, sent)
    assert (len(taken.begun), taken.renewed, taken.refused) == (2, [], [])
    with acting_as(friend):
        assert all(one.newest_id is None for one in taken.begun)
        for one in taken.begun:
            publish_all(one)
    again = shared_by(friend, Signature("CC0-1.0", by="Elm Street"))
    assert without_lineage(again) == without_lineage(sent)
    assert entries(again)["Tea at nine"]["by"] == "Linden House"  # it is still theirs
    # And home again: nothing is new there.
    home = brought(therapist, again)
    assert (home.begun, home.renewed) == ([], [])


def test_the_same_file_twice_changes_nothing(therapist, friend):
    written(therapist)
    sent = shared_by(therapist)
    assert brought(friend, sent).drafts == 1
    for _time in range(2):
        assert brought(friend, sent).drafts == 0
        with acting_as(friend):
            publish_all(Manuscript.objects.get().exercise) if Manuscript.objects.exists() else None
    with acting_as(friend):
        assert Exercise.objects.filter(practice=friend.practice).count() == 1


def test_a_newer_edition_becomes_the_next_edition_of_the_same_exercise(therapist, friend):
    one = written(therapist)
    first = shared_by(therapist)
    mine = brought(friend, first).begun[0]
    with acting_as(friend):
        publish_all(mine)
    with acting_as(therapist):
        change(manuscript_of(one, therapist), {"summary": "Said better."}, by=therapist)
        publish_all(one)
    second = shared_by(therapist)
    assert [row.pk for row in brought(friend, second).renewed] == [mine.pk]
    assert brought(friend, second).drafts == 0
    with acting_as(friend):
        renewed = publish_all(mine)
        assert (renewed.newest.number, renewed.newest.content["summary"]) == (2, "Said better.")
        states = [match.state for match in match_library(read_library(first.encode()))[0]]
        assert states == ["here"]  # it was, once: nothing goes back by itself


def test_a_draft_that_nobody_touched_follows_a_newer_file(therapist, friend):
    one = written(therapist)
    mine = brought(friend, shared_by(therapist)).begun[0]
    with acting_as(therapist):
        change(manuscript_of(one, therapist), {"summary": "Said better."}, by=therapist)
        publish_all(one)
    assert [row.pk for row in brought(friend, shared_by(therapist)).renewed] == [mine.pk]
    with acting_as(friend):
        draft = Manuscript.objects.get()
    assert (draft.content["summary"], draft.content["shared"]["edition"]) == ("Said better.", 2)


def test_what_is_more_than_one_exercise_can_hold_is_told(therapist):
    long = entry(content={"steps": ["x" * 4_900] * 100, "points": ["x" * 4_900] * 40})
    taken = brought(therapist, json.dumps({"attune": "library", "format": 1, "exercises": [long]}))
    assert (taken.begun, len(taken.refused)) == ([], 1)


def test_what_is_being_written_here_is_not_written_over(therapist, friend):
    one = written(therapist)
    mine = brought(friend, shared_by(therapist)).begun[0]
    with acting_as(friend):
        publish_all(mine)
        change(manuscript_of(mine, friend), {"summary": "In our words."}, by=friend)
    with acting_as(therapist):
        change(manuscript_of(one, therapist), {"summary": "Said better."}, by=therapist)
        publish_all(one)
    news = shared_by(therapist)
    assert brought(friend, news).drafts == 0
    with acting_as(friend):
        assert Manuscript.objects.get().content["summary"] == "In our words."
        changed = publish_all(mine)
    # Changed here, it is an exercise of its own, made of theirs.
    entry = entries(shared_by(friend, Signature("CC-BY-4.0")))["Tea at nine"]
    assert entry["id"] == str(changed.pk)
    assert entry["licence"] == "CC-BY-SA-4.0"  # what is made of it stays under its licence
    assert entry["lineage"][0] == {
        "id": str(one.pk), "edition": 1, "checksum": entry["lineage"][0]["checksum"], "by": "Linden House",
        "on": entry["lineage"][0]["on"], "licence": "CC-BY-SA-4.0",
    }  # fmt: skip
    assert "by" not in entry


def test_a_copy_names_what_it_was_made_of(therapist):
    with acting_as(therapist):
        source = find_exercise("nightly-gratitude-exchange")
        copy = adapt(source.newest, therapist)
        publish_all(copy)
    entry = next(iter(entries(shared_by(therapist, QUIET)).values()))
    assert entry["lineage"][0]["catalogue"] == "nightly-gratitude-exchange"
    assert entry["lineage"][0]["licence"] == "BSD-3-Clause"


def test_nothing_in_the_file_says_whose_it_is_unless_they_choose(practice, therapist):
    make_couple(practice, ("Xanthippe Quill", "Ottokar Brome"), therapist=therapist)
    written(therapist)
    quiet = shared_by(therapist, QUIET)
    for word in ("Xanthippe", "Quill", "Ottokar", therapist.name, practice.name, practice.slug, therapist.user.email):
        assert word not in quiet, word
    assert "Linden House" in shared_by(therapist, NAMED)


def test_licences_that_forbid_it_keep_things_here_and_it_is_told(therapist):
    written(therapist, "Ours")
    written(therapist, "Free", rights={"licence": "CC-BY-4.0", "author": "A. Writer"})
    written(therapist, "Bought", rights={"licence": "use-only"})
    written(therapist, "Odd", rights={"licence": "Ask the author first"})
    written(therapist, "Unmarked", fhir={"cleared": False})
    still = written(
        therapist, "As it is", rights={"licence": "CC-BY-ND-4.0", "author": "B"}, shared={"id": "x", "checksum": "y"}
    )
    with acting_as(therapist):
        found = {one.title: one for one in offers()}
    assert {title for title, one in found.items() if one.goes} == {"Ours", "Free"}
    assert all(str(one.why) for title, one in found.items() if title not in ("Ours", "Free"))
    assert "only what is unchanged" in str(found[still.title].why)
    said = entries(shared_by(therapist))
    assert (said["Free"]["licence"], said["Free"]["author"]) == ("CC-BY-4.0", "A. Writer")
    assert set(said) == {"Ours", "Free"}


def test_programs_go_along_with_the_exercises_they_hold(therapist, friend):
    one = written(therapist)
    with acting_as(therapist):
        weeks = [{"number": 1, "focus": "Begin", "slugs": [one.slug, "nightly-gratitude-exchange"]}]
        write_program("Two evenings", "For those who are tired", False, {"weeks": weeks, "baseline": [], "outcome": []})
    sent = shared_by(therapist)
    taken = brought(friend, sent)
    assert ([row.title for row in taken.programs], taken.drafts) == (["Two evenings"], 1)
    again = brought(friend, sent)
    assert (again.programs, again.drafts) == ([], 0)
    with acting_as(friend):
        mine = taken.begun[0]
        program = Program.objects.get(practice=friend.practice)
        assert program.content["weeks"][0]["slugs"] == [mine.slug, "nightly-gratitude-exchange"]
        publish_all(mine)
    assert without_lineage(shared_by(friend)) == without_lineage(sent)
    alone = make_member(_practice(), name="Dr A")
    with acting_as(alone):
        match = match_library({**read_library(sent.encode()), "exercises": []})[1][0]
    assert match.state == "refused"
    assert "neither here nor in the file" in str(match.notes[0])


BROKEN = {
    "an alias": "attune: library\nformat: 1\nexercises: [&a {id: x}, *a]\n",
    "a tag": "attune: library\nformat: 1\nexercises: [!!python/object/apply:os.system ['id']]\n",
    "a plain tag": "attune: library\nformat: !!int '1'\n",
    "twice the same name": "attune: library\nformat: 1\nformat: 1\n",
    "two documents": "attune: library\nformat: 1\n---\nattune: library\n",
    "a number as a name": "attune: library\nformat: 1\n3: x\n",
    "depth": "attune: library\nformat: 1\nexercises: " + "[" * 60 + "]" * 60,
    "an open end": "attune: library\nformat: 1\nexercises: [",
    "many nodes": "attune: library\nformat: 1\nexercises: [" + "{}," * 160_000 + "]",
    "many bytes": "attune: library\n#" + "x" * LARGEST_FILE,
    "another format": "attune: library\nformat: 2\n",
    "no format": "attune: library\nexercises: []\n",
    "a word for a list": "attune: library\nformat: 1\nexercises: all\n",
    "an unknown part": "attune: library\nformat: 1\nclients: []\n",
    "half a letter": 'attune: library\nformat: 1\nexercises: [{id: "\\ud800"}]\n',
    "bytes that are no text": b"attune: library\n\xff\xfe",
    "JSON with a name twice": '{"attune": "library", "format": 1, "format": 1}',
    "JSON too deep": '{"attune": "library", "format": 1, "exercises": ' + "[" * 5_000 + "]" * 5_000 + "}",
    "JSON with an open end": '{"attune": "library", ',
    "a long number": "attune: library\nformat: " + "9" * 5_000,
}  # fmt: skip


@each("name", BROKEN)
def test_a_file_that_means_harm_is_refused_in_words(name):
    text = BROKEN[name]
    with pytest.raises(Unreadable) as refused:
        read_library(text if isinstance(text, bytes) else text.encode())
    assert str(refused.value)


def entry(**more: Any) -> dict[str, Any]:
    content = {"title": "Tea", "kind": "check_in", "questions": QUESTIONS, **more.pop("content", {})}
    return {"id": "tea", "licence": "CC0-1.0", "content": content, **more}


def without(name: str) -> dict[str, Any]:
    return {key: part for key, part in entry().items() if key != name}


WRONG = {
    "no licence": without("licence"),
    "no content": without("content"),
    "an id of blanks": entry(id="a b"),
    "an unknown part": entry(client="Mara"),
    "an unknown word": entry(content={"colour": "red"}),
    "an unknown kind": entry(content={"kind": "dance"}),
    "a kind that is a list": entry(content={"kind": []}),
    "no list of questions": entry(content={"questions": "none"}),
    "a question of no type": entry(content={"questions": [{"key": "a", "type": "dance", "label": "A"}]}),
    "questions that are words": entry(content={"questions": ["a"]}),
    "a score of nothing": entry(content={"scoring": {"method": "mean", "questions": ["gone"], "series": "s"}}),
    "a score that is a word": entry(content={"scoring": "mean"}),
    "a measure nobody knows": entry(content={"scoring": {"measure": "nope", "version": "1", "items": {}}}),
    "a rhythm of no kind": entry(content={"cadence": {"rule": "FREQ=SOMETIMES"}}),
    "minutes without end": entry(content={"minutes": 10_000}),
    "a title of many words": entry(content={"title": "x" * 500}),
    "translations into nothing": entry(content={"translations": {"??": {"title": "x"}}}),
    "a lineage that is a word": entry(lineage="theirs"),
    "an edition below the first": entry(edition=0),
}  # fmt: skip


@each("name", WRONG)
def test_an_entry_that_is_not_as_it_should_be_is_told_and_not_taken(name):
    member = make_member(_practice(), name="Dr A")
    with acting_as(member):
        found = {"attune": "library", "format": 1, "exercises": [WRONG[name], entry(id="good")]}
        read = read_library(json.dumps(found).encode())
        first, second = match_library(read)[0]
        assert (first.state, second.state) == ("refused", "new"), first.notes
        assert all(str(one) for one in first.notes)
        assert first.notes
        assert take(read, None, member).drafts == 1


def _practice() -> Any:
    from tests.factories import make_practice

    return make_practice("Birch Row")


def test_a_file_written_by_hand_needs_little(therapist):
    text = """
attune: library
format: 1
exercises:
  - id: two-minute-check
    licence: CC BY 4.0
    content:
      title: Two minutes
      questions:
        - {key: kept, type: yes_no, label: I kept my promise, lane: private, flag_if: no}
        - {key: at, type: time, label: When, earliest: 07:30}
"""
    taken = brought(therapist, text)
    with acting_as(therapist):
        content = Manuscript.objects.get(exercise=taken.begun[0]).content
    assert content["questions"][0]["flag_if"] == "no"
    assert content["questions"][1]["earliest"] == "07:30"


def test_a_file_that_was_changed_by_hand_is_taken_as_it_stands_and_told(therapist, friend):
    written(therapist)
    text = shared_by(therapist).replace("Sit down.", "Sit down together.")
    with acting_as(friend):
        match = match_library(read_library(text.encode()))[0][0]
    assert match.can_be_taken
    assert "changed since" in " ".join(str(one) for one in match.notes)


def test_a_free_measure_goes_along_and_stays_closed_and_no_other_form_takes_its_name(therapist, friend):
    with acting_as(therapist):
        take_form(plan_file(sample("phq9-lforms"))[0], Choices(), therapist)
    sent = shared_by(therapist, QUIET)
    taken = brought(friend, sent).begun[0]
    assert (taken.measure, taken.locked) == ("phq9", True)
    with acting_as(friend):
        publish_all(taken)
    assert without_lineage(shared_by(friend)) == without_lineage(sent)
    said = yaml.safe_load(sent)
    for question in said["exercises"][0]["content"]["questions"]:
        question.pop("codes", None)
    with acting_as(make_member(_practice(), name="Dr A")):
        match = match_library(said)[0][0]
    assert match.state == "refused"
    assert "codes of its questions" in str(match.notes[0])


# ── the pages ──


def test_a_library_goes_out_and_in_by_the_pages(practice, therapist, friend):
    one = written(therapist)
    written(therapist, "Bought", rights={"licence": "use-only"})
    browser = signed_in(therapist)
    page = browser.get(SHARE).content.decode()
    assert "Bought" in page
    assert "not be passed on" in page
    assert browser.post(SHARE, {"chosen": [str(one.pk)], "licence": "CC-BY-4.0"}).status_code == 422  # nobody named
    said = {"chosen": [str(one.pk)], "licence": "CC-BY-4.0", "author": "The team"}
    file = browser.post(SHARE, said)
    assert file["Content-Disposition"].startswith('attachment; filename="attune-library-')
    assert practice.name not in file.content.decode()
    other = signed_in(friend)
    look = other.post(BRING, {"file": SimpleUploadedFile("library.txt", file.content)})
    assert look.status_code == 200
    assert "Tea at nine" in look.content.decode()
    with inside(friend.practice):
        assert not Manuscript.objects.exists()
    sent = {"packed": packed(file.content), "chosen": ["e0"]}
    assert other.post(TAKE, sent).status_code == 422
    assert other.post(TAKE, {**sent, "confirmed": "on"}).status_code == 302
    assert other.post(TAKE, {**sent, "confirmed": "on"}).status_code == 422  # nothing left to choose
    with inside(friend.practice):
        draft = Manuscript.objects.select_related("exercise").get()
    assert other.get(f"/desk/library/{draft.exercise.slug}/write/check/").status_code == 200


def test_what_is_published_already_is_not_touched_by_a_file(therapist, friend):
    one = written(therapist)
    mine = brought(friend, shared_by(therapist)).begun[0]
    with acting_as(friend):
        before = publish_all(mine).newest_id
    with acting_as(therapist):
        publish_edition(one, {**one.newest.content, "summary": "Other words"})
    brought(friend, shared_by(therapist))
    with acting_as(friend):
        assert Exercise.objects.get(pk=mine.pk).newest_id == before
