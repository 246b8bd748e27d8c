"""Another release of the time zone data: a folder in which one zone has other rules from a moment on."""

from __future__ import annotations

import datetime
import struct
import zoneinfo
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.properties import changes

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
NAME = b"LOC"


def release(
    folder: Path, name: str, since: datetime.datetime, offset: datetime.timedelta
) -> tuple[zoneinfo.ZoneInfo, zoneinfo.ZoneInfo]:
    """Write a tree in which ``name`` keeps ``offset`` for good from ``since`` on; return its zone, old and new.

    Before that, from 2000 on, it is the zone that we know.
    """
    old = zoneinfo.ZoneInfo(name)
    write(folder, name, old, since, offset)
    with tree(folder):
        return old, zoneinfo.ZoneInfo.no_cache(name)


def write(
    folder: Path, name: str, old: zoneinfo.ZoneInfo, since: datetime.datetime, offset: datetime.timedelta
) -> None:
    known = [one for one in changes(old) if one.at < since]
    first = known[0].before if known else (since.astimezone(old).utcoffset() or datetime.timedelta())
    turns = [(one.at, one.after) for one in known] + [(since, offset)]
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(_tzif(first, turns))


@contextmanager
def tree(folder: Path, *names: str) -> Iterator[None]:
    """Let zones be read from this folder first; those named are forgotten before and afterwards."""
    zoneinfo.reset_tzpath([str(folder)])
    zoneinfo.ZoneInfo.clear_cache(only_keys=names)
    try:
        yield
    finally:
        zoneinfo.reset_tzpath()
        zoneinfo.ZoneInfo.clear_cache(only_keys=names)


def _tzif(first: datetime.timedelta, turns: Sequence[tuple[datetime.datetime, datetime.timedelta]]) -> bytes:
    """A file of version 2 (RFC 9636) whose last turn holds for ever.

    All its offsets are called ``LOC``, local time: a zone needs a name of three letters, and no test reads it.
    """
    kinds = [first, *dict.fromkeys(offset for _at, offset in turns if offset != first)]
    block = b"".join(struct.pack(">q", int((at - EPOCH).total_seconds())) for at, _offset in turns)
    block += bytes(kinds.index(offset) for _at, offset in turns)
    block += b"".join(struct.pack(">lbb", int(kind.total_seconds()), 0, 0) for kind in kinds) + NAME + b"\0"
    return (
        _header(0, 1, 1)
        + struct.pack(">lbb", 0, 0, 0)
        + b"\0"
        + _header(len(turns), len(kinds), len(NAME) + 1)
        + block
        + _rule_from_then_on(turns[-1][1])
    )


def _rule_from_then_on(offset: datetime.timedelta) -> bytes:
    """The footer: an offset without summer time. POSIX counts west of Greenwich as more."""
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return b"\n%s%s%02d:%02d\n" % (NAME, b"-" if minutes > 0 else b"", hours, rest)


def _header(turns: int, kinds: int, letters: int) -> bytes:
    return b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, turns, kinds, letters)
