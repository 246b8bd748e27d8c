"""What the columns of a table are: said by a person, guessed from their headings, or known from a system."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Part(models.TextChoices):
    """What a column may hold. With one person in a row, it is the first person's columns that are read."""

    NOTHING = "", _("Leave out")
    COUPLE = "couple", _("Couple: the same word in the rows of both")
    NAMES = "names", _("Both names in one cell, as in “Ana & Bo”")
    NAME_1 = "name_1", _("Name")
    GIVEN_1 = "given_1", _("First name")
    FAMILY_1 = "family_1", _("Last name")
    PRONOUNS_1 = "pronouns_1", _("Pronouns")
    EMAIL_1 = "email_1", _("E-mail")
    TIME_ZONE_1 = "time_zone_1", _("Time zone")
    NAME_2 = "name_2", _("Partner 2: name")
    GIVEN_2 = "given_2", _("Partner 2: first name")
    FAMILY_2 = "family_2", _("Partner 2: last name")
    PRONOUNS_2 = "pronouns_2", _("Partner 2: pronouns")
    EMAIL_2 = "email_2", _("Partner 2: e-mail")
    TIME_ZONE_2 = "time_zone_2", _("Partner 2: time zone")
    THERAPIST = "therapist", _("Therapist: name or e-mail")
    STARTED = "started", _("In care since")
    STATUS = "status", _("Status")


#: How days are written: the order of day, month and year.
ISO, DAY_FIRST, MONTH_FIRST = "ymd", "dmy", "mdy"
ORDERS = [
    (ISO, _("2026-11-23: year first")),
    (DAY_FIRST, _("23/11/2026: day first")),
    (MONTH_FIRST, _("11/23/2026: month first")),
]


@dataclass(frozen=True)
class System:
    """A practice system whose lists are recognised by their headings."""

    name: str
    #: Headings that all of its lists have and that tell it from others.
    marks: tuple[frozenset[str], ...]
    columns: dict[str, Part]
    order: str

    def wrote(self, headings: frozenset[str]) -> bool:
        return any(marks <= headings for marks in self.marks)


# SimplePractice publishes no list of headings. Known are those of its report “Client details” (Analytics → Reports,
# as CSV): Client, Client type, Date added, Primary clinician, Last appointment, Next appointment, Address, City,
# State, ZIP, Phone number, Email, Contact name, Contact phone, Contact email, Primary insurance, Insurance ID,
# Status. Others who take that report in have them so in their published tests, and in their help
# (practicerunner.com/help/contact-import-export, which also knows a kind with First Name and Last Name). Its own help
# has the words for a person's fields (Legal first name, What name do they go by?, Primary clinician:
# support.simplepractice.com/hc/en-us/articles/360049778071), for status (Active, Inactive, Prospective, Archived: the
# same), and says that a couple is one client of the type “Couple” (360038903432); how such a row writes both names is
# nowhere said.
SIMPLE_PRACTICE = System(
    "SimplePractice",
    (frozenset({"primaryclinician", "firstname"}), frozenset({"primaryclinician", "client"})),
    {
        "client": Part.NAMES,
        "firstname": Part.GIVEN_1,
        "lastname": Part.FAMILY_1,
        "whatnamedotheygoby": Part.NAME_1,
        "preferredname": Part.NAME_1,
        "email": Part.EMAIL_1,
        "emailaddress": Part.EMAIL_1,
        "dateadded": Part.STARTED,
        "status": Part.STATUS,
        "clientstatus": Part.STATUS,
        "primaryclinician": Part.THERAPIST,
    },
    MONTH_FIRST,
)
# Cliniko publishes no list of headings either. Its export (Settings → Data exports → Patients) is a file such as
# Patients-Cliniko-20180123.csv with some sixty columns, “Unapplied Account Credit” among them
# (help.cliniko.com/reporting/ patient-reports/see-which-patients-have-account-credit); who works with such files
# names Patient ID, Last Appointment, Next Appointment and Updated At, and long ids written as ="1558354464010667075".
# The attributes of a patient stand in its public reference (docs.api.cliniko.com/openapi/reference/tag/Patient):
# first_name, last_name, preferred_first_name, email, time_zone, created_at, archived_at, accepted_privacy_policy;
# what is fetched there has these as headings.
CLINIKO = System(
    "Cliniko",
    (
        frozenset({"patientid", "firstname", "lastname", "unappliedaccountcredit"}),
        frozenset({"patientid", "firstname", "lastname", "lastappointment", "nextappointment"}),
        frozenset({"firstname", "lastname", "preferredfirstname"}),
        frozenset({"firstname", "lastname", "acceptedprivacypolicy"}),
        frozenset({"firstname", "lastname", "archivedat"}),
    ),
    {
        "firstname": Part.GIVEN_1,
        "lastname": Part.FAMILY_1,
        "email": Part.EMAIL_1,
        "timezone": Part.TIME_ZONE_1,
        "pronouns": Part.PRONOUNS_1,
        "createdat": Part.STARTED,
    },
    ISO,
)
SYSTEMS = (SIMPLE_PRACTICE, CLINIKO)

_PERSON = {
    "name": "name", "fullname": "name", "preferredname": "name", "firstname": "given", "givenname": "given",
    "lastname": "family", "surname": "family", "familyname": "family", "pronouns": "pronouns", "email": "email",
    "emailaddress": "email", "mail": "email", "timezone": "time_zone", "zone": "time_zone",
}  # fmt: skip
_COUPLE = {
    "couple": Part.COUPLE, "couplekey": Part.COUPLE, "coupleid": Part.COUPLE, "coupleno": Part.COUPLE,
    "names": Part.NAMES, "partners": Part.NAMES, "clients": Part.NAMES, "therapist": Part.THERAPIST,
    "clinician": Part.THERAPIST, "primaryclinician": Part.THERAPIST, "practitioner": Part.THERAPIST,
    "startedon": Part.STARTED, "started": Part.STARTED, "incaresince": Part.STARTED, "since": Part.STARTED,
    "startdate": Part.STARTED, "dateadded": Part.STARTED, "status": Part.STATUS,
}  # fmt: skip


def normal(heading: str) -> str:
    """Return a heading as it is compared: small letters and digits, without “legal”."""
    return re.sub(r"[^a-z0-9]", "", heading.lower()).removeprefix("legal")


def recognised(headings: Sequence[str]) -> System | None:
    """Return the system whose list this is, where the headings tell."""
    there = frozenset(normal(one) for one in headings)
    return next((one for one in SYSTEMS if one.wrote(there)), None)


def guessed(headings: Sequence[str]) -> list[str]:
    """Return what each column most likely holds; nothing is guessed twice."""
    system = recognised(headings)
    found: list[str] = []
    for heading in headings:
        part = _guess(normal(heading), system)
        found.append(part if part not in found else Part.NOTHING.value)
    return _fitting(found)


def _fitting(found: list[str]) -> list[str]:
    """Return a guess whose parts can be meant together."""
    instead: dict[str, str] = {}
    if Part.NAMES in found:
        has_a_name = Part.NAME_1 in found or Part.GIVEN_1 in found
        if Part.COUPLE in found:
            # One person in each row: that is one name, or what first and last name say again.
            instead = {Part.NAMES: Part.NOTHING if has_a_name else Part.NAME_1}
        elif Part.EMAIL_2 not in found and not has_a_name:
            # Both in one cell, and one address: whose it is, nobody can know. It must not become a wrong invitation.
            instead = {Part.EMAIL_1: Part.NOTHING}
    return [str(instead.get(part, part)) for part in found]


def _guess(heading: str, system: System | None) -> str:
    if heading in _COUPLE and not (system and heading in system.columns):
        return _COUPLE[heading].value
    if system and heading in system.columns:
        return system.columns[heading].value
    for number, other in (("1", "a"), ("2", "b")):
        for pattern in (
            rf"(?:partner|client|person){number}(.*)",
            rf"(.*?){number}",
            rf"(?:partner|client|person){other}(.*)",
        ):
            told = re.fullmatch(pattern, heading)
            if told and (told[1] or "name") in _PERSON:
                return f"{_PERSON[told[1] or 'name']}_{number}"
    told = re.fullmatch(r"(?:partner|spouse)s?(.*)", heading)
    if told and (told[1] or "name") in _PERSON:  # without a number: the one beside whom the row is about
        return f"{_PERSON[told[1] or 'name']}_2"
    return f"{_PERSON[heading]}_1" if heading in _PERSON else Part.NOTHING.value
