"""What somebody typed and has not sent: kept as typed, and never silently overwritten.

A draft counts its saves, and remembers for each question at which count it last changed. A save says which
count it was built on. Where the question changed since then, in another tab or on another phone, it is refused
with both texts (:class:`Conflict`) and the person chooses; saves to different questions simply join.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from exercises import stops
from exercises.answers import QuestionError
from exercises.models import Draft, Occurrence
from exercises.questions import Form
from exercises.refill import raw_from_json, raw_to_json
from practice import tenancy
from practice.written import Asked, Written
from practice.written.changes import WrittenSave

#: Bytes in all the answers of a draft together.
LIMIT = 200_000
#: Who comes back after so long has come back: reminders that had stopped may leave again.
RESTED = datetime.timedelta(hours=1)
#: Beside the questions' keys, which hold no colon.
CHANGED = "::changed"

Raw = Mapping[str, Sequence[str]]


class Conflict(Exception):
    """A question was changed elsewhere since this save was begun. Nothing was written."""

    def __init__(self, draft: Draft, mine: dict[str, list[str]], kept: dict[str, list[str]]) -> None:
        super().__init__("changed elsewhere")
        self.draft, self.mine, self.kept = draft, mine, kept


class TooLong(QuestionError):
    """More than any draft may hold. Nothing was written; what was kept before is still there."""

    def __init__(self) -> None:
        super().__init__(_("This is more text than can be kept in one go. Please shorten it a little."))


@dataclass(frozen=True)
class Kept:
    """A draft as it is read: its count, and the raw input of each question."""

    version: int
    raw: dict[str, list[str]]
    saved_at: datetime.datetime | None = None


NOTHING_KEPT = Kept(0, {})


_KEPT: Written[Draft] = Written(
    lambda occurrence, author: Draft.objects.filter(occurrence_id=occurrence, author_id=author),
    occurrence=uuid.UUID,
    author=uuid.UUID,
)


def kept(occurrence: Occurrence, author: Client) -> Kept:
    """Return what ``author`` has typed so far."""
    return kept_in(draft_of(occurrence, author), occurrence)


def draft_of(occurrence: Occurrence, author: Client) -> Draft | None:
    """Return the draft of ``author`` where there is one."""
    return _KEPT.first(occurrence=occurrence.pk, author=author.pk)


def asking_for(occurrence_id: uuid.UUID, author: Client) -> Asked[list[Draft]]:
    """Return what asks for the draft of ``author``, one or none, to go with other questions."""
    return _KEPT.of(occurrence=occurrence_id, author=author.pk)


def kept_in(draft: Draft | None, occurrence: Occurrence) -> Kept:
    """Return what stands in a draft that was read."""
    if draft is None:
        _refuse_if_begun_before(occurrence)
    return Kept(draft.version, raw_from_json(draft.answers), draft.saved_at) if draft else NOTHING_KEPT


def mark_of(parts: Sequence[str]) -> str:
    """Return a short mark of an input: a page sends it back to say what it was made from."""
    text = json.dumps([part.replace("\r\n", "\n") for part in parts if part])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def save_draft(
    occurrence: Occurrence, *, author: Client, raw: Raw, base_version: int, gone: Iterable[str] = ()
) -> Draft:
    """Keep ``raw``, the input of some or all questions by answer key, built on ``base_version`` of the draft.

    ``gone`` are keys to forget: of an instance that was taken away. Raises :class:`Conflict` when one of them
    changed since, :class:`TooLong` beyond the limit. Saving the same once more changes nothing.
    """
    form = occurrence.assignment.edition.form
    typed = {key: [_storable(part) for part in parts] for key, parts in raw.items() if key in form}
    gone = set(gone)
    typed.update({key: [] for key in gone})
    draft = _locked(occurrence, author)
    rested = draft.version == 0 or timezone.now() - draft.saved_at > RESTED
    before = raw_from_json(draft.answers)
    changed_at = _changed_at(draft.answers)
    news = {key: parts for key, parts in typed.items() if parts != before.get(key, []) or key in gone & set(before)}
    clashing = {key for key in news if changed_at.get(key, 0) > base_version}
    if clashing:
        raise Conflict(draft, {key: typed[key] for key in clashing}, {key: before.get(key, []) for key in clashing})
    if not news and draft.version:
        return draft
    together = {key: parts for key, parts in {**before, **news}.items() if key not in gone}
    text = _as_text(form, together, {**changed_at, **dict.fromkeys(news, draft.version + 1)})
    draft.answers, draft.version = text, draft.version + 1
    _SAVED.run(draft)
    if occurrence.started_at is None and occurrence.client_id is not None:
        _mark_started(occurrence)
    if rested:
        stops.end_by_person(occurrence.assignment_id, author.pk)
    return draft


_LOCKED: Written[Draft] = Written(
    lambda occurrence, author: Draft.objects.select_for_update().filter(occurrence_id=occurrence, author_id=author),
    occurrence=uuid.UUID,
    author=uuid.UUID,
)
_SAVED = WrittenSave(Draft, "answers", "version", "saved_at")


def _locked(occurrence: Occurrence, author: Client) -> Draft:
    """Return the draft, made when there is none, locked so that two tabs take turns."""
    whose = {"occurrence": occurrence.pk, "author": author.pk}
    found = _LOCKED.first(**whose)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return Draft.objects.create(
                practice_id=occurrence.practice_id, occurrence=occurrence, author=author, answers="", version=0
            )
    except IntegrityError:  # another tab was faster by a moment
        found = _LOCKED.first(**whose)
        if found is None:
            raise tenancy.Closed from None
        return found


def _refuse_if_begun_before(occurrence: Occurrence) -> None:
    """A closed sign-in does not see what was typed before it, and must not type over it either."""
    asker, begun = tenancy.current(), occurrence.started_at
    if asker is not None and asker.closed and begun and begun < datetime.datetime.fromisoformat(asker.closed):
        raise tenancy.Closed


def _mark_started(occurrence: Occurrence) -> None:
    """Only on an occurrence of one's own: on a joint one it would tell the others of a draft."""
    occurrence.started_at = timezone.now()
    with tenancy.elevated():
        Occurrence.objects.filter(pk=occurrence.pk, started_at=None).update(started_at=occurrence.started_at)


def _storable(part: str) -> str:
    """Halves of characters can be neither stored nor shown: they become the sign for 'unknown'."""
    return str(part).encode("utf-8", "replace").decode("utf-8") if not part.isascii() else part


def _as_text(form: Form, raw: Raw, changed_at: Mapping[str, int]) -> str:
    size = sum(len(part.encode()) for parts in raw.values() for part in parts)
    if size > LIMIT:
        raise TooLong
    data = json.loads(raw_to_json(form, raw))
    return json.dumps({**data, CHANGED: dict(changed_at)})


def _changed_at(text: str) -> dict[str, int]:
    try:
        found = json.loads(text).get(CHANGED, {})
    except (ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}
