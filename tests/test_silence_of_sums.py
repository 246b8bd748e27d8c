"""Two worlds that differ only in what Mara does in private look the same to Theo: sums, charts and paper included.

Both worlds have scores that were released to each of them alone, a measure that both show each other and one of which
Theo has said no. Then, in one of them, Mara does things alone, and the therapist does things for her. Everything Theo
can fetch, everything his database role reads, what is on its way to him, and what reports say to the two of them and to
him are compared byte by byte; so are the printed files, once, as the same words print the same file.
The same holds after she has left, after they parted, and after what was released was taken back. What she does behind
each door, in random orders, is in test_silence_of_doors.py; it happens in the same two worlds.
"""

from __future__ import annotations

import contextlib
import datetime
import random
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from clients import status
from clients.models import Couple, Partner
from exercises import drafts, feedback, goals, journal, measured, measures, pausing, record, threads
from exercises.feedback import Said
from exercises.models import Exercise, MeasureEntry, Occurrence, Response
from exercises.vocabulary import Lane
from practice.models import Message, Practice
from reports import baselines, lately, pdf, progress, releases
from reports.models import Alert, Report, Score
from tests import world as worlds
from tests.crawl import walk
from tests.exercises.measures.forms import questions_of, raw, scoring_of
from tests.factories import acting_as, inside
from tests.test_silence import Seen, differences, mail, pages, rows
from tests.world import House, World, give_one, keep, send

pytestmark = pytest.mark.django_db

CLOSENESS = {**worlds.QUESTIONS[0], "metric": "closeness"}
HEARD = {**worlds.QUESTIONS[0], "key": "heard", "label": "How heard", "metric": "felt_heard"}
FAIR = {**worlds.QUESTIONS[0], "key": "fair", "label": "How fair", "metric": "fairness"}
SAFE = {**worlds.QUESTIONS[0], "key": "home", "label": "How safe", "metric": "emotional_safety", "private": True}


#: The editions that Theo may come to hold.
PAPERS = ("shared", "partner")

# ── both worlds ──────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def furnished(world: World, django_db_blocker) -> World:
    """The world with numbers in it: shared ones, private ones, released ones, and ones that both show."""
    with django_db_blocker.unblock():
        _furnish(world.home)
        connection.close()
    return world


def _furnish(house: House) -> None:
    with inside(house.practice):
        house.things["check"] = worlds.make_exercise(house, "check", Lane.SHARED, [CLOSENESS, HEARD, FAIR, SAFE])
        for key, name in (("csi4", "couple"), ("gad7", "worry"), ("who5", "wellbeing")):
            made = worlds.make_exercise(house, name, Lane.PRIVATE, questions_of(key), scoring_of(key))
            Exercise.objects.filter(pk=made.exercise_id).update(measure=key)
            house.things[key] = made
    for at in range(4):
        give_one(house, f"check{'abcd'[at]}", "check", Lane.SHARED, worlds.BOTH)
        for who in worlds.BOTH:
            typed = {"close": [str(3 + at)], "heard": [str(9 - at)], "fair": [str(4 + at)]}
            _age(house, _submit(house, f"check{'abcd'[at]}", who, typed), at)
    for key, answers in (("csi4", "3 3 4 {}"), ("gad7", "1 1 1 1 1 1 {}")):
        for at in range(3):
            for who in worlds.BOTH:
                _score(house, who, key, answers.format(at), at)
    for series in ("csi4", "gad7", "closeness"):
        _release(house, series)
    for who in worlds.BOTH:
        with acting_as(house[who]):
            releases.say(house[who], house.couple.pk, "csi4", shows=True)
            releases.say(house[who], house.couple.pk, "closeness", shows=True)
    with acting_as(house["theo"]):
        releases.say(house["theo"], house.couple.pk, "gad7", shows=False)


def _couple(house: House) -> Couple:
    return Couple.objects.with_partners().get(pk=house.couple.pk)


def _release(house: House, series: str, to: Any = None) -> None:
    with acting_as(house["therapist"]):
        releases.release(_couple(house), series, by=house["therapist"], client=to)


def _submit(house: House, name: str, who: str, typed: dict[str, list[str]]) -> Response:
    from exercises import answering

    with acting_as(house[who]):
        return answering.submit(house.occurrence(name, who), author=house[who], raw=typed)


def _score(house: House, who: str, key: str, answers: str, at: int) -> Response:
    name = f"{key[:3]}{who}{'abcdefghijklmnop'[at]}{_letters()}"
    give_one(house, name, key, Lane.PRIVATE, (who,))
    return _age(house, _submit(house, name, who, raw(answers)), at)


def _letters() -> str:
    return "".join(random.choices("abcdefghij", k=10))


def _age(house: House, response: Response, at: int) -> Response:
    """Answers lie a week apart, the oldest first, all before today."""
    moment = response.submitted_at - datetime.timedelta(weeks=8 - at)
    with inside(house.practice):
        Response.objects.filter(pk=response.pk).update(submitted_at=moment)
        Score.objects.filter(response=response).update(at=moment)
    return response


# ── what Theo observes ───────────────────────────────────────────────────────


def papers(house: House, *, printed: bool) -> Seen:
    """What reports say to the two of them and, where there is one, to Theo alone; and the bytes of the files."""
    found: Seen = {}
    now = timezone.now()
    today = timezone.localtime(now, house.couple.zone).date()
    with inside(house.practice):
        couple, practice = _couple(house), Practice.objects.get(pk=house.practice.pk)
        for audience in PAPERS:
            partner = house["theo"] if audience == "partner" else None
            report = Report(
                couple=couple, audience=audience, partner=partner, begins_on=today - datetime.timedelta(weeks=10),
                ends_on=today, requested_by=house["therapist"], requested_at=now, request_key=uuid.UUID(int=7),
                reference="LH-2026-AAAAA", summary="As agreed.",
            )  # fmt: skip
            said = progress.of_report(report, couple, practice, now)
            found[f"what the {audience} edition says"] = said
            if printed:
                found[f"pdf: {audience}"] = pdf.render(said).pdf
        found["page as staff preview it"] = lately.page_of(couple, house["theo"], now)
    return found


@pytest.fixture(scope="module")
def paths(furnished: World, browser_of, django_db_blocker) -> list[str]:
    with django_db_blocker.unblock():
        found = [one.path for one in walk(furnished, "theo", browser_of).visits]
        connection.close()
    return found


@pytest.fixture
def observe(furnished: World, browser_of, paths) -> Iterator[Callable[..., Seen]]:
    browser = browser_of("theo")
    browser.get("/today/")

    def look(*, whole: bool = False) -> Seen:
        house, some = furnished.home, [path for path in paths if path.count("/") < 4]
        found = pages(browser, paths if whole else some)
        return {**found, **rows(house), "mail": mail(house), **papers(house, printed=False)}

    with time_machine.travel(timezone.now(), tick=False):
        yield look


# ── what Mara does alone, and what is done for her ───────────────────────────


def scores_in_private(house: House, n: int) -> None:
    _score(house, "mara", "gad7", " ".join(str((n + k) % 4) for k in range(7)), n % 8)


def scores_a_measure_that_nobody_released(house: House, n: int) -> None:
    _score(house, "mara", "who5", " ".join(str((n + k) % 6) for k in range(5)), n % 8)


def answers_in_private_with_an_alert(house: House, n: int) -> None:
    name = f"alarm{_letters()}"
    give_one(house, name, "safety", Lane.PRIVATE, ("mara",))
    before = count(house, Alert)
    send(house, name, "mara", "he must not know", safe="no")
    assert count(house, Alert) == before + 1


def answers_for_herself_alone(house: House, n: int) -> None:
    name = f"own{_letters()}"
    give_one(house, name, "check", Lane.OWN, ("mara",))
    typed = {"close": [str(n % 11)], "heard": ["1"], "fair": ["9"], "home": ["0"]}
    _age(house, _submit(house, name, "mara", typed), n % 8)


def answers_the_shared_question_in_private(house: House, n: int) -> None:
    """The same series that both show, answered in another lane: it must not move the line that Theo sees."""
    name = f"apart{_letters()}"
    give_one(house, name, "check", Lane.PRIVATE, ("mara",))
    typed = {"close": [str(n % 11)], "heard": ["0"], "fair": ["0"], "home": ["1"]}
    _age(house, _submit(house, name, "mara", typed), n % 8)


def types_and_does_not_send(house: House, n: int) -> None:
    one = house.occurrence("waiting", "mara")
    with acting_as(house["mara"]):
        known = drafts.kept(one, house["mara"])
        drafts.save_draft(one, author=house["mara"], raw={"words": [f"draft {n}"]}, base_version=known.version)


def is_given_something_alone(house: House, n: int) -> None:
    name = f"alone{_letters()}"
    give_one(house, name, ("safety", "open")[n % 2], (Lane.PRIVATE, Lane.OWN)[n % 2], ("mara",))
    keep(house, name, "mara", "begun")


def writes_with_the_therapist(house: House, n: int) -> None:
    mara, therapist = house["mara"], house["therapist"]
    with acting_as(mara):
        thread = threads.begin(_couple(house), [mara.pk], by=mara, text=f"{n}", key=uuid.uuid4(), about=threads.About())
    with acting_as(therapist):
        threads.say(thread, by=therapist, text="I hear you", key=uuid.uuid4())


def writes_a_page_for_herself(house: House, n: int) -> None:
    with acting_as(house["mara"]):
        page = journal.begin(house["mara"], house.couple.pk, f"page {n}", uuid.uuid4())
        if n % 2:
            journal.release(page, Lane.PRIVATE, [one.pk for one in house.couple.clients])


def has_a_goal_of_her_own(house: House, n: int) -> None:
    with acting_as(house["mara"]):
        goal = goals.propose(house["mara"], _couple(house), f"aim {n}", alone=True, key=uuid.uuid4())
        goals.rate(goal, house["mara"], n % 11, key=uuid.uuid4())


def tells_how_it_went_in_private(house: House, n: int) -> None:
    with acting_as(house["mara"]):
        one = Occurrence.objects.select_related("assignment").get(pk=house.occurrence("told", "mara").pk)
        feedback.give(one, house["mara"], Said(extent="mostly", too_much=bool(n % 2), usefulness=n % 11, win=f"w{n}"))


def shows_or_hides_what_theo_does_not(house: House, n: int) -> None:
    """Her word on a measure of which Theo said no: neither a yes nor a no of hers can be seen."""
    with acting_as(house["mara"]):
        releases.say(house["mara"], house.couple.pk, "gad7", shows=bool(n % 2))


def shows_what_was_not_released(house: House, n: int) -> None:
    with acting_as(house["mara"]):
        releases.say(house["mara"], house.couple.pk, "who5", shows=bool(n % 2))


def is_released_her_own_score(house: House, n: int) -> None:
    _release(house, ("who5", "rdas", "phq9")[n % 3], house["mara"])


def has_a_score_entered(house: House, n: int) -> None:
    measure = measures.get("rdas")
    day = timezone.localdate(timezone=house.couple.zone) - datetime.timedelta(days=n % 50)
    with acting_as(house["therapist"]):
        entry = measured.Entry(day, measures.read(measure, Decimal(20 + n % 40), {}, {}, False), {})
        if not MeasureEntry.objects.filter(client=house["mara"], measure="rdas", taken_on=day).exists():
            measured.enter(_couple(house), house["mara"], entry, by=house["therapist"])


def is_compared_from_another_day(house: House, n: int) -> None:
    day = timezone.localdate(timezone=house.couple.zone) - datetime.timedelta(days=1 + n % 20)
    with acting_as(house["therapist"]), contextlib.suppress(baselines.Changed):
        baselines.set_baseline(
            _couple(house), house["mara"], measures.get("gad7"), day, reason="moved", by=house["therapist"]
        )


def is_read(house: House, n: int) -> None:
    with acting_as(house["therapist"]):
        found = list(record.responses_of(_couple(house), private_of=house["mara"]))
        record.mark_read(house["therapist"], found, apart=True)


def wants_a_longer_rest(house: House, n: int) -> None:
    """She asked for a rest from deep talks far ahead, where none is planned, and wants it longer."""
    until = timezone.localdate(timezone=house.couple.zone) + datetime.timedelta(days=201 + n % 9)
    with acting_as(house["mara"]):
        pausing.ask_for_rest(house["mara"], _couple(house), until)


ACTS: list[Callable[[House, int], None]] = [
    scores_in_private, scores_a_measure_that_nobody_released, answers_in_private_with_an_alert,
    answers_for_herself_alone, answers_the_shared_question_in_private, types_and_does_not_send,
    is_given_something_alone, writes_with_the_therapist, writes_a_page_for_herself, has_a_goal_of_her_own,
    tells_how_it_went_in_private, shows_or_hides_what_theo_does_not, shows_what_was_not_released,
    is_released_her_own_score, has_a_score_entered, is_compared_from_another_day, is_read,
    wants_a_longer_rest,
]  # fmt: skip


# ── how it may end ───────────────────────────────────────────────────────────


def one_leaves(house: House, n: int) -> None:
    with inside(house.practice):
        mara = Partner.objects.get(couple=house.couple, client=house["mara"])
        mara.left_at = timezone.now()
        mara.save(update_fields=["left_at"])


def they_part(house: House, n: int) -> None:
    with inside(house.practice):
        status.change(_couple(house), Couple.Status.SEPARATED)
        # The database's own clock does not stand still.
        Message.objects.filter(reason="not in care").update(finished_at=timezone.now())


def releases_are_taken_back(house: House, n: int) -> None:
    with acting_as(house["therapist"]):
        for series in ("csi4", "closeness"):
            releases.withdraw(_couple(house), series, by=house["therapist"])


ENDINGS = [one_leaves, they_part, releases_are_taken_back]


def count(house: House, model: Any) -> int:
    with inside(house.practice):
        return model.objects.count()


def in_another_world(house: House, acts: list[tuple[Callable[[House, int], None], int]], look: Callable[[], Seen]):
    """Do it, look, and undo it."""
    with transaction.atomic():
        for act, n in acts:
            act(house.again(), n)
        seen = look()
        transaction.set_rollback(True)
    return seen


def test_b15_what_is_for_both_is_seen_by_the_same_eyes(furnished, observe):
    """The comparison can fail: one shared score more, and one word taken back."""
    before, house = observe(), furnished.home
    for part in (b"Side by side", b"At a glance", b"Numbers between sessions", b"Fairness of unseen work"):
        assert part in before["/lately/"][2]
    scored = in_another_world(
        house, [(lambda house, n: _score(house, "mara", "csi4", "0 0 0 1", 7) and None, 0)], observe
    )
    assert {"/lately/", "reports_score"} <= set(differences(before, scored))

    def stops(house: House, n: int) -> None:
        with acting_as(house["mara"]):
            releases.say(house["mara"], house.couple.pk, "csi4", shows=False)

    assert {"/lately/", "reports_score"} <= set(differences(before, in_another_world(house, [(stops, 0)], observe)))


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.__name__)
def test_b15_after_it_ended_nothing_tells_what_she_had_done_in_private_before(furnished, observe, ending):
    """And what stood side by side is gone from every page and every row that Theo can reach."""
    before = in_another_world(furnished.home, [(ending, 0)], lambda: observe(whole=True))
    assert b"Side by side" not in before["/lately/"][2]
    mara = str(furnished.home["mara"].pk)
    assert not [row for row in before["reports_score"] if mara in row[0].partition("{")[0]], "no score of hers"
    acts = [(act, n) for n, act in enumerate(ACTS, start=2)]
    after = in_another_world(furnished.home, [*acts, (ending, 0)], lambda: observe(whole=True))
    assert differences(before, after) == []


def test_b15_the_bytes_of_the_papers_are_the_same_after_everything_she_may_do_in_private(furnished, observe):
    before = papers(furnished.home, printed=True)
    assert all(len(before[f"pdf: {audience}"]) > 10_000 for audience in PAPERS)
    acts = [(act, n) for n, act in enumerate(ACTS, start=2)]
    after = in_another_world(furnished.home, acts, lambda: papers(furnished.home, printed=True))
    assert differences(before, after) == []
