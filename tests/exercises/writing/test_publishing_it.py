"""From manuscript to edition: the gate with its links, what never changes, lineage, news of the original."""

from __future__ import annotations

import pytest

from exercises.models import Assignment, Edition, Exercise, Manuscript
from exercises.writing.adapting import offered
from exercises.writing.differences import changes
from exercises.writing.editions import publish_edition
from practice import tenancy
from practice.models import Practice
from tests.exercises.given import as_attune, give
from tests.exercises.writing.manuscripts import act, add, began, content_of, find, say
from tests.factories import acting_as, inside, make_member, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(therapist) -> Exercise:
    """An exercise that has all it needs."""
    made = began(therapist)
    key = add(therapist, made, "scale")
    say(therapist, made, key, type="scale", label="How close I felt", min="0", max="10", low="Far", high="Near")
    fill(therapist, made, summary="A short look at the day.")
    return made


def fill(member, one, **facts) -> None:
    from exercises.writing.saving import manuscript_of, save

    with acting_as(member):
        save(manuscript_of(one, member), {"themes": ["presence"], **facts}, base_version=99, by=member)


def publish(member, one):
    with acting_as(member):
        row = Manuscript.objects.filter(exercise=one).first()
    version = row.version if row else 0
    return signed_in(member).post(f"/desk/library/{one.slug}/write/check/", {"base_version": str(version)})


def gate(member, one) -> str:
    return signed_in(member).get(f"/desk/library/{one.slug}/write/check/").content.decode()


def fresh(member, one) -> Exercise:
    with acting_as(member):
        return Exercise.objects.select_related("newest").get(pk=one.pk)


def test_publishing_makes_the_first_edition_and_puts_it_on_the_shelf(therapist, one):
    assert publish(therapist, one).status_code == 302
    made = fresh(therapist, one)
    assert (made.newest.number, made.summary, made.themes) == (1, "A short look at the day.", ["presence"])
    browser = signed_in(therapist)
    assert browser.get(f"/desk/library/{one.slug}/").status_code == 200
    assert made.title in browser.get("/desk/library/?q=look+day").content.decode()
    with acting_as(therapist):
        assert not Manuscript.objects.filter(exercise=one).exists()


def test_publishing_twice_makes_one_edition(therapist, one):
    with acting_as(therapist):
        version = Manuscript.objects.get(exercise=one).version
    for _again in range(2):
        signed_in(therapist).post(f"/desk/library/{one.slug}/write/check/", {"base_version": str(version)})
    with acting_as(therapist):
        assert Edition.objects.filter(exercise=one).count() == 1


def test_what_changed_since_one_looked_is_not_published_unseen(therapist, colleague, one):
    with acting_as(therapist):
        version = Manuscript.objects.get(exercise=one).version
    fill(colleague, one, steps=["Something new"])
    answer = signed_in(therapist).post(f"/desk/library/{one.slug}/write/check/", {"base_version": str(version)})
    assert answer.status_code == 422
    assert fresh(therapist, one).newest is None


def test_what_stops_leads_to_the_very_field_and_keeps_it_from_being_published(therapist, one):
    key = add(therapist, one, "single")
    say(therapist, one, key, type="single", label="")
    page = gate(therapist, one)
    assert f"/write/questions/{key}/#w-label" in page
    assert f"/write/questions/{key}/#w-options" in page
    assert publish(therapist, one).status_code == 422
    assert fresh(therapist, one).newest is None


def test_missing_facts_lead_to_the_page_about_it(therapist):
    page = gate(therapist, began(therapist))
    assert "/write/#w-summary" in page
    assert "/write/#add" in page


def test_warnings_take_one_click(therapist, one):
    fill(therapist, one, themes=[])
    assert "Publish as it is" in gate(therapist, one)
    assert publish(therapist, one).status_code == 302


def test_an_answer_that_calls_for_help_needs_somebody_who_is_told(practice, therapist, one):
    key = add(therapist, one, "yes_no")
    say(therapist, one, key, type="yes_no", label="I feel safe at home", lane="private", flag="no")
    assert "You alone are told" in gate(therapist, one)
    make_member(practice, name="Dr Noor Sand")
    assert "Hours, cover and help lines are set" in gate(therapist, one)
    with inside(practice):
        Practice.objects.filter(pk=practice.pk).update(reply_hours=" ")
    page = gate(therapist, one)
    assert "does not say when it reads" in page
    assert f"/write/questions/{key}/#w-flag_if" in page
    assert publish(therapist, one).status_code == 422


def test_b157_it_is_not_published_before_an_owner_said_who_looks_and_when(practice, therapist, one):
    key = add(therapist, one, "yes_no")
    say(therapist, one, key, type="yes_no", label="I feel safe at home", lane="private", flag="no")
    with inside(practice):
        Practice.objects.filter(pk=practice.pk).update(duty_set_at=None)
    assert "Hours and duty" in gate(therapist, one)
    assert publish(therapist, one).status_code == 422
    assert fresh(therapist, one).newest is None


def test_a_private_question_meets_the_practices_policy(practice, therapist, one):
    key = add(therapist, one, "long_text")
    say(therapist, one, key, type="long_text", label="Between us two", lane="private")
    assert "agrees with your practice" in gate(therapist, one)
    with inside(practice):
        Practice.objects.filter(pk=practice.pk).update(secrets_policy=Practice.Secrets.NO_SECRETS)
    assert f"/write/questions/{key}/#w-lane" in gate(therapist, one)


def test_a_language_with_gaps_is_said_once_with_a_link_to_the_first_gap(therapist, one):
    signed_in(therapist).post(f"/desk/library/{one.slug}/write/languages/", {"language": "de"})
    page = gate(therapist, one)
    assert "/write/languages/de/#t-title" in page
    assert page.count("Deutsch:") == 1


def test_what_was_assigned_stays_on_its_edition(therapist, couple, one):
    publish(therapist, one)
    first = fresh(therapist, one).newest
    (occurrence, *_rest) = give(couple, therapist)
    with as_attune(couple):
        occurrence.assignment.edition = first
        occurrence.assignment.save(update_fields=["edition"])
    key = first.content["questions"][0]["key"]
    say(therapist, one, key, type="scale", label="How near I felt", min="0", max="10", low="Far", high="Near")
    publish(therapist, one)
    made = fresh(therapist, one)
    assert made.newest.number == 2
    with acting_as(therapist):
        given = Assignment.objects.get(couple=couple)
        assert given.edition_id == first.pk
        assert given.edition.content["questions"][0]["label"] == "How close I felt"
    page = signed_in(therapist).get(f"/desk/library/{one.slug}/editions/").content.decode()
    assert "Mara" in page
    assert "close" in page
    assert "near" in page
    assert signed_in(therapist).get(f"/desk/library/{one.slug}/editions/?from=1&to=2").status_code == 200


def test_an_edition_published_past_the_draft_loses_nothing_of_either(therapist, one):
    publish(therapist, one)
    first = fresh(therapist, one).newest.content
    key = first["questions"][0]["key"]
    fill(therapist, one, steps=["Sit down first."])
    # Somebody marks what the form asks about: the next edition knows it, the draft does not yet.
    marked = {**first, "questions": [{**first["questions"][0], "flag_if": "<=2", "lane": "private"}]}
    with acting_as(therapist):
        publish_edition(fresh(therapist, one), marked)
    assert "Sit down first." in gate(therapist, one)
    say(therapist, one, key, type="scale", label="How near", min="0", max="10", low="Far", high="Near",
        lane="private", flag="<=", **{"flag-number": "2"})  # fmt: skip
    assert publish(therapist, one).status_code == 302
    made = fresh(therapist, one).newest
    assert (made.number, made.content["steps"]) == (3, ["Sit down first."])
    assert made.content["questions"][0]["flag_if"] == "<=2"
    assert made.content["questions"][0]["label"] == "How near"


def test_an_edition_that_says_the_same_is_not_made_again(therapist, one):
    publish(therapist, one)
    signed_in(therapist).get(f"/desk/library/{one.slug}/write/")
    publish(therapist, one)
    assert fresh(therapist, one).newest.number == 1


def test_a_draft_can_be_discarded_and_an_exercise_retired_and_put_back(therapist, one):
    publish(therapist, one)
    fill(therapist, one, steps=["Something else"])
    act(therapist, one, "discard")
    assert content_of_or_none(therapist, one) is None
    browser = signed_in(therapist)
    browser.post(f"/desk/library/{one.slug}/retire/", {"act": "retire"})
    assert browser.get(f"/desk/library/{one.slug}/").status_code == 404
    assert browser.get(f"/desk/library/{one.slug}/editions/").status_code == 200
    browser.post(f"/desk/library/{one.slug}/retire/", {"act": "restore"})
    assert browser.get(f"/desk/library/{one.slug}/").status_code == 200


def content_of_or_none(member, one):
    with acting_as(member):
        row = Manuscript.objects.filter(exercise=one).first()
        return row.content if row else None


def test_a_picture_is_kept_bare_and_needs_words(therapist, one):
    import io

    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    key = add(therapist, one, "image")
    drawn = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "at home, quince street"
    Image.new("RGB", (3000, 20), "teal").save(drawn, "JPEG", exif=exif)
    url = f"/desk/library/{one.slug}/write/questions/{key}/picture/"
    browser = signed_in(therapist)
    assert browser.post(url, {"picture": SimpleUploadedFile("a.png", drawn.getvalue())}).status_code == 302
    kept = find(therapist, one, key)["attachment"]
    shown = browser.get(f"/picture/{kept}/")
    assert shown["Content-Type"] == "image/jpeg"
    assert b"quince" not in shown.content
    assert f"/write/questions/{key}/#w-alt" in gate(therapist, one)
    browser.post(url, {"picture": SimpleUploadedFile("a.jpg", b"<svg>not a picture</svg>")})
    assert find(therapist, one, key)["attachment"] == kept


# ── lineage ──────────────────────────────────────────────────────────────────


@pytest.fixture
def copy(therapist, one) -> Exercise:
    """A copy of an own exercise that was published."""
    publish(therapist, one)
    made = signed_in(therapist).post(f"/desk/library/{one.slug}/adapt/")
    slug = made.url.split("/")[3]
    with acting_as(therapist):
        return Exercise.objects.get(slug=slug)


def renew(member, one, **facts) -> Edition:
    """The original moves on."""
    made = fresh(member, one)
    with acting_as(member):
        return publish_edition(made, {**made.newest.content, **facts})


def test_news_of_the_original_is_offered_part_by_part_and_taken_only_when_chosen(therapist, one, copy):
    browser, url = signed_in(therapist), f"/desk/library/{copy.slug}/write/updates/"
    assert "nothing new" in browser.get(url).content.decode()
    fill(therapist, copy, summary="In our own words.")
    newer = renew(therapist, one, steps=["Sit down first."], summary="A longer look at the day.")
    page = browser.get(url).content.decode()
    assert "Sit down first." in page
    assert "You have changed this yourself" in page
    assert content_of(therapist, copy)["steps"] == []
    browser.post(url, {"act": "take", "edition": str(newer.pk), "take": ["steps"]})
    content = content_of(therapist, copy)
    assert (content["steps"], content["summary"]) == (["Sit down first."], "In our own words.")
    assert fresh(therapist, copy).adapted_from_id == newer.pk
    assert "nothing new" in browser.get(url).content.decode()


def test_declining_is_remembered_until_the_original_changes_again(therapist, one, copy):
    newer = renew(therapist, one, steps=["Sit down first."])
    url = f"/desk/library/{copy.slug}/write/updates/"
    signed_in(therapist).post(url, {"act": "decline", "edition": str(newer.pk)})
    assert "nothing new" in signed_in(therapist).get(url).content.decode()
    again = renew(therapist, one, steps=["Stand up first."])
    with acting_as(therapist):
        row = Exercise.objects.select_related("adapted_from__exercise__newest").get(pk=copy.pk)
        assert offered(row) == again


def test_a_copy_of_a_measure_is_as_locked_as_the_measure(therapist, one):
    publish(therapist, one)
    with acting_as(therapist), tenancy.elevated():
        Exercise.objects.filter(pk=one.pk).update(locked=True, measure="phq2")
    made = signed_in(therapist).post(f"/desk/library/{one.slug}/adapt/")
    with acting_as(therapist):
        copied = Exercise.objects.get(slug=made.url.split("/")[3])
        assert (copied.locked, copied.measure) == (True, "phq2")


def test_changes_are_said_by_question_and_word(therapist, one):
    publish(therapist, one)
    before = fresh(therapist, one).newest.content
    after = {**before, "questions": [{**before["questions"][0], "label": "How near I felt"}]}
    (change,) = changes(before, after)
    assert change.name == "Question 1"
    assert [(run.kind, run.text) for run in change.runs if run.kind != "same"] == [("gone", "close"), ("new", "near")]
