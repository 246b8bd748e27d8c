"""What is cut off in the middle: each thing that a person sends, ended before any of the statements that write.

Between two statements that only read nothing can be half, so it is enough to end before each one that writes. How
somebody dies is the caller's: an exception that nobody catches, or SIGKILL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client as Browser

from clients import inviting
from clients.models import Client, Contact
from exercises.fhir.forms import packed
from exercises.models import Answer, Attachment, Draft, Exercise, Occurrence, Response
from practice import tenancy
from practice.models import Membership, User
from tests import pages
from tests.exercises.fhir.samples import sample
from tests.exercises.given import EVERY_TYPE, give
from tests.factories import acting_as, inside, make_couple, make_member, make_practice, signed_in
from tests.rows import UNREAD
from tests.world_kept import a_picture

#: A count of tries, taken before anything else is done, is meant to stay.
COUNTED = (*UNREAD, "practice_pace")
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|MERGE|SELECT attune_looked)|FOR (NO KEY )?UPDATE", re.IGNORECASE)
#: What stays of a request that came to nothing: its sign-in's clock and the counters.
_COUNTERS = re.compile(r'"?(django_session|practice_signin|practice_limit|practice_pace|attune_cache)"?')


@contextmanager
def dying_before(number: int, how: Callable[[], Any]) -> Iterator[Callable[[], int]]:
    """Die before the ``number``-th statement that writes; yield how many there were."""
    count = 0

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        if _WRITES.search(sql) and not _COUNTERS.search(sql):
            count += 1
            if count == number:
                how()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield lambda: count


@dataclass(frozen=True)
class Act:
    """Something that somebody sends: ``send`` does it once, ``found`` tells what stands of it afterwards."""

    send: Callable[[], HttpResponse]
    found: Callable[[], dict[str, int]]
    #: What stands when it was done, however often it was tried.
    done: dict[str, int]


def _people() -> tuple[Any, Membership, Client]:
    practice = make_practice()
    therapist = make_member(practice)
    couple = make_couple(practice, therapist=therapist)
    return couple, therapist, couple.clients[0]


def _counted(author: Client, **rows: Any) -> Callable[[], dict[str, int]]:
    def count() -> dict[str, int]:
        with acting_as(author):
            return {name: model.objects.filter(**which).count() for name, (model, which) in rows.items()}

    return count


def submit() -> Act:
    """Eleven answers in two lanes, from a draft."""
    couple, therapist, mara = _people()
    asked = _hers(give(couple, therapist, "shared", EVERY_TYPE), mara)
    browser = signed_in(mara)
    for question, value in (("good", "Tea"), ("near", "7"), ("note", "Evenings")):
        version = 0 if question == "good" else 1 if question == "near" else 2
        browser.post(f"/do/{asked.pk}/save/", {"question": question, question: value, "base_version": str(version)})
    return Act(
        lambda: browser.post(f"/do/{asked.pk}/send/"),
        _counted(
            mara,
            responses=(Response, {"occurrence": asked}),
            answers=(Answer, {"response__occurrence": asked}),
            done=(Occurrence, {"pk": asked.pk, "state": "done"}),
            drafts=(Draft, {"occurrence": asked}),
        ),
        {"responses": 1, "answers": 3, "done": 1, "drafts": 0},
    )


def autosave() -> Act:
    couple, therapist, mara = _people()
    asked = _hers(give(couple, therapist, "shared", EVERY_TYPE), mara)
    browser = signed_in(mara)
    data = {"question": "good", "good": "Tea", "base_version": "0"}
    return Act(
        lambda: browser.post(f"/do/{asked.pk}/save/", data),
        _counted(mara, drafts=(Draft, {"occurrence": asked})),
        {"drafts": 1},
    )


def upload() -> Act:
    couple, therapist, mara = _people()
    asked = _hers(give(couple, therapist, "shared", EVERY_TYPE), mara)
    browser = signed_in(mara)
    return Act(
        lambda: browser.post(f"/do/{asked.pk}/files/", {"file": a_picture()}),
        _counted(mara, files=(Attachment, {"occurrence": asked})),
        {"files": 1},
    )


def accept() -> Act:
    """An invitation: an account, a person who has it, and a link that is good for nothing any more."""
    practice = make_practice()
    therapist = make_member(practice)
    couple = make_couple(practice, ("Lea", "Noor"), therapist=therapist, login=False)
    lea = couple.clients[0]
    email = f"lea.{lea.pk.hex}@example.org"
    with inside(practice):
        Contact.objects.filter(client=lea).update(email=email)
        path = pages.path_of(inviting.link(inviting.invite(lea, couple, by=therapist)))

    def found() -> dict[str, int]:
        accounts = User.objects.filter(email=email).count()
        with tenancy.acting(tenancy.as_system(practice.pk)):
            joined = Client.objects.filter(pk=lea.pk, user__isnull=False).count()
            used = lea.invitations.filter(accepted_at__isnull=False).count()
        return {"accounts": accounts, "joined": joined, "used": used}

    return Act(
        lambda: Browser().post(path, {"password": "a long line of words"}),
        found,
        {"accounts": 1, "joined": 1, "used": 1},
    )


def take_form() -> Act:
    """A questionnaire from elsewhere, taken into the library (B84)."""
    practice = make_practice()
    browser = signed_in(make_member(practice))
    said = {"title": "How it was", "lane": "private", "licence": "", "licence_reference": "", "licence_confirmed": "on"}
    data = {"packed": packed(sample("gad7-researchkit")), "number": "0", "asks": "no", **said}

    def found() -> dict[str, int]:
        with inside(practice):
            forms = Exercise.objects.filter(practice=practice)
            return {"exercises": forms.count(), "whole": sum(one.editions.exists() for one in forms)}

    return Act(lambda: browser.post("/desk/library/import/review/", data), found, {"exercises": 1, "whole": 1})


def _hers(asked: list[Occurrence], client: Client) -> Occurrence:
    return next(one for one in asked if one.client_id == client.pk)


ACTS: dict[str, Callable[[], Act]] = {
    "submit": submit,
    "autosave": autosave,
    "upload": upload,
    "accept": accept,
    "take_form": take_form,
}

__all__ = ["ACTS", "COUNTED", "Act", "dying_before"]
