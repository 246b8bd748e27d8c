"""Every exercise that ships can be opened and looked over, and every sixth is sent, in the lane it proposes."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from exercises import answering
from exercises.answers import NONE_OF_THESE
from exercises.models import Assignment, Exercise, Occurrence
from exercises.pages import is_short
from exercises.questions import Question
from exercises.vocabulary import QuestionType
from tests.exercises.given import as_attune
from tests.factories import acting_as, signed_in

pytestmark = pytest.mark.django_db


def some_answer(question: Question) -> list[str]:
    match question.type:
        case QuestionType.YES_NO:
            return ["yes"]
        case QuestionType.SCALE | QuestionType.MOOD:
            return [str(question.steps[1])]
        case QuestionType.SINGLE | QuestionType.MULTI:
            return [question.options[-1].value]
        case QuestionType.CHECKLIST:
            return [NONE_OF_THESE]
        case QuestionType.NUMBER:
            return [str(question.min or 1)]
    return ["A few words"]


def test_all_of_the_catalogue_goes_through_the_portal(couple, mara, theo, therapist):
    now = timezone.now()
    made: list[Occurrence] = []
    with as_attune(couple):
        for exercise in Exercise.objects.filter(practice=None).select_related("newest").order_by("slug"):
            assert exercise.newest is not None
            joint, alone = exercise.lane == "joint", exercise.lane in ("own", "private")
            audience = [mara.pk] if alone else [mara.pk, theo.pk]
            assignment = Assignment.objects.create(
                couple=couple,
                edition=exercise.newest,
                given_by=therapist,
                audience=audience,
                lane=exercise.lane,
                why="A line",
                starts_on=now.date(),
                at=now.time(),
                opens_by="all" if exercise.lane == "reveal" else "",
            )
            made.append(
                Occurrence.objects.create(
                    couple=couple,
                    assignment=assignment,
                    client=None if joint else mara,
                    audience=audience if joint else [mara.pk],
                    slot="2026-11-29T18:00",
                    opens_at=now - datetime.timedelta(hours=1),
                    due_at=now + datetime.timedelta(hours=1),
                    closes_at=now + datetime.timedelta(days=7),
                )
            )
    assert len(made) == 166
    browser = signed_in(mara)
    for number, occurrence in enumerate(made):
        form = occurrence.assignment.edition.form
        at = f"/do/{occurrence.pk}/"
        assert browser.get(at).status_code == 200
        assert browser.get(f"{at}check/").status_code == (200 if len(form) else 302)
        if number % 6:
            continue  # opening shows what can go wrong with one of them; sending is the same for all
        if len(form):
            last = 1 if is_short(form) else len(form)
            assert browser.get(f"{at}{last}/").status_code == 200
        with acting_as(mara):
            mine = Occurrence.objects.get(pk=occurrence.pk)
            answering.submit(mine, author=mara, raw={one.key: some_answer(one) for one in form})
        assert browser.get(f"{at}sent/").status_code == 200
    assert browser.get("/today/").status_code == 200
    assert browser.get("/together/").status_code == 200
