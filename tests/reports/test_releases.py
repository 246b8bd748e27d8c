"""Scores are shown by a therapist's release and by each partner's own word, in the code and in the database."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from clients import status
from clients.models import Client, Couple, Partner
from exercises import answering, assigning, measured, measures
from exercises.models import Exercise, MeasureEntry, Occurrence
from practice.models import Membership, Practice
from reports import editions, releases, tasks
from reports.models import Release, Score, Showing
from reports.models.release import NEVER
from tests.exercises.given import as_attune, give
from tests.exercises.measures.forms import questions_of, raw, scoring_of
from tests.factories import acting_as, make_couple, make_member, signed_in
from tests.reports.test_measures import send

pytestmark = pytest.mark.django_db

LOW, HIGH = "3 3 4 3", "4 4 3 3"


@pytest.fixture
def scored(couple: Couple, therapist: Membership, mara: Client, theo: Client) -> Couple:
    send(couple, therapist, mara, "csi4", LOW)
    send(couple, therapist, theo, "csi4", HIGH)
    return couple


def seen_by(client: Client) -> set[tuple[str, Decimal]]:
    """Whose scores of the measure this partner's role reads, with no filter at all."""
    with acting_as(client):
        names = dict(Client.objects.values_list("pk", "name"))
        return {(names[one.client_id].split()[0], one.value) for one in Score.objects.filter(series="csi4")}


def release(couple: Couple, therapist: Membership, series: str = "csi4", client: Client | None = None) -> None:
    with acting_as(therapist):
        releases.release(Couple.objects.with_partners().get(pk=couple.pk), series, by=therapist, client=client)


def withdraw(couple: Couple, therapist: Membership, series: str = "csi4") -> None:
    with acting_as(therapist):
        releases.withdraw(couple, series, by=therapist)


def say(client: Client, couple: Couple, series: str = "csi4", *, shows: bool = True) -> None:
    with acting_as(client):
        releases.say(client, couple.pk, series, shows=shows)


MARA, THEO = ("Mara", Decimal(13)), ("Theo", Decimal(14))


def test_before_a_release_nobody_sees_a_score_not_even_their_own(scored, mara, theo):
    assert seen_by(mara) == seen_by(theo) == set()


def test_a_release_to_one_partner_shows_their_own_score_to_them_alone(scored, therapist, mara, theo):
    release(scored, therapist, client=mara)
    assert (seen_by(mara), seen_by(theo)) == ({MARA}, set())


def test_a_release_to_all_shows_each_their_own_and_the_others_once_all_have_said_yes(scored, therapist, mara, theo):
    release(scored, therapist)
    assert (seen_by(mara), seen_by(theo)) == ({MARA}, {THEO})
    say(mara, scored)
    assert (seen_by(mara), seen_by(theo)) == ({MARA}, {THEO}), "one yes shows nothing to anybody"
    say(theo, scored)
    assert seen_by(mara) == seen_by(theo) == {MARA, THEO}


def test_a_partner_takes_their_scores_back_at_once_and_past_ones_too(scored, therapist, mara, theo):
    release(scored, therapist)
    for one in (mara, theo):
        say(one, scored)
    moment = timezone.now()
    say(mara, scored, shows=False)
    assert (seen_by(mara), seen_by(theo)) == ({MARA}, {THEO}), "and nobody gains by it"
    with as_attune(scored):
        assert releases.narrowed_since(scored.pk, moment)
        assert Showing.objects.filter(client=mara).count() == 2, "the record says when"


def test_a_partner_who_stops_showing_everything_stops_each_series(scored, therapist, mara, theo):
    release(scored, therapist)
    for one in (mara, theo):
        say(one, scored)
    say(mara, scored, "", shows=False)
    assert seen_by(theo) == {THEO}
    say(theo, scored, "", shows=True)
    assert seen_by(theo) == {THEO}


def test_withdrawing_a_release_hides_what_was_seen(scored, therapist, mara, theo):
    release(scored, therapist)
    for one in (mara, theo):
        say(one, scored)
    withdraw(scored, therapist)
    assert seen_by(mara) == seen_by(theo) == set()
    with as_attune(scored):
        assert set(Release.objects.values_list("withdrawn_by_id", flat=True)) == {therapist.pk}


def test_a_later_score_is_seen_by_whom_the_measure_is_shown_to(scored, therapist, mara, theo):
    release(scored, therapist)
    for one in (mara, theo):
        say(one, scored)
    send(scored, therapist, mara, "csi4", "6 5 5 5")
    assert ("Mara", Decimal(21)) in seen_by(theo)


def test_three_partners_see_each_other_only_when_all_three_say_yes(practice, therapist):
    three = make_couple(practice, ("Mara", "Theo", "Ada"), therapist=therapist)
    for one in three.clients:
        send(three, therapist, one, "csi4", LOW)
    release(three, therapist)
    first, second, third = three.clients
    say(first, three)
    say(second, three)
    assert {len(seen_by(one)) for one in three.clients} == {1}
    say(third, three)
    assert {len(seen_by(one)) for one in three.clients} == {3}


def test_entered_scores_are_released_like_others_and_their_notes_never(couple, therapist, mara, theo):
    measure = measures.get("rdas")
    entry = measured.Entry(
        timezone.localdate(), measures.read(measure, Decimal(48), {}, {}, False), {}, note="for the record"
    )
    with acting_as(therapist):
        measured.enter(couple, mara, entry, by=therapist)
    with acting_as(mara):
        assert list(MeasureEntry.objects.values_list("total", flat=True)) == []
    release(couple, therapist, "rdas")
    with acting_as(mara):
        assert list(MeasureEntry.objects.values_list("total", flat=True)) == [48]
    with acting_as(mara), pytest.raises(DatabaseError), transaction.atomic():
        list(MeasureEntry.objects.values_list("note", flat=True))
    with acting_as(theo):
        assert list(MeasureEntry.objects.values_list("total", flat=True)) == []
    with acting_as(therapist):
        later = measured.Entry(timezone.localdate() - timedelta(days=9), entry.score, {})
        measured.enter(couple, mara, later, by=therapist)
    with acting_as(mara):
        assert MeasureEntry.objects.values_list("pk", flat=True).count() == 2


def test_nothing_of_safety_can_be_released(couple, therapist, mara):
    screens = {one for one in measures.series(for_one_alone=True) if "." not in one}
    assert set(NEVER) == set(editions.CLINICAL_ONLY) | screens
    for series in (*NEVER, "made_up"):
        with pytest.raises(releases.NotReleasable):
            release(couple, therapist, series, mara)
        assert series not in releases.releasable()
    with acting_as(therapist), pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.create(
            couple=couple, client=mara, series="hits", released_at=timezone.now(), released_by=therapist
        )


def test_a_screen_is_never_seen_whatever_is_released(couple, therapist, mara):
    send(couple, therapist, mara, "hits", "1 2 1 3")
    release(couple, therapist, "csi4")
    say(mara, couple, "")
    with acting_as(mara):
        assert not Score.objects.filter(series__startswith="hits").exists()


def test_a_default_needs_the_practice_and_each_partners_word(scored, therapist, mara, theo, practice):
    release(scored, therapist, releases.EVERYTHING)
    for one in (mara, theo):
        say(one, scored, releases.EVERYTHING)
    assert seen_by(mara) == set(), "the practice has not switched it on"
    with as_attune(scored):
        Practice.objects.filter(pk=practice.pk).update(scores_by_agreement=True)
        releases.settle(scored.pk)
    assert seen_by(mara) == {MARA, THEO}
    say(theo, scored, releases.EVERYTHING, shows=False)
    assert (seen_by(mara), seen_by(theo)) == ({MARA}, {THEO})


def test_a_practice_that_switches_the_default_off_hides_what_came_by_it_at_once(
    scored, therapist, mara, theo, practice
):
    owner = make_member(practice, "owner", "Olu Owner")
    switched(owner, on=True)
    release(scored, therapist, releases.EVERYTHING)
    for one in (mara, theo):
        say(one, scored, releases.EVERYTHING)
    assert seen_by(mara) == {MARA, THEO}
    switched(owner, on=False)
    assert seen_by(mara) == seen_by(theo) == set()
    switched(owner, on=True)
    assert seen_by(mara) == {MARA, THEO}


def switched(owner: Membership, *, on: bool) -> None:
    """Save the practice's own page with this box ticked or not."""
    browser, path = signed_in(owner), reverse("practice_settings")
    form = browser.get(path).context["form"]
    said = {name: form[name].value() for name in form.fields if name != "scores_by_agreement"}
    said = {name: "" if value is None else value for name, value in said.items()}
    answer = browser.post(path, said | ({"scores_by_agreement": "on"} if on else {}))
    assert answer.status_code == 302


def test_a_partner_who_left_shows_nothing_more_and_sees_no_other(scored, therapist, mara, theo):
    release(scored, therapist)
    for one in (mara, theo):
        say(one, scored)
    with as_attune(scored):
        Partner.objects.filter(client=mara).update(left_at=timezone.now())
    assert seen_by(mara) == {MARA}


def test_who_has_left_is_seen_by_nobody_any_more_not_even_behind_the_codes_back(scored, therapist, mara, theo):
    release(scored, therapist)
    for one in (mara, theo):
        say(one, scored)
    with as_attune(scored):
        Partner.objects.filter(client=mara).update(left_at=timezone.now())
    assert seen_by(theo) == {THEO}


def test_leaving_takes_readers_from_scores_in_the_same_transaction(scored, therapist, mara, theo):
    release(scored, therapist)
    for one in (mara, theo):
        say(one, scored)
    with as_attune(scored):
        partner = Partner.objects.get(client=mara)
        partner.left_at = timezone.now()
        partner.save()
        assert {tuple(one.readers) for one in Score.objects.filter(series="csi4")} == {(mara.pk,), (theo.pk,)}


def test_parting_takes_readers_from_scores_too(scored, therapist, mara, theo):
    release(scored, therapist)
    for one in (mara, theo):
        say(one, scored)
    with as_attune(scored):
        status.change(Couple.objects.get(pk=scored.pk), Couple.Status.SEPARATED)
        assert {tuple(one.readers) for one in Score.objects.filter(series="csi4")} == {(mara.pk,), (theo.pk,)}


def test_who_comes_later_was_not_asked_so_nobody_sees_another_until_they_are(scored, therapist, mara, theo):
    release(scored, therapist)
    for one in (mara, theo):
        say(one, scored)
    with as_attune(scored):
        ada = Client.objects.create(name="Ada")
        Partner.objects.create(couple=scored, client=ada, position=2)
    assert (seen_by(mara), seen_by(theo)) == ({MARA}, {THEO})


# ── a measure under a seal ───────────────────────────────────────────────────


def give_under_a_seal(couple: Couple, therapist: Membership, moment: datetime | None = None, **fields: Any):
    given = give(
        couple, therapist, "reveal", questions_of("csi4"), scoring=scoring_of("csi4"), title="Form", kind="measure",
        reveals_at=moment, **fields,
    )  # fmt: skip
    with as_attune(couple):
        Exercise.objects.filter(editions=given[0].assignment.edition_id).update(measure="csi4", locked=True)
    return given


def answer(given: list[Occurrence], who: Client, answers: str) -> None:
    mine = next(one for one in given if one.client_id == who.pk)
    with acting_as(who):
        answering.submit(mine, author=who, raw=raw(answers))


@pytest.fixture
def sealed(couple: Couple, therapist: Membership, mara: Client, theo: Client) -> Couple:
    """Both show the measure, which both were given to answer under a seal."""
    release(couple, therapist)
    for one in (mara, theo):
        say(one, couple)
    return couple


def test_a_measure_under_a_seal_is_shown_from_the_moment_it_opens(sealed, therapist, mara, theo):
    given = give_under_a_seal(sealed, therapist, opens_by="all")
    answer(given, mara, LOW)
    assert (seen_by(mara), seen_by(theo)) == ({MARA}, set())
    answer(given, theo, HIGH)
    assert seen_by(mara) == seen_by(theo) == {MARA, THEO}


def test_a_seal_that_the_therapist_breaks_opens_nothing_to_who_has_not_sent(sealed, therapist, mara, theo):
    given = give_under_a_seal(sealed, therapist, opens_by="therapist")
    answer(given, mara, LOW)
    with acting_as(therapist):
        assigning.open_reveal(given[0].assignment, given[0].slot, therapist)
    assert (seen_by(mara), seen_by(theo)) == ({MARA}, set())
    answer(given, theo, HIGH)
    assert seen_by(mara) == seen_by(theo) == {MARA, THEO}


def test_a_seal_that_falls_at_its_moment_shows_the_measure_soon_after(sealed, therapist, mara, theo):
    moment = timezone.now() + timedelta(days=3)
    given = give_under_a_seal(sealed, therapist, moment, opens_by="date")
    answer(given, mara, LOW)
    answer(given, theo, HIGH)
    tasks.open_scores()
    assert (seen_by(mara), seen_by(theo)) == ({MARA}, {THEO})
    with time_machine.travel(moment + timedelta(minutes=5)):
        tasks.open_scores()
        assert seen_by(mara) == seen_by(theo) == {MARA, THEO}


def test_after_parting_each_keeps_their_own_alone(scored, therapist, mara, theo):
    release(scored, therapist)
    for one in (mara, theo):
        say(one, scored)
    with as_attune(scored):
        Couple.objects.filter(pk=scored.pk).update(status=Couple.Status.SEPARATED)
    assert (seen_by(mara), seen_by(theo)) == ({MARA}, {THEO})


def test_no_partner_reads_or_writes_anothers_word_or_release(scored, therapist, mara, theo):
    release(scored, therapist)
    say(mara, scored)
    with acting_as(theo):
        assert not Showing.objects.exists()
        assert set(Release.objects.values_list("client_id", flat=True)) == {theo.pk}
        assert not Showing.objects.filter(client=mara).update(shows=False)
    with acting_as(theo), pytest.raises(DatabaseError), transaction.atomic():
        Showing.objects.create(couple=scored, client=mara, series="csi4", shows=True, said_at=timezone.now())
    with acting_as(theo), pytest.raises(DatabaseError), transaction.atomic():
        Release.objects.create(
            couple=scored, client=theo, series="gad7", released_at=timezone.now(), released_by=therapist
        )
    with acting_as(theo), pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE reports_score SET readers = ARRAY[%s::uuid]", [theo.pk])


def test_other_practices_and_caseloads_see_no_release(scored, therapist, colleague, neighbour):
    release(scored, therapist)
    with acting_as(colleague):
        assert not Release.objects.exists()
    far = make_couple(neighbour)
    with as_attune(far):
        assert not Release.objects.exists()
        assert not Showing.objects.exists()


def test_saying_and_releasing_the_same_again_changes_nothing(scored, therapist, mara):
    for _again in range(2):
        release(scored, therapist)
        say(mara, scored)
        say(mara, scored, "", shows=True)
    with as_attune(scored):
        assert Release.objects.count() == 2
        assert Showing.objects.filter(ended_at=None).count() <= 2


@pytest.mark.django_db(transaction=True)
def test_a_score_on_its_way_while_a_release_is_taken_back_is_seen_by_nobody(scored, therapist, mara, theo):
    release(scored, therapist)
    say(mara, scored)
    say(theo, scored)
    assert seen_by(theo) == {MARA, THEO}

    def take_back() -> None:
        withdraw(scored, therapist)
        connection.close()

    thread = threading.Thread(target=take_back)
    with transaction.atomic():
        send(scored, therapist, mara, "csi4", HIGH)
        thread.start()
        thread.join(1)  # through already, or waiting for its turn
    thread.join(10)
    assert not thread.is_alive()
    assert seen_by(theo) == set()
