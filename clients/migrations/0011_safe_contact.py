import django.db.models.deletion
from django.db import migrations, models

import practice.vault
from practice.walls import reference


class Migration(migrations.Migration):
    dependencies = [("clients", "0010_absences_and_covers_walls"), ("practice", "0010_two_people")]

    operations = [
        migrations.AddField(
            "contact",
            "safe_channel",
            models.CharField(
                choices=[
                    ("portal", "Only their own pages: nothing is sent"),
                    ("email", "E-mail"),
                    ("sms", "Text message"),
                ],
                default="portal",
                max_length=10,
                verbose_name="safe for letters about their account",
            ),
        ),
        migrations.AddField("contact", "never_call", models.BooleanField(default=False, verbose_name="never call")),
        migrations.AddField(
            "contact",
            "call_when",
            practice.vault.SealedTextField(blank=True, sealed_for="client_id", verbose_name="when a call is safe"),
        ),
        migrations.AddField(
            "contact",
            "call_as",
            practice.vault.SealedTextField(blank=True, sealed_for="client_id", verbose_name="who to say is calling"),
        ),
        migrations.AddField("contact", "asked_on", models.DateField(blank=True, null=True)),
        migrations.AddField(
            "contact",
            "asked_by",
            models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="practice.membership",
            ),
        ),
        migrations.RunSQL(reference("clients_contact", "asked_by_id", "practice_membership"), migrations.RunSQL.noop),
    ]
