"""What the practice itself keeps, and what the libraries keep that sign people in."""

from django.db.models import Q

from practice.registry import Download, Job, Keep, MessageKind, Reads, Record, Scope, register

PRACTICE, INSTALLATION, PERSON = Scope.PRACTICE, Scope.INSTALLATION, Scope.PERSON
OF_HERE = "It belongs to this installation."
ENDED = "A sign-in that was ended must not come back."
SHORT_LIVED = "It lives for a few days at most and must not live on in back-ups."
SIGNS_IN = "Who comes over signs in anew: passwords, factors and sessions stay where they are."

register(
    Record("practice.Practice", PRACTICE, keep=Keep.PRACTICE, office=True),
    Record("practice.Membership", PRACTICE, keep=Keep.PRACTICE, office=True),
    Record(
        "practice.StaffInvitation", PRACTICE, keep=Keep.ACCESS, lane=Reads.STAFF,
        export=False, not_exported="Its link leads here.",
    ),
    Record(
        "practice.DataKey", PRACTICE, keep=Keep.KEYS, export=False,
        not_exported="What is sealed is exported open or under a passphrase, never with the keys of this place.",
    ),
    Record(
        "practice.PracticeKey", PRACTICE, keep=Keep.KEYS, export=False,
        not_exported="What is sealed is exported open or under a passphrase, never with the keys of this place.",
    ),
    Record("practice.InstallationSecret", INSTALLATION, keep=Keep.KEYS, export=False, not_exported=OF_HERE),
    # That a message went out stays, for the counts; how its carrier knows it does not.
    Record(
        "practice.Message", PERSON, person="person_id", lane=Reads.PRIVATE, keep=Keep.DELIVERY, own_copy=True,
        empties=("provider_id",),
        left_behind=Q(state__in=("planned", "claimed", "handing_off")),
        why_left_behind="What has not left yet leaves from here, or is planned anew elsewhere: never both.",
    ),
    Record(
        "practice.Provider", PRACTICE, keep=Keep.PRACTICE, lane=Reads.STAFF,
        export=False, not_exported="It is nothing but the secrets of a mail or text service.",
    ),
    Record(
        "practice.Archive", PERSON, person="person_id", lane=Reads.PRIVATE, keep=Keep.DELIVERY,
        why_not="It is a copy itself.", export=False, not_exported="It is a copy itself.", not_backed_up=SHORT_LIVED,
    ),
    Record(
        "practice.ArchivePiece", PRACTICE, lane=Reads.NOBODY, keep=Keep.DELIVERY,
        export=False, not_exported="It is a copy itself.", not_backed_up=SHORT_LIVED,
    ),
    Record(
        "practice.AccessToken", PRACTICE, keep=Keep.ACCESS, lane=Reads.STAFF,
        export=False, not_exported=SIGNS_IN, not_backed_up=ENDED,
    ),
    Record(
        "practice.DoneOnce", PRACTICE, keep=Keep.TECHNICAL, lane=Reads.NOBODY,
        export=False, not_exported="It says only what a program was answered.", not_backed_up=SHORT_LIVED,
    ),
    Record(
        "practice.SingleSignOn", PRACTICE, keep=Keep.PRACTICE, lane=Reads.STAFF,
        export=False, not_exported="The provider knows this place alone: elsewhere it is set up anew.",
    ),
    Record(
        "practice.ProviderLink", PRACTICE, keep=Keep.ACCESS, lane=Reads.STAFF, export=False, not_exported=SIGNS_IN,
    ),
    Record("practice.SignInDoor", INSTALLATION, keep=Keep.TECHNICAL, export=False, not_exported=OF_HERE),
    Record(
        "practice.SendingHold", PRACTICE, keep=Keep.PRACTICE, lane=Reads.STAFF,
        export=False, not_exported="Whether anything is sent is decided in each place anew.",
    ),
    Record(
        "practice.Webhook", PRACTICE, keep=Keep.PRACTICE, lane=Reads.NOBODY,
        export=False, not_exported="What is told to which other system is decided in each place anew.",
    ),
    Record(
        "practice.WebhookDelivery", PRACTICE, keep=Keep.DELIVERY, lane=Reads.NOBODY,
        export=False, not_exported="It says only what another system was told, and how often.",
        not_backed_up=SHORT_LIVED,
    ),
    Record("practice.TwoPersonAct", PRACTICE, keep=Keep.AUDIT, lane=Reads.STAFF),
    # Clients read the lines about their own record, without what and how it changed: see clients/own_record.py.
    Record(
        "practice.AuditEvent", PRACTICE, keep=Keep.AUDIT, lane=Reads.STAFF,
        withheld=("request", "token_id", "subject_id", "changes"),
        only_read="Nobody writes lines into a trail, elsewhere either: there it begins with what was brought in.",
    ),
    Record(
        "practice.AuditSeal", PRACTICE, keep=Keep.AUDIT, lane=Reads.STAFF,
        export=False, not_exported="A seal proves the trail of this place; the lines themselves go along.",
    ),
    Record("practice.User", INSTALLATION, keep=Keep.ACCESS, export=False, not_exported=SIGNS_IN),
    Record(
        "practice.SignIn", INSTALLATION, keep=Keep.ACCESS, export=False, not_exported=SIGNS_IN, not_backed_up=ENDED,
    ),
    Record("practice.Recovery", INSTALLATION, keep=Keep.ACCESS, export=False, not_exported=SIGNS_IN),
    Record("practice.AccountEvent", INSTALLATION, keep=Keep.ACCESS, export=False, not_exported=SIGNS_IN),
    Record("practice.Limit", INSTALLATION, keep=Keep.TECHNICAL, export=False, not_exported=OF_HERE),
    Record("practice.Circuit", INSTALLATION, keep=Keep.TECHNICAL, export=False, not_exported=OF_HERE),
    Record("practice.Pace", INSTALLATION, keep=Keep.TECHNICAL, export=False, not_exported=OF_HERE),
    Record("practice.Suppression", INSTALLATION, keep=Keep.CONTACT, export=False, not_exported=OF_HERE),
    Record("practice.Pulse", INSTALLATION, keep=Keep.TECHNICAL, export=False, not_exported=OF_HERE),
    # of libraries
    *(
        Record(model, INSTALLATION, keep=Keep.ACCESS, export=False, not_exported=SIGNS_IN)
        for model in ("account.EmailAddress", "account.EmailConfirmation", "mfa.Authenticator")
    ),
    Record(
        "sessions.Session", INSTALLATION, keep=Keep.ACCESS, export=False, not_exported=SIGNS_IN,
        not_backed_up=ENDED,
    ),
    *(
        Record(model, INSTALLATION, keep=Keep.TECHNICAL, export=False, not_exported=OF_HERE)
        for model in ("auth.Permission", "auth.Group", "auth.Group_permissions", "contenttypes.ContentType")
    ),
)  # fmt: skip

JOBS = (
    "deliver", "probe", "sweep", "resolve", "plant_pulse", "watch", "seal_trail", "anchor_trail", "tend_archives",
    "forget_signing_in", "forget_answers", "call_out", "forget_calls",
)  # fmt: skip
register(*(Job(f"practice.tasks.{name}") for name in JOBS))
register(Job("practice.tasks.make_archive", carries=("practice_id", "archive_id")))

register(
    MessageKind("staff_invitation", to="staff", about="practice.StaffInvitation"),
    MessageKind("webhook_off", to="staff", about="practice.Webhook"),
    MessageKind("second_person", to="staff", about="practice.TwoPersonAct", security=True),
)

register(Download("practice_export_file", "application/octet-stream", Reads.NOBODY))
