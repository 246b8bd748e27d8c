"""What lists of exercises say in one line."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from exercises.models import Exercise
from exercises.vocabulary import Kind, Level, Participation

register = template.Library()


@register.filter
def facts(exercise: Exercise) -> str:
    """'Self-assessment · each alone · 15 min · moderate'."""
    parts = [
        Kind(exercise.kind).label,
        Participation(exercise.participation).label.lower(),
        _("%(n)s min") % {"n": exercise.minutes},
        Level(exercise.level).label.lower(),
    ]
    return " · ".join(str(part) for part in parts)
