"""What is kept of scores, alerts, releases and reports."""

from practice.registry import Download, Job, Keep, MessageKind, Reads, Record, Scope, register

COUPLE, PERSON, PRACTICE = Scope.COUPLE, Scope.PERSON, Scope.PRACTICE
JUDGED = "What staff judged and did in a moment of danger; the therapist gives access to it."
STAFF_WORK = "It is how staff work, not what anybody said."

register(
    Record("reports.Score", PERSON, person="client", lane=Reads.READERS, own_copy=True),
    Record("reports.Alert", PERSON, person="client", lane=Reads.STAFF, why_not=JUDGED),
    Record("reports.AlertStep", PERSON, person="alert__client", lane=Reads.STAFF, why_not=JUDGED),
    Record("reports.SetAside", PERSON, person="client", lane=Reads.STAFF, why_not=JUDGED),
    Record("reports.Baseline", PERSON, person="client", lane=Reads.STAFF, why_not=STAFF_WORK),
    Record("reports.Release", PERSON, person="client", lane=Reads.PRIVATE, own_copy=True),
    Record("reports.Showing", PERSON, person="client", lane=Reads.PRIVATE, keep=Keep.CONSENT, own_copy=True),
    Record("reports.Report", COUPLE, person="partner", lane=Reads.READERS, own_copy=True),
    Record("reports.StandingOrder", COUPLE, person="partner", lane=Reads.STAFF, why_not=STAFF_WORK),
    Record("reports.CaseloadOrder", PRACTICE, lane=Reads.STAFF),
    Record("reports.Letterhead", PRACTICE, keep=Keep.PRACTICE),
)

register(
    Job("reports.tasks.make_report", carries=("practice_id", "report_id")),
    *(Job(f"reports.tasks.{name}") for name in ("resume", "escalate", "make_due", "open_scores", "erase_old")),
)

register(
    MessageKind("alert", to="staff", about="reports.Alert", security=True),
    MessageKind("document", to="client", about="reports.Report"),
)

register(
    Download("report_download", "application/pdf", Reads.READERS),
    Download("portal_document", "application/pdf", Reads.READERS),
    Download("portal_copy_take", "application/zip", Reads.OWN),
    Download("record_copy_take", "application/zip", Reads.PRIVATE),
    Download("take_out_file", "application/zip", Reads.PRIVATE),
    Download("take_out_all_file", "application/zip", Reads.PRIVATE),
    Download("caseload_files", "application/zip", Reads.READERS),
    Download("letterhead_logo", "image/png"),
    Download("letterhead_colour", "text/css"),
)
