"""Owners and supervisors behind the person wall, in databases that were made before it held them."""

from django.db import migrations

from practice import roles
from practice.walls import LIKE_THERAPISTS

#: What holds for therapists holds for them: copied policy by policy, where the wall did not write it already.
COPY = f"""
DO $$
DECLARE one record; named text;
BEGIN
    FOR one IN
        SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies
        WHERE schemaname = 'public' AND permissive = 'RESTRICTIVE' AND roles = '{{{roles.THERAPIST}}}'
          AND policyname LIKE 'therapist!_%' ESCAPE '!'
          AND tablename NOT IN ('practice_message', 'clients_emergencyaccess')
          AND has_table_privilege('{roles.SUPERVISOR}', 'public.' || tablename, 'SELECT')
    LOOP
        named := '{LIKE_THERAPISTS}_' || substr(one.policyname, length('therapist_') + 1);
        CONTINUE WHEN EXISTS (
            SELECT FROM pg_policies WHERE tablename = one.tablename AND policyname = named
        );
        EXECUTE format('CREATE POLICY %I ON %I AS RESTRICTIVE FOR %s TO {roles.SUPERVISOR}', named, one.tablename, one.cmd)
            || coalesce(' USING (' || one.qual || ')', '')
            || coalesce(' WITH CHECK (' || one.with_check || ')', '');
    END LOOP;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0018_nothing_of_the_erased"),
        ("exercises", "0024_psychotherapy_notes"),
        ("clients", "0017_who_may_look"),
        ("practice", "0016_keeping_and_erasing"),
    ]

    operations = [migrations.RunSQL(COPY, migrations.RunSQL.noop)]
