"""The walls around partings, policies and the words of consents; and a consent that only ever ends, once."""

from django.db import migrations

from practice import roles
from practice.walls import ALL, IN_CASELOAD, READ, Wall, on_a_shared_screen, reference

NOTE = "SELECT, UPDATE"
KEPT = "SELECT, INSERT, DELETE"
CLINICIANS = {roles.THERAPIST: READ, roles.SUPERVISOR: READ}

STAYS = """
CREATE FUNCTION attune_consent_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL
        OR (NEW.about, NEW.version, NEW.given_at, NEW.policy)
            IS DISTINCT FROM (OLD.about, OLD.version, OLD.given_at, OLD.policy)
    THEN
        RAISE EXCEPTION 'what was agreed to is never changed, only ended';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER consent_stays
    BEFORE UPDATE OF about, version, given_at, policy, withdrawn_at, ended_by ON clients_consent
    FOR EACH ROW EXECUTE FUNCTION attune_consent_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("clients", "0013_parting_and_policies"), ("practice", "0011_shared_screen")]

    operations = [
        Wall("ConsentText", grants={**CLINICIANS, roles.PORTAL: READ, roles.SYSTEM: KEPT}),
        Wall("SecretsPolicy", grants={**CLINICIANS, roles.PORTAL: READ, roles.SYSTEM: KEPT}),
        Wall(
            "Parting",
            grants={roles.THERAPIST: NOTE, roles.SUPERVISOR: NOTE, roles.SYSTEM: ALL},
            restrict={roles.THERAPIST: IN_CASELOAD},
        ),
        # A policy and its words are no secret of anybody's; who parted from whom is not for a screen that others see.
        *(
            migrations.RunSQL(on_a_shared_screen(table, rule), f"DROP POLICY shared_screen ON {table}")
            for table, rule in (
                ("clients_parting", "false"),
                ("clients_consenttext", "true"),
                ("clients_secretspolicy", "true"),
            )
        ),
        migrations.RunSQL(reference("clients_consent", "text_id", "clients_consenttext"), migrations.RunSQL.noop),
        # Whose it is and which words it was about are no client's to change at all.
        migrations.RunSQL(
            f"REVOKE UPDATE ON clients_consent FROM {roles.PORTAL};"
            f"GRANT UPDATE (withdrawn_at, ended_by) ON clients_consent TO {roles.PORTAL}",
            f"GRANT UPDATE ON clients_consent TO {roles.PORTAL}",
        ),
        migrations.RunSQL(STAYS, "DROP FUNCTION attune_consent_stays() CASCADE"),
    ]
