"""Doing it together, and what partners say and keep besides their answers."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Couple
from exercises.models.assignment import Assignment, Occurrence
from exercises.models.response import Response
from exercises.vocabulary import Lane
from practice.models import Membership, PracticeModel, inside
from practice.vault import SealedTextField


class Sitting(PracticeModel):
    """One time that people sit down to it, step by step, on one phone or on several at once.

    ``slot`` names the round of the assignment. ``version`` counts changes, so that two phones never undo
    each other. A pause is everybody's, and nobody has to say why.
    """

    class Mode(models.TextChoices):
        ONE_PHONE = "one_phone", _("On one phone")
        OWN_PHONES = "own_phones", _("Each on their own phone")

    couple = inside(Couple, related_name="+")
    assignment = inside(Assignment, related_name="sittings")
    slot = models.CharField(max_length=16)
    audience = ArrayField(models.UUIDField())
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.ONE_PHONE)
    step = models.PositiveSmallIntegerField(default=0)
    turn_of = inside(Client, null=True, blank=True, related_name="+")
    timer_started_at = models.DateTimeField(null=True, blank=True)
    timer_seconds = models.PositiveIntegerField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0)
    started_by = inside(Client, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                # With the audience: who sits down alone must not meet the sitting of somebody else.
                fields=["practice", "assignment", "slot", "audience"],
                condition=Q(ended_at=None),
                name="sitting_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"sitting {self.pk}"


class Draw(PracticeModel):
    """A card that was turned over, and what became of it. A pass is nobody's fault."""

    class Outcome(models.TextChoices):
        TURNED = "turned", _("Turned over")
        DONE = "done", _("Done")
        TALK = "talk", _("To talk about")
        PASSED = "passed", _("Not this time")

    couple = inside(Couple, related_name="+")
    assignment = inside(Assignment, related_name="draws")
    occurrence = inside(Occurrence, null=True, blank=True, related_name="draws")
    audience = ArrayField(models.UUIDField())
    card = models.PositiveSmallIntegerField()
    #: How often the whole deck had been used up before.
    round = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.TURNED)
    drawn_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "assignment", "round", "card", "audience"], name="draw_once"),
        ]

    def __str__(self) -> str:
        return f"draw {self.pk}"


class Feedback(PracticeModel):
    """How it went for one partner: how much of it, how useful, how hard, what got in the way."""

    class Extent(models.TextChoices):
        NOT = "not", _("Not this time")
        LITTLE = "little", _("A little")
        MOSTLY = "mostly", _("Mostly")
        PLANNED = "planned", _("As planned")
        MORE = "more", _("More than planned")

    couple = inside(Couple, related_name="+")
    occurrence = inside(Occurrence, related_name="feedback")
    author = inside(Client, related_name="+")
    lane = models.CharField(max_length=10, choices=Lane, default=Lane.PRIVATE)
    readers = ArrayField(models.UUIDField(), default=list)
    opens_at = models.DateTimeField(null=True)
    extent = models.CharField(max_length=10, choices=Extent, blank=True)
    usefulness = models.PositiveSmallIntegerField(null=True, blank=True)
    difficulty = models.PositiveSmallIntegerField(null=True, blank=True)
    too_much = models.BooleanField(default=False)
    obstacles = ArrayField(models.CharField(max_length=30), default=list)
    words = SealedTextField(_("what got in the way"), sealed_for="author_id", lane="lane")
    given_at = models.DateTimeField(auto_now=True)
    #: When somebody of the practice took note of it.
    noted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practice", "occurrence", "author"], name="feedback_once"),
            models.CheckConstraint(
                condition=~Q(lane__in=["own", "private"]) | Q(readers__len__lte=1), name="feedback_private_alone"
            ),
            models.CheckConstraint(
                condition=(Q(usefulness=None) | Q(usefulness__lte=10)) & (Q(difficulty=None) | Q(difficulty__lte=10)),
                name="feedback_at_most_ten",
            ),
        ]
        indexes = [models.Index(fields=["practice", "couple", "-given_at"], name="feedback_of_couple")]

    def __str__(self) -> str:
        return f"feedback {self.pk}"


class Win(PracticeModel):
    """Something small that went well, marked by a partner. Never counted against anybody."""

    couple = inside(Couple, related_name="wins")
    occurrence = inside(Occurrence, null=True, blank=True, related_name="wins")
    author = inside(Client, related_name="+")
    lane = models.CharField(max_length=10, choices=Lane)
    readers = ArrayField(models.UUIDField(), default=list)
    opens_at = models.DateTimeField(null=True)
    words = SealedTextField(_("in a few words"), sealed_for="author_id", lane="lane")
    marked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(lane__in=["own", "private"]) | Q(readers__len__lte=1), name="win_private_alone"
            ),
        ]
        indexes = [models.Index(fields=["practice", "couple", "-marked_at"], name="win_of_couple")]

    def __str__(self) -> str:
        return f"win {self.pk}"


class JournalEntry(PracticeModel):
    """A page of a partner's own journal. Theirs alone until they release it, entry by entry.

    Until somebody else has read it, they may take it back.
    """

    couple = inside(Couple, related_name="+")
    author = inside(Client, related_name="journal")
    lane = models.CharField(max_length=10, choices=Lane, default=Lane.OWN)
    readers = ArrayField(models.UUIDField(), default=list)
    opens_at = models.DateTimeField(null=True)
    text = SealedTextField(sealed_for="author_id", lane="lane")
    version = models.PositiveIntegerField(default=0)
    written_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    released_at = models.DateTimeField(null=True, blank=True)
    first_read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(lane__in=["own", "private"]) | Q(readers__len__lte=1), name="journalentry_private_alone"
            ),
        ]
        indexes = [models.Index(fields=["practice", "author", "-written_at"], name="journalentry_of_author")]

    def __str__(self) -> str:
        return f"journal entry {self.pk}"


class Attachment(PracticeModel):
    """A small picture, voice note or file, sealed, without what cameras write into it.

    From a partner it belongs to an answer or a journal entry and follows its lane; from the therapist it
    belongs to an assignment or to a comment.
    """

    class Kind(models.TextChoices):
        IMAGE = "image", _("Picture")
        AUDIO = "audio", _("Voice note")
        FILE = "file", _("File")

    couple = inside(Couple, related_name="+")
    author = inside(Client, null=True, blank=True, related_name="+")
    uploaded_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    lane = models.CharField(max_length=10, choices=Lane)
    readers = ArrayField(models.UUIDField(), default=list)
    opens_at = models.DateTimeField(null=True)
    #: As on the response that it belongs to.
    author_keeps = models.BooleanField(default=True)
    occurrence = inside(Occurrence, null=True, blank=True, related_name="attachments")
    response = inside(Response, null=True, blank=True, related_name="attachments")
    journal_entry = inside(JournalEntry, null=True, blank=True, related_name="attachments")
    assignment = inside(Assignment, null=True, blank=True, related_name="attachments")
    comment = inside("exercises.Comment", null=True, blank=True, related_name="attachments")
    kind = models.CharField(max_length=10, choices=Kind)
    content_type = models.CharField(max_length=60)
    name = SealedTextField(sealed_for="author_id")
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    #: The bytes under practice.vault.seal, bound to this row.
    sealed = models.BinaryField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(lane__in=["own", "private"]) | Q(readers__len__lte=1), name="attachment_private_alone"
            ),
        ]
        indexes = [models.Index(fields=["practice", "couple"], name="attachment_of_couple")]

    def __str__(self) -> str:
        return f"attachment {self.pk}"


class Agreement(PracticeModel):
    """Something the partners agreed on: written down, reviewed, changed only together."""

    couple = inside(Couple, related_name="agreements")
    audience = ArrayField(models.UUIDField())
    occurrence = inside(Occurrence, null=True, blank=True, related_name="agreements")
    title = SealedTextField(_("what it is about"))
    review_on = models.DateField(_("look at it again on"), null=True, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(audience__len__gte=1), name="agreement_of_somebody"),
        ]
        indexes = [models.Index(fields=["practice", "couple"], name="agreement_of_couple")]

    def __str__(self) -> str:
        return f"agreement {self.pk}"


class AgreementVersion(PracticeModel):
    """The words of an agreement at one time: a proposal until everybody it is for has said yes."""

    couple = inside(Couple, related_name="+")
    agreement = inside(Agreement, related_name="versions")
    audience = ArrayField(models.UUIDField())
    number = models.PositiveSmallIntegerField()
    text = SealedTextField(_("what we agree on"))
    proposed_by = inside(Client, null=True, blank=True, related_name="+")
    written_by = inside(Membership, null=True, blank=True, related_name="+", on_delete=models.DO_NOTHING)
    proposed_at = models.DateTimeField(auto_now_add=True)
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["agreement", "number"]
        constraints = [
            models.UniqueConstraint(fields=["practice", "agreement", "number"], name="agreementversion_number"),
        ]

    def __str__(self) -> str:
        return f"agreement version {self.pk}"


class Assent(PracticeModel):
    """One partner's yes to one version. It may be taken back at any time."""

    couple = inside(Couple, related_name="+")
    version = inside(AgreementVersion, related_name="assents")
    audience = ArrayField(models.UUIDField())
    author = inside(Client, related_name="+")
    given_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practice", "version", "author"], condition=Q(withdrawn_at=None), name="assent_once"
            ),
        ]

    def __str__(self) -> str:
        return f"assent {self.pk}"
