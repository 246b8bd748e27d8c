"""Looking a table through before anything is taken: which couples are in it, and what speaks against each.

The rules for people are those of the page that takes one couple on (:class:`clients.forms.PartnersForms`). Costs the
same number of questions to the database however many rows there are.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.bringing.columns import DAY_FIRST, ISO, MONTH_FIRST, Part
from clients.bringing.reading import Row, Table
from clients.forms import PartnersForms, people, therapists
from clients.models import Couple
from clients.starting import NewCouple, known_mailboxes
from practice import tenancy, zones
from practice.mailboxes import mailbox
from practice.models import Membership

PERSON = ("name", "given", "family", "pronouns", "email", "time_zone")
#: No couple began longer ago.
EARLIEST = datetime.date(1950, 1, 1)
#: Nothing that is taken from a cell is longer.
LONGEST_CELL = 500
#: What stands between two names; blanks are single ones by then.
BETWEEN_NAMES = re.compile(r" (?:&|and|und|et|y) | ?/ ?")
#: What other systems call a status, in words of ours.
STATUSES = {
    "": Couple.Status.ACTIVE, "active": Couple.Status.ACTIVE, "current": Couple.Status.ACTIVE,
    "paused": Couple.Status.PAUSED, "on hold": Couple.Status.PAUSED, "pause": Couple.Status.PAUSED,
    "separated": Couple.Status.SEPARATED, "closed": Couple.Status.CLOSED, "inactive": Couple.Status.CLOSED,
    "archived": Couple.Status.CLOSED, "discharged": Couple.Status.CLOSED, "ended": Couple.Status.CLOSED,
}  # fmt: skip
PATTERNS = {
    ISO: (r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", (0, 1, 2)),
    DAY_FIRST: (r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", (2, 1, 0)),
    MONTH_FIRST: (r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", (2, 0, 1)),
}


@dataclass(frozen=True)
class Choices:
    """What a person said of a table. ``therapists`` look after couples for whom the table names nobody."""

    parts: tuple[str, ...]
    order: str
    time_zone: str
    therapists: tuple[str, ...]

    def as_details(self) -> dict[str, Any]:
        return {
            "parts": list(self.parts),
            "order": self.order,
            "time_zone": self.time_zone,
            "therapists": list(self.therapists),
        }

    @classmethod
    def of(cls, details: dict[str, Any]) -> Choices | None:
        """Return what was said before; None where nothing was yet."""
        if "parts" not in details:
            return None
        return cls(tuple(details["parts"]), details["order"], details["time_zone"], tuple(details["therapists"]))

    def too_long(self, row: Row) -> bool:
        """Tell whether a cell that would be taken is longer than anything in it may be; of others nothing is read."""
        return any(part and len(cell) > LONGEST_CELL for part, cell in zip(self.parts, row.cells, strict=False))

    def cell(self, row: Row, part: str) -> str:
        return row.cells[self.parts.index(part)] if part in self.parts else ""

    @property
    def one_person_a_row(self) -> bool:
        return Part.COUPLE in self.parts and not any(part.endswith("_2") for part in self.parts)


@dataclass
class Found:
    """One couple of the table. ``number`` names it in the forms of one file."""

    number: int
    rows: list[Row]
    names: list[str] = field(default_factory=list)
    #: Why it cannot be taken: the row, and the words.
    wrong: list[tuple[int, str]] = field(default_factory=list)
    #: Why it may be here already.
    doubts: list[str] = field(default_factory=list)
    status: str = Couple.Status.ACTIVE
    new: NewCouple | None = None

    @property
    def status_words(self) -> str:
        return str(Couple.Status(self.status).label)

    @property
    def lines(self) -> list[int]:
        return [row.number for row in self.rows]

    @property
    def where(self) -> str:
        words = ngettext("Row %(lines)s", "Rows %(lines)s", len(self.rows))
        return words % {"lines": ", ".join(map(str, self.lines))}


@dataclass
class Look:
    """What would become of a table."""

    couples: list[Found]

    @property
    def ready(self) -> list[Found]:
        return [one for one in self.couples if one.new and not one.doubts]

    @property
    def doubtful(self) -> list[Found]:
        return [one for one in self.couples if one.new and one.doubts]

    @property
    def wrong(self) -> list[Found]:
        return [one for one in self.couples if one.new is None]

    @property
    def people(self) -> int:
        return sum(len(one.names) for one in self.ready)

    def taken(self, anyway: Iterable[int]) -> list[Found]:
        """Return those that come in: whoever nothing speaks against, and those that were chosen all the same."""
        chosen = set(anyway)
        return [one for one in self.couples if one.new and (not one.doubts or one.number in chosen)]


def look(table: Table, choices: Choices) -> Look:
    """Look a table through. Needs the bound practice, and changes nothing."""
    with tenancy.elevated():
        context = _Context.of_practice(choices)
        couples = [Found(number, rows) for number, rows in enumerate(_grouped(table, choices))]
        for one in couples:
            _judge(one, choices, context)
    return Look(couples)


@dataclass
class _Context:
    """What is known of the practice, asked for once, and what was met in the table so far."""

    mailboxes: frozenset[str]
    here: frozenset[frozenset[str]]
    members: dict[str, list[Membership]]
    fallback: list[Membership]
    met: dict[str, int] = field(default_factory=dict)
    couples_met: dict[frozenset[str], int] = field(default_factory=dict)

    @classmethod
    def of_practice(cls, choices: Choices) -> _Context:
        members: dict[str, list[Membership]] = {}
        able = list(therapists().select_related("user"))
        for one in able:
            for word in {one.name.casefold(), one.user.email.casefold()}:
                members.setdefault(word, []).append(one)
        here = frozenset(
            frozenset(client.name.casefold() for client in couple.clients) for couple in Couple.objects.with_partners()
        )
        fallback = [one for one in able if str(one.pk) in choices.therapists]
        return cls(known_mailboxes(), here, members, fallback)

    def in_use(self, address: str) -> bool:
        return mailbox(address) in self.mailboxes


def _grouped(table: Table, choices: Choices) -> list[list[Row]]:
    if not choices.one_person_a_row:
        return [[row] for row in table.rows]
    together: dict[str, list[Row]] = {}
    for row in table.rows:
        key = choices.cell(row, Part.COUPLE).casefold()
        together.setdefault(key or f"row {row.number}", []).append(row)
    return list(together.values())


def _judge(one: Found, choices: Choices, context: _Context) -> None:
    one.wrong = [
        (row.number, _("A cell in this row has more than %(most)s characters.") % {"most": LONGEST_CELL})
        for row in one.rows
        if choices.too_long(row)
    ]
    if one.wrong:
        return
    said = _people_of(one, choices)
    one.names = [person["name"] for person in said if person["name"]]
    if choices.one_person_a_row and len(one.rows) == 1:
        what = (
            _("No other row has the same couple: one partner alone is no couple yet.")
            if choices.cell(one.rows[0], Part.COUPLE)
            else _("It does not say which couple this person belongs to.")
        )
        one.wrong.append((one.rows[0].number, what))
        return
    if sum(any(person.values()) for person in said) == 1:
        one.wrong.append(
            (one.rows[0].number, _("Only one person stands in this row: one partner alone is no couple yet."))
        )
        return
    partners = _checked(one, said, context.in_use)
    started = _first(one, choices, Part.STARTED, lambda text: _day(text, choices.order))
    status = _first(one, choices, Part.STATUS, _status)
    looked_after = _first(one, choices, Part.THERAPIST, lambda text: _therapist(text, context))
    _met_before(one, said, context)
    if one.wrong:
        return
    zone = choices.time_zone
    one.status = status or Couple.Status.ACTIVE
    members = [looked_after] if looked_after else context.fallback
    one.new = NewCouple(people(partners, zone), zone, members, started, one.status)
    _seen_before(one, context)


def _people_of(one: Found, choices: Choices) -> list[dict[str, str]]:
    if choices.one_person_a_row:
        return [_person(row, choices, "1") for row in one.rows]
    row = one.rows[0]
    both = [_person(row, choices, "1"), _person(row, choices, "2")]
    names = BETWEEN_NAMES.split(" ".join(choices.cell(row, Part.NAMES).split()))
    both += [dict.fromkeys((*PERSON[:1], *PERSON[3:]), "") for _name in names[2:]]
    for person, name in zip(both, names, strict=False):
        person["name"] = person["name"] or name
    return both


def _person(row: Row, choices: Choices, number: str) -> dict[str, str]:
    said = {name: choices.cell(row, f"{name}_{number}") for name in PERSON}
    whole = " ".join(filter(None, (said.pop("given"), said.pop("family"))))
    zone = said["time_zone"]
    return {**said, "name": said["name"] or whole, "time_zone": _ZONES.get(zone.lower(), zone)}


_ZONES = {name.lower(): name for name in zones.zone_names()}


def _checked(one: Found, said: Sequence[dict[str, str]], in_use: Callable[[str], bool]) -> Any:
    """Ask the form that takes one couple on, and keep what it says against these people."""
    sent = {"partner-TOTAL_FORMS": str(len(said)), "partner-INITIAL_FORMS": "0"}
    for number, person in enumerate(said):
        sent |= {f"partner-{number}-{name}": value for name, value in person.items()}
    # No page shows these forms: of all zones of the world they need those that are said, or looking takes seconds.
    said_zones = [(zone, zone) for zone in {person["time_zone"] for person in said} if zone.lower() in _ZONES]
    forms = PartnersForms(sent, prefix="partner", form_kwargs={"in_use": in_use, "zones_offered": said_zones})
    if not forms.is_valid():
        lines = one.lines if len(one.lines) == len(said) else one.lines * len(said)
        for number, (line, form) in enumerate(zip(lines, forms.forms, strict=False), 1):
            for name, errors in form.errors.items():
                about = form.fields[name].label if name in form.fields else ""
                who = "" if len(one.lines) > 1 else _("Partner %(number)s, ") % {"number": number}
                one.wrong += [(line, f"{who}{about}: {words}") for words in errors]
        one.wrong += [(one.lines[0], str(words)) for words in forms.non_form_errors()]
    return forms


def _first(one: Found, choices: Choices, part: str, read: Callable[[str], Any]) -> Any:
    """Return what the first row that says it says; keep as wrong what cannot be read or differs."""
    told = [(row.number, choices.cell(row, part)) for row in one.rows if choices.cell(row, part)]
    found = None
    for number, text in told:
        try:
            value = read(text)
        except ValueError as error:
            one.wrong.append((number, str(error)))
            continue
        if found is not None and value != found:
            one.wrong.append((number, _("“%(text)s” is not what the couple’s other row says.") % {"text": text[:60]}))
        found = value if found is None else found
    return found


def _day(text: str, order: str) -> datetime.date:
    # A time behind the day, as exports write it, says no more than the day.
    text = re.split(r"[T ]", text)[0] if re.match(r"\d", text) else text
    for pattern, places in (PATTERNS[order], PATTERNS[ISO]):
        told = re.fullmatch(pattern, text)
        if told:
            try:
                day = datetime.date(*(int(told[place + 1]) for place in places))
            except ValueError:
                break
            if EARLIEST <= day <= timezone.localdate():
                return day
            raise ValueError(_("“%(text)s” is no day on which care can have begun.") % {"text": text})
    raise ValueError(_("“%(text)s” is no day as you said days are written.") % {"text": text[:40]})


def _status(text: str) -> str:
    found = STATUSES.get(" ".join(text.casefold().split()))
    if found is None:
        raise ValueError(
            _("“%(text)s” is no status here. Write active, paused, separated or closed.") % {"text": text[:40]}
        )
    return found


def _therapist(text: str, context: _Context) -> Membership:
    found = context.members.get(text.casefold(), [])
    if len(found) != 1:
        words = _("Nobody who looks after couples here is called “%(text)s”.")
        if found:
            words = _("More than one here is called “%(text)s”: write the e-mail address instead.")
        raise ValueError(words % {"text": text[:60]})
    return found[0]


def _met_before(one: Found, said: Sequence[dict[str, str]], context: _Context) -> None:
    for number, person in enumerate(said):
        box = mailbox(person["email"])
        if not box:
            continue
        before = context.met.setdefault(box, one.number)
        if before != one.number:
            line = one.lines[min(number, len(one.lines) - 1)]
            one.wrong.append(
                (line, _("This e-mail address stands in a row before. Each person needs one of their own."))
            )


def _seen_before(one: Found, context: _Context) -> None:
    names = frozenset(name.casefold() for name in one.names)
    before = context.couples_met.setdefault(names, one.lines[0])
    if before != one.lines[0]:
        one.doubts.append(_("Row %(number)s has the same names.") % {"number": before})
    if names in context.here:
        one.doubts.append(_("A couple with the same names is here already."))
