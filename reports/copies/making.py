"""How a person's own copy is made: gathered in one look, told, printed and packed."""

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
from practice import archives, roles, tenancy
from practice.models import Archive, Practice
from reports.copies import gathering, telling
from reports.copies.asking import LIVES
from reports.copies.packing import Part, as_json, packed
from reports.models import Report
from reports.pdf import NotPrinted
from reports.views.portal import handed_to

log = logging.getLogger(__name__)

#: What a program that reads data.json can rely on.
FORMAT = "attune-own-copy-1"

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
    """Make the copy that staff hand over: read as its person as well, but what they keep to themselves stays theirs."""
    yield from _made(archive, tell, None, by_staff=True)


def _made(
    archive: Archive, tell: archives.Tell, user_id: uuid.UUID | None, *, by_staff: bool = False
) -> Iterator[bytes]:
    tell(10, READING)
    bare = tenancy.Asker(
        role=roles.PORTAL, practice_id=archive.practice_id, user_id=user_id, person_id=archive.person_id
    )
    with tenancy.acting(tenancy.scoped(bare)):
        made = gathered(Client.objects.get(pk=archive.person_id), archive.asked_at, by_staff=by_staff)
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


def gathered(person: Client, made_at: datetime, *, by_staff: bool = False) -> Gathered:
    """Read everything that belongs into a copy, as the person who is bound; ``by_staff``: as staff may hand it over."""
    practice = Practice.objects.get(pk=tenancy.current_practice_id())
    contact = Contact.objects.filter(client=person).first()
    with timezone.override(_zone(contact, practice)):
        tables = gathering.tables(person)
        if by_staff:
            tables = gathering.with_unkept(gathering.without_their_own(tables), person)
        known = gathering.names(person, tables)
        fhir = _fhir(tables, person, made_at)
        files = [*_attachments(tables), *_documents(person)]
        with translation.override(language_of(person, practice)):
            told = telling.sections(tables, known, person, practice)
            html = _page(told, person, practice, made_at, files, by_staff=by_staff)
    data = {one.name: list(gathering.as_data(one, known)) for one in tables}
    parts = [
        Part("copy.html", _styled(html).encode(), "Everything in words; opens in any browser"),
        Part("data.json", as_json(data), "Everything as data, table by table"),
        Part("fhir.json", written(fhir).encode(), "What was asked, answered and added up, as a FHIR R4 Bundle"),
        *files,
    ]
    country = (contact.country if contact else "") or practice.country
    return Gathered(html, "letter" if country in ("US", "CA") else "a4", parts, _facts(data))


def _zone(contact: Contact | None, practice: Practice) -> ZoneInfo:
    return contact.zone if contact is not None else practice.zone


def _facts(data: dict[str, list[Any]]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "rows": {name: len(rows) for name, rows in data.items()},
        "columns_not_in_it": sorted(gathering.NOT_TOLD),
        "not_in_it": {one.model: one.why_not for one in gathering.left_out()},
    }


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


def _fhir(tables: list[gathering.Table], person: Client, made_at: datetime) -> dict[str, Any]:
    """One Bundle for all couples that this person was ever in: of the gathered rows, and the scores they are shown.

    Read as Attune, which the library is open to.
    """
    rows = {row.pk for table in tables for row in table.rows}
    scores = next(table.rows for table in tables if table.name == "reports.Score")
    told = Told(rows, {(one.response_id, one.series) for one in scores})  # type: ignore[attr-defined]
    entries: dict[str, Any] = {}
    with tenancy.elevated():
        mine = Partner.objects.filter(client=person).order_by("pk").values_list("couple_id", flat=True)
        for couple in Couple.objects.filter(pk__in=list(mine)).order_by("pk"):
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


def _documents(person: Client) -> Iterator[Part]:
    """The papers that lie in this person's portal, as they were handed over."""
    for number, one in enumerate(handed_to(person.pk).order_by("pk"), 1):
        if one.pdf:
            body = base64.b64decode(str(one.pdf))
            yield Part(f"documents/{number:03}.pdf", body, f"{Report.Kind(one.kind).label}, {one.reference}")
