"""The walls of what carries messages, the clock they are judged by, and states that only go forward."""

from django.db import migrations

from practice import roles
from practice.walls import ALL, PERSON, Wall

#: Shared by the whole installation: health and counts of providers, keyed hashes of addresses. No practice data.
OPERATIONS = ("practice_circuit", "practice_pace", "practice_suppression", "practice_pulse")

OURS = "\n".join(
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {roles.SYSTEM}, {roles.DISPATCH};" for table in OPERATIONS
)

# Rehearsals and replays shift it for their own connection; nothing else does.
CLOCK = """
CREATE FUNCTION attune_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT statement_timestamp() + coalesce(NULLIF(current_setting('attune.clock_shift', true), '')::interval, '0')
$$;
"""

FORWARD = """
CREATE FUNCTION attune_only_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = OLD.state OR (OLD.state, NEW.state) IN (
        ('planned', 'claimed'), ('planned', 'skipped'), ('planned', 'cancelled'), ('planned', 'dead'),
        ('claimed', 'planned'), ('claimed', 'handing_off'), ('claimed', 'skipped'), ('claimed', 'cancelled'),
        ('claimed', 'dead'),
        ('handing_off', 'planned'), ('handing_off', 'accepted'), ('handing_off', 'skipped'),
        ('handing_off', 'cancelled'), ('handing_off', 'dead'), ('handing_off', 'unknown'),
        ('handing_off', 'delivered'), ('handing_off', 'bounced'), ('handing_off', 'complained'),
        ('accepted', 'delivered'), ('accepted', 'bounced'), ('accepted', 'complained'),
        ('delivered', 'bounced'), ('delivered', 'complained'), ('bounced', 'complained'),
        ('unknown', 'planned'), ('unknown', 'accepted'), ('unknown', 'dead'),
        ('unknown', 'delivered'), ('unknown', 'bounced'), ('unknown', 'complained'),
        ('cancelled', 'planned')
    ) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'a message does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER only_forward BEFORE UPDATE OF state ON practice_message
    FOR EACH ROW EXECUTE FUNCTION attune_only_forward();
"""

# A person reads their own messages: 'why did I get this?'. Nobody's row tells about anybody else.
OWN_MESSAGES = f"""
GRANT SELECT ON practice_message TO {roles.PORTAL};
DROP POLICY practice_wall ON practice_message;
CREATE POLICY practice_wall ON practice_message FOR ALL
    TO {roles.THERAPIST}, {roles.SUPERVISOR}, {roles.PORTAL}, {roles.SYSTEM}
    USING (practice_id = NULLIF(current_setting('app.practice', true), '')::uuid)
    WITH CHECK (practice_id = NULLIF(current_setting('app.practice', true), '')::uuid);
CREATE POLICY portal_all ON practice_message AS RESTRICTIVE FOR ALL TO {roles.PORTAL}
    USING (person_id = {PERSON});
"""

# Which practice a provider's own web hook speaks for: asked before anybody is bound.
HOOKS = f"""
GRANT SELECT (id, practice_id, ended_at) ON practice_provider TO {roles.DISPATCH};
CREATE POLICY finds_provider ON practice_provider FOR SELECT TO {roles.DISPATCH} USING (true);
GRANT SELECT (channel, provider) ON practice_message TO {roles.DISPATCH};
"""


class Migration(migrations.Migration):
    dependencies = [("practice", "0005_reminders")]

    operations = [
        migrations.RunSQL(CLOCK, "DROP FUNCTION attune_now()"),
        migrations.RunSQL(OURS, migrations.RunSQL.noop),
        Wall(
            "Provider",
            grants={roles.SUPERVISOR: "SELECT, INSERT, UPDATE", roles.SYSTEM: ALL},
            silent=("access",),
        ),
        migrations.RunSQL(FORWARD, "DROP FUNCTION attune_only_forward() CASCADE"),
        migrations.RunSQL(OWN_MESSAGES, migrations.RunSQL.noop),
        migrations.RunSQL(HOOKS, migrations.RunSQL.noop),
    ]
