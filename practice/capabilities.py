"""Who of a practice may do what: the table that owners read, and that the tests knock at, cell by cell.

No role reads answers by itself. What opens a couple's record is a relation to this couple: it is on somebody's
caseload, they cover it, an owner granted them the supervision of its therapist, or they opened it in an emergency.
So an owner of a group does not read what their colleagues' couples write, and one who works alone reads all of it:
the couples are on their own caseload. Whoever runs the office sees names, dates and addresses of all couples, because
somebody has to plan, invite and hand over; an owner may do all of that too, for otherwise a practice of two would
need a third person at the desk.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Standing(StrEnum):
    """What somebody is, and how they stand to one couple."""

    TREATS = "treats"
    COVERS = "covers"
    EMERGENCY = "emergency"
    COLLEAGUE = "colleague"
    SUPERVISES = "supervises"
    SUPERVISOR = "supervisor"
    OWNER_TREATS = "owner_treats"
    OWNER = "owner"
    COORDINATOR = "coordinator"


STANDINGS: dict[Standing, Promise] = {
    Standing.TREATS: _("Therapist, own couple"),
    Standing.COVERS: _("Therapist who covers"),
    Standing.EMERGENCY: _("Therapist, in an emergency"),
    Standing.COLLEAGUE: _("Therapist, somebody else’s couple"),
    Standing.SUPERVISES: _("Supervisor of its therapist"),
    Standing.SUPERVISOR: _("Supervisor without a grant"),
    Standing.OWNER_TREATS: _("Owner, own couple"),
    Standing.OWNER: _("Owner, somebody else’s couple"),
    Standing.COORDINATOR: _("Coordinator"),
}

#: Who reads what a couple writes.
READERS = frozenset({Standing.TREATS, Standing.COVERS, Standing.EMERGENCY, Standing.SUPERVISES, Standing.OWNER_TREATS})
#: Whose couple it is, for longer than a while.
TREATING = frozenset({Standing.TREATS, Standing.OWNER_TREATS})
OWNERS = frozenset({Standing.OWNER_TREATS, Standing.OWNER})
#: Who plans and invites: whoever reads, and whoever runs the office.
OFFICE = READERS | OWNERS | {Standing.COORDINATOR}
CLINICIANS = frozenset(Standing) - {Standing.COORDINATOR}
SUPERVISORS = frozenset({Standing.SUPERVISES, Standing.SUPERVISOR})


@dataclass(frozen=True)
class Capability:
    """One thing that may be done, and the standings that may do it. ``about_couple``: all others find a 404."""

    key: str
    words: Promise
    allowed: frozenset[Standing]
    about_couple: bool = True

    def by_standing(self) -> list[tuple[Promise, bool]]:
        """Return each standing in words, and whether it may."""
        return [(words, one in self.allowed) for one, words in STANDINGS.items()]


TABLE: tuple[Capability, ...] = (
    Capability("names", _("See a couple’s names, and when they meet"), OFFICE),
    Capability("sessions", _("Plan sessions"), OFFICE),
    Capability("addresses", _("Correct names and addresses, invite partners"), OFFICE),
    Capability("status", _("Pause, part and close"), OFFICE),
    Capability("therapists", _("Say who looks after a couple"), OWNERS | {Standing.COORDINATOR}),
    Capability("apart", _("See how a couple parted"), READERS),
    Capability("alone", _("Go on with one of them alone"), TREATING),
    Capability("answers", _("Read answers that both partners share"), READERS),
    Capability("private", _("Read what one partner tells the therapist alone"), READERS),
    Capability("own", _("Read what a partner keeps to themselves"), frozenset()),
    Capability("give", _("Give exercises, measures and programs"), READERS),
    Capability("talk", _("Write to partners"), READERS),
    Capability("notes", _("Read and write the team’s notes on a couple"), READERS),
    Capability("psychotherapy", _("Keep psychotherapy notes of one’s own on a couple"), READERS),
    Capability("alerts", _("Look at an answer that asks for it"), READERS),
    Capability("clearance", _("Record that joint work is safe"), READERS),
    Capability("reports", _("Make and take away reports"), READERS),
    Capability("copy", _("Hand over a copy of a partner’s record"), READERS),
    # An emergency opens a couple for reading: what was taken away would outlast its hours.
    Capability("take_out", _("Take a couple’s record out as data"), READERS - {Standing.EMERGENCY}),
    Capability("library", _("Use the library, and write exercises"), CLINICIANS, about_couple=False),
    Capability("new_couple", _("Take a couple on"), frozenset(Standing), about_couple=False),
    Capability("away", _("Say who is away and who covers"), CLINICIANS, about_couple=False),
    Capability("emergency", _("Open a couple in an emergency"), CLINICIANS, about_couple=False),
    Capability("practice", _("Say what the practice says, invite and end colleagues"), OWNERS, about_couple=False),
    Capability("grants", _("Grant supervision"), OWNERS, about_couple=False),
    Capability("delivery", _("Set how messages leave"), OWNERS, about_couple=False),
    Capability("kept", _("Say how long records are kept, hold them, ask for erasing"), OWNERS, about_couple=False),
    Capability("export", _("Ask for everything to be taken out"), OWNERS, about_couple=False),
    Capability("take_out_all", _("Take out the answers that one may read oneself"), OWNERS, about_couple=False),
    Capability("trail", _("Read who did what in the practice"), OWNERS, about_couple=False),
    Capability("second", _("Confirm what needs two people"), OWNERS | SUPERVISORS, about_couple=False),
)
