"""Which words a practice's clients agreed to, and which policy was published when, is no list for a client's role.

The first to agree to new words makes a row, and its id tells when: a partner could learn that somebody agreed anew.
"""

from django.db import migrations

from practice import roles

TABLES = "clients_consenttext, clients_secretspolicy"


class Migration(migrations.Migration):
    dependencies = [("clients", "0017_who_may_look")]

    operations = [
        migrations.RunSQL(
            f"REVOKE SELECT ON {TABLES} FROM {roles.PORTAL}", f"GRANT SELECT ON {TABLES} TO {roles.PORTAL}"
        )
    ]
