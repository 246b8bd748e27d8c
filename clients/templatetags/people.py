"""What the couple's page shows about people, sessions and clearance."""

from __future__ import annotations

from django import template

from clients import cards, clearing

register = template.Library()
register.filter(cards.partner_cards)
register.filter(cards.sessions_ahead)
register.filter(cards.caseload_names)
register.filter("clearance", clearing.current)
