"""Questions on a page: in the portal, and in the therapist's preview of it."""

from __future__ import annotations

from django import template

from exercises.question_markup import markup_of

register = template.Library()
register.simple_tag(markup_of, name="question_markup")
