"""What is kept about clients and couples, and how they are reached."""

from practice.registry import Download, Keep, MessageKind, Reads, Record, Scope, register

COUPLE, PERSON, PRACTICE = Scope.COUPLE, Scope.PERSON, Scope.PRACTICE
LETS_IN = "It is a secret that lets somebody in."
HERE_ONLY = "It only works here."
ENDED_SINCE = "One that was ended since would open again."
COUNTS = "It names nobody once the person's own row is empty, and counts are made of it."
PROOF = "It is the proof."

register(
    Record(
        "clients.Client", PERSON, person="id", lane=Reads.COUPLE, own_copy=True, office=True,
        empties=("name", "pronouns", "user"),
    ),
    Record(
        "clients.Contact", PERSON, person="client", lane=Reads.PRIVATE, keep=Keep.CONTACT, own_copy=True, office=True,
        empties=("email", "phone", "language", "country", "remind_at", "call_when", "call_as"),
    ),
    Record("clients.Reach", PERSON, person="client", lane=Reads.PRIVATE, keep=Keep.CONSENT, own_copy=True, office=True),
    Record(
        "clients.AddressProof", PERSON, person="client", lane=Reads.OWN, keep=Keep.ACCESS,
        why_not=LETS_IN, export=False, not_exported=HERE_ONLY,
    ),
    Record(
        "clients.PushDevice", PERSON, person="client", lane=Reads.OWN, keep=Keep.ACCESS,
        why_not="Whoever has it can write to that browser.", export=False, not_exported=HERE_ONLY,
    ),
    Record(
        "clients.PersonCalendar", PERSON, person="client", lane=Reads.OWN, keep=Keep.ACCESS,
        why_not=LETS_IN, export=False, not_exported=HERE_ONLY, not_backed_up=ENDED_SINCE,
    ),
    Record(
        "clients.StaffCalendar", PRACTICE, lane=Reads.STAFF, keep=Keep.ACCESS,
        export=False, not_exported=HERE_ONLY, not_backed_up=ENDED_SINCE,
    ),
    Record("clients.PortalVisit", PERSON, person="client", lane=Reads.STAFF, keep=Keep.ACCESS, own_copy=True),
    Record("clients.Couple", COUPLE, lane=Reads.COUPLE, own_copy=True, office=True, stays=COUNTS),
    Record("clients.Partner", COUPLE, person="client", lane=Reads.COUPLE, own_copy=True, office=True, stays=COUNTS),
    Record(
        "clients.CaseloadEntry", COUPLE, lane=Reads.COUPLE, office=True,
        why_not="How the practice shares out its work.",
    ),
    Record(
        "clients.BroughtIn", PRACTICE, lane=Reads.NOBODY, keep=Keep.AUDIT, export=False,
        not_exported="It says how somebody came to this place; they themselves go along.",
    ),
    Record("clients.Absence", PRACTICE, lane=Reads.STAFF, keep=Keep.PRACTICE, office=True),
    Record("clients.Cover", COUPLE, lane=Reads.STAFF, why_not="How the practice shares out its work."),
    Record("clients.Supervision", PRACTICE, lane=Reads.STAFF, keep=Keep.PRACTICE),
    Record(
        "clients.EmergencyAccess", COUPLE, lane=Reads.STAFF, keep=Keep.AUDIT, empties=("why", "finding"),
        why_not="How the practice answers for a look of its own.",
    ),
    Record("clients.Clearance", COUPLE, lane=Reads.STAFF, why_not="It tells what each partner said when apart."),
    Record(
        "clients.Pin", PERSON, person="client", lane=Reads.OWN, keep=Keep.ACCESS,
        why_not=LETS_IN, export=False, not_exported=HERE_ONLY,
    ),
    Record(
        "clients.ClientInvitation", PERSON, person="client", lane=Reads.STAFF, keep=Keep.ACCESS, office=True,
        why_not=LETS_IN, export=False, not_exported="Its link leads here.",
    ),
    Record("clients.Consent", PERSON, person="client", lane=Reads.PRIVATE, keep=Keep.CONSENT, own_copy=True),
    Record("clients.ConsentText", PRACTICE, lane=Reads.STAFF, keep=Keep.CONSENT),
    Record("clients.SecretsPolicy", PRACTICE, lane=Reads.STAFF, keep=Keep.CONSENT),
    Record(
        "clients.Parting", COUPLE, person="client", lane=Reads.STAFF, stays=COUNTS,
        why_not="It says who decided it, on a paper that the other one may come to read.",
    ),
    # When somebody was here is what bills are made of.
    Record(
        "clients.Appointment", COUPLE, lane=Reads.AUDIENCE, own_copy=True, office=True, empties=("place", "link"),
    ),
    Record(
        "clients.ErasureRequest", PERSON, person="client", lane=Reads.PRIVATE, keep=Keep.AUDIT, own_copy=True,
        stays=PROOF,
    ),
    Record(
        "clients.LegalHold", COUPLE, person="client", lane=Reads.STAFF, keep=Keep.AUDIT, empties=("why",),
        why_not="Why a court or an inquiry asks for a record is not the record.",
    ),
    Record(
        "clients.KeptLonger", PERSON, person="client", lane=Reads.STAFF, keep=Keep.AUDIT, empties=("why",),
        why_not="How the practice decided; it is told of it in the answer to a request.",
    ),
    Record(
        "clients.Erasure", PERSON, person="client", lane=Reads.STAFF, keep=Keep.AUDIT, stays=PROOF,
        why_not="It proves what is not there any more.",
    ),
)  # fmt: skip

register(
    MessageKind("client_invitation", to="client", about="clients.ClientInvitation"),
    MessageKind("emergency_access", to="staff", about="clients.EmergencyAccess", security=True),
    MessageKind("sight", to="staff", about="practice.Membership", security=True),
    MessageKind("proof", to="client", about="clients.AddressProof"),
    MessageKind("test", to="client", about="clients.Client"),
    MessageKind("security", to="client", about="clients.Client", security=True),
    MessageKind("erasure_request", to="staff", about="clients.ErasureRequest", security=True),
)

register(
    Download("service_worker", "text/javascript"),
    Download("manifest", "application/manifest+json"),
    Download("calendar", "text/calendar"),
    Download("portal_device_here", "application/json", Reads.OWN),
)
