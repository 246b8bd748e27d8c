"""People in care: clients, couples, who looks after them, and when they meet."""

from clients.models.appointment import Appointment
from clients.models.bringing import BroughtIn
from clients.models.calendar import PersonCalendar, StaffCalendar
from clients.models.consent import Consent, ConsentText, SecretsPolicy
from clients.models.couple import Clearance, ClientInvitation, Couple, Parting, Partner
from clients.models.duty import Absence, CaseloadEntry, Cover
from clients.models.erasing import Erasure, ErasureRequest, KeptLonger, LegalHold
from clients.models.looking import EmergencyAccess, Supervision
from clients.models.person import Client, Contact, Pin, PortalVisit
from clients.models.reach import AddressProof, PushDevice, Reach

__all__ = [
    "Absence",
    "AddressProof",
    "Appointment",
    "BroughtIn",
    "CaseloadEntry",
    "Clearance",
    "Client",
    "ClientInvitation",
    "Consent",
    "ConsentText",
    "Contact",
    "Couple",
    "Cover",
    "EmergencyAccess",
    "Erasure",
    "ErasureRequest",
    "KeptLonger",
    "LegalHold",
    "Parting",
    "Partner",
    "PersonCalendar",
    "Pin",
    "PortalVisit",
    "PushDevice",
    "Reach",
    "SecretsPolicy",
    "StaffCalendar",
    "Supervision",
]
