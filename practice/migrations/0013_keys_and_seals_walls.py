"""The walls of keys and seals; the trail says whose record a line is about; people read the lines about their own."""

from django.db import migrations

from practice import roles
from practice.walls import COUPLES, PERSON, PRACTICE, READ, USER, Wall, reference

ADDED = "SELECT, INSERT, UPDATE"
STAFF = ", ".join(f"'{one}'" for one in roles.STAFF)
ACTING = ", ".join(roles.ACTING)

# Only the owner makes the secret, only the rotation wraps it anew. What stands there is of no use without the key.
INSTALLATION = f"""
GRANT SELECT ON practice_installationsecret TO {roles.LOGIN}, {ACTING};
GRANT UPDATE (wrapped, wrapped_by) ON practice_installationsecret TO {roles.DISPATCH};
"""

KEYS = f"""
{reference("practice_datakey", "wrapped_by_id", "practice_practicekey")};
REVOKE DELETE ON practice_datakey FROM {roles.SYSTEM};
CREATE POLICY portal_all ON practice_datakey AS RESTRICTIVE FOR ALL TO {roles.PORTAL} USING (purpose = '');

CREATE FUNCTION attune_key_stays_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.wrapped IS NULL THEN RAISE EXCEPTION 'a destroyed key stays destroyed'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stays_gone BEFORE UPDATE ON practice_datakey
    FOR EACH ROW EXECUTE FUNCTION attune_key_stays_gone();
CREATE TRIGGER stays_gone BEFORE UPDATE ON practice_practicekey
    FOR EACH ROW EXECUTE FUNCTION attune_key_stays_gone();
"""

SEALS = """
CREATE TRIGGER no_rewriting BEFORE UPDATE OR DELETE OR TRUNCATE ON practice_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION attune_no_rewriting();
"""

# Whose row it is: the client's that it names, its author's where clients write, the one it was given to alone.
# A line's number is taken after its transaction has one: see practice/sealing.py.
TRAIL = f"""
CREATE OR REPLACE FUNCTION attune_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{{}}' ELSE to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{{}}' ELSE to_jsonb(NEW) END;
    line jsonb := CASE WHEN TG_OP = 'DELETE' THEN before ELSE after END;
    hidden text[] := TG_ARGV[1:];
    changed jsonb;
    alone text;
BEGIN
    SELECT coalesce(jsonb_object_agg(key, CASE
               WHEN key = ANY(hidden) THEN '"(not kept)"'::jsonb
               ELSE jsonb_build_array(before -> key, after -> key) END), '{{}}')
      INTO changed
      FROM (SELECT jsonb_object_keys(before || after) AS key) AS keys
     WHERE (before -> key) IS DISTINCT FROM (after -> key);
    IF TG_OP = 'UPDATE' AND changed = '{{}}' THEN RETURN NULL; END IF;
    IF jsonb_typeof(line -> 'audience') = 'array' AND jsonb_array_length(line -> 'audience') = 1 THEN
        alone := line -> 'audience' ->> 0;
    END IF;
    INSERT INTO practice_auditevent (
        practice_id, role, user_id, request, act, subject, subject_id, client_id, couple_id, lane, changes
    ) VALUES (
        (line ->> TG_ARGV[0])::uuid, current_setting('role', true),
        NULLIF(current_setting('app.user', true), '')::uuid,
        coalesce(current_setting('app.request', true), ''), lower(TG_OP), TG_TABLE_NAME, (line ->> 'id')::uuid,
        coalesce(
            line ->> 'client_id',
            CASE TG_TABLE_NAME WHEN 'clients_client' THEN line ->> 'id' WHEN 'exercises_staffnote' THEN NULL
                               ELSE line ->> 'author_id' END,
            alone
        )::uuid,
        coalesce(line ->> 'couple_id', CASE TG_TABLE_NAME WHEN 'clients_couple' THEN line ->> 'id' END)::uuid,
        coalesce(line ->> 'lane', ''), changed
    );
    RETURN NULL;
END $$;

DROP FUNCTION attune_looked(text, text, uuid);
CREATE FUNCTION attune_looked(
    what text, which text, which_id uuid,
    of_client uuid DEFAULT NULL, of_couple uuid DEFAULT NULL, in_lane text DEFAULT ''
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_current_xact_id();
    INSERT INTO practice_auditevent (
        practice_id, role, user_id, request, act, subject, subject_id, client_id, couple_id, lane, changes
    ) VALUES (
        {PRACTICE}, current_setting('role', true), NULLIF(current_setting('app.user', true), '')::uuid,
        coalesce(current_setting('app.request', true), ''), what, which, which_id, of_client, of_couple, in_lane, '{{}}'
    );
END $$;
REVOKE ALL ON FUNCTION attune_looked(text, text, uuid, uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION attune_looked(text, text, uuid, uuid, uuid, text) TO {ACTING};
"""

# A client reads what staff and they themselves did with their own record, never what changed in it; and by the
# months that are over, who opened what belongs to the couple. Nothing that a partner did, nothing in a private lane
# of anybody else, and nothing that Attune did because of either. What stays with its author, staff do not learn of.
OWN_LINES = f"""
CREATE POLICY supervisor_select ON practice_auditevent AS RESTRICTIVE FOR SELECT TO {roles.SUPERVISOR}
    USING (lane <> 'own');
GRANT SELECT (id, practice_id, at, role, user_id, act, subject, client_id, couple_id, lane)
    ON practice_auditevent TO {roles.PORTAL};
DROP POLICY practice_wall ON practice_auditevent;
CREATE POLICY practice_wall ON practice_auditevent FOR SELECT
    TO {roles.SUPERVISOR}, {roles.PORTAL}, {roles.SYSTEM} USING (practice_id = {PRACTICE});
CREATE POLICY portal_select ON practice_auditevent AS RESTRICTIVE FOR SELECT TO {roles.PORTAL} USING (
    client_id = {PERSON} AND lane <> 'staff' AND (role IN ({STAFF}) OR user_id = {USER})
    OR client_id IS NULL AND couple_id = ANY({COUPLES}) AND role IN ({STAFF})
       AND lane NOT IN ('own', 'private', 'staff') AND act IN ('opened', 'downloaded') AND at < date_trunc('month', attune_now(), 'UTC')
);
"""


class Migration(migrations.Migration):
    dependencies = [("practice", "0012_keys_and_seals")]

    operations = [
        Wall(
            "PracticeKey",
            grants={
                roles.THERAPIST: READ,
                roles.SUPERVISOR: READ,
                roles.PORTAL: READ,
                roles.SYSTEM: ADDED,
            },
        ),
        Wall(
            "AuditSeal",
            grants={roles.SUPERVISOR: READ, roles.SYSTEM: "SELECT, INSERT"},
            audit=False,
        ),
        migrations.RunSQL(INSTALLATION, migrations.RunSQL.noop),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(SEALS, migrations.RunSQL.noop),
        migrations.RunSQL(TRAIL, migrations.RunSQL.noop),
        migrations.RunSQL(OWN_LINES, migrations.RunSQL.noop),
    ]
