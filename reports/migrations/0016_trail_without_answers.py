"""Which question asked for a look, and what its answer was judged by, stay out of the audit trail."""

from django.db import migrations

TRIGGER = """
DROP TRIGGER audit ON reports_alert;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON reports_alert
    FOR EACH ROW EXECUTE FUNCTION attune_audit('practice_id', 'note', 'key', 'rule', 'severity');
DROP TRIGGER audit ON reports_caseloadorder;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON reports_caseloadorder
    FOR EACH ROW EXECUTE FUNCTION attune_audit('practice_id', 'refused');
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0015_shared_screen")]

    operations = [migrations.RunSQL(TRIGGER, migrations.RunSQL.noop)]
