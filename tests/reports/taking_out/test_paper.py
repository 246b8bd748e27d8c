"""A record on paper, printed for real."""

from __future__ import annotations

import pytest

from practice.tasks import make_archive
from reports.pdf import Rendered
from reports.taking_out import asking
from reports.taking_out.asking import Format, Wish
from tests.factories import acting_as
from tests.reports.reading import problems, words_of
from tests.reports.test_measures import send

pytestmark = pytest.mark.django_db


def test_the_paper_says_what_was_asked_answered_and_added_up(couple, therapist, mara, monkeypatch):
    monkeypatch.setattr(make_archive, "delay", lambda **ids: None)
    send(couple, therapist, mara, "phq9", "2 2 1 1 1 1 1 1 0")
    with acting_as(therapist):
        archive = asking.ask_for_couple(couple, Wish((Format.PDF,), names=True), by=therapist)
    make_archive(practice_id=str(couple.practice_id), archive_id=str(archive.pk))
    with acting_as(therapist):
        _size, read = asking.take(archive)
    paper = Rendered(b"".join(read(0)), "", 1, "")
    said = words_of(paper)
    assert problems(paper.pdf) == []
    for words in ("For the therapist alone", "Form phq9", "Mara", "private", "edition 1", "PHQ-9 10", "moderate"):
        assert words in said, words
