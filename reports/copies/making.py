"""How a copy is made, a person's own or the one that staff hand over: gathered in one look, told, printed, packed."""

from __future__ import annotations

import base64
import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from celery.exceptions import SoftTimeLimitExceeded
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.text import slugify
from django.utils.translation import gettext_noop

from clients.models import Client, Contact, Couple, Partner
from exercises import attachments
from exercises.fhir.reading import written
from exercises.fhir.record import Told, bundle, record_of
from exercises.languages import language_of
from exercises.models import Attachment
from practice import archives, replica, roles, tenancy
from practice.models import Archive, Practice
from reports.copies import asking, gathering, telling
from reports.copies.asking import LIVES
from reports.copies.packing import Part, as_json, packed
from reports.models import Report
from reports.pdf import NotPrinted
from reports.views.portal import handed_to

log = logging.getLogger(__name__)

#: What a program that reads data.json can rely on.
FORMAT = "attune-own-copy-1"

#: What the manifest calls a copy that staff hand over.
OF_ONE_COUPLE = "The record of one person in this couple"

READING = gettext_noop("Reading what is yours")
PRINTING = gettext_noop("Setting the pages")

LOOKS = [Path(__file__).parent.parent / "static" / "reports" / name for name in ("copy.css", "copy-screen.css")]
#: The ending of a file, by what uploads are kept as (see practice/bare.py).
ENDINGS = {"image/jpeg": "jpg", "audio/mpeg": "mp3", "text/plain": "txt"}


@dataclass(frozen=True)
class Gathered:
    """All that goes in, read at one moment."""

    html: str
    paper: str
    parts: list[Part]
    facts: dict[str, Any]


@archives.makes(Archive.Kind.OWN_COPY, lives=LIVES, once=True)
def own_copy(archive: Archive, tell: archives.Tell) -> Iterator[bytes]:
    """Make a person's own copy, read as that person."""
    yield from _made(archive, tell, archive.user_id)


@archives.makes(Archive.Kind.RECORD_COPY, lives=LIVES, once=True)
def record_copy(archive: Archive, tell: archives.Tell) -> Iterator[bytes]:
    """Make the copy that staff hand over: read as its person as well, but of one couple's record alone.

    What its person keeps to themselves stays theirs.
    """
    yield from _made(archive, tell, None, couple_id=asking.couple_of(archive))


def _made(
    archive: Archive, tell: archives.Tell, user_id: uuid.UUID | None, *, couple_id: uuid.UUID | None = None
) -> Iterator[bytes]:
    tell(10, READING)
    bare = tenancy.Asker(
        role=roles.PORTAL, practice_id=archive.practice_id, user_id=user_id, person_id=archive.person_id
    )
    made = replica.read(
        tenancy.scoped(bare),
        lambda: gathered(Client.objects.get(pk=archive.person_id), archive.asked_at, couple_id=couple_id),
    )
    tell(40, PRINTING)
    yield whole(made, archive.asked_at)
    tell(90, archives.SEALING)


def whole(made: Gathered, made_at: datetime) -> bytes:
    """Print and pack what was gathered. Loads WeasyPrint: for a worker.

    A life that does not fit on paper is no reason to have nothing: then the manifest says that the PDF is missing.
    """
    from reports import press

    parts, facts = list(made.parts), dict(made.facts)
    try:
        printed = press.print_html(made.html, {}, paper=made.paper, sheet="copy.css", issued=made_at.date())
        parts.append(Part("copy.pdf", printed.pdf, "The same, on paper"))
    except (NotPrinted, MemoryError, SoftTimeLimitExceeded) as error:
        log.warning("a copy has no paper: %s", type(error).__name__)
        facts["missing"] = {"copy.pdf": "It could not be set; copy.html says the same and can be printed."}
    return packed(parts, made_at=made_at, facts=facts)


def gathered(person: Client, made_at: datetime, *, couple_id: uuid.UUID | None = None) -> Gathered:
    """Read everything that belongs into a copy, as the person who is bound.

    ``couple_id``: as staff may hand it over who read this couple, whatever else its person is or was part of.
    """
    practice = Practice.objects.get(pk=tenancy.current_practice_id())
    contact = Contact.objects.filter(client=person).first()
    with timezone.override(_zone(contact, practice)):
        tables = gathering.tables(person)
        if couple_id is not None:
            every = gathering.with_unkept(gathering.without_their_own(tables), person)
            tables = gathering.of_couple(every, couple_id)
        known = gathering.names(person, tables)
        fhir = _fhir(tables, person, made_at, couple_id)
        files = [*_attachments(tables), *_documents(person, couple_id)]
        with translation.override(language_of(person, practice)):
            told = telling.sections(tables, known, person, practice)
            html = _page(told, person, practice, made_at, files, by_staff=couple_id is not None)
    data = {one.name: list(gathering.as_data(one, known)) for one in tables}
    parts = [
        Part("copy.html", _styled(html).encode(), "Everything in words; opens in any browser"),
        Part("data.json", as_json(data), "Everything as data, table by table"),
        Part("fhir.json", written(fhir).encode(), "What was asked, answered and added up, as a FHIR R4 Bundle"),
        *files,
    ]
    country = (contact.country if contact and couple_id is None else "") or practice.country
    facts = _facts(data) | _narrowed(couple_id)
    return Gathered(html, "letter" if country in ("US", "CA") else "a4", parts, facts)


def _zone(contact: Contact | None, practice: Practice) -> ZoneInfo:
    return contact.zone if contact is not None else practice.zone


def _facts(data: dict[str, list[Any]]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "rows": {name: len(rows) for name, rows in data.items()},
        "columns_not_in_it": sorted(gathering.NOT_TOLD),
        "not_in_it": {one.model: one.why_not for one in gathering.left_out()},
    }


def _narrowed(couple_id: uuid.UUID | None) -> dict[str, Any]:
    """What the manifest says of a copy that is of one couple's record."""
    if couple_id is None:
        return {}
    every = [one.model for one in gathering.records() if not gathering.names_couple(one)]
    only = {one: sorted(gathering.ON_ITS_PAGES[one]) for one in every if one in gathering.ON_ITS_PAGES}
    return {"record": OF_ONE_COUPLE, "only_these_columns": only, "only_in_their_own_copy": sorted({*every} - {*only})}


def _page(
    told: list[telling.Section],
    person: Client,
    practice: Practice,
    made_at: datetime,
    files: list[Part],
    *,
    by_staff: bool,
) -> str:
    return render_to_string(
        "reports/paper/copy.html",
        {
            "sections": told,
            "person": person,
            "practice": practice,
            "made_at": made_at,
            "files": files,
            "by_staff": by_staff,
            "language": translation.get_language() or practice.language,
        },
    )


def _styled(html: str) -> str:
    """The page with its looks inside: the file stands alone and fetches nothing."""
    looks = "".join(one.read_text("utf-8") for one in LOOKS)
    return html.replace("</head>", f"<style>{looks}</style></head>", 1)


def _fhir(
    tables: list[gathering.Table], person: Client, made_at: datetime, couple_id: uuid.UUID | None
) -> dict[str, Any]:
    """One Bundle of the gathered rows and the scores they are shown, for one couple or all that they were ever in.

    Read as Attune, which the library is open to.
    """
    rows = {row.pk for table in tables for row in table.rows}
    scores = next(table.rows for table in tables if table.name == "reports.Score")
    told = Told(rows, {(one.response_id, one.series) for one in scores})  # type: ignore[attr-defined]
    entries: dict[str, Any] = {}
    with tenancy.elevated():
        mine = set(Partner.objects.filter(client=person).values_list("couple_id", flat=True))
        if couple_id is not None:
            mine &= {couple_id}
        for couple in Couple.objects.filter(pk__in=mine).order_by("pk"):
            for entry in record_of(couple, person, with_name=True, told=told)["entry"]:
                entries.setdefault(entry["fullUrl"], entry)
    return {**bundle(list(entries.values())), "timestamp": made_at.replace(microsecond=0).isoformat()}


def _attachments(tables: list[gathering.Table]) -> Iterator[Part]:
    rows = next(one.rows for one in tables if one.name == "exercises.Attachment")
    with tenancy.elevated():  # which ones was decided by the walls
        found = list(Attachment.objects.filter(pk__in=[one.pk for one in rows]).order_by("pk"))
    for number, row in enumerate(found, 1):
        ending = ENDINGS.get(row.content_type, row.content_type.rpartition("/")[2])
        about = str(row.name) or str(row.get_kind_display())
        yield Part(f"files/{number:03}.{slugify(ending)}", attachments.content(row), about)


def _documents(person: Client, couple_id: uuid.UUID | None) -> Iterator[Part]:
    """The papers that lie in this person's portal, as they were handed over: of one couple, or all of them."""
    rows = handed_to(person.pk).order_by("pk")
    if couple_id is not None:
        rows = rows.filter(couple_id=couple_id)
    for number, one in enumerate(rows, 1):
        if one.pdf:
            body = base64.b64decode(str(one.pdf))
            yield Part(f"documents/{number:03}.pdf", body, f"{Report.Kind(one.kind).label}, {one.reference}")
