"""The walls of databases that were made when they looked for an id in a list with ``strpos``.

They let through the same rows; :func:`practice.walls.listed` says why they are written so.
"""

from django.db import migrations

from practice.walls import listed

# How PostgreSQL tells what the walls of before said.
LISTED_BEFORE = r"\(strpos\(current_setting\('app\.(couples|people)'::text, true\), \((\w+)\)::text\) > 0\)"
LISTED = listed(r"\2", r"\1")

REWRITE = f"""
DO $$
DECLARE
    one record;
    before text;
    clauses text;
BEGIN
    FOR one IN SELECT tablename, policyname, qual, with_check FROM pg_policies WHERE schemaname = 'public' LOOP
        before := coalesce(' USING (' || one.qual || ')', '') || coalesce(' WITH CHECK (' || one.with_check || ')', '');
        clauses := regexp_replace(before, $is${LISTED_BEFORE}$is$, $is$({LISTED})$is$, 'g');
        CONTINUE WHEN clauses = before;
        EXECUTE format('ALTER POLICY %I ON %I', one.policyname, one.tablename) || clauses;
    END LOOP;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0020_what_walls_cost")]

    operations = [migrations.RunSQL(REWRITE, migrations.RunSQL.noop)]
