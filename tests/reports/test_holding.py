"""While somebody's fear waits for a look, nothing sealed opens, and nobody else can tell."""

from __future__ import annotations

import datetime

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone
from time_machine import travel

from exercises import answering, holding, revealing
from exercises.assigning import Held, open_reveal
from exercises.models import Answer, Assignment, Occurrence
from reports import handing_over
from reports.alerts import Assessment, close, reopen
from reports.models import Alert
from tests.exercises.given import as_attune, give
from tests.factories import acting_as, signed_in
from tests.pages import same_answer
from tests.reports.orders import asked, fresh, handed, run

pytestmark = pytest.mark.django_db
AGO = datetime.timedelta(minutes=1)
HERS, HIS = "tea on the stairs", "the walk in the rain"
FEAR = [{"key": "afraid", "type": "yes_no", "label": "Afraid", "private": True, "flag_if": "yes"}]
WORDS = [{"key": "good", "type": "long_text", "label": "What went well"}]
BOTH = [{**WORDS[0], "key": "ours"}, {**WORDS[0], "each": True}]


def send(occurrence: Occurrence, author, raw: dict[str, list[str]]) -> None:
    with travel(timezone.now() - AGO, tick=False), acting_as(author):
        one = Occurrence.objects.get(pk=occurrence.pk)
        answering.submit(one, author=author, raw=raw)


def says(occurrence: Occurrence, author, words: str) -> None:
    send(occurrence, author, {"good": [words], "near": ["7"]})


@pytest.fixture
def fear(couple, therapist, mara):
    """Mara says that she is afraid, in her own check."""

    def speak() -> Alert:
        (check,) = give(couple, therapist, "private", FEAR, to=[mara])
        send(check, mara, {"afraid": ["yes"]})
        with acting_as(therapist):
            return Alert.objects.get()

    return speak


def judged(alert: Alert, therapist, judgement: str = "none") -> None:
    with travel(timezone.now() - AGO, tick=False), acting_as(therapist):
        close(alert, Assessment(judgement, ("spoke",), "Called her."), by=therapist)


def pages(who, occurrence: Occurrence) -> dict[str, object]:
    browser = signed_in(who)
    paths = ["/today/", "/together/", "/lately/", f"/do/{occurrence.pk}/sent/", f"/together/{occurrence.pk}/"]
    return {path: browser.get(path) for path in paths}


def reads(who, words: str, at: Occurrence) -> bool:
    browser = signed_in(who)
    browser.post(f"/together/{at.pk}/open/")
    return words in browser.get(f"/together/{at.pk}/").content.decode()


def moment(how: str) -> dict[str, object]:
    if how == "over":
        return {"opens_by": "date", "reveals_at": timezone.now() - datetime.timedelta(hours=1)}
    if how == "ahead":
        return {"opens_by": "date", "reveals_at": timezone.now() + datetime.timedelta(days=1)}
    return {"opens_by": how}


@pytest.mark.parametrize("how", ["over", "ahead", "all", "together", "appointment", "therapist"])
def test_b15_a_fear_holds_what_is_sealed_and_the_other_meets_the_same_bytes(how, couple, therapist, mara, theo, fear):
    hers, his = give(couple, therapist, "reveal", WORDS, **moment(how))
    says(his, theo, HIS)
    before = pages(theo, his)
    alert = fear()
    says(hers, mara, HERS)
    if how == "together":
        with acting_as(theo):
            assert not revealing.say_ready(Occurrence.objects.get(pk=his.pk), theo)
            assert not revealing.say_ready(Occurrence.objects.get(pk=his.pk), theo, ready=False)
        with acting_as(mara):
            assert not revealing.say_ready(Occurrence.objects.get(pk=hers.pk), mara)
    after = pages(theo, his)
    assert [path for path in before if not same_answer(before[path], after[path])] == []
    assert not reads(theo, HERS, his)
    assert not reads(mara, HIS, hers)
    judged(alert, therapist)
    opened = how in ("over", "all")
    assert reads(theo, HERS, his) == opened
    assert reads(mara, HIS, hers) == opened


def test_b15_what_both_had_sent_before_is_taken_out_of_sight_until_it_is_lifted(couple, therapist, mara, theo, fear):
    hers, his = give(couple, therapist, "reveal", WORDS, **moment("ahead"))
    says(hers, mara, HERS)
    says(his, theo, HIS)
    before = pages(theo, his)
    alert = fear()
    after = pages(theo, his)
    assert [path for path in before if not same_answer(before[path], after[path])] == []
    with as_attune(couple):
        assert not Answer.objects.filter(lane="reveal").exclude(readers=[]).exists()
        Occurrence.objects.filter(pk__in=[hers.pk, his.pk]).update(reveals_at=timezone.now() - AGO)
        Answer.objects.filter(lane="reveal").update(opens_at=timezone.now() - AGO)
    assert not reads(theo, HERS, his)
    judged(alert, therapist)
    with as_attune(couple):
        assert Answer.objects.filter(lane="reveal").exclude(readers=[]).count() == 2


def test_an_answer_that_speaks_of_fear_holds_the_round_that_it_would_have_opened(couple, therapist, mara, theo):
    hers, his = give(couple, therapist, "reveal", [*WORDS, *FEAR], **moment("all"))
    says(his, theo, HIS)
    send(hers, mara, {"good": [HERS], "afraid": ["yes"]})
    with as_attune(couple):
        assert Alert.objects.count() == 1
        assert Occurrence.objects.get(pk=his.pk).reveals_at is None
    assert not reads(theo, HERS, his)


def test_what_is_sent_late_with_a_fear_in_it_is_seen_by_nobody(couple, therapist, mara, theo):
    hers, his = give(couple, therapist, "reveal", [*WORDS, *FEAR], **moment("over"))
    says(his, theo, HIS)
    send(hers, mara, {"good": [HERS], "afraid": ["yes"]})
    assert not reads(theo, HERS, his)


def test_b15_of_a_joint_answer_the_last_part_seems_to_be_missing(couple, therapist, mara, theo, fear):
    (both,) = give(couple, therapist, "joint", BOTH)
    send(both, theo, {"ours": ["together"], "good": [HIS]})
    before = pages(theo, both)
    alert = fear()
    send(both, mara, {"good": [HERS]})
    after = pages(theo, both)
    assert [path for path in before if not same_answer(before[path], after[path])] == []
    judged(alert, therapist)
    with as_attune(couple):
        assert Occurrence.objects.get(pk=both.pk).state == "done"
    assert reads(theo, HERS, both)


def test_what_is_open_stays_open_and_what_one_does_alone_goes_on(couple, therapist, mara, theo, fear):
    hers, his = give(couple, therapist, "reveal", WORDS, **moment("all"))
    says(his, theo, HIS)
    says(hers, mara, HERS)
    fear()
    assert reads(theo, HERS, his)


def test_a_danger_that_goes_on_holds_after_the_signal_was_closed(couple, therapist, mara, theo, fear):
    hers, his = give(couple, therapist, "reveal", WORDS, **moment("all"))
    alert = fear()
    judged(alert, therapist, "acute")
    says(his, theo, HIS)
    says(hers, mara, HERS)
    assert not reads(theo, HERS, his)
    with travel(timezone.now() - AGO, tick=False), acting_as(therapist):
        reopen(Alert.objects.get(), by=therapist, note="They moved out.")
        close(Alert.objects.get(), Assessment("watch", ("spoke",), "Safe now."), by=therapist)
    assert reads(theo, HERS, his)


def test_the_therapist_is_told_and_opens_nothing_by_hand(couple, therapist, mara, theo, fear):
    hers, his = give(couple, therapist, "reveal", WORDS, **moment("therapist"))
    says(his, theo, HIS)
    says(hers, mara, HERS)
    alert = fear()
    with acting_as(therapist):
        assignment = Assignment.objects.get(pk=hers.assignment_id)
        with pytest.raises(Held):
            open_reveal(assignment, hers.slot, therapist)
    browser = signed_in(therapist)
    page = f"/desk/couples/{couple.pk}/practice/{assignment.pk}/open/{hers.slot}/"
    assert "Until then nothing sealed opens" in browser.post(page, follow=True).content.decode()
    told = browser.get(f"/desk/couples/{couple.pk}/to-look-at/{alert.pk}/").content.decode()
    assert "nothing sealed opens and no report of both" in told
    with acting_as(mara), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        holding.is_held(couple.pk)


@pytest.mark.usefixtures("bells", "no_printer")
def test_no_report_of_both_is_handed_over_and_one_of_their_own_measure_is(couple, therapist, mara, theo, fear):
    report = run(asked(couple, therapist))
    alert = fear()
    with acting_as(therapist):
        assert "waits to be looked at" in str(handing_over.why_not(report, fresh(couple)))
        with pytest.raises(handing_over.NotHandedOver):
            handing_over.hand_over(report, fresh(couple), by=therapist)
    assert signed_in(theo).get(reverse("portal_document", args=[report.pk])).status_code == 404
    judged(alert, therapist)
    assert handed(report, therapist).readers


@pytest.mark.parametrize("severity", ["soon", "note"])
@pytest.mark.parametrize("label", ["I am afraid at home", "Somebody hit me"])
def test_fear_and_violence_hold_however_urgent_their_author_calls_them(couple, therapist, mara, theo, severity, label):
    marked = {**FEAR[0], "label": label, "severity": severity}
    (check,) = give(couple, therapist, "private", [marked], to=[mara])
    send(check, mara, {"afraid": ["yes"]})
    with acting_as(therapist):
        assert Alert.objects.get().is_urgent
    hers, his = give(couple, therapist, "reveal", WORDS, **moment("all"))
    says(his, theo, HIS)
    says(hers, mara, HERS)
    assert not reads(theo, HERS, his)


def test_what_is_not_urgent_holds_nothing(couple, therapist, mara, theo):
    busy = {**FEAR[0], "label": "Too much to do", "severity": "soon"}
    (check,) = give(couple, therapist, "private", [busy], to=[mara])
    send(check, mara, {"afraid": ["yes"]})
    hers, his = give(couple, therapist, "reveal", WORDS, **moment("all"))
    says(his, theo, HIS)
    says(hers, mara, HERS)
    assert reads(theo, HERS, his)
