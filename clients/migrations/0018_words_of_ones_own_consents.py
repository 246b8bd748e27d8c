"""A client reads the words that they agreed to themselves, and no others: a new row would tell that somebody agreed."""

from django.db import migrations

from practice import roles
from practice.walls import PERSON

THEIR_OWN = f"""
CREATE POLICY portal_select ON clients_consenttext AS RESTRICTIVE FOR SELECT TO {roles.PORTAL} USING (
    EXISTS (SELECT 1 FROM clients_consent c WHERE c.text_id = clients_consenttext.id AND c.client_id = {PERSON})
)
"""


class Migration(migrations.Migration):
    dependencies = [("clients", "0017_who_may_look")]

    operations = [migrations.RunSQL(THEIR_OWN, "DROP POLICY portal_select ON clients_consenttext")]
