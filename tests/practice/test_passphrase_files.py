"""Files that a passphrase opens: whole, from anywhere, and not when anything was done to them."""

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practice.passphrase_files import A_CHUNK, NAME, TAG, Lock, NotOpened, Reader, Writer

PASSPHRASE = "five everyday words, écrits ici"
LOCK = Lock.of(PASSPHRASE)


def sealed(plain: bytes, pieces: int = 7_001) -> bytes:
    out = io.BytesIO()
    with Writer(out.write, LOCK) as file:
        for start in range(0, len(plain), pieces):
            file.write(plain[start : start + pieces])
    return out.getvalue()


def opened(body: bytes, passphrase: str = PASSPHRASE) -> Reader:
    return Reader(io.BytesIO(body), passphrase)


@pytest.fixture(scope="module")
def plain() -> bytes:
    return random.Random(5).randbytes(3 * A_CHUNK + 17)


@pytest.mark.parametrize("size", [0, 1, A_CHUNK - 1, A_CHUNK, A_CHUNK + 1, 2 * A_CHUNK])
def test_what_was_written_is_read_whatever_its_length(size):
    plain = random.Random(size).randbytes(size)
    body = sealed(plain)
    assert opened(body).read() == plain
    assert size < 16 or plain[:16] not in body


def test_it_is_read_from_anywhere(plain):
    file = opened(sealed(plain))
    for start in (A_CHUNK - 3, 0, 3 * A_CHUNK + 10, 2 * A_CHUNK):
        file.seek(start)
        assert file.read(10) == plain[start : start + 10]
    file.seek(-5, io.SEEK_END)
    assert (file.read(), file.tell()) == (plain[-5:], len(plain))


def test_who_writes_needs_only_what_does_not_open_it():
    kept = Lock.from_data(Lock.of(PASSPHRASE).as_data())
    out = io.BytesIO()
    with Writer(out.write, kept) as file:
        file.write(b"words")
    assert opened(out.getvalue()).read() == b"words"
    assert PASSPHRASE not in str(kept.as_data())
    assert Lock.of(PASSPHRASE).as_data() != kept.as_data(), "nobody sees that two passphrases are the same"


@pytest.mark.parametrize("wrong", ["", "five everyday words, ecrits ici", PASSPHRASE.upper(), PASSPHRASE + " "])
def test_another_passphrase_does_not_open_it(wrong):
    with pytest.raises(NotOpened, match="passphrase"):
        opened(sealed(b"words"), wrong)


def test_a_letter_is_the_same_however_a_keyboard_puts_it_together():
    assert opened(sealed(b"words"), PASSPHRASE.replace("é", "e\u0301")).read() == b"words"


CHUNK = A_CHUNK + TAG
#: Of a header and its chunks.
DONE = {
    "its last byte is missing": lambda head, chunks: head + chunks[:-1],
    "its last chunks are missing": lambda head, chunks: head + chunks[: 2 * CHUNK],
    "it has no end at all": lambda head, chunks: head,
    "something was added": lambda head, chunks: head + chunks + b"x",
    "two chunks changed places": lambda head, chunks: (
        head + chunks[CHUNK : 2 * CHUNK] + chunks[:CHUNK] + chunks[2 * CHUNK :]
    ),
    "its beginning is missing": lambda head, chunks: head + chunks[CHUNK:],
    "it has the header of another": lambda head, chunks: sealed(b"")[: len(head)] + chunks,
}


@pytest.mark.parametrize("what", DONE)
def test_b110_nothing_is_changed_exchanged_or_cut_off_unnoticed(what, plain):
    body = sealed(plain)
    start = body.index(b"\n", len(NAME)) + 1
    assert opened(body[:start] + body[start:]).read() == plain
    with pytest.raises(NotOpened):
        opened(DONE[what](body[:start], body[start:])).read()


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_b110_one_changed_bit_anywhere_is_noticed(data):
    body = bytearray(sealed(b"words that somebody wrote"))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(NotOpened):
        opened(bytes(body)).read()


@pytest.mark.parametrize(
    "body", [b"", b"PK\x03\x04", NAME, NAME + b"{}\n", NAME + b"[" * 1500, NAME + b'{"salt": 5}\n']
)
def test_something_else_is_refused_in_words(body):
    with pytest.raises(NotOpened, match="export"):
        opened(body)
