"""One couple's record as each of the formats: what is put away, to be joined with that of others."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string

from exercises.fhir.reading import written
from exercises.fhir.record import bundle, record_of
from exercises.values import without_idle_zeros
from reports.enclosures import safe
from reports.taking_out.asking import Format
from reports.taking_out.columns import COLUMNS, NAMES
from reports.taking_out.reading import CoupleReader, Entry, Figure, Item, Person

#: What a program that reads answers.json can rely on.
FORMAT = "attune-answers-1"
#: So that a spreadsheet reads UTF-8 as such.
BOM = b"\xef\xbb\xbf"


@dataclass
class Written:
    """One couple's record: bytes by format, paper still to be printed, and what was counted."""

    bodies: dict[Format, bytes] = field(default_factory=dict)
    html: str = ""
    counts: dict[str, int] = field(default_factory=dict)


def write(reader: CoupleReader, made_at: datetime) -> Written:
    """Write what the bound asker may read of one couple, batch by batch."""
    wish, made = reader.wish, Written(counts={"answerings": 0, "items": 0, "scores": 0})
    table, data, paper = io.StringIO(), [], []
    rows = csv.writer(table, lineterminator="\r\n")
    for batch in reader.batches():
        for entry in batch:
            made.counts["answerings"] += 1
            made.counts["items"] += len(entry.items)
            made.counts["scores"] += len(entry.figures)
        if Format.CSV in wish.formats:
            rows.writerows(cells for entry in batch for cells in _rows(reader, entry))
        if Format.JSON in wish.formats:
            data += [_as_data(entry) for entry in batch]
        if Format.PDF in wish.formats:
            paper += batch
    if Format.CSV in wish.formats:
        made.bodies[Format.CSV] = table.getvalue().encode()
    if Format.JSON in wish.formats:
        made.bodies[Format.JSON] = _json(_couple(reader, data)).encode()
    if Format.FHIR in wish.formats:
        made.bodies[Format.FHIR] = written(_fhir(reader, made_at)).encode()
    if Format.PDF in wish.formats:
        made.html = _page(reader, paper, made_at)
    return made


def heading() -> bytes:
    """Return what stands before the rows of a table."""
    return BOM + (",".join(NAMES) + "\r\n").encode()


# ── a table ──────────────────────────────────────────────────────────────────


def _rows(reader: CoupleReader, entry: Entry) -> Iterator[list[str]]:
    """A row for each answered item, and one for each score."""
    common = _common(reader, entry)
    for item in entry.items:
        yield _cells({**common, **_of_item(item)})
    for figure in entry.figures:
        yield _cells({**common, **_of_figure(figure)})


def _cells(row: dict[str, str]) -> list[str]:
    return [row.get(one.name, "") if one.number else safe(row.get(one.name, "")) for one in COLUMNS]


def _common(reader: CoupleReader, entry: Entry) -> dict[str, str]:
    return {
        "couple_id": reader.couple_id,
        "person_id": entry.person.id,
        "person_name": entry.person.client.name if reader.wish.names else "",
        "response_id": entry.id,
        "exercise": entry.slug,
        "title": entry.title,
        "edition": _said(entry.edition),
        "edition_id": _said(entry.edition_id),
        "language": entry.language,
        "due_at": _moment(entry.due_at) or "",
        "answered_at": _moment(entry.at) or "",
        "day": entry.day.isoformat(),
        "time_zone": entry.person.zone.key,
        "revision": _said(entry.revision),
        "source": entry.source,
    }


def _of_item(item: Item) -> dict[str, str]:
    return {
        "row": "answer",
        "item_id": item.key,
        "item_code": item.code,
        "wording": item.wording,
        "type": item.type,
        "value": item.words,
        "number": "" if item.value.number is None else _figure(item.value.number),
        "choices": ";".join(item.value.choices),
        "unit": item.unit,
        "declined": "yes" if item.value.declined else "",
        "lane": item.lane,
    }


def _of_figure(figure: Figure) -> dict[str, str]:
    return {
        "row": "score",
        "item_id": figure.items,
        "score": figure.series,
        "score_name": figure.name,
        "score_value": _figure(figure.value),
        "band": figure.band,
        "lane": figure.lane,
    }


def _figure(number: Decimal) -> str:
    return f"{without_idle_zeros(number):f}"


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def _said(value: object) -> str:
    return "" if value is None else str(value)


# ── data ─────────────────────────────────────────────────────────────────────


def _couple(reader: CoupleReader, entries: list[dict[str, Any]]) -> dict[str, Any]:
    people = [_person(one, names=reader.wish.names) for one in reader.people.values()]
    return {"couple_id": reader.couple_id, "people": people, "answerings": entries}


def _person(one: Person, *, names: bool) -> dict[str, Any]:
    said = {"person_id": one.id, "time_zone": one.zone.key, "language": one.language}
    return {**said, "name": one.client.name} if names else said


def _as_data(entry: Entry) -> dict[str, Any]:
    return {
        "response_id": entry.id,
        "person_id": entry.person.id,
        "exercise": entry.slug,
        "title": entry.title,
        "language": entry.language,
        "edition": entry.edition,
        "edition_id": str(entry.edition_id) if entry.edition_id else None,
        "lane": str(entry.lane),
        "due_at": _moment(entry.due_at),
        "answered_at": _moment(entry.at),
        "day": entry.day.isoformat(),
        "revision": entry.revision,
        "source": entry.source,
        "items": [_item_data(one) for one in entry.items],
        "scores": [_figure_data(one) for one in entry.figures],
    }


def _item_data(item: Item) -> dict[str, Any]:
    return {
        "item_id": item.key,
        "item_code": item.code or None,
        "wording": item.wording,
        "type": item.type,
        "value": item.words,
        "number": _plain(item.value.number),
        "choices": list(item.value.choices),
        "unit": item.unit or None,
        "declined": item.value.declined,
        "lane": str(item.lane),
    }


def _figure_data(figure: Figure) -> dict[str, Any]:
    return {
        "score": figure.series,
        "name": figure.name,
        "value": _plain(figure.value),
        "band": figure.band or None,
        "items": [one for one in figure.items.split(";") if one],
        "lane": str(figure.lane),
    }


def _plain(number: Decimal | None) -> int | float | None:
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


# ── FHIR ─────────────────────────────────────────────────────────────────────


def _fhir(reader: CoupleReader, made_at: datetime) -> dict[str, Any]:
    """One Bundle of all partners, with the Group they are; each has ids of their own in it."""
    told = reader.told()
    entries: list[dict[str, Any]] = []
    for one in reader.people.values():
        entries += record_of(reader.couple, one.client, with_name=reader.wish.names, told=told)["entry"]
    members = [{"entity": {"reference": f"urn:uuid:{one.id}"}} for one in reader.people.values()]
    group: dict[str, Any] = {"resourceType": "Group", "id": reader.couple_id, "type": "person", "actual": True}
    group |= {"quantity": len(members), "member": members}
    whole = [{"fullUrl": f"urn:uuid:{reader.couple_id}", "resource": group}, *entries] if members else entries
    return {**bundle(whole), "timestamp": made_at.replace(microsecond=0).isoformat()}


# ── paper ────────────────────────────────────────────────────────────────────


def _page(reader: CoupleReader, entries: Iterable[Entry], made_at: datetime) -> str:
    return render_to_string(
        "reports/paper/taken_out.html",
        {
            "entries": entries,
            "people": list(reader.people.values()),
            "names": reader.wish.names,
            "couple_id": reader.couple_id,
            "practice": reader.practice,
            "wish": reader.wish,
            "made_at": made_at,
            "language": reader.practice.language,
        },
    )
