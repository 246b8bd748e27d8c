"""A file of a back-up: who can open it, and that nothing in it changes unnoticed."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from practice import keyring
from practice.backups import files
from practice.backups.files import BackupBroken

MOMENT = datetime.datetime(2026, 11, 23, 1, 2, 3, tzinfo=datetime.UTC)
WORDS = b"a word of somebody's"


@pytest.fixture
def pair() -> tuple[str, str]:
    return files.fresh_pair()


@pytest.fixture
def written(tmp_path, pair) -> Path:
    """A file of several chunks."""
    path = tmp_path / "one.data"
    with files.Writer(path, "data", MOMENT, files.read_public(pair[0])) as writer:
        writer.told(b"M", tables=["one"])
        writer.frame(b"D", WORDS)
        for _turn in range(3):
            writer.frame(b"D", os.urandom(files.CHUNK))
        writer.end()
        writer.finish()
    return path


def key_of(path: Path, private: str) -> bytes:
    return files.key_for(files.header_of(path), files.read_private(private), keyring.known())


def test_b113_what_was_written_is_read(written, pair):
    found = list(files.frames(written, key_of(written, pair[1])))
    assert [kind for kind, _content in found] == [b"M", b"D", b"D", b"D", b"D"]
    assert found[1] == (b"D", WORDS)


def test_b113_a_file_that_was_broken_off_has_no_name_and_leaves_nothing(tmp_path, pair):
    with files.Writer(tmp_path / "one.data", "data", MOMENT, files.read_public(pair[0])) as writer:
        writer.frame(b"D", WORDS)
        assert [one.name for one in tmp_path.iterdir()] == ["one.data.unfinished"]
    assert list(tmp_path.iterdir()) == []


def test_b115_only_its_owner_may_open_the_file_and_it_shows_its_first_line_alone(written):
    assert written.stat().st_mode & 0o777 == 0o600
    content = written.read_bytes()
    assert WORDS not in content
    opened = content[: content.index(b"\n", len(files.MAGIC)) + 1]
    assert opened == files.MAGIC + files.header_of(written).line()


def test_b115_another_restore_key_does_not_open_it(written):
    with pytest.raises(BackupBroken, match="is for the restore key"):
        key_of(written, files.fresh_pair()[1])


def test_b115_nor_does_the_restore_key_without_the_installation_s(written, pair, settings):
    settings.ATTUNE_MASTER_KEY = "A" * 43 + "="
    with pytest.raises(BackupBroken, match="ATTUNE_MASTER_KEYS_ALSO"):
        key_of(written, pair[1])
    # And not with the name of the right one on another one's bytes, either.
    header = files.header_of(written)
    wrong = files.key_for(header, files.read_private(pair[1]), {header.master_key: b"x" * 32})
    with pytest.raises(BackupBroken, match="does not open"):
        list(files.frames(written, wrong))


def cut(content: bytes) -> bytes:
    return content[:-100]


def cut_between_chunks(content: bytes) -> bytes:
    begin = content.index(b"\n", len(files.MAGIC)) + 1
    return content[: begin + 4 + int.from_bytes(content[begin : begin + 4], "big")]


def altered(content: bytes) -> bytes:
    return content[:-50] + bytes([content[-50] ^ 1]) + content[-49:]


def added_to(content: bytes) -> bytes:
    return content + b"\0\0\0\x20" + b"x" * 32


def dated_anew(content: bytes) -> bytes:
    return content.replace(b"2026-11-23", b"2026-11-24")


def emptied(content: bytes) -> bytes:
    return content[: content.index(b"\n", len(files.MAGIC)) + 1]


@pytest.mark.parametrize("harmed", [cut, cut_between_chunks, altered, added_to, dated_anew, emptied])
def test_b113_a_file_that_was_harmed_does_not_open(written, pair, harmed):
    written.write_bytes(harmed(written.read_bytes()))
    with pytest.raises(BackupBroken):
        list(files.frames(written, key_of(written, pair[1])))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", files.MAGIC, files.MAGIC + b'{"kind": "data"}\n'])
def test_b113_what_is_no_back_up_is_told_apart(tmp_path, content):
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(BackupBroken):
        files.header_of(path)


def test_b115_the_two_halves_of_a_pair_are_not_taken_for_each_other(pair):
    public, private = pair
    for read, wrong in ((files.read_public, private), (files.read_private, public), (files.read_public, "")):
        with pytest.raises(ValueError, match="begins with"):
            read(wrong)
