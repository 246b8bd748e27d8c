"""The rows of Today's tables."""

from __future__ import annotations

from django import template

from exercises import caseload_markup

register = template.Library()
register.simple_tag(caseload_markup.row, name="caseload_row")
register.simple_tag(caseload_markup.item, name="queue_item")
