"""What a program was made into for a couple, and what a licence was shown by, stay out of the audit trail."""

from django.db import migrations

TRIGGER = """
DROP TRIGGER audit ON exercises_programrun;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON exercises_programrun
    FOR EACH ROW EXECUTE FUNCTION attune_audit('practice_id', 'content');
DROP TRIGGER audit ON exercises_licenceconfirmation;
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON exercises_licenceconfirmation
    FOR EACH ROW EXECUTE FUNCTION attune_audit('practice_id', 'reference');
"""


class Migration(migrations.Migration):
    dependencies = [("exercises", "0018_sealed_in_their_lane")]

    operations = [migrations.RunSQL(TRIGGER, migrations.RunSQL.noop)]
