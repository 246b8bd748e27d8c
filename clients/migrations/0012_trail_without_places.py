"""Where a session is, and the link to it, stay out of the audit trail."""

from django.db import migrations

TRIGGER = """
DROP TRIGGER audit ON clients_appointment;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON clients_appointment
    FOR EACH ROW EXECUTE FUNCTION attune_audit('practice_id', 'place', 'link');
"""


class Migration(migrations.Migration):
    dependencies = [("clients", "0011_safe_contact")]

    operations = [migrations.RunSQL(TRIGGER, migrations.RunSQL.noop)]
