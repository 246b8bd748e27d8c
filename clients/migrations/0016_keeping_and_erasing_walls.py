"""The walls around what is kept and erased; nothing new is kept of somebody who was erased."""

from django.db import migrations

from practice import roles
from practice.walls import COUPLES, PEOPLE, PERSON, READ, Wall, for_the_eraser, on_a_shared_screen

CLINICIANS = {roles.THERAPIST: READ, roles.SUPERVISOR: READ}
ABOUT_PEOPLE = f"client_id = ANY({PEOPLE})"
#: For whoever reads what is proven; the database takes lines in, and changes and removes none.
PROOF = """
CREATE TRIGGER no_rewriting BEFORE UPDATE OR DELETE OR TRUNCATE ON clients_erasure
    FOR EACH STATEMENT EXECUTE FUNCTION attune_no_rewriting();
"""

# From when on the time runs is not known of those who ended before it was written down: from today at the latest.
# The owner of the tables stands behind the walls as well: for this one statement they are lowered.
ENDED = """
ALTER TABLE clients_couple NO FORCE ROW LEVEL SECURITY;
ALTER TABLE clients_couple DISABLE TRIGGER audit;
UPDATE clients_couple SET ended_at = now() WHERE status IN ('separated', 'closed');
ALTER TABLE clients_couple ENABLE TRIGGER audit;
ALTER TABLE clients_couple FORCE ROW LEVEL SECURITY;
"""

# Whoever writes about a person and whoever erases them take turns: what was begun before the erasing is removed by
# it, and what comes after it is refused. The column with the person is the trigger's argument. It runs with the
# rights of the asker, who sees the row of everybody they may write about.
NOT_ERASED = """
CREATE FUNCTION attune_not_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who uuid;
BEGIN
    EXECUTE format('SELECT ($1).%I', TG_ARGV[0]) USING NEW INTO who;
    IF who IS NULL THEN RETURN NEW; END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('erasing ' || who, 0));
    PERFORM 1 FROM clients_client WHERE id = who AND erased_at IS NOT NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'nothing is kept of this person any more' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER not_erased BEFORE INSERT ON practice_datakey
    FOR EACH ROW EXECUTE FUNCTION attune_not_erased('client_id');
CREATE TRIGGER not_erased BEFORE UPDATE ON clients_contact
    FOR EACH ROW EXECUTE FUNCTION attune_not_erased('client_id');
CREATE TRIGGER not_erased BEFORE INSERT ON clients_clientinvitation
    FOR EACH ROW EXECUTE FUNCTION attune_not_erased('client_id');
CREATE TRIGGER not_erased BEFORE INSERT ON clients_reach
    FOR EACH ROW EXECUTE FUNCTION attune_not_erased('client_id');
CREATE TRIGGER not_erased BEFORE INSERT ON clients_consent
    FOR EACH ROW EXECUTE FUNCTION attune_not_erased('client_id');
"""


class Migration(migrations.Migration):
    dependencies = [("clients", "0015_keeping_and_erasing")]

    operations = [
        Wall(
            "ErasureRequest",
            grants={**CLINICIANS, roles.PORTAL: READ, roles.SYSTEM: "SELECT, INSERT, UPDATE"},
            restrict={roles.THERAPIST: ABOUT_PEOPLE, roles.PORTAL: f"client_id = {PERSON}"},
        ),
        Wall(
            "LegalHold",
            grants={**CLINICIANS, roles.SYSTEM: "SELECT, INSERT, UPDATE"},
            restrict={roles.THERAPIST: f"{ABOUT_PEOPLE} OR couple_id = ANY({COUPLES})"},
        ),
        Wall(
            "KeptLonger",
            grants={**CLINICIANS, roles.SYSTEM: "SELECT, INSERT"},
            restrict={roles.THERAPIST: ABOUT_PEOPLE},
        ),
        Wall(
            "Erasure",
            grants={**CLINICIANS, roles.SYSTEM: "SELECT, INSERT"},
            restrict={roles.THERAPIST: ABOUT_PEOPLE},
        ),
        *(
            migrations.RunSQL(on_a_shared_screen(table), f"DROP POLICY shared_screen ON {table}")
            for table in ("clients_erasurerequest", "clients_legalhold", "clients_keptlonger", "clients_erasure")
        ),
        migrations.RunSQL(PROOF, migrations.RunSQL.noop),
        migrations.RunSQL(f"REVOKE UPDATE, DELETE ON clients_erasure FROM {roles.ERASER}", migrations.RunSQL.noop),
        migrations.RunSQL(ENDED, migrations.RunSQL.noop),
        migrations.RunSQL(NOT_ERASED, "DROP FUNCTION attune_not_erased() CASCADE"),
        # What stands before this migration was walled without the role that erases.
        *(migrations.RunSQL(for_the_eraser(f"clients_{name}"), migrations.RunSQL.noop) for name in (
            "addressproof", "appointment", "caseloadentry", "clearance", "client", "clientinvitation",
            "consent", "contact", "couple", "cover", "parting", "partner", "pin", "portalvisit",
            "pushdevice", "reach",
        )),
    ]  # fmt: skip
