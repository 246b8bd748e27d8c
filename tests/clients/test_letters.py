"""Letters say the same whatever they are about, and their links prove themselves: properties without a database."""

from __future__ import annotations

import base64
import re
import uuid
from functools import cache
from unittest import mock

from hypothesis import example, given
from hypothesis import strategies as st

from clients import letters, stopping
from clients.models import Client, Contact
from practice import tenancy
from practice.channels.base import Device, Letter
from practice.models import Message
from tests.properties import thorough

CHANNELS = [one.value for one in Message.Channel]
PRACTICE = uuid.UUID(int=7)
words = st.text(max_size=40)
ids = st.uuids()
stops = st.builds(
    stopping.Stop, ids, ids, st.sampled_from(sorted(stopping.CHANNELS.values())),
    st.sampled_from(sorted(stopping.TOPICS.values())),
)  # fmt: skip


def letter_of(channel: str, kind: str, person: Client, contact: Contact, about: dict) -> Letter:
    message = Message(channel=channel, kind=kind, person_id=person.pk, practice_id=PRACTICE, **about)
    devices = {person.pk: (Device(about["about_id"], about["occasion"]),)}
    with mock.patch.object(tenancy, "current_practice_id", return_value=PRACTICE):
        return letters._write(message, "reminder", person, {person.pk: contact}, devices, "en-gb")


def said(letter: Letter) -> tuple[str, ...]:
    """Everything in a letter but ids, tokens and addresses."""
    return tuple(
        re.sub(r"/(open|stop)/[A-Za-z0-9_=.-]+/", r"/\1/…/", one)
        for one in (letter.subject, letter.text, letter.html, letter.short, letter.link, letter.unsubscribe)
    )


@thorough
@given(
    channel=st.sampled_from(CHANNELS),
    kind=st.sampled_from(["reminder", "talk", "test"]),
    name=words,
    pronouns=words,
    wish=st.sampled_from(["", "en", "en-gb", "de", "xx"]),
    about=st.fixed_dictionaries(
        {"pk": ids, "about_id": ids, "couple_id": ids, "occasion": words, "step": st.sampled_from(["opens", "due", ""])}
    ),
)
def test_r24_a_letter_is_independent_of_what_it_is_about_and_of_its_readers_name(
    channel, kind, name, pronouns, wish, about
):
    person = Client(name=name, pronouns=pronouns)
    contact = Contact(client_id=person.pk, language=wish)
    assert said(letter_of(channel, kind, person, contact, about)) == expected(channel)


@cache
def expected(channel: str) -> tuple[str, ...]:
    """The one letter that there is for a channel."""
    plain = {"pk": uuid.UUID(int=1), "about_id": uuid.UUID(int=2), "couple_id": None, "occasion": "x", "step": "due"}
    somebody = Client(name="Somebody")
    return said(letter_of(channel, "reminder", somebody, Contact(client_id=somebody.pk), plain))


@thorough
@given(stop=stops)
def test_r17_a_token_says_exactly_what_it_was_made_for(stop):
    assert stopping.read(stopping.token(stop)) == stop


@thorough
@given(stop=stops, other=stops, place=st.integers(0, 200), sign=st.characters(min_codepoint=33, max_codepoint=126))
def test_b132_a_token_with_any_sign_changed_is_none(stop, other, place, sign):
    token = stopping.token(stop)
    at = place % len(token)
    changed = token[:at] + sign + token[at + 1 :]
    # The last sign of a signature holds two bits that mean nothing: then it is still the same token.
    assert changed == token or stopping.read(changed) in (None, stop)
    mixed = token.rpartition(".")[0] + "." + stopping.token(other).rpartition(".")[2]
    assert stop == other or stopping.read(mixed) is None


@thorough
@given(text=st.text(max_size=200))
@example("")
@example(".")
@example("er.")
@example(base64.urlsafe_b64encode(b"\0" * 32).decode())
def test_b132_no_other_text_is_a_token(text):
    assert stopping.read(text) is None
