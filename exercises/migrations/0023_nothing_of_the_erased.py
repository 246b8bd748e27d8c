"""Nothing new is kept of somebody who was erased, and the role that erases reaches what is kept here."""

from django.db import migrations

from practice.walls import for_the_eraser

#: What people write, mark and bring in, by the column that says whose it is.
WRITTEN = {
    "response": "author_id", "draft": "author_id", "feedback": "author_id", "win": "author_id",
    "journalentry": "author_id", "goalrating": "author_id", "attachment": "author_id", "comment": "author_id",
    "assent": "author_id", "measureentry": "client_id",
}  # fmt: skip

ABOUT_PEOPLE = (
    "agendaitem", "agreement", "agreementversion", "answer", "assent", "assignment", "attachment", "comment", "draft",
    "draw", "feedback", "goal", "goalrating", "journalentry", "measureentry", "occurrence", "pause", "programrun",
    "reading", "reminderstop", "response", "review", "seen", "sitting", "staffnote", "thread", "win",
)  # fmt: skip


def refuse(table: str, column: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER not_erased BEFORE INSERT ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION attune_not_erased('{column}')",
        f"DROP TRIGGER not_erased ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("exercises", "0022_closed_sign_ins"), ("clients", "0016_keeping_and_erasing_walls")]

    operations = [
        *(refuse(f"exercises_{name}", column) for name, column in WRITTEN.items()),
        *(migrations.RunSQL(for_the_eraser(f"exercises_{name}"), migrations.RunSQL.noop) for name in ABOUT_PEOPLE),
    ]
