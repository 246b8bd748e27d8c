"""In which language somebody reads a report."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import get_supported_language_variant

from clients.models import Contact, Couple
from practice.models import Practice
from reports.models.report import Audience


def language_for(couple: Couple, audience: str, partner_id: uuid.UUID | None, practice: Practice) -> str:
    """Return the language of an edition's reader, as Django names it.

    For one partner that is their own, if these pages speak it; for everybody else the practice's.
    """
    if audience != Audience.PARTNER or partner_id is None:
        return practice.language
    return languages_of([partner_id]).get(partner_id) or practice.language


def languages_of(clients: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return the languages of several readers in one query; without those that these pages do not speak."""
    rows = Contact.objects.filter(client_id__in=list(clients)).values_list("client_id", "language")
    return {client_id: found for client_id, language in rows if (found := spoken(language))}


def spoken(language: str) -> str:
    """Return the variant of a language that these pages are written in, or '' where there is none."""
    if not language:
        return ""
    try:
        found = get_supported_language_variant(language)
    except LookupError:
        return ""
    return found if found in dict(settings.LANGUAGES) else ""


def languages() -> list[tuple[str, str]]:
    """Return what these pages are written in, as pairs of code and name."""
    return [(code, str(name)) for code, name in settings.LANGUAGES]
