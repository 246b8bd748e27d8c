"""Which words a practice's clients agreed to, and which policy was published when, is no list for a client's role.

The first to agree to new words makes a row, and its id tells when: a partner could learn that somebody agreed anew.
"""

from django.db import migrations

from practice import roles
from practice.walls import on_a_shared_screen

TABLES = ("clients_consenttext", "clients_secretspolicy")


class Migration(migrations.Migration):
    dependencies = [("clients", "0017_who_may_look")]

    operations = [
        migrations.RunSQL(
            f"REVOKE SELECT ON {', '.join(TABLES)} FROM {roles.PORTAL}",
            f"GRANT SELECT ON {', '.join(TABLES)} TO {roles.PORTAL}",
        ),
        # What no partner reads is not there either while they look at a therapist's screen.
        *(
            migrations.RunSQL(
                f"DROP POLICY shared_screen ON {one}; {on_a_shared_screen(one)}",
                f"DROP POLICY shared_screen ON {one}; {on_a_shared_screen(one, 'true')}",
            )
            for one in TABLES
        ),
    ]
