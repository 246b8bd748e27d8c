"""What a therapist hands over reaches those it is for, nobody else, and is gone when it may not be read any more."""

from __future__ import annotations

import datetime
import re

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from clients import status
from clients.models import Contact, Couple, Partner
from practice import outbox
from practice.models import AuditEvent, Message, Practice
from reports import document_notices, handing_over, making, tasks
from reports.models import Release, Report
from tests.factories import acting_as, signed_in
from tests.reports.factories import home
from tests.reports.orders import FILE, PRINTED, again, asked, fresh, handed, practice_of, run
from tests.reports.test_measures import send
from tests.reports.test_releases import release, say, switched, withdraw

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells", "no_printer")]
DOCUMENTS = "portal_documents"


def document(report: Report) -> str:
    return reverse("portal_document", args=[report.pk])


def part(couple: Couple) -> None:
    with home(couple):
        status.change(Couple.objects.get(pk=couple.pk), Couple.Status.SEPARATED)


@pytest.fixture
def shared(couple, therapist) -> Report:
    return handed(run(asked(couple, therapist)), therapist)


@pytest.fixture
def maras(couple, therapist, mara) -> Report:
    return handed(run(asked(couple, therapist, audience="partner", partner_id=mara.pk)), therapist)


def test_a_shared_one_reaches_every_partner_under_a_neutral_name(shared, mara, theo):
    for person in (mara, theo):
        page = signed_in(person).get(reverse(DOCUMENTS))
        assert document(shared) in page.content.decode()
        file = signed_in(person).get(document(shared))
        assert file.content == FILE
        assert file["Content-Disposition"] == 'attachment; filename="document.pdf"'
        assert file["Cache-Control"] == "no-store"
    assert set(shared.readers) == {mara.pk, theo.pk}


def test_every_download_is_written_down(shared, mara):
    signed_in(mara).get(document(shared))
    with home(shared):
        line = AuditEvent.objects.filter(act="downloaded", subject_id=shared.pk).get()
        assert line.user_id == mara.user_id


def test_the_edition_of_one_is_found_by_nobody_else(maras, mara, theo):
    assert signed_in(mara).get(document(maras)).status_code == 200
    other = signed_in(theo)
    assert other.get(document(maras)).status_code == 404
    assert str(maras.pk) not in other.get(reverse(DOCUMENTS)).content.decode()
    with acting_as(theo):
        assert not Report.objects.exists()
    with acting_as(mara):
        assert Report.objects.count() == 1


def test_what_the_other_one_has_leaves_no_trace_on_a_partners_pages(couple, therapist, mara, theo):
    def pages() -> list[bytes]:
        browser = signed_in(theo)
        return [browser.get(reverse(name)).content for name in (DOCUMENTS, "portal_you", "portal_messages")]

    before = [_without_tokens(page) for page in pages()]
    handed(run(asked(couple, therapist, audience="partner", partner_id=mara.pk)), therapist)
    assert [_without_tokens(page) for page in pages()] == before
    with home(couple):
        assert not Message.objects.filter(person_id=theo.pk).exists()


def _without_tokens(page: bytes) -> str:
    """A page without what is made anew for each request."""
    return re.sub(r'"[A-Za-z0-9]{64}"|nonce="[^"]+"', "", page.decode())


def test_clients_read_no_report_that_was_not_handed_over(couple, therapist, mara):
    run(asked(couple, therapist))
    run(asked(couple, therapist, audience="clinical"))
    with acting_as(mara):
        assert not Report.objects.exists()
    with pytest.raises(DatabaseError, match="permission denied"), acting_as(mara):
        Report.objects.update(readers=[mara.pk])


def test_a_clinical_one_never_leaves_the_desk(couple, therapist, mara):
    report = run(asked(couple, therapist, audience="clinical"))
    with pytest.raises(handing_over.NotHandedOver):
        handed(report, therapist)
    # Not even a row that says otherwise gets past the database.
    with pytest.raises(DatabaseError, match="report_clinical_stays_here"), home(couple), transaction.atomic():
        Report.objects.filter(pk=report.pk).update(readers=[mara.pk])


def test_what_is_not_ready_is_not_handed_over(couple, therapist):
    with pytest.raises(handing_over.NotHandedOver):
        handed(asked(couple, therapist), therapist)


def test_b81_taken_back_it_is_gone_and_can_be_handed_over_anew(shared, therapist, mara):
    with acting_as(therapist):
        handing_over.take_back(shared)
    assert signed_in(mara).get(document(shared)).status_code == 404
    with home(shared):
        assert set(Message.objects.filter(about_id=shared.pk).values_list("state", flat=True)) == {"cancelled"}
    handed(shared, therapist)
    assert signed_in(mara).get(document(shared)).status_code == 200


def test_handing_over_twice_is_handing_over_once(shared, therapist):
    first = again(shared).released_at
    assert handed(shared, therapist).released_at == first
    with home(shared):
        assert Message.objects.filter(about_id=shared.pk).count() == 2


@pytest.mark.parametrize("status", ["separated", "closed"])
def test_whatever_was_handed_over_is_gone_for_all_when_they_are_not_in_care_any_more(
    shared, maras, couple, mara, theo, status
):
    """An edition for one holds what the other once opened to her; whoever is not safe need not ask for it back."""
    with home(couple):
        status_of(couple, status)
    for report in (shared, maras):
        for person in (mara, theo):
            assert signed_in(person).get(document(report)).status_code == 404
        assert again(report).withdrawn_at is not None, "and it does not come back with them"
    page = signed_in(mara).get(reverse(DOCUMENTS)).content.decode()
    assert "If you miss one, your therapist can help." in page
    assert "separated" not in page
    assert "closed" not in page
    with home(couple):
        status_of(couple, "active")
    assert signed_in(mara).get(document(maras)).status_code == 404


def status_of(couple: Couple, value: str) -> None:
    status.change(Couple.objects.get(pk=couple.pk), value)


@pytest.mark.parametrize("how", ["as people do", "behind the code's back"])
def test_b81_once_one_has_left_nothing_that_may_speak_of_them_is_downloaded(shared, maras, couple, mara, theo, how):
    """By the wall alone as well: no code has to have heard of it."""
    with home(couple):
        rows = Partner.objects.filter(client=theo)
        if how == "as people do":
            leave(rows.get())
        else:
            rows.update(left_at=timezone.now())
    for report in (shared, maras):
        assert signed_in(mara).get(document(report)).status_code == 404
        assert signed_in(theo).get(document(report)).status_code == 404
    with acting_as(mara):
        assert not Report.objects.exists()
    if how == "as people do":
        assert None not in {again(shared).withdrawn_at, again(maras).withdrawn_at}


def leave(partner: Partner) -> None:
    partner.left_at = timezone.now()
    partner.save(update_fields=["left_at"])


def test_what_nobody_knows_the_people_of_lies_in_no_portal(shared, mara):
    with home(shared):
        Report.objects.update(people=[])
    assert signed_in(mara).get(document(shared)).status_code == 404
    with acting_as(mara):
        assert not Report.objects.exists()


@pytest.mark.parametrize("audience", ["shared", "partner"])
def test_after_they_parted_nothing_is_handed_over(couple, therapist, mara, audience):
    report = run(asked(couple, therapist, audience=audience, partner_id=mara.pk if audience == "partner" else None))
    part(couple)
    with pytest.raises(handing_over.NotHandedOver), acting_as(therapist):
        handing_over.hand_over(report, fresh(couple), by=therapist)


def test_b87_parting_while_the_edition_of_one_is_made_keeps_nothing_of_it(couple, therapist, mara, monkeypatch):
    """It was read while the other's words were hers to read."""
    report = asked(couple, therapist, audience="partner", partner_id=mara.pk)

    def slow(said):
        part(couple)
        return PRINTED

    monkeypatch.setattr(tasks.pdf, "render", slow)
    assert run(report).failure == tasks.NARROWED


def test_who_left_since_it_was_made_stops_it(couple, therapist, theo):
    report = run(asked(couple, therapist))
    with home(couple):
        Partner.objects.filter(client=theo).update(left_at=timezone.now())
    with pytest.raises(handing_over.NotHandedOver):
        handed(report, therapist)


def test_separating_while_it_is_made_fails_it_kindly(couple, therapist, monkeypatch):
    report = asked(couple, therapist)

    def slow(said):
        part(couple)
        return PRINTED

    monkeypatch.setattr(tasks.pdf, "render", slow)
    found = run(report)
    assert (found.state, found.failure, found.pages) == ("failed", tasks.SEPARATED, None)
    with home(couple):
        assert str(Report.objects.get(pk=report.pk).pdf) == ""


def test_somebody_leaving_while_it_is_made_fails_it_kindly(couple, therapist, mara, theo, monkeypatch):
    report = asked(couple, therapist, audience="partner", partner_id=mara.pk)

    def slow(said):
        with home(couple):
            Partner.objects.filter(client=theo).update(left_at=timezone.now())
        return PRINTED

    monkeypatch.setattr(tasks.pdf, "render", slow)
    assert run(report).failure == tasks.NARROWED


def test_b87_a_release_taken_back_while_it_is_made_fails_it_kindly(couple, therapist, mara, monkeypatch):
    with home(couple):
        release = Release.objects.create(
            couple=couple, client=mara, series="phq9", released_at=timezone.now(), released_by=therapist
        )
    report = asked(couple, therapist)

    def slow(said):
        with home(couple):
            Release.objects.filter(pk=release.pk).update(withdrawn_at=timezone.now())
        return PRINTED

    monkeypatch.setattr(tasks.pdf, "render", slow)
    assert run(report).failure == tasks.NARROWED


# ── the letter ───────────────────────────────────────────────────────────────


def verdict(message: Message):
    handler = outbox.handler_of(document_notices.KIND)
    with home(message):
        return handler.decide([message], timezone.now())[message.pk]


def letters(report: Report) -> list[Message]:
    with home(report):
        return list(Message.objects.filter(about_id=report.pk).order_by("person_id"))


def test_readers_are_told_that_there_is_something_and_nothing_more(shared, mara, theo):
    found = letters(shared)
    assert {one.person_id for one in found} == {mara.pk, theo.pk}
    with home(shared):
        letter = outbox.handler_of(document_notices.KIND).compose(found[0])
    said = f"{letter.subject} {letter.text}".lower()
    for word in ("report", "document", "mara", "theo", "couple", "therap", "karlsen", "linden"):
        assert word not in said


def test_the_letter_is_not_wanted_once_it_was_taken_back_or_they_parted(shared, maras, couple, therapist):
    first, own = letters(shared)[0], letters(maras)[0]
    with home(shared):
        Report.objects.filter(pk=shared.pk).update(withdrawn_at=timezone.now())
    assert verdict(first) == outbox.Skip("no longer there")
    with home(couple):
        Couple.objects.filter(pk=couple.pk).update(status="separated")
    assert isinstance(verdict(own), outbox.Skip)


def test_the_letter_waits_for_a_reminder_that_is_about_to_go(shared):
    letter, due = letters(shared)[0], timezone.now() - datetime.timedelta(minutes=1)
    with home(shared):
        Message.objects.filter(about_id=shared.pk).update(due_at=due)
        Contact.objects.update(quiet_from=datetime.time(0), quiet_until=datetime.time(0))
    assert verdict(letter) == outbox.Send()
    with home(shared):
        outbox.add(
            [
                outbox.draft(
                    "reminder", person_id=letter.person_id, about_id=shared.pk, couple_id=letter.couple_id,
                    occasion="a reminder", due_at=due, fresh_for=datetime.timedelta(hours=3), channel=letter.channel,
                )
            ]
        )  # fmt: skip
    assert isinstance(verdict(letter), outbox.Wait)


def test_what_arrived_leads_to_the_documents(shared, mara):
    with home(shared):
        for state in ("claimed", "handing_off", "accepted"):
            Message.objects.filter(about_id=shared.pk).update(state=state, handed_off_at=timezone.now())
    page = signed_in(mara).get(reverse("portal_messages")).content.decode()
    assert "A document from your therapist" in page


# ── the desk's buttons ───────────────────────────────────────────────────────


def test_the_reports_page_hands_over_and_takes_back(couple, therapist, mara):
    report = run(asked(couple, therapist, audience="partner", partner_id=mara.pk))
    browser = signed_in(therapist)
    assert "Mara finds it under" in browser.get(report.get_absolute_url()).content.decode()
    page = browser.post(reverse("report_hand_over", args=[couple.pk, report.pk]), follow=True)
    assert "It lies in the portal now." in page.content.decode()
    assert "Only Mara finds it there." in page.content.decode()
    browser.post(reverse("report_take_back", args=[couple.pk, report.pk]))
    assert again(report).withdrawn_at is not None


def test_the_list_costs_the_same_for_one_and_for_many(couple, therapist, mara, django_assert_max_num_queries):
    for count in (1, 6):
        for _one in range(count):
            handed(run(asked(couple, therapist)), therapist)
        browser = signed_in(mara)
        with django_assert_max_num_queries(15):
            assert browser.get(reverse(DOCUMENTS)).status_code == 200


# ── papers that print released scores ────────────────────────────────────────


@pytest.fixture
def shown(couple, therapist, mara, theo) -> Couple:
    """Both have a score that was released to both, and both show theirs."""
    for one, answers in ((mara, "3 3 4 3"), (theo, "4 4 3 3")):
        send(couple, therapist, one, "csi4", answers)
    release(couple, therapist)
    for one in (mara, theo):
        say(one, couple)
    return couple


@pytest.fixture
def papers(shown, therapist, mara, theo) -> dict[str, Report]:
    """Every paper that may print a score of both, or one of Mara's own; and one that prints none."""
    asked_for: dict[str, dict] = {
        "both": {"kind": "closing"},
        "maras": {"kind": "closing", "audience": "partner", "partner_id": mara.pk},
        "theos": {"kind": "closing", "audience": "partner", "partner_id": theo.pk},
        "history": {
            "kind": "measure", "measure": "csi4", "audience": "partner", "partner_id": mara.pk,
            "ends_on": timezone.localdate(),
        },
        "goals": {"kind": "closing", "parts": ("goals",)},
        "progress": {},
        "aims": {"parts": ("goals", "doing")},
    }  # fmt: skip
    return {name: handed(run(asked(shown, therapist, **one)), therapist) for name, one in asked_for.items()}


def lying(papers: dict[str, Report]) -> set[str]:
    return {name for name, one in papers.items() if again(one).withdrawn_at is None}


def test_with_the_first_no_the_papers_that_print_the_others_scores_are_gone_for_both(papers, shown, mara, theo):
    assert len(lying(papers)) == 7
    say(mara, shown, shows=False)
    assert lying(papers) == {"history", "goals", "aims"}
    assert signed_in(theo).get(document(papers["both"])).status_code == 404
    assert signed_in(theo).get(document(papers["theos"])).status_code == 404


def test_a_release_that_is_taken_back_takes_ones_own_history_along(papers, shown, therapist):
    withdraw(shown, therapist)
    assert lying(papers) == {"goals", "aims"}


def test_a_word_that_changes_nothing_takes_nothing_back(papers, shown, mara):
    say(mara, shown)
    say(mara, shown, "phq8", shows=False)
    assert len(lying(papers)) == 7


def test_ones_own_history_stays_when_the_other_one_leaves(papers, shown, theo, mara):
    """It holds nothing but her own scores."""
    with home(shown):
        leave(Partner.objects.get(client=theo))
    assert lying(papers) == {"history"}
    assert signed_in(mara).get(document(papers["history"])).status_code == 200


# ── made already, and not handed over yet ────────────────────────────────────


@pytest.fixture
def as_they_come(couple, therapist, mara, theo, practice) -> Couple:
    """Both have a score that both see because the practice lets scores be shown as they come."""
    with home(couple):
        Practice.objects.filter(pk=practice.pk).update(scores_by_agreement=True)
    for one, answers in ((mara, "3 3 4 3"), (theo, "4 4 3 3")):
        send(couple, therapist, one, "csi4", answers)
    release(couple, therapist, "")
    for one in (mara, theo):
        say(one, couple, "")
    return couple


def test_what_was_made_before_scores_came_no_more_by_agreement_is_not_handed_over(as_they_come, therapist, owner, theo):
    closing = run(asked(as_they_come, therapist, kind="closing", audience="partner", partner_id=theo.pk))
    goals = run(asked(as_they_come, therapist, kind="closing", parts=("goals",)))
    switched(owner, on=False)
    with pytest.raises(handing_over.NotHandedOver, match="has changed since it was made"):
        handed(again(closing), therapist)
    assert handed(again(goals), therapist).released_at, "and what prints no score is as good as before"
    switched(owner, on=True)
    with pytest.raises(handing_over.NotHandedOver):
        handed(again(closing), therapist)


def test_scores_by_agreement_switched_off_while_it_is_made_keep_nothing_of_it(
    as_they_come, therapist, owner, monkeypatch
):
    report = asked(as_they_come, therapist, kind="closing")

    def slow(said):
        switched(owner, on=False)
        return PRINTED

    monkeypatch.setattr(tasks.pdf, "render", slow)
    assert run(report).failure == tasks.NARROWED
    monkeypatch.setattr(tasks.pdf, "render", lambda said: PRINTED)
    with acting_as(therapist):
        making.ask_again(again(report), practice=practice_of(report))
    assert handed(run(report), therapist).released_at, "made anew it holds nothing that is not seen"
