"""How a practice's paper looks."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from practice.models import PracticeModel


class Letterhead(PracticeModel):
    """The practice's logo and colour. Name and address stand in the practice itself."""

    #: A PNG that was drawn anew when it was uploaded, so that nothing of the file itself is left.
    logo = models.BinaryField(null=True, blank=True)
    colour = models.CharField(
        _("colour of the first page"), max_length=7, blank=True, validators=[RegexValidator(r"\A#[0-9a-f]{6}\Z")]
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practice"], name="letterhead_one_each")]

    def __str__(self) -> str:
        return f"letterhead {self.pk}"
