"""The walls of databases that were made before their conditions were written as they are now.

They let through the same rows; :mod:`practice.walls` says why they are written so.
"""

from django.db import migrations

from practice.walls import NO_SHARED_SCREEN, NOT_CLOSED, listed

# How PostgreSQL tells what the walls of before said.
SHARED_SCREEN_BEFORE = "(COALESCE(current_setting('app.room'::text, true), ''::text) = ''::text)"
CLOSED_BEFORE = "((NULLIF(current_setting('app.closed'::text, true), ''::text))::timestamp with time zone IS NULL)"
LISTED_BEFORE = (
    r"\((\w+) = ANY \(\(NULLIF\(current_setting\('app\.(couples|people)'::text, true\), ''::text\)\)::uuid\[\]\)\)"
)
LISTED = listed(r"\1", r"\2")

REWRITE = f"""
DO $$
DECLARE
    one record;
    before text;
    clauses text;
BEGIN
    FOR one IN SELECT tablename, policyname, qual, with_check FROM pg_policies WHERE schemaname = 'public' LOOP
        before := coalesce(' USING (' || one.qual || ')', '') || coalesce(' WITH CHECK (' || one.with_check || ')', '');
        clauses := replace(before, $is${SHARED_SCREEN_BEFORE}$is$, $is$({NO_SHARED_SCREEN})$is$);
        clauses := replace(clauses, $is${CLOSED_BEFORE}$is$, $is$({NOT_CLOSED})$is$);
        clauses := regexp_replace(clauses, $is${LISTED_BEFORE}$is$, $is$({LISTED})$is$, 'g');
        CONTINUE WHEN clauses = before;
        EXECUTE format('ALTER POLICY %I ON %I', one.policyname, one.tablename) || clauses;
    END LOOP;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0019_leads_behind_the_wall"),
        ("exercises", "0024_psychotherapy_notes"),
        ("clients", "0020_brought_in"),
        ("practice", "0026_who_made_webhooks"),
    ]

    operations = [migrations.RunSQL(REWRITE, migrations.RunSQL.noop)]
