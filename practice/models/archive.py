"""Files that somebody asked to take away: made in the background, sealed, and kept for a short time."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from practice import tenancy, vault
from practice.models.base import PracticeModel, inside


class Archive(PracticeModel):
    """One file that one account asked for and alone may take away (see :mod:`practice.archives`).

    ``person_id`` is the client whose data it holds and whose key seals it; without one it is the practice's, and so
    is the key.
    """

    class Kind(models.TextChoices):
        OWN_COPY = "own_copy", _("a person's own copy")
        RECORD_COPY = "record_copy", _("a copy of one record for its person")
        PRACTICE_EXPORT = "practice_export", _("everything that the practice keeps")
        COUPLE_RECORD = "couple_record", _("the record of one couple")
        MANY_RECORDS = "many_records", _("the records of several couples")
        COUPLES_FILE = "couples_file", _("a table of couples that waits to be taken in")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        WORKING = "working", _("Being made")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Could not be made")

    kind = models.CharField(max_length=20, choices=Kind)
    #: The account that asked.
    user_id = models.UUIDField()
    person_id = models.UUIDField(null=True, blank=True)
    #: What else it is about, and choices that the making needs: ids and words of ours, nobody's own.
    about_id = models.UUIDField(null=True, blank=True)
    details = models.JSONField(default=dict, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=80, blank=True)
    failure = models.CharField(max_length=120, blank=True)
    #: Times somebody began to make it, and when they last gave a sign: what lets a lost one be taken up again.
    attempts = models.PositiveSmallIntegerField(default=0)
    touched_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    size = models.PositiveBigIntegerField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    #: When it was taken away first, and when its bytes were destroyed: taken, thrown away, or too old.
    taken_at = models.DateTimeField(null=True, blank=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done")
                | Q(size__isnull=False, finished_at__isnull=False, expires_at__isnull=False) & ~Q(sha256=""),
                name="archive_done_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["practice", "kind", "user_id", "-asked_at"], name="archive_of_user")]

    def __str__(self) -> str:
        return f"archive {self.pk}"

    @property
    def is_moving(self) -> bool:
        return self.state in (self.State.WAITING, self.State.WORKING)

    @property
    def is_there(self) -> bool:
        """Whether it may be taken away now, whether or not the job that destroys was on time."""
        return (
            self.state == self.State.DONE
            and self.destroyed_at is None
            and self.expires_at is not None
            and self.expires_at > timezone.now()
        )


#: From this number on, pieces are what a file will be made of, and no part of it (:class:`practice.archives.Parts`).
SET_ASIDE = 2**30


class ArchivePiece(PracticeModel):
    """A part of an archive's bytes, sealed for its place. Nobody but Attune itself reads it."""

    archive = inside(Archive, related_name="pieces")
    number = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practice", "archive", "number"], name="archivepiece_once")]

    def __str__(self) -> str:
        return f"piece {self.number} of archive {self.archive_id}"

    def seal(self, plain: bytes, person_id: uuid.UUID | None) -> None:
        """Set the bytes, under the key of the person or practice that the archive is of."""
        self.body = vault.seal(plain, **self._bound(person_id))

    def opened(self, person_id: uuid.UUID | None) -> bytes:
        return vault.unseal(bytes(self.body), **self._bound(person_id))

    def _bound(self, person_id: uuid.UUID | None) -> dict[str, Any]:
        return {"client_id": person_id, "practice_id": tenancy.current_practice_id(), "place": self._place}

    @property
    def _place(self) -> str:
        # The number is part of it: pieces can not change places.
        return f"practice_archivepiece.body.{self.archive_id}.{self.number}"
