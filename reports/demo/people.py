"""Who is in the demo: one practice, five people who work there, nine couples at every stage of care."""

from __future__ import annotations

from dataclasses import dataclass, field

from practice.signing_up import NewPractice

#: One phrase opens every account of the demo; it is printed when the demo starts.
PASSWORD = "willow by the water"  # noqa: S105
SLUG = "willow"
ZONE = "Europe/London"

PRACTICE = NewPractice(
    owner="Ruth Adeyemi",
    email="ruth@example.org",
    password=PASSWORD,
    name="Willow House",
    country="GB",
    time_zone=ZONE,
)
TAGLINE = "Counselling for couples, by the canal"
ADDRESS = "14 Towpath Row\nBath BA2 6XX"
REPLY_HOURS = "on working days, by six in the evening"


@dataclass(frozen=True)
class Colleague:
    """Somebody else who works at Willow House."""

    name: str
    email: str
    role: str


#: The owner sees a couple of her own, too. Of all others she sees what the front desk sees.
RUTH = Colleague(PRACTICE.owner, PRACTICE.email, "owner")
INES = Colleague("Dr Ines Karlsen", "ines@example.org", "therapist")
SAMIR = Colleague("Samir Bose", "samir@example.org", "therapist")
GWEN = Colleague("Gwen Pryce", "gwen@example.org", "coordinator")
AGNES = Colleague("Agnes Whitlock", "agnes@example.org", "supervisor")
COLLEAGUES = (INES, SAMIR, GWEN, AGNES)


@dataclass(frozen=True)
class Person:
    """A partner. ``well`` is how things are for them at the beginning and now, from 0 to 1."""

    name: str
    pronouns: str
    email: str
    well: tuple[float, float] = (0.4, 0.6)
    #: How often they answer what they are asked.
    answers: float = 0.85
    zone: str = ZONE
    #: Mail may come at any hour.
    never_quiet: bool = False


@dataclass(frozen=True)
class Gift:
    """One thing that their therapist gives them, so many days after the beginning of care.

    What is left empty is as the exercise proposes it.
    """

    slug: str
    day: int
    why: str
    rule: str = ""
    at: str = ""
    lane: str = ""
    #: By first name; empty means everybody.
    to: tuple[str, ...] = ()
    #: The moment a reveal opens: at the next session, when all have answered, or when the therapist says so.
    opens_by: str = "appointment"
    remind: bool = True


@dataclass(frozen=True)
class Household:
    """A couple, where they stand, and what they were given. Days are counted back from today."""

    partners: tuple[Person, ...]
    therapist: Colleague
    days: int
    gifts: tuple[Gift, ...] = ()
    #: Sessions, as days before (positive) or after (negative) today, each with its time.
    sessions: tuple[tuple[int, str], ...] = ()
    joined: bool = True
    #: Nobody has answered for so many days.
    quiet_for: int = 0
    #: A status that they came to so many days ago.
    then: tuple[str, int] | None = None
    clearance: str = ""
    place: str = "Room 2, first floor"
    #: Answers that are no chance: by person, exercise and question.
    said: dict[str, dict[str, dict[str, list[str]]]] = field(default_factory=dict)

    @property
    def names(self) -> str:
        return " & ".join(one.name for one in self.partners)


MARA = Person("Mara", "she/her", "mara@example.org", (0.38, 0.74), answers=0.9, never_quiet=True)
THEO = Person("Theo", "he/him", "theo@example.org", (0.32, 0.66), answers=0.8, never_quiet=True)
