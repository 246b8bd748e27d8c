"""What staff read of anybody while people in care look at their screen, too: nothing that one of them could not."""

from django.db import migrations

from practice.walls import GIVEN, ROOM, on_a_shared_screen

#: Written by one of them and open to all the others.
OPEN_TO_ALL = f"opens_at <= now() AND {ROOM} <@ array_append(readers, author_id)"
READ_BY_ALL = f"{ROOM} <@ readers"
FOR_ALL = f"{ROOM} <@ audience"

RULES = {
    "exercises_answer": OPEN_TO_ALL,
    "exercises_attachment": OPEN_TO_ALL,
    "exercises_feedback": OPEN_TO_ALL,
    "exercises_goalrating": OPEN_TO_ALL,
    "exercises_journalentry": OPEN_TO_ALL,
    "exercises_response": OPEN_TO_ALL,
    "exercises_win": OPEN_TO_ALL,
    "exercises_measureentry": READ_BY_ALL,
    "reports_score": READ_BY_ALL,
    "exercises_agreement": FOR_ALL,
    "exercises_agreementversion": FOR_ALL,
    "exercises_assent": FOR_ALL,
    "exercises_assignment": FOR_ALL,
    "exercises_comment": FOR_ALL,
    "exercises_draw": FOR_ALL,
    "exercises_goal": FOR_ALL,
    "exercises_programrun": FOR_ALL,
    "exercises_sitting": FOR_ALL,
    "exercises_thread": FOR_ALL,
    "exercises_occurrence": f"assignment_id = ANY({GIVEN})",
    "clients_appointment": f"audience = '{{}}' OR {FOR_ALL}",
}
#: Between staff, or between them and one person.
ABSENT = (
    "clients_absence",
    "clients_clearance",
    "clients_clientinvitation",
    "clients_consent",
    "clients_contact",
    "clients_cover",
    "clients_portalvisit",
    "clients_reach",
    "exercises_agendaitem",
    "exercises_pause",
    "exercises_reading",
    "exercises_reminderstop",
    "exercises_review",
    "exercises_seen",
    "exercises_staffnote",
    "practice_message",
    "reports_alert",
    "reports_alertstep",
    "reports_baseline",
    "reports_caseloadorder",
    "reports_release",
    "reports_report",
    "reports_setaside",
    "reports_showing",
    "reports_standingorder",
)


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0014_alert_severity"),
        ("exercises", "0014_releases"),
        ("clients", "0010_absences_and_covers_walls"),
        ("practice", "0011_shared_screen"),
    ]

    operations = [
        migrations.RunSQL(on_a_shared_screen(table, rule), f"DROP POLICY shared_screen ON {table}")
        for table, rule in {**RULES, **dict.fromkeys(ABSENT, "false")}.items()
    ]
