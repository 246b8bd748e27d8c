"""What the demo prints when it is ready: one screen, where to click."""

from __future__ import annotations

from pathlib import Path

from practice.local.ports import Ports
from reports.demo import people

CARD = """
  {name} is open.

    {url}

  Sign in with one of these. The password is the same for all: {password}

    {owner:<19} {owner_name}, owner: runs the practice, and reads what her own couple writes
    {therapist:<19} {therapist_name}, therapist: sees her own couples
    {supervisor:<19} {supervisor_name}, supervisor: sees the couples of a colleague, until a day
    {mara:<19} {mara_name}, partner: best on a phone, or a narrow window
    {theo:<19} {theo_name}, her partner

  {letter}
    {url}/demo/mail/

  Ctrl-C stops everything and keeps the data; 'make demo' goes on from there.
  'make demo RESET=1' begins anew. What happens behind it is in {logs}
"""

LETTER = "Its mail goes nowhere but here. {who} gets a reminder in less than a minute:"
NO_LETTER = "Its mail goes nowhere but here:"


def card(at: Ports, state: Path, reminded: str) -> str:
    """Return the card. ``reminded`` is the first name of who gets a mail now, or empty."""
    return CARD.format(
        name=people.PRACTICE.name,
        url=f"http://localhost:{at.web}",
        password=people.PASSWORD,
        owner=people.PRACTICE.email,
        owner_name=people.PRACTICE.owner,
        therapist=people.INES.email,
        therapist_name=people.INES.name,
        supervisor=people.AGNES.email,
        supervisor_name=people.AGNES.name,
        mara=people.MARA.email,
        mara_name=people.MARA.name,
        theo=people.THEO.email,
        theo_name=people.THEO.name,
        letter=LETTER.format(who=reminded) if reminded else NO_LETTER,
        logs=state / "logs",
    )
