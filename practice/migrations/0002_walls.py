"""The walls of the tenant's own tables, the audit trail, and the cache."""

from django.db import migrations

from practice import roles
from practice.walls import ALL, COUPLES, PRACTICE, READ, USER, Wall

EVERY_STAFF = ", ".join(roles.STAFF)
ACTING = ", ".join(roles.ACTING)

USERS = f"""
ALTER TABLE practice_user ENABLE ROW LEVEL SECURITY;
ALTER TABLE practice_user FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON practice_user TO {roles.LOGIN};
GRANT SELECT ON practice_user TO {EVERY_STAFF}, {roles.PORTAL}, {roles.SYSTEM};
GRANT UPDATE (time_zone) ON practice_user TO {EVERY_STAFF}, {roles.PORTAL};
CREATE POLICY sign_in ON practice_user FOR ALL TO {roles.LOGIN} USING (true) WITH CHECK (true);
CREATE POLICY address ON practice_user FOR SELECT TO {roles.SYSTEM} USING (true);
CREATE POLICY self ON practice_user FOR ALL TO {EVERY_STAFF}, {roles.PORTAL}
    USING (id = {USER}) WITH CHECK (id = {USER});
"""

AUDIT = f"""
ALTER TABLE practice_auditevent ENABLE ROW LEVEL SECURITY;
ALTER TABLE practice_auditevent FORCE ROW LEVEL SECURITY;
GRANT SELECT ON practice_auditevent TO {roles.SUPERVISOR}, {roles.SYSTEM};
CREATE POLICY practice_wall ON practice_auditevent FOR SELECT TO {roles.SUPERVISOR}, {roles.SYSTEM}
    USING (practice_id = {PRACTICE});
CREATE POLICY written_by_trigger ON practice_auditevent FOR INSERT TO {roles.OWNER} WITH CHECK (true);

CREATE FUNCTION attune_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{{}}' ELSE to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{{}}' ELSE to_jsonb(NEW) END;
    line jsonb := CASE WHEN TG_OP = 'DELETE' THEN before ELSE after END;
    hidden text[] := TG_ARGV[1:];
    changed jsonb;
BEGIN
    SELECT coalesce(jsonb_object_agg(key, CASE
               WHEN key = ANY(hidden) THEN '"(not kept)"'::jsonb
               ELSE jsonb_build_array(before -> key, after -> key) END), '{{}}')
      INTO changed
      FROM (SELECT jsonb_object_keys(before || after) AS key) AS keys
     WHERE (before -> key) IS DISTINCT FROM (after -> key);
    IF TG_OP = 'UPDATE' AND changed = '{{}}' THEN RETURN NULL; END IF;
    INSERT INTO practice_auditevent (practice_id, role, user_id, request, act, subject, subject_id, changes)
    VALUES ((line ->> TG_ARGV[0])::uuid, current_setting('role', true),
            NULLIF(current_setting('app.user', true), '')::uuid,
            coalesce(current_setting('app.request', true), ''), lower(TG_OP), TG_TABLE_NAME,
            (line ->> 'id')::uuid, changed);
    RETURN NULL;
END $$;

CREATE FUNCTION attune_looked(what text, which text, which_id uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO practice_auditevent (practice_id, role, user_id, request, act, subject, subject_id, changes)
    VALUES ({PRACTICE}, current_setting('role', true),
            NULLIF(current_setting('app.user', true), '')::uuid,
            coalesce(current_setting('app.request', true), ''), what, which, which_id, '{{}}')
$$;
REVOKE ALL ON FUNCTION attune_audit(), attune_looked(text, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION attune_looked(text, text, uuid) TO {ACTING};

CREATE FUNCTION attune_no_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is never rewritten';
END $$;
CREATE TRIGGER no_rewriting BEFORE UPDATE OR DELETE OR TRUNCATE ON practice_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION attune_no_rewriting();
"""

CACHE = f"""
CREATE UNLOGGED TABLE attune_cache (
    cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
);
CREATE INDEX attune_cache_expires ON attune_cache (expires);
GRANT SELECT, INSERT, UPDATE, DELETE ON attune_cache TO {roles.LOGIN}, {ACTING};
"""

DISPATCH = f"""
GRANT SELECT (id, practice_id, state, due_at, lease_until, fresh_until)
    ON practice_message TO {roles.DISPATCH};
CREATE POLICY finds_due ON practice_message FOR SELECT TO {roles.DISPATCH} USING (true);
GRANT SELECT (id) ON practice_practice TO {roles.DISPATCH};
CREATE POLICY finds_practices ON practice_practice FOR SELECT TO {roles.DISPATCH} USING (true);
"""


class Migration(migrations.Migration):
    dependencies = [("practice", "0001_initial")]

    operations = [
        migrations.RunSQL(USERS, migrations.RunSQL.noop),
        migrations.RunSQL(AUDIT, migrations.RunSQL.noop),
        migrations.RunSQL(CACHE, "DROP TABLE attune_cache"),
        Wall(
            "Practice",
            practice_column="id",
            grants={
                roles.THERAPIST: READ,
                roles.SUPERVISOR: "SELECT, UPDATE",
                roles.COORDINATOR: READ,
                roles.PORTAL: READ,
                roles.SYSTEM: ALL,
            },
        ),
        Wall(
            "Membership",
            grants={
                roles.THERAPIST: READ,
                roles.SUPERVISOR: "SELECT, INSERT, UPDATE",
                roles.COORDINATOR: READ,
                roles.PORTAL: READ,
                roles.SYSTEM: ALL,
            },
            login=f"user_id = {USER}",
        ),
        Wall(
            "StaffInvitation",
            grants={roles.SUPERVISOR: "SELECT, INSERT, UPDATE", roles.SYSTEM: ALL},
            silent=("nonce", "email", "name"),
        ),
        Wall(
            "DataKey",
            grants={
                roles.THERAPIST: READ,
                roles.SUPERVISOR: READ,
                roles.PORTAL: READ,
                roles.SYSTEM: ALL,
            },
        ),
        Wall(
            "Message",
            grants={roles.THERAPIST: READ, roles.SUPERVISOR: READ, roles.SYSTEM: ALL},
            restrict={roles.THERAPIST: f"couple_id = ANY({COUPLES})"},
            audit=False,
            leads_see_all=True,
        ),
        migrations.RunSQL(DISPATCH, migrations.RunSQL.noop),
    ]
