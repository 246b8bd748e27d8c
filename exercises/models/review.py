"""Looking back: what a therapist reviewed, wrote, and wants to bring to the next session."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Couple
from exercises.models.assignment import Assignment
from exercises.models.response import Response
from practice.models import Membership, PracticeModel, inside
from practice.vault import SealedTextField


class Review(PracticeModel):
    """That a therapist worked through a response. Its author learns of it; nobody else does.

    What a partner keeps from the others is reviewed ``apart``.
    """

    couple = inside(Couple, related_name="+")
    response = inside(Response, related_name="reviews")
    author = inside(Client, related_name="+")
    apart = models.BooleanField(default=False)
    membership = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    reviewed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "response", "apart"], name="review_once"),
        ]

    def __str__(self) -> str:
        return f"review {self.pk}"


class Thread(PracticeModel):
    """A conversation with the therapist: with one partner or with all. The audience is fixed when it begins."""

    couple = inside(Couple, related_name="threads")
    audience = ArrayField(models.UUIDField())
    assignment = inside(Assignment, null=True, blank=True, related_name="threads")
    response = inside(Response, null=True, blank=True, related_name="threads")
    opened_at = models.DateTimeField(auto_now_add=True)
    latest_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(audience__len__gte=1), name="thread_with_somebody"),
        ]
        indexes = [models.Index(fields=["practice", "couple", "-latest_at"], name="thread_of_couple")]

    def __str__(self) -> str:
        return f"thread {self.pk}"


class Comment(PracticeModel):
    """One thing said in a thread, by a partner or by the therapist. It is never changed."""

    couple = inside(Couple, related_name="+")
    thread = inside(Thread, related_name="comments")
    audience = ArrayField(models.UUIDField())
    author = inside(Client, null=True, blank=True, related_name="+")
    membership = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    text = SealedTextField(sealed_for="author_id")
    key = models.UUIDField()
    said_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "thread", "key"], name="comment_said_once"),
            models.CheckConstraint(
                condition=Q(author=None, membership__isnull=False) | Q(author__isnull=False, membership=None),
                name="comment_by_one",
            ),
        ]
        indexes = [models.Index(fields=["practice", "thread", "said_at"], name="comment_of_thread")]

    def __str__(self) -> str:
        return f"comment {self.pk}"


class Seen(PracticeModel):
    """Until when one person has read a thread. Nobody else learns of it."""

    couple = inside(Couple, related_name="+")
    thread = inside(Thread, related_name="seen")
    author = inside(Client, null=True, blank=True, related_name="+")
    membership = inside(Membership, null=True, blank=True, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "thread", "author", "membership"], name="seen_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"seen {self.pk}"


class AgendaItem(PracticeModel):
    """Something to bring to the next session: a response, a thread, or a line of one's own. Staff only."""

    couple = inside(Couple, related_name="agenda")
    response = inside(Response, null=True, blank=True, related_name="+")
    #: Whether it comes from what one partner keeps from the others.
    apart = models.BooleanField(default=False)
    client = inside(Client, null=True, blank=True, related_name="+")
    words = SealedTextField(_("what to bring up"))
    added_by = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    added_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "response", "apart"],
                condition=Q(done_at=None, response__isnull=False),
                name="agendaitem_once",
            ),
        ]
        indexes = [models.Index(fields=["practice", "couple"], name="agendaitem_of_couple")]

    def __str__(self) -> str:
        return f"agenda item {self.pk}"


class StaffNote(PracticeModel):
    """A therapist's own notes on a couple, apart from the record. No client ever reads them.

    ``version`` counts saves: one built on an older count does not overwrite a newer text.
    """

    couple = inside(Couple, related_name="+")
    author = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    text = SealedTextField(_("notes"))
    for_session = models.BooleanField(_("bring to the next session"), default=False)
    version = models.PositiveIntegerField(default=0)
    written_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["practice", "couple", "-written_at"], name="staffnote_of_couple")]

    def __str__(self) -> str:
        return f"staff note {self.pk}"


class PsychotherapyNote(PracticeModel):
    """What a therapist thinks about the work, for themselves: in a table of its own, under a key of its own.

    Only its author reads it; a supervisor only through an emergency that says so (the policies hold both). It is in no
    report, no search, no sheet for a session, no person's own copy and no export that does not ask for it by name.
    """

    couple = inside(Couple, related_name="+")
    author = inside(Membership, related_name="+", on_delete=models.DO_NOTHING)
    #: The author's account: what the wall compares, so that no membership has to be looked up.
    kept_by = models.UUIDField(editable=False)
    text = SealedTextField(_("psychotherapy notes"), purpose="psychotherapy")
    version = models.PositiveIntegerField(default=1)
    written_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["practice", "couple", "-written_at"], name="psychnote_of_couple")]

    def __str__(self) -> str:
        return f"psychotherapy note {self.pk}"
