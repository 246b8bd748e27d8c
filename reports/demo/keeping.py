"""What people of the demo keep besides their answers: goals, agreements, pages of a journal, talk, notes, a program.

As in `history`, everything goes through the verbs that the site itself uses, at the moment it happened.
"""

from __future__ import annotations

import datetime
import uuid

from django.utils import timezone

from clients.models import Client
from exercises import (
    agenda,
    agreements,
    assigning,
    feedback,
    goals,
    journal,
    notes,
    programs,
    reviewing,
    threads,
)
from exercises.feedback import Said
from exercises.giving import Giving
from exercises.library import find_exercise
from exercises.models import AgreementVersion, Assignment, Goal, Occurrence, Program, Response
from exercises.recurrence import Recurrence
from exercises.vocabulary import Lane
from practice import tenancy
from reports.demo.history import History, standing_at

EVENING = "21:40"
DAY = datetime.timedelta(days=1)


class Keeping:
    """Mara and Theo, beside their answers."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.couple = history.couple
        self.therapist = history.therapist
        self.desk = history.askers[""]
        self.everybody = [one.pk for one in self.couple.clients]

    def write(self) -> None:
        self._goals()
        self._agreement()
        self._pages()
        self._words_about_tasks()
        self._talk()
        self._desk()
        self._next()

    def _at(self, ago: int, at: str = EVENING):
        """Stand at a time on a day so many days ago."""
        history = self.history
        return standing_at(history._past(history._moment(history.household.days - ago, at)))

    def _as(self, name: str):
        return tenancy.acting(self.history.askers[name])

    def _client(self, name: str) -> Client:
        return self.history.clients[name]

    def _key(self, what: str) -> uuid.UUID:
        return uuid.uuid5(self.couple.pk, what)

    # ── goals ────────────────────────────────────────────────────────────────

    def _goals(self) -> None:
        review = timezone.localdate() + 14 * DAY
        with self._at(77, "17:40"), tenancy.acting(self.desk):
            ours = goals.set_goal(
                self.couple, self.everybody, "Come home to each other, not past each other",
                by=self.therapist, review_on=review, key=self._key("goal"),
            )  # fmt: skip
            goals.set_phase(self.couple, "skills")
        with self._at(70), self._as("Mara"):
            hers = goals.propose(
                self._client("Mara"), self.couple, "Ask for help before I am angry", alone=True, key=self._key("hers")
            )
        self._rate(ours, "Mara", ((76, 3), (56, 4), (28, 6), (6, 7)))
        self._rate(ours, "Theo", ((75, 4), (55, 4), (27, 5), (5, 7)))
        self._rate(hers, "Mara", ((69, 2), (34, 5), (8, 6)))

    def _rate(self, goal: Goal, name: str, ratings: tuple[tuple[int, int], ...]) -> None:
        for ago, value in ratings:
            with self._at(ago), self._as(name):
                goals.rate(goal, self._client(name), value, key=self._key(f"{goal.pk} {name} {ago}"))

    # ── agreements ───────────────────────────────────────────────────────────

    def _agreement(self) -> None:
        with self._at(59), self._as("Theo"):
            made = agreements.begin(
                self.couple, self.everybody, title="A way out, and a way back",
                text="Either of us may say 'kettle'. Then twenty minutes apart, no phones, and back to the table.",
                review_on=timezone.localdate() + 60 * DAY, by=self._client("Theo"), key=self._key("agreement"),
            )  # fmt: skip
        self._yes("Mara", made.pk, 1, 58)
        with self._at(20), self._as("Mara"):
            agreements.propose(
                made,
                text="Either of us may say 'kettle', also by text. Then twenty minutes apart, no phones, and back to "
                "the table. Who called it begins.",
                review_on=timezone.localdate() + 60 * DAY,
                by=self._client("Mara"),
            )
        self._yes("Theo", made.pk, 2, 19)
        with self._at(4), self._as("Theo"):
            agreements.begin(
                self.couple, self.everybody, title="Sunday mornings",
                text="Whoever is up first takes the dog. The other one sleeps, without being asked how long.",
                review_on=None, by=self._client("Theo"), key=self._key("sundays"),
            )  # fmt: skip

    def _yes(self, name: str, agreement: uuid.UUID, number: int, ago: int) -> None:
        with self._at(ago), self._as(name):
            version = AgreementVersion.objects.get(agreement_id=agreement, number=number)
            agreements.say_yes(version, self._client(name))

    # ── pages of a journal ───────────────────────────────────────────────────

    def _pages(self) -> None:
        self._page("Mara", 61, "I practised the sentence in the car. 'I need ten minutes of you.' It sounds so small.")
        self._page(
            "Mara", 33, "The evening with the lentils was the first in a year where I forgot to check who had done "
            "what. I want to remember that it is possible.", Lane.SHARED,
        )  # fmt: skip
        self._page("Mara", 9, "I keep counting. I wish I knew how to stop counting.")
        self._page(
            "Theo", 47, "When the money comes up I go somewhere else in my head. It is not that I do not care. It is "
            "as if somebody turned the sound off. I have not told her how often.", Lane.PRIVATE,
        )  # fmt: skip

    def _page(self, name: str, ago: int, text: str, lane: str = Lane.OWN) -> None:
        with self._at(ago, "22:50"), self._as(name):
            page = journal.begin(self._client(name), self.couple.pk, text, self._key(f"page {name} {ago}"))
            if lane != Lane.OWN:
                journal.release(page, lane, self.everybody)

    # ── how it went ──────────────────────────────────────────────────────────

    def _words_about_tasks(self) -> None:
        self._went("Mara", "cook-with-one-lead", Said(extent="more", usefulness=9, difficulty=2, show=True,
                   win="We burnt the onions and neither of us said anything."))  # fmt: skip
        self._went("Theo", "cook-with-one-lead", Said(extent="planned", usefulness=8, difficulty=3, show=True,
                   win="She let me lead for a whole dinner."))  # fmt: skip
        self._went("Theo", "six-step-repair", Said(extent="mostly", usefulness=7, difficulty=8,
                   obstacles=("hard", "tired"), words="I had the words and could not say them."))  # fmt: skip
        self._went("Mara", "rupture-and-repair-log", Said(extent="little", usefulness=4, difficulty=5,
                   obstacles=("time",)))  # fmt: skip

    def _went(self, name: str, slug: str, what: Said) -> None:
        client = self._client(name)
        with tenancy.acting(tenancy.as_system(self.history.practice_id)):
            sent = (
                Response.objects.filter(couple=self.couple, occurrence__assignment__edition__exercise__slug=slug)
                .filter(occurrence__audience__contains=[client.pk])
                .select_related("occurrence__assignment")
                .order_by("-submitted_at")
                .first()
            )
        if sent is None:
            return
        with standing_at(sent.submitted_at + datetime.timedelta(minutes=20)), self._as(name):
            feedback.give(Occurrence.objects.select_related("assignment").get(pk=sent.occurrence_id), client, what)

    # ── talk ─────────────────────────────────────────────────────────────────

    def _talk(self) -> None:
        everybody = threads.allowed_about(self.everybody)
        with self._at(12, "18:20"), tenancy.acting(self.desk):
            thread = threads.begin(
                self.couple, self.everybody, by=self.therapist, key=self._key("talk"), about=everybody,
                text="You both wrote that the second half of the talk was the good one. What made it so?",
            )  # fmt: skip
        with self._at(11, "20:15"), self._as("Theo"):
            threads.say(thread, by=self._client("Theo"), text="She asked and then really waited.", key=self._key("t1"))
        with self._at(10, "07:50"), self._as("Mara"):
            threads.say(
                thread, by=self._client("Mara"), text="He answered a question I had not asked out loud.",
                key=self._key("t2"),
            )  # fmt: skip
        theo = self._client("Theo")
        with self._at(2, "22:20"), self._as("Theo"):
            threads.begin(
                self.couple, [theo.pk], by=theo, key=self._key("alone"), about=threads.allowed_about([theo.pk]),
                text="Could we speak about the money before we do it all three together?",
            )  # fmt: skip

    # ── the therapist's own ──────────────────────────────────────────────────

    def _desk(self) -> None:
        with self._at(5, "18:30"), tenancy.acting(self.desk):
            sent = list(Response.objects.filter(couple=self.couple).order_by("-submitted_at"))
            week_ago = timezone.now() - 6 * DAY
            for one in sent:
                if one.submitted_at < week_ago and one.lane not in (Lane.PRIVATE, Lane.OWN):
                    reviewing.mark(one, self.therapist)
            notes.write(
                self.couple, self.therapist,
                "Pursue and withdraw softens. He goes numb when money is named; she hears it as not caring.",
            )  # fmt: skip
            notes.write(
                self.couple, self.therapist, "Begin with the lentil evening. Then who carries what, slowly.",
                for_session=True,
            )  # fmt: skip
            agenda.note_down(self.couple, self.therapist, "Holiday plans: ask before they collide")

    # ── what comes next ──────────────────────────────────────────────────────

    def _next(self) -> None:
        self._give("eight-step-check-in", "Before we meet, so that we can begin in the middle.", due="appointment")
        self._give("six-step-repair", "For whenever a quarrel leaves something behind.", due="on_demand")

    def _give(self, slug: str, why: str, due: str) -> None:
        with self._at(3, "18:10"), tenancy.acting(self.desk):
            exercise = find_exercise(slug)
            if exercise is None or exercise.newest is None:
                raise LookupError(f"The catalogue has no {slug}.")
            lane = exercise.newest.content["lane"]
            assigning.give(
                Giving(
                    couple=self.couple,
                    edition=exercise.newest,
                    clients=tuple(self.everybody),
                    lane=lane,
                    why=why,
                    starts_on=timezone.localdate(timezone=self.couple.zone),
                    at=datetime.time(20),
                    recurrence=Recurrence.parse("once"),
                    opens_by=Assignment.OpensBy.APPOINTMENT if lane == Lane.REVEAL else "",
                    due=due,
                    key=self._key(f"{slug} {due}"),
                ),
                by=self.therapist,
            )


def run_a_program(history: History, slug: str, ago: int) -> None:
    """Let a couple be in a program that began so many days ago, its weeks opened on their days."""
    couple, therapist = history.couple, history.therapist
    began = history._past(history._moment(history.household.days - ago, "10:00"))
    with standing_at(began), tenancy.acting(history.askers[""]):
        program = Program.objects.get(slug=slug, practice=None)
        run = programs.begin(
            programs.Start(
                couple=couple,
                program=program,
                content={
                    **programs.plan_of(program),
                    "why": "Four weeks, little by little, to have your evenings back.",
                },
                clients=tuple(one.pk for one in couple.clients),
                starts_on=timezone.localdate(timezone=couple.zone),
                at=datetime.time(20),
                key=uuid.uuid5(couple.pk, slug),
            ),
            by=therapist,
        )
    for week in range(1, ago // 7 + 1):
        moment = began + week * 7 * DAY
        with standing_at(moment), tenancy.acting(tenancy.as_system(history.practice_id)):
            programs.open_what_is_due(run, moment)
