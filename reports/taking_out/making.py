"""How a record is taken out: couple by couple, read as whoever asked, put away, and joined into files in the end.

What one couple gave is in memory at a time, and of it one batch of rows. A worker that is killed loses the couple that
it was at; the next one goes on after those that are put away. Before each couple, and before the file is there, it is
looked whether whoever asked may still read all of them: else everything is destroyed.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from clients.models import Couple
from exercises.fhir.record import made_id
from practice import archives, replica
from practice.models import Archive, Practice
from reports.copies.packing import Stream, streamed
from reports.pdf import NotPrinted
from reports.taking_out import asking, writing
from reports.taking_out.asking import LIVES, Format, Kind, Wish
from reports.taking_out.columns import dictionary
from reports.taking_out.reading import CoupleReader

log = logging.getLogger(__name__)

#: A worker makes others wait no longer than this, and is done well before it would be stopped.
A_TURN = timedelta(seconds=120)
#: Which body of a part is which; the first says what was counted.
COUNTS = 0
BODIES = {Format.CSV: 1, Format.JSON: 2, Format.FHIR: 3, Format.PDF: 4}

READING = _("Reading what you may read")
ABOUT = {
    Format.CSV: "A row for each answered item and each score; columns.txt says what the columns are",
    Format.JSON: "The same as data, couple by couple",
    Format.FHIR: "What was asked, answered and added up, as a FHIR R4 Bundle",
    Format.PDF: "The same in words, on paper",
}
NOT_IN_IT = [
    _("What a partner keeps to themselves alone, and drafts."),
    _("Psychotherapy notes, the team’s notes, and what staff judged."),
    _("Messages, goals, agreements, sessions, pictures and other files."),
    _("Earlier revisions of what was amended, and scores from paper that were taken back."),
    _("Anything of people who were erased."),
]
OTHERS = _("Couples whose words whoever asked may not read.")


@archives.makes(Kind.COUPLE_RECORD, lives=LIVES, once=False, goes_on=True)
def couple_record(archive: Archive, tell: archives.Tell, parts: archives.Parts) -> Iterator[bytes]:
    """Make the record of one couple: a file of one format as it is, several in a ZIP."""
    yield from _made(archive, tell, parts)


@archives.makes(Kind.MANY_RECORDS, lives=LIVES, once=False, goes_on=True)
def many_records(archive: Archive, tell: archives.Tell, parts: archives.Parts) -> Iterator[bytes]:
    """Make the records of several couples, in a ZIP."""
    yield from _made(archive, tell, parts)


def _made(archive: Archive, tell: archives.Tell, parts: archives.Parts) -> Iterator[bytes]:
    couples, there = asking.couples_of(archive), parts.there()
    began, done = time.monotonic(), len(there)
    for number, couple_id in enumerate(couples):
        if number in there:
            continue
        if done > len(there) and time.monotonic() - began > A_TURN.total_seconds():
            raise archives.LaterOn
        tell(2 + 78 * done // len(couples), READING)
        parts.put(number, _part(archive, couple_id))
        done += 1
    asking.reader_of(archive)
    tell(80, archives.SEALING)
    yield from _file(archive, parts)
    # Only now: whoever lost one of them meanwhile gets nothing.
    asking.reader_of(archive)


# ── one couple ───────────────────────────────────────────────────────────────


def _part(archive: Archive, couple_id: uuid.UUID) -> dict[int, bytes]:
    """Read one couple as whoever asked, and print it."""
    practice, made = replica.read(asking.reader_of(archive), lambda: _read(archive, couple_id))
    bodies = {BODIES[one]: body for one, body in made.bodies.items()}
    if made.html:
        bodies |= _on_paper(archive, practice, made.html)
    return {COUNTS: json.dumps(made.counts).encode(), **bodies}


def _read(archive: Archive, couple_id: uuid.UUID) -> tuple[Practice, writing.Written]:
    practice = Practice.objects.get(pk=archive.practice_id)
    couple = Couple.objects.with_partners().get(pk=couple_id)
    with translation.override(practice.language), timezone.override(practice.zone):
        return practice, writing.write(CoupleReader(couple, Wish.of(archive), practice), archive.asked_at)


def _on_paper(archive: Archive, practice: Practice, html: str) -> dict[int, bytes]:
    """Print it. What does not fit on paper is no reason to have nothing: where it is not alone, it is missing."""
    from reports import press

    paper = "letter" if practice.country in ("US", "CA") else "a4"
    try:
        printed = press.print_html(html, {}, paper=paper, sheet="copy.css", issued=archive.asked_at.date())
    except (NotPrinted, MemoryError, SoftTimeLimitExceeded) as error:
        if _is_bare(archive):
            raise
        log.warning("a record has no paper: %s", type(error).__name__)
        return {}
    return {BODIES[Format.PDF]: printed.pdf}


# ── the file ─────────────────────────────────────────────────────────────────


def _is_bare(archive: Archive) -> bool:
    return asking.file_of(archive)[1] != "application/zip"


def _file(archive: Archive, parts: archives.Parts) -> Iterator[bytes]:
    if _is_bare(archive):
        yield from _streams(archive, parts)[0].pieces
        return
    yield from streamed(_with_words(archive, parts), made_at=archive.asked_at, facts=_facts(archive, parts))


def _with_words(archive: Archive, parts: archives.Parts) -> list[Stream]:
    found = _streams(archive, parts)
    if Format.CSV in Wish.of(archive).formats:
        found.insert(1, Stream("columns.txt", "What the columns of answers.csv are", [dictionary().encode()]))
    return found


def _streams(archive: Archive, parts: archives.Parts) -> list[Stream]:
    """Return the files of every format: rows and data in one for all couples, bundles and paper in one for each."""
    couples, formats = asking.couples_of(archive), Wish.of(archive).formats
    found = []
    if Format.CSV in formats:
        found.append(Stream("answers.csv", ABOUT[Format.CSV], _table(parts, len(couples))))
    if Format.JSON in formats:
        found.append(Stream("answers.json", ABOUT[Format.JSON], _data(archive, parts, len(couples))))
    for one, ending in ((Format.FHIR, "fhir.json"), (Format.PDF, "pdf")):
        if one not in formats:
            continue
        for number, couple_id in enumerate(couples):
            if one == Format.PDF and not _has_paper(parts, number):
                continue
            many = archive.kind == Kind.MANY_RECORDS
            path = f"{one}/{_name(couple_id)}.{ending}" if many else f"record.{ending}"
            found.append(Stream(path, ABOUT[one], parts.read(number, BODIES[one])))
    return found


def _name(couple_id: uuid.UUID) -> str:
    return made_id(couple_id, "group", couple_id)


def _has_paper(parts: archives.Parts, number: int) -> bool:
    return next(parts.read(number, BODIES[Format.PDF]), None) is not None


def _table(parts: archives.Parts, couples: int) -> Iterator[bytes]:
    yield writing.heading()
    for number in range(couples):
        yield from parts.read(number, BODIES[Format.CSV])


def _data(archive: Archive, parts: archives.Parts, couples: int) -> Iterator[bytes]:
    head = {"format": writing.FORMAT, "made_at": archive.asked_at.isoformat(), **_days(archive)}
    yield json.dumps(head)[:-1].encode() + b', "couples": [\n'
    for number in range(couples):
        yield b",\n" if number else b""
        yield from parts.read(number, BODIES[Format.JSON])
    yield b"\n]}\n"


def _days(archive: Archive) -> dict[str, Any]:
    return {name: archive.details[name] for name in ("begins_on", "ends_on")}


def _facts(archive: Archive, parts: archives.Parts) -> dict[str, Any]:
    """What the manifest says."""
    couples, counts = asking.couples_of(archive), []
    missing = []
    for number, couple_id in enumerate(couples):
        counts.append({"couple_id": _name(couple_id), **json.loads(b"".join(parts.read(number, COUNTS)))})
        if Format.PDF in Wish.of(archive).formats and not _has_paper(parts, number):
            missing.append(_name(couple_id))
    return {
        "format": writing.FORMAT,
        **_days(archive),
        "names": archive.details["names"],
        "private": archive.details["private"],
        "couples": counts,
        "paper_missing_of": missing,
        "not_in_it": [*NOT_IN_IT, *([OTHERS] if archive.kind == Kind.MANY_RECORDS else [])],
    }


def not_in_it() -> list[str]:
    """Return what is not in it, for the page that asks."""
    return [gettext(one) for one in NOT_IN_IT]
