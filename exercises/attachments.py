"""Small pictures, voice notes and files: kept sealed, without metadata, and shown to whom their lane names.

What a partner adds before sending lies with their draft, for nobody else; sending gives it the readers of the
answer it came with. What a therapist adds belongs to an assignment and is for the people it was given to.
"""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections.abc import Iterable

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Couple
from exercises import wording
from exercises.models import Assignment, Attachment, JournalEntry, Occurrence, Response
from exercises.vocabulary import Lane
from practice import tenancy, vault
from practice.bare import LIMIT, Unkeepable, bare
from practice.ids import uuid7
from practice.models import Membership
from practice.written import Asked, Written, soon, together
from practice.written.changes import WrittenUpdate

#: How many go with one answer, one journal entry, one assignment.
AT_MOST = 4
#: The line that says what it is: a picture's words for those who don't see it.
LONGEST_NAME = 120


def of_draft(occurrence: Occurrence, author: Client) -> QuerySet[Attachment]:
    """What ``author`` has added to an occurrence and not sent."""
    return _light(Attachment.objects.filter(occurrence=occurrence, response=None, author=author))


def of_responses(responses: Iterable[Response]) -> dict[uuid.UUID, list[Attachment]]:
    """What came with each response, as far as the asker may read it: one query for all."""
    found: dict[uuid.UUID, list[Attachment]] = {}
    for one in together(asking_for([one.pk for one in responses]))[0]:
        found.setdefault(one.response_id, []).append(one)
    return found


def asking_for(responses: list[uuid.UUID]) -> Asked[list[Attachment]]:
    """Return what :func:`of_responses` asks, for :func:`practice.written.ahead`."""
    return _OF_RESPONSES.of(responses=responses)


def of_assignment(assignment: Assignment) -> QuerySet[Attachment]:
    """What the therapist put with an assignment."""
    return _light(Attachment.objects.filter(assignment=assignment))


def of_journal_entry(entry: JournalEntry) -> QuerySet[Attachment]:
    return _light(Attachment.objects.filter(journal_entry=entry))


def of_journal_entries(entries: Iterable[JournalEntry]) -> dict[uuid.UUID, list[Attachment]]:
    """What is on each page: one query for all."""
    found: dict[uuid.UUID, list[Attachment]] = {}
    for one in _light(Attachment.objects.filter(journal_entry__in=list(entries))):
        found.setdefault(one.journal_entry_id, []).append(one)  # type: ignore[arg-type]
    return found


def _light(rows: QuerySet[Attachment]) -> QuerySet[Attachment]:
    return rows.defer("sealed").order_by("made_at", "pk")


_OF_RESPONSES: Written[Attachment] = Written(
    lambda responses: _light(Attachment.objects.filter(response__in=responses)), responses=[uuid.UUID]
)


def add_to_draft(occurrence: Occurrence, author: Client, file: UploadedFile, words: str = "") -> Attachment:
    """Keep a file with what ``author`` is about to send; ``words`` say what it is. Raises Unkeepable."""
    return _keep(
        file,
        words,
        of_draft(occurrence, author),
        couple_id=occurrence.couple_id,
        author=author,
        lane=Lane.OWN,
        readers=[],
        occurrence=occurrence,
    )


def add_to_journal(entry: JournalEntry, file: UploadedFile, words: str = "") -> Attachment:
    """Keep a file with a journal entry that is still its author's alone. Raises Unkeepable."""
    return _keep(
        file,
        words,
        of_journal_entry(entry),
        couple_id=entry.couple_id,
        author=entry.author,
        lane=Lane.OWN,
        readers=[],
        journal_entry=entry,
    )


def add_to_assignment(assignment: Assignment, member: Membership, file: UploadedFile, words: str = "") -> Attachment:
    """Keep a file from the therapist for the people an assignment was given to. Raises Unkeepable."""
    alone = len(assignment.audience) == 1
    return _keep(
        file,
        words,
        of_assignment(assignment),
        couple_id=assignment.couple_id,
        uploaded_by=member,
        lane=Lane.PRIVATE if alone else Lane.SHARED,
        readers=list(assignment.audience),
        opens_at=timezone.now(),
        assignment=assignment,
    )


def go_along(response: Response) -> None:
    """Let what lies with the draft go along with its answer: same lane, same readers, and so after a revision.

    Before anything opens: what opens an answer opens what came with it. Needs Attune itself.
    """
    going = _GO_ALONG[response.author_keeps].of(
        occurrence=response.occurrence_id,
        author=response.author_id,
        response=response.pk,
        lane=response.lane,
        readers=response.readers,
        opens_at=response.opens_at,
    )
    soon(going)


def _going_along(keeps: bool) -> WrittenUpdate:
    return WrittenUpdate(
        lambda occurrence, author, response, lane, readers, opens_at: (
            Attachment.objects.filter(occurrence_id=occurrence, author_id=author),
            {"response": response, "lane": lane, "readers": readers, "opens_at": opens_at, "author_keeps": keeps},
        ),
        occurrence=uuid.UUID,
        author=uuid.UUID,
        response=uuid.UUID,
        lane=str,
        readers=[uuid.UUID],
        opens_at=datetime.datetime,
    )


#: By whether the author reads it again.
_GO_ALONG = {keeps: _going_along(keeps) for keeps in (True, False)}


def follow(entry: JournalEntry) -> None:
    """Give a journal entry's files the readers of the entry."""
    with tenancy.elevated():
        Attachment.objects.filter(journal_entry=entry).update(
            lane=entry.lane, readers=entry.readers, opens_at=entry.opens_at
        )


def remove(attachment: Attachment) -> None:
    """Take away something that nobody else can read yet."""
    attachment.delete()


def remove_from_assignment(couple: Couple, file_id: uuid.UUID) -> bool:
    """Take away what a therapist put with an assignment; False when there is no such file."""
    rows = Attachment.objects.filter(couple=couple, pk=file_id, assignment__isnull=False)
    if not rows.exists():
        return False
    with tenancy.elevated():
        rows.delete()
    return True


def content(attachment: Attachment) -> bytes:
    """Return the file itself."""
    practice_id = tenancy.current_practice_id()
    return vault.unseal(
        bytes(attachment.sealed),
        client_id=attachment.author_id,
        practice_id=practice_id,
        place=_place(attachment.pk),
    )


def _keep(
    file: UploadedFile, words: str, there: QuerySet[Attachment], *, author: Client | None = None, **belongs
) -> Attachment:
    """Keep a file beside those that are ``there``. The same one under the same name, sent again because nobody heard
    that it had arrived, is the one that is there."""
    if (file.size or 0) > LIMIT:
        raise Unkeepable(format_lazy(_("There is room for {n} MB in one file."), n=LIMIT // 10**6))
    found = bare(file.read(LIMIT + 1))
    digest, name = hashlib.sha256(found.data).hexdigest(), _name(found.kind, file.name or "", words)
    for one in there.filter(sha256=digest):
        if one.name == name:
            return one
    if there.count() >= AT_MOST:
        raise Unkeepable(format_lazy(_("There is room for {n} files here. Take one away first."), n=AT_MOST))
    pk, practice_id = uuid7(), tenancy.current_practice_id()
    attachment = Attachment(
        pk=pk,
        practice_id=practice_id,
        author=author,
        kind=found.kind,
        content_type=found.content_type,
        name=name,
        size=len(found.data),
        sha256=digest,
        sealed=vault.seal(
            found.data, client_id=author.pk if author else None, practice_id=practice_id, place=_place(pk)
        ),
        **belongs,
    )
    attachment.save(force_insert=True)
    return attachment


def _name(kind: str, given: str, words: str) -> str:
    """What its owner calls it: their own words, else the name of a document, without its path.

    Cameras and recorders call a file by date, hour and device, which is not kept.
    """
    own = words.strip() or ("" if kind != Attachment.Kind.FILE else given.replace("\\", "/").rsplit("/", 1)[-1])
    try:
        return wording.tidy(own[:LONGEST_NAME], lines=False)
    except wording.UnkeepableText:
        return ""


def _place(pk: uuid.UUID) -> str:
    return f"exercises_attachment.sealed.{pk}"
