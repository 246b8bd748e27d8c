"""What is kept of the library, of what was given, and of what partners answered, wrote and agreed on."""

from practice.registry import Download, Job, Keep, MessageKind, Reads, Record, Scope, Shared, register

COUPLE, PERSON, PRACTICE = Scope.COUPLE, Scope.PERSON, Scope.PRACTICE
STAFF_WORK = "It is how staff work, not what anybody said."
BY_STAFF = "Staff wrote it for themselves; the therapist gives access to it."

#: The practice's own library: nobody's answers are in it.
LIBRARY = (
    "Exercise", "Edition", "Program", "QuestionnaireFile", "LicenceConfirmation", "Manuscript", "Illustration",
    "Shelf", "ShelfEntry",
)  # fmt: skip

#: What one partner wrote or marked, each under its own lane.
OF_AUTHORS = ("Response", "Answer", "Feedback", "Win", "JournalEntry", "GoalRating")

#: What several do together, or what is said to them: read by those it is for.
OF_AUDIENCES = ("Assignment", "Goal", "Agreement", "AgreementVersion", "Thread", "ProgramRun", "Sitting", "Draw")

register(
    *(Record(f"exercises.{name}", PRACTICE, keep=Keep.LIBRARY) for name in LIBRARY),
    *(Record(f"exercises.{name}", PERSON, person="author", lane=Reads.ROW, own_copy=True) for name in OF_AUTHORS),
    Record(
        "exercises.Attachment",
        PERSON,
        person="author",
        lane=Reads.ROW,
        own_copy=True,
        belongs=("occurrence", "response", "journal_entry", "assignment", "comment"),
        sealed_bytes=("sealed",),
    ),
    *(Record(f"exercises.{name}", COUPLE, lane=Reads.AUDIENCE, own_copy=True) for name in OF_AUDIENCES),
    Record("exercises.Assent", PERSON, person="author", lane=Reads.AUDIENCE, own_copy=True),
    Record("exercises.Comment", PERSON, person="author", lane=Reads.AUDIENCE, own_copy=True),
    Record("exercises.Occurrence", COUPLE, person="client", lane=Reads.AUDIENCE, own_copy=True),
    Record(
        "exercises.Draft",
        PERSON,
        person="author",
        lane=Reads.OWN,
        own_copy=True,
        export=False,
        not_exported="Nobody but its author has it until it is sent.",
    ),
    Record(
        "exercises.MeasureEntry",
        PERSON,
        person="client",
        lane=Reads.READERS,
        own_copy=True,
        withheld=("safety", "note", "entered_by", "entered_at"),
    ),
    Record("exercises.Pause", COUPLE, person="asked_by", lane=Reads.STAFF, why_not=BY_STAFF, empties=("reason",)),
    Record("exercises.Reading", COUPLE, person="response__author", lane=Reads.STAFF, why_not=STAFF_WORK),
    Record("exercises.Review", PERSON, person="author", lane=Reads.PRIVATE, own_copy=True),
    Record("exercises.Seen", COUPLE, person="author", lane=Reads.PRIVATE, why_not=STAFF_WORK),
    Record("exercises.ReminderStop", PERSON, person="client", lane=Reads.STAFF, why_not=STAFF_WORK),
    Record("exercises.AgendaItem", COUPLE, person="client", lane=Reads.STAFF, why_not=BY_STAFF),
    Record(
        "exercises.PsychotherapyNote",
        COUPLE,
        lane=Reads.STAFF,
        keep=Keep.NOTES,
        why_not="Its author's alone.",
        export=False,
        not_exported="Its author's alone: whoever takes everything out leaves it behind.",
    ),
    Record("exercises.StaffNote", COUPLE, lane=Reads.STAFF, keep=Keep.NOTES, why_not=BY_STAFF),
)

register(
    Shared("exercises.Exercise", key=("slug",), ends="retired_at"),
    Shared("exercises.Edition", key=("exercise__slug", "digest"), number="number"),
    Shared("exercises.Program", key=("slug",), ends="retired_at"),
)

register(*(Job(f"exercises.tasks.{name}") for name in ("plan", "close", "plan_digests")))

register(
    MessageKind("reminder", to="client", about="exercises.Occurrence"),
    MessageKind("talk", to="client", about="exercises.Comment"),
    MessageKind("digest", to="staff", about="practice.Membership"),
)

register(
    Download("illustration", "image/*"),
    Download("portal_file", "*/*", Reads.ROW),
    Download("desk_file", "*/*", Reads.ROW),
    Download("do_steps_state", "application/json", Reads.AUDIENCE),
    Download("exercise_fhir", "application/fhir+json"),
    Download("record_fhir", "application/fhir+json", Reads.ROW),
)
