"""Questions on a page: in the portal, and in the therapist's preview of it."""

from __future__ import annotations

from django import template

from exercises import block_markup

register = template.Library()
register.simple_tag(block_markup.listed, name="blocks_listed")
