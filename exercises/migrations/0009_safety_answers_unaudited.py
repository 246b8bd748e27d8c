"""What somebody answered about safety stays out of the audit trail, as every answer does."""

from django.db import migrations

TRIGGER = """
DROP TRIGGER audit ON exercises_measureentry;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON exercises_measureentry
    FOR EACH ROW EXECUTE FUNCTION attune_audit('practice_id', 'note', 'total', 'subscales', 'safety');
"""


class Migration(migrations.Migration):
    dependencies = [("exercises", "0008_feedback_noted")]

    operations = [migrations.RunSQL(TRIGGER, migrations.RunSQL.noop)]
