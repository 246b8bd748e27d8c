"""What each edition of a report may be made of. The one place where rows are let in.

All editions become the same plain :class:`~reports.material.Material`; nothing after this module knows a
row or asks a lane. The clinical edition reads what a therapist may read: every lane but ``own``. The shared
edition reads what *every* partner could read in the portal at this moment, from querysets that let nothing
else in: it is not cleaned afterwards, it never meets a private row. What nobody else may learn of leaves no
word, number, count or gap in it, because nothing in it was counted from more than these rows. The edition
of one partner reads what this one could read in the portal, but for what they keep for themselves alone:
a therapist has it made.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat, Length, Replace, StrIndex

from clients.models import Client, Couple
from clients.status import ENDED
from exercises import measured, measures
from exercises.measures import Measure
from exercises.models import (
    Agreement,
    Answer,
    Assignment,
    Goal,
    GoalRating,
    MeasureEntry,
    Occurrence,
    ProgramRun,
    Response,
)
from exercises.vocabulary import METRICS, Kind, Lane
from practice import tenancy
from reports import baselines, releases
from reports.courses import Course, courses
from reports.material import Material, Period, Shown
from reports.models import Score
from reports.models.report import Audience
from reports.reader import Reader
from reports.side_by_side import Beside, side_by_side

Row = TypeVar("Row", Response, Assignment)

#: Lanes whose answers a partner may come to read.
OPEN = (Lane.REVEAL, Lane.SHARED, Lane.JOINT)
#: Series that speak of safety: not in the couple's hands, even where a form asked openly.
CLINICAL_ONLY = frozenset({"emotional_safety", "boundary_respect", "trust"}) | {
    key for key, metric in METRICS.items() if metric.therapist_only
}
#: Exercises whose answers stay between a person and the therapist.
KEPT_APART = frozenset({Kind.WARNING_SIGNS})


# ── what may be read ─────────────────────────────────────────────────────────


def readable_by_all(couple: Couple, now: datetime) -> tuple[QuerySet[Response], QuerySet[Answer]]:
    """Return the responses and answers that every present partner of the couple may read at ``now``.

    Shared and joint ones, and what a reveal has opened for everybody. An answer says for itself who reads
    it, whatever its response does: a question may be narrower than its form.
    """
    allowed = _for_all(couple) & Q(couple=couple, lane__in=OPEN, opens_at__lte=now)
    responses = without_kept_apart(Response.objects.filter(allowed))
    answers = Answer.objects.filter(allowed, Exists(responses.filter(pk=OuterRef("response_id"))))
    return responses, answers


def _for_all(couple: Couple) -> Q:
    """What present partners wrote and all the others of them are readers of."""
    present = {partner.client_id for partner in couple.partners.all() if partner.left_at is None}
    for_all = Q(pk__in=[])
    for author in sorted(present):
        for_all |= Q(author_id=author, readers__contains=sorted(present - {author}))
    return for_all


def readable_by(couple: Couple, client: Client, now: datetime) -> tuple[QuerySet[Response], QuerySet[Answer]]:
    """Return the responses and answers that one partner may read at ``now``, without those they keep to themselves.

    Their own, whatever lane a therapist reads; and the others', opened to them, while they are in care together.
    """
    allowed = Q(couple=couple) & (_by(client) | _to(couple, client, now))
    responses = without_kept_apart(Response.objects.filter(allowed))
    answers = Answer.objects.filter(allowed, Exists(responses.filter(pk=OuterRef("response_id"))))
    return responses, answers


def _by(client: Client) -> Q:
    return Q(author_id=client.pk) & ~Q(lane=Lane.OWN)


def _to(couple: Couple, client: Client, now: datetime) -> Q:
    """What the other present partners opened to ``client``; nothing once they are not in care together."""
    others = _others(couple, client)
    return Q(author_id__in=others, readers__contains=[client.pk], lane__in=OPEN, opens_at__lte=now)


def _others(couple: Couple, client: Client) -> list[uuid.UUID]:
    present = {partner.client_id for partner in couple.partners.all() if partner.left_at is None}
    return sorted(present - {client.pk}) if in_care_together(couple, client) else []


def in_care_together(couple: Couple, client: Client | None = None) -> bool:
    """Tell whether partners may still read what they shared, and whether ``client`` is one of those present."""
    present = {partner.client_id for partner in couple.partners.all() if partner.left_at is None}
    return couple.status not in ENDED and (client is None or client.pk in present)


def readable_by_therapists(couple: Couple) -> tuple[QuerySet[Response], QuerySet[Answer]]:
    """Return what a therapist of the couple may read: all lanes but the partners' own."""
    allowed = Q(couple=couple) & ~Q(lane=Lane.OWN)
    return Response.objects.filter(allowed), Answer.objects.filter(allowed)


def scores_from(answers: QuerySet[Answer], couple: Couple) -> QuerySet[Score]:
    """Return the numbers that several exercises share, made of these answers and of no others."""
    source = answers.filter(response_id=OuterRef("response_id"), key=OuterRef("questions"))
    return Score.objects.filter(Exists(source), couple=couple, scored=False)


def exercise_scores_from(answers: QuerySet[Answer], couple: Couple) -> QuerySet[Score]:
    """Return exercises' own scores of which every part is one of these answers."""
    comma = Value(",")
    parts = answers.filter(response_id=OuterRef("response_id")).annotate(
        place=StrIndex(Concat(comma, OuterRef("questions"), comma), Concat(comma, "key", comma))
    )
    known = parts.filter(place__gt=0).order_by().values("response_id").annotate(count=Count("pk")).values("count")
    made_of = Length("questions") - Length(Replace("questions", comma, Value(""))) + 1
    scores = Score.objects.filter(couple=couple, scored=True)
    return scores.annotate(known=Subquery(known), made_of=made_of).filter(known=F("made_of"))


def without_kept_apart(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Return what was sent or given without what stays between a person and the therapist: not even its name is told.

    That is warning signs, and screens for violence: a paper lies about, and the wrong one may read it.
    """
    screens = [one.key for one in measures.all() if one.person_only]
    return rows.exclude(edition__content__kind__in=KEPT_APART).exclude(edition__exercise__measure__in=screens)


def without_measures(scores: QuerySet[Score]) -> QuerySet[Score]:
    """Return the scores without those of measures: these are read by their own rules, and released by a therapist."""
    return scores.exclude(series__in=measures.series()).exclude(response__edition__exercise__measure__gt="")


def without_screens(scores: QuerySet[Score]) -> QuerySet[Score]:
    """Return the scores without those of screens for violence: they stand in no view of the couple."""
    return scores.exclude(series__in=measures.series(for_one_alone=True))


def without_safety(scores: QuerySet[Score]) -> QuerySet[Score]:
    """Return the exercises' own scores without those of a form that asks of safety too."""
    asks = Q(series__in=CLINICAL_ONLY)
    for key in sorted(CLINICAL_ONLY):
        asks |= Q(response__edition__content__contains={"questions": [{"metric": key}]})
    return scores.exclude(asks)


def given_to_all(couple: Couple) -> QuerySet[Assignment]:
    """Return what was given to every present partner in a lane that opens to them."""
    present = sorted(partner.client_id for partner in couple.partners.all() if partner.left_at is None)
    return without_kept_apart(Assignment.objects.filter(couple=couple, lane__in=OPEN, audience__contains=present))


def goals_of_all(couple: Couple, now: datetime) -> tuple[QuerySet[Goal], QuerySet[GoalRating]]:
    """Return the goals that all present partners have, and the ratings that all of them may read."""
    present = sorted(partner.client_id for partner in couple.partners.all() if partner.left_at is None)
    shared = Goal.objects.filter(couple=couple, lane=Lane.SHARED, audience__contains=present)
    ratings = GoalRating.objects.filter(_for_all(couple), couple=couple, lane=Lane.SHARED, opens_at__lte=now)
    return shared, ratings


def measures_up_to(couple: Couple, period: Period) -> tuple[Beside, ...]:
    """Return every partner's scores of measures up to the period's end. No screen that is for one person alone."""
    results = [one for one in measured.results(couple) if one.taken_on <= period.ends]
    return tuple(side_by_side(couple, results, baselines.starts_of(couple, until=period.ends)))


def given_to(couple: Couple, client: Client) -> QuerySet[Assignment]:
    """Return what was given to one partner and is not theirs alone."""
    rows = Assignment.objects.filter(couple=couple, audience__contains=[client.pk]).exclude(lane=Lane.OWN)
    return without_kept_apart(rows)


def goals_of(couple: Couple, client: Client, now: datetime) -> tuple[QuerySet[Goal], QuerySet[GoalRating]]:
    """Return one partner's goals that are not theirs alone, and the ratings that they may read."""
    goals = Goal.objects.filter(couple=couple, audience__contains=[client.pk]).exclude(lane=Lane.OWN)
    return goals, GoalRating.objects.filter(_by(client) | _to(couple, client, now), couple=couple)


# ── one edition's rows, whichever it is ───────────────────────────────────────


def readable_in(
    couple: Couple, audience: str, client: Client | None, now: datetime
) -> tuple[QuerySet[Response], QuerySet[Answer]]:
    """Return the responses and answers that an edition may read; ``client`` is the reader of one partner's."""
    if audience == Audience.CLINICAL:
        return readable_by_therapists(couple)
    if client is not None:
        return readable_by(couple, client, now)
    return readable_by_all(couple, now)


def aims_going_on(couple: Couple, audience: str, client: Client | None, period: Period, now: datetime) -> Material:
    """Return the goals that an edition may tell of and that are neither reached nor let go, and nothing else."""
    if audience == Audience.CLINICAL:
        goals = Goal.objects.filter(couple=couple).exclude(lane=Lane.OWN)
        ratings = GoalRating.objects.filter(couple=couple).exclude(lane=Lane.OWN)
    else:
        goals, ratings = goals_of(couple, client, now) if client else goals_of_all(couple, now)
    reader = Reader(couple, period, shared=audience != Audience.CLINICAL)
    going_on = goals.filter(reached_at=None, dropped_at=None)
    aims = reader.aims(going_on, ratings, Assignment.objects.none())
    return Material(partners=reader.partners, period=period, shared=audience != Audience.CLINICAL, aims=aims)


def answers_of(
    couple: Couple, response_id: uuid.UUID | None, audience: str, reader: Client | None, now: datetime
) -> tuple[Response, dict[str, Answer], list[Score]] | None:
    """Return one response with the answers and scores that an edition may have of it, or None.

    One partner's edition is its author's own. The newest revision stands for those before it.
    """
    responses, answers = readable_in(couple, audience, reader, now)
    if reader is not None:
        responses = responses.filter(author=reader)
    asked = Response.objects.filter(couple=couple, pk=response_id).values("occurrence_id", "author_id").first()
    if asked is None:
        return None
    rows = responses.filter(**asked).select_related("edition__exercise").order_by("-revision")
    response = rows.first()
    if response is None:
        return None
    there = answers.filter(response=response)
    scores = without_screens(exercise_scores_from(there, couple).filter(response=response))
    if audience != Audience.CLINICAL:
        scores = without_measures(without_safety(scores)).exclude(lane=Lane.OWN)
    return response, {one.key: one for one in there}, list(scores.order_by("series", "pk"))


def agreements_in(couple: Couple, audience: str, reader: Client | None) -> QuerySet[Agreement]:
    """Return the agreements that have not ended and that an edition may tell of.

    The shared one tells of those of all present partners; one partner's of theirs with others who are there still.
    """
    rows = Agreement.objects.filter(couple=couple, ended_at=None)
    if audience == Audience.CLINICAL:
        return rows
    if reader is not None:
        return rows.filter(audience__contains=[reader.pk], audience__contained_by=[reader.pk, *_others(couple, reader)])
    present = sorted(partner.client_id for partner in couple.partners.all() if partner.left_at is None)
    return rows.filter(audience__contains=present, audience__contained_by=present)


def courses_in(
    couple: Couple, audience: str, reader: Client | None, until: date | None = None
) -> tuple[tuple[int, Course], ...]:
    """Return everybody's scores on measures by position, as far as an edition may have them; no screens.

    ``until`` is the last day that counts. Partners compare from the first score: that somebody set a baseline is
    the therapist's.
    """
    clinical = audience == Audience.CLINICAL
    found = measured.results(couple, only=None if clinical else _shown_to(couple, reader))
    starts = baselines.starts_of(couple) if clinical else {}
    within = [one for one in found if until is None or one.taken_on <= until]
    return tuple(
        (partner.position, one)
        for partner in couple.partners.all()
        for one in courses(
            [result for result in within if result.client_id == partner.client_id],
            {key: day for (who, key), day in starts.items() if who == partner.client_id},
        )
        if not one.measure.person_only
    )


def _shown_to(couple: Couple, reader: Client | None) -> set[uuid.UUID]:
    """The responses and entries whose scores everybody who reads an edition sees in the portal too.

    By what stands on the rows, which the wall compares as well: one's own once they are released, the others'
    only while everybody's are released to all and all have said yes.
    """
    present = {one.client_id for one in couple.partners.all() if one.left_at is None}
    people = {reader.pk, *_others(couple, reader)} if reader else present
    readers = [reader.pk] if reader else sorted(present)
    shown = {"couple": couple, "readers__contains": readers, "client_id__in": people}
    # What they answered together is nobody's own score, and what is one's own alone never comes to a therapist.
    rows = Score.objects.filter(**shown, series__in=measures.series()).exclude(lane__in=[Lane.OWN, Lane.JOINT])
    entered = MeasureEntry.objects.filter(**shown, taken_back_at=None)
    return set(
        rows.order_by().values_list("response_id", flat=True).union(entered.order_by().values_list("pk", flat=True))
    )


def run_of(couple: Couple, run_id: uuid.UUID | None, audience: str, reader: Client | None) -> ProgramRun | None:
    """Return a program that an edition may tell of: for partners, one that was given to those who read it."""
    rows = ProgramRun.objects.filter(couple=couple, pk=run_id)
    if audience != Audience.CLINICAL:
        present = sorted(partner.client_id for partner in couple.partners.all() if partner.left_at is None)
        rows = rows.filter(audience__contains=[reader.pk] if reader else present)
    run = rows.first()
    if run is not None:
        run.couple = couple
    return run


def given_in(run: ProgramRun) -> QuerySet[Assignment]:
    """Return what therapists may know of a program: all that was given in it, but what is somebody's own."""
    return Assignment.objects.filter(run=run).exclude(lane=Lane.OWN)


def rounds_in(run: ProgramRun) -> QuerySet[Occurrence]:
    """Return the rounds of that, without what was taken back or rested."""
    gone = [Occurrence.State.WITHDRAWN, Occurrence.State.PAUSED]
    return Occurrence.objects.filter(assignment__in=given_in(run)).exclude(state__in=gone).order_by("due_at", "pk")


def sent_in(
    run: ProgramRun, audience: str, client: Client | None, period: Period, now: datetime, *weeks: int
) -> tuple[Material, dict[str, int]]:
    """Return what an edition may tell of that was sent in a program, and the week of each act of giving in that.

    With ``weeks``, only what was given in these (0 is the look before it begins).
    """
    couple = run.couple
    responses, answers = readable_in(couple, audience, client, now)
    responses = responses.filter(occurrence__assignment__run=run)
    if weeks:
        responses = responses.filter(occurrence__assignment__run_week__in=weeks)
    shared = audience != Audience.CLINICAL
    reader = Reader(couple, period, shared=shared, people={client.pk, *_others(couple, client)} if client else None)
    sent = reader.sent(responses)
    numbers, scores = scores_from(answers, couple), without_screens(exercise_scores_from(answers, couple))
    if shared:
        numbers = numbers.exclude(lane=Lane.OWN).exclude(series__in=CLINICAL_ONLY)
        scores = without_measures(without_safety(scores.exclude(lane=Lane.OWN)))
    material = Material(
        partners=reader.partners,
        period=period,
        shared=shared,
        sent=sent,
        numbers=reader.numbers(numbers),
        scores=reader.scores(scores),
    )
    given = responses.values_list("occurrence__assignment__given_key", "occurrence__assignment__run_week")
    return material, {str(key): week or 0 for key, week in given}


def course_of(couple: Couple, client: Client, measure: Measure, reader: Client | None) -> Course | None:
    """Return one person's scores of a measure, or None where there are none that this edition may have.

    Without a ``reader`` it is the therapist's, compared from the baseline in force. No screen that is asked of
    one person alone is ever printed, and partners read scores of measures only once they are released to them.
    """
    if measure.person_only:
        return None
    if reader is not None and releases.standing_of(couple.pk).released(client.pk, measure.key) is None:
        return None
    starts = {} if reader else {key: day for (who, key), day in baselines.starts_of(couple).items() if who == client.pk}
    found = [one for one in measured.results(couple, client) if one.measure.key == measure.key]
    return next(iter(courses(found, starts)), None)


# ── what was allowed and is not any more ──────────────────────────────────────


def narrowed_since(couple: Couple, audience: str, client_id: uuid.UUID | None, moment: datetime) -> bool:
    """Tell whether an edition that was read at ``moment`` holds what it may not hold any more.

    Needs ``with_partners``. A clinical one is never narrowed; the others are when they part, when one of the
    partners leaves, and when a release is taken back.
    """
    if audience == Audience.CLINICAL:
        return False
    left = any(one.left_at is not None and one.left_at > moment for one in couple.partners.all())
    if audience == Audience.SHARED and couple.status == Couple.Status.SEPARATED:
        return True
    return left or releases.narrowed_since(couple.pk, moment)


# ── the editions ─────────────────────────────────────────────────────────


def shared_material(couple: Couple, period: Period, now: datetime) -> Material:
    """Return what the couple's own copy may say. Needs ``with_partners``."""
    responses, answers = readable_by_all(couple, now)
    reader = Reader(couple, period, shared=True)
    sent = reader.sent(responses)
    return Material(
        partners=reader.partners,
        period=period,
        shared=True,
        sent=sent,
        numbers=reader.numbers(scores_from(answers, couple).filter(lane__in=OPEN).exclude(series__in=CLINICAL_ONLY)),
        scores=reader.scores(
            without_measures(without_safety(exercise_scores_from(answers, couple).filter(lane__in=OPEN)))
        ),
        courses=courses_in(couple, Audience.SHARED, None, period.ends),
        words=reader.words(answers),
        running=reader.running(given_to_all(couple)),
        aims=reader.aims(*goals_of_all(couple, now), given_to_all(couple)),
    )


def partner_material(couple: Couple, client: Client, period: Period, now: datetime) -> Material:
    """Return what one partner's own copy may say. Needs ``with_partners``."""
    responses, answers = readable_by(couple, client, now)
    reader = Reader(couple, period, shared=True, people={client.pk, *_others(couple, client)})
    sent = reader.sent(responses)
    given = given_to(couple, client)
    numbers = scores_from(answers, couple).exclude(lane=Lane.OWN).exclude(series__in=CLINICAL_ONLY)
    scores = without_safety(without_screens(exercise_scores_from(answers, couple).exclude(lane=Lane.OWN)))
    return Material(
        # Their own line stands first.
        partners=tuple(sorted(reader.partners, key=lambda one: one.position != reader.position[client.pk])),
        period=period,
        shared=True,
        reader=reader.position[client.pk],
        sent=sent,
        numbers=reader.numbers(numbers),
        scores=reader.scores(without_measures(scores)),
        courses=courses_in(couple, Audience.PARTNER, client, period.ends),
        words=reader.words(answers),
        running=reader.running(given),
        aims=reader.aims(*goals_of(couple, client, now), given),
    )


def clinical_material(couple: Couple, period: Period, now: datetime) -> Material:
    """Return what the therapist's copy may say. Needs ``with_partners``."""
    responses, answers = readable_by_therapists(couple)
    reader = Reader(couple, period, shared=False)
    sent = reader.sent(responses)
    given = Assignment.objects.filter(couple=couple).exclude(lane=Lane.OWN)
    return Material(
        partners=reader.partners,
        period=period,
        shared=False,
        sent=sent,
        numbers=reader.numbers(scores_from(answers, couple)),
        scores=reader.scores(without_measures(exercise_scores_from(answers, couple))),
        measures=measures_up_to(couple, period),
        words=reader.words(answers),
        asked=reader.asked(given, now),
        running=reader.running(given),
        aims=reader.aims(
            Goal.objects.filter(couple=couple).exclude(lane=Lane.OWN),
            GoalRating.objects.filter(couple=couple).exclude(lane=Lane.OWN),
            given,
        ),
    )


def portal_material(couple: Couple, client: Client, period: Period, now: datetime) -> Material:
    """Return what one partner's own page in the portal may say. Needs ``with_partners``.

    Everything they wrote, in whatever lane; and of the others what is theirs to read: words and things done
    together that opened to them, numbers only where a release and everybody's yes cover them.
    """
    there = {partner.client_id for partner in couple.partners.all() if partner.left_at is None}
    opened = Q(author_id__in=there - {client.pk}, readers__contains=[client.pk], lane__in=[Lane.SHARED, Lane.JOINT])
    responses = Response.objects.filter(Q(author=client) | (opened & Q(opens_at__lte=now)), couple=couple)
    read = list(responses.exclude(edition__content__kind__in=KEPT_APART).values_list("pk", flat=True))
    numbers = Score.objects.filter(couple=couple, scored=False, readers__contains=[client.pk])
    seen = list(numbers.exclude(series__in=CLINICAL_ONLY).values_list("pk", flat=True))
    reader = Reader(couple, period, shared=True)
    with tenancy.elevated():
        # Which rows are read was decided above, behind the asker's own walls; here only to which round they belong.
        sent = reader.sent(Response.objects.filter(pk__in=read))
        values = reader.numbers(Score.objects.filter(pk__in=seen))
    return Material(
        partners=reader.partners,
        period=period,
        shared=True,
        sent=sent,
        numbers=values,
        aims=reader.aims(*_goals_of(couple, client, there, now), Assignment.objects.none()),
    )


def _goals_of(
    couple: Couple, client: Client, there: set[uuid.UUID], now: datetime
) -> tuple[QuerySet[Goal], QuerySet[GoalRating]]:
    goals = Goal.objects.filter(couple=couple, audience__contains=[client.pk])
    others = Q(author_id__in=there, readers__contains=[client.pk], opens_at__lte=now)
    return goals, GoalRating.objects.filter(Q(author=client) | others, couple=couple)


def shown_scores(couple: Couple, client: Client, period: Period) -> tuple[Shown, ...]:
    """Return the scores of measures that were released to one partner: theirs, and the others' where all agreed.

    From the first one on, up to the period's end: what is said of a change is said from the start. By what stands
    on the rows, which the wall compares as well. Needs ``with_partners``.
    """
    position = {one.client_id: one.position for one in couple.partners.all() if one.left_at is None}
    _first, after = period.instants
    released = {"couple": couple, "readers__contains": [client.pk], "client_id__in": list(position)}
    rows = Score.objects.filter(**released, series__in=measures.series(), at__lt=after)
    found = [
        Shown(series, position[who], period.day(at), value)
        for series, who, at, value in rows.values_list("series", "client_id", "at", "value")
    ]
    entered = MeasureEntry.objects.filter(**released, taken_back_at=None, taken_on__lte=period.ends)
    for measure, who, day, total, parts in entered.values_list(
        "measure", "client_id", "taken_on", "total", "subscales"
    ):
        if total is not None:
            found.append(Shown(measure, position[who], day, total))
        found += [Shown(f"{measure}.{key}", position[who], day, Decimal(value)) for key, value in parts.items()]
    return tuple(sorted(found, key=lambda one: (one.on, one.series, one.position, one.value)))
