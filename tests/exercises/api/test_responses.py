"""A program reads answers as the desk's pages show them: what is for both, and each partner's private ones apart."""

from __future__ import annotations

import json
import urllib.parse

import pytest
from rest_framework.serializers import Serializer

from exercises import answering, record
from exercises.api.responses import AnswerRowSerializer, AnswerSerializer
from exercises.models import Response
from practice import shared_screen
from practice.api.scopes import Scope
from practice.models import AuditEvent, Membership
from tests.exercises.given import ALL_TYPES, EVERY_TYPE, TWO_SCALES, give
from tests.factories import acting_as, inside, make_couple, make_member, takes_part
from tests.practice.api.callers import program_of

pytestmark = pytest.mark.django_db

SECRET = "marzipan-canary"
#: Questions of a list, however many rows it has: the sign-in and its limits take most of them.
QUERIES = 24


def at(couple, rest: str = "") -> str:
    return f"/api/v1/couples/{couple.pk}/responses/{rest}"


def alone(couple, client, rest: str = "") -> str:
    return f"/api/v1/couples/{couple.pk}/partners/{client.pk}/private/responses/{rest}"


def send(occurrence, who, **raw) -> Response:
    with acting_as(who):
        return answering.submit(occurrence, author=who, raw={key: [value] for key, value in raw.items()})


def looked(practice) -> list[tuple[str, str, str]]:
    with inside(practice):
        rows = AuditEvent.objects.filter(act__in=["opened", "downloaded"]).order_by("pk")
        return [(one.act, one.subject, one.lane) for one in rows]


@pytest.fixture
def mixed(couple, therapist, mara, theo):
    """Both answered one form; Mara added something for the therapist alone."""
    hers, his = give(couple, therapist, "shared", EVERY_TYPE)
    return send(hers, mara, good="Tea at six", near="8", note=SECRET, safe="no"), send(his, theo, good="A walk")


def test_answers_come_with_their_questions_words_and_values(couple, therapist, mara, mixed, practice):
    [_his, one] = program_of(therapist).get(at(couple)).json()["results"]
    assert (one["id"], one["partner_id"], one["lane"], one["revision"]) == (
        str(mixed[0].pk), str(mara.pk), "shared", 1,
    )  # fmt: skip
    said = {answer["key"]: answer for answer in one["answers"]}
    assert list(said) == ["good", "near"]
    assert said["near"]["words"] == "8 of 10"
    assert (said["near"]["number"], said["good"]["text"]) == (8.0, "Tea at six")
    assert said["good"]["question"] == "What went well between us"
    assert program_of(therapist).get(at(couple, f"{mixed[0].pk}/")).json() == one
    assert looked(practice) == [
        ("opened", "clients_couple", ""),
        ("opened", "exercises_response", "shared"),
    ]


def test_a_grid_says_its_rows(couple, therapist, mara):
    mine, _his = give(couple, therapist, "shared", ALL_TYPES)
    sent = send(mine, mara, **{"met": "2026-03-02", "days.meals": "easy", "days.talk": "hard"})
    [grid] = [
        one for one in program_of(therapist).get(at(couple, f"{sent.pk}/")).json()["answers"] if one["key"] == "days"
    ]
    assert [(row["key"], row["words"], row["choices"]) for row in grid["rows"]] == [
        ("days.meals", "Easy", ["easy"]),
        ("days.talk", "Hard", ["hard"]),
    ]


def test_answers_are_written_as_the_schema_declares_them(couple, therapist, mara):
    mine, _his = give(couple, therapist, "shared", ALL_TYPES)
    send(mine, mara, **{"met": "2026-03-02", "days.meals": "easy", "days.talk": "hard"})
    hers, _his = give(couple, therapist, "shared", EVERY_TYPE)
    send(hers, mara, good="Tea & <b>cake</b>", near="8")
    with acting_as(therapist):
        [one, other] = record.events(Response.objects.select_related("edition"), couple, therapist)
    said = [*one.said, *other.said]
    rows = [row for each in said for row in each.answer.said_rows]
    assert (len(said) > 3, len(rows)) == (True, 2)
    for shape, things in ((AnswerSerializer(), said), (AnswerRowSerializer(), rows)):
        for thing in things:
            assert shape.to_representation(thing) == Serializer.to_representation(shape, thing)


def test_what_is_sealed_for_the_partners_the_therapist_reads(couple, therapist, mara):
    mine, _his = give(couple, therapist, "reveal")
    send(mine, mara, near="3")
    [one] = program_of(therapist).get(at(couple)).json()["results"]
    assert (one["sealed"], one["answers"][0]["number"]) == (True, 3.0)


def test_b8_what_one_told_alone_is_nowhere_in_the_couples_list(couple, therapist, mara, theo, mixed, practice):
    program = program_of(therapist)
    before = [program.get(at(couple, query)).content for query in ("", "?limit=1", f"?partner={mara.pk}")]
    [private] = give(couple, therapist, "private", TWO_SCALES, to=[mara])
    told = send(private, mara, good=SECRET, near="1")
    [own] = give(couple, therapist, "own", TWO_SCALES, to=[mara])
    kept = send(own, mara, good=SECRET)
    after = [program.get(at(couple, query)).content for query in ("", "?limit=1", f"?partner={mara.pk}")]
    assert before == after, "not a row, not a count, not a cursor"
    assert SECRET.encode() not in b"".join(after)
    assert program.get(at(couple, f"?assignment={private.assignment_id}")).json()["results"] == []
    assert program.get(at(couple, "?lane=private")).status_code == 400
    for one in (told, kept):
        assert program.get(at(couple, f"{one.pk}/")).status_code == 404
    assert SECRET not in program.get(at(couple, f"{mixed[0].pk}/")).content.decode()


def test_b8_each_partners_private_list_holds_theirs_and_nothing_else(couple, therapist, mara, theo, mixed, practice):
    program = program_of(therapist)
    [private] = give(couple, therapist, "private", TWO_SCALES, to=[mara])
    told = send(private, mara, good=SECRET, near="1")
    [own] = give(couple, therapist, "own", TWO_SCALES, to=[mara])
    kept = send(own, mara, good="sugar-canary")
    answer = program.get(alone(couple, mara))
    assert [one["id"] for one in answer.json()["results"]] == [str(told.pk), str(mixed[0].pk)]
    assert {one["lane"] for one in answer.json()["results"]} == {"private"}
    assert [one["key"] for one in answer.json()["results"][1]["answers"]] == ["safe", "note"], "not what both read"
    assert "sugar-canary" not in answer.content.decode()
    assert program.get(alone(couple, theo)).json()["results"] == []
    assert program.get(alone(couple, mara, f"{told.pk}/")).json()["answers"][1]["text"] == SECRET
    for path in (alone(couple, theo, f"{told.pk}/"), alone(couple, mara, f"{kept.pk}/"), alone(couple, mara, f"{mixed[1].pk}/")):  # fmt: skip  # noqa: E501
        assert program.get(path).status_code == 404, path
    assert looked(practice) == [
        ("opened", "clients_client", ""),
        ("opened", "clients_client", ""),
        ("opened", "exercises_response", "private"),
    ]


def test_a_list_is_narrowed(couple, therapist, mara, theo, mixed):
    program = program_of(therapist)
    mine, _his = give(couple, therapist, "reveal")
    sealed = send(mine, mara, near="3")

    def found(query: str) -> list[str]:
        return [one["id"] for one in program.get(at(couple, query)).json()["results"]]

    moment = urllib.parse.quote(sealed.submitted_at.isoformat())
    assert found(f"?partner={theo.pk}") == [str(mixed[1].pk)]
    assert found("?lane=reveal") == [str(sealed.pk)]
    assert found(f"?assignment={mine.assignment_id}") == [str(sealed.pk)]
    assert found(f"?since={moment}") == [str(sealed.pk)]


def test_what_is_for_the_therapist_alone_needs_a_scope_of_its_own(couple, therapist, mara, mixed):
    """Whoever made a token for the answers of both did not ask for these."""
    apart = [
        alone(couple, mara),
        alone(couple, mara, f"{mixed[0].pk}/"),
        f"/api/v1/couples/{couple.pk}/partners/{mara.pk}/scores/",
    ]
    of_both = program_of(therapist, Scope.RESPONSES_READ)
    private = program_of(therapist, Scope.PRIVATE_RESPONSES_READ)
    for path in apart:
        assert of_both.get(path).json()["code"] == "scope_missing", path
        assert private.get(path).status_code == 200, path
    assert of_both.get(at(couple)).status_code == 200
    assert private.get(at(couple)).json()["code"] == "scope_missing"


def test_b123_every_way_of_reading_leaves_the_same_line(couple, therapist, mara, mixed, practice):
    """Headers alone, and being told that nothing changed, are looks as well."""
    program = program_of(therapist)
    for path in (f"/api/v1/couples/{couple.pk}/", at(couple, f"{mixed[0].pk}/"), alone(couple, mara)):
        before = looked(practice)
        read = program.get(path)
        line = looked(practice)[len(before) :]
        assert len(line) == 1, path
        assert program.call("HEAD", path).status_code == 200
        assert looked(practice)[len(before) :] == line * 2, path
        if "ETag" in read:
            assert program.get(path, If_None_Match=read["ETag"]).status_code == 304
            assert looked(practice)[len(before) :] == line * 3, path


def test_a_score_of_a_private_answer_stands_with_it(couple, therapist, mara):
    questions = [{**TWO_SCALES[0], "metric": "closeness"}, {**TWO_SCALES[0], "key": "fear", "private": True}]
    scoring = {"method": "sum", "questions": ["near", "fear"], "direction": "higher_better", "series": "both"}
    mine, _his = give(couple, therapist, "shared", questions, scoring=scoring)
    sent = send(mine, mara, near="7", fear="2")
    program = program_of(therapist)
    open_ = program.get(at(couple, f"{sent.pk}/")).json()["scores"]
    apart = program.get(alone(couple, mara, f"{sent.pk}/")).json()["scores"]
    assert [(one["series"], one["value"], one["questions"]) for one in open_] == [("closeness", 7.0, ["near"])]
    assert {one["series"] for one in apart} == {"both"}


def test_b8_nobody_else_reads_any_of_it(couple, therapist, mara, mixed, practice, neighbour, owner, coordinator):
    paths = [at(couple), at(couple, f"{mixed[0].pk}/"), alone(couple, mara), alone(couple, mara, f"{mixed[0].pk}/")]
    sharing = takes_part(couple, make_member(practice, name="Dr Noor"))
    with acting_as(sharing):
        shared_screen.begin(sharing, couple.pk)
    others = [owner, coordinator, sharing, make_member(practice), make_member(neighbour)]
    for who in others:
        program = program_of(who)
        for path in paths:
            answer = program.get(path)
            assert answer.status_code == 404, (who.name, path)
            assert "Tea" not in answer.content.decode()
    assert all(program_of(therapist).get(path).status_code == 200 for path in paths)
    with inside(practice):
        assert Membership.objects.get(pk=sharing.pk).shares_with == couple.pk


def test_a_list_asks_the_database_as_often_for_many_as_for_one(couple, therapist, mara, django_assert_max_num_queries):
    program = program_of(therapist)
    [private] = give(couple, therapist, "private", TWO_SCALES, to=[mara])
    for n in range(3):
        send(give(couple, therapist, "shared", EVERY_TYPE)[0], mara, good=f"{n}", note="x")
        with django_assert_max_num_queries(QUERIES):
            assert len(program.get(at(couple)).json()["results"]) == n + 1
        with django_assert_max_num_queries(QUERIES):
            assert len(program.get(alone(couple, mara)).json()["results"]) == n + 1
    sent = send(private, mara, near="2")
    with django_assert_max_num_queries(QUERIES):
        program.get(alone(couple, mara, f"{sent.pk}/"))


def test_cursors_of_another_couple_show_nothing_of_it(couple, therapist, mara, mixed, practice):
    other = make_couple(practice, ("Una", "Vic"), therapist=therapist)
    program = program_of(therapist)
    following = program.get(at(couple, "?limit=1")).json()["next"]
    query = urllib.parse.urlsplit(following).query
    assert json.loads(program.get(at(other, f"?{query}")).content)["results"] == []
