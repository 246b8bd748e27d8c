"""What lists of exercises say of each."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from django import template
from django.utils.safestring import SafeString

from clients.models import Couple
from exercises import shelf_markup
from exercises.models import Exercise
from exercises.usefulness import Usefulness

register = template.Library()
register.filter(shelf_markup.facts)
register.simple_tag(shelf_markup.choices, name="facet_choices")


@register.simple_tag
def on_shelf(
    exercise: Exercise,
    favourites: Collection[uuid.UUID],
    used: Mapping[uuid.UUID, list[Couple]],
    useful: Mapping[uuid.UUID, Usefulness],
) -> SafeString:
    """The entry of one exercise in the library."""
    key = exercise.pk
    return shelf_markup.row(exercise, favourite=key in favourites, couples=used.get(key, []), rated=useful.get(key))
