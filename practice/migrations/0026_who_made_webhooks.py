"""A webhook says which owner made it; an account says that a link to a calendar was made."""

import django.db.models.deletion
from django.db import migrations, models

from practice.walls import reference


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0025_single_sign_on"),
    ]

    operations = [
        migrations.AddField(
            model_name="webhook",
            name="made_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="practice.membership",
            ),
        ),
        # Nothing is there yet that it could be wrong for: it holds for every row from now on.
        migrations.RunSQL(
            reference("practice_webhook", "made_by_id", "practice_membership") + " NOT VALID", migrations.RunSQL.noop
        ),
        # Words, and nothing in the database.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="accountevent",
                    name="what",
                    field=models.CharField(
                        choices=[
                            ("new_browser", "You signed in with a browser that was new here."),
                            ("factor_added", "A passkey or an app for codes was added."),
                            ("factor_removed", "A passkey or an app for codes was taken away."),
                            ("codes_made", "Recovery codes were made."),
                            ("code_used", "A recovery code was used."),
                            ("password_changed", "The password was changed."),
                            ("address_changed", "The e-mail address was changed."),
                            ("recovered", "A new password was chosen through the mailbox."),
                            ("token_made", "A token was made that lets a program work for you."),
                            ("token_ended", "A token of yours for a program was withdrawn."),
                            ("tokens_ended", "All tokens that let programs work for you were withdrawn."),
                            ("linked", "The sign-in of a practice’s provider was linked to this account."),
                            ("unlinked", "The sign-in of a practice’s provider opens this account no more."),
                            ("role_by_provider", "A practice’s provider changed what you may do there."),
                            ("team_by_provider", "The provider of your practice changed what somebody may do in it."),
                            ("calendar_made", "A link was made by which a program reads your calendar."),
                            ("opened_again", "What is private to you was opened again after that."),
                        ],
                        max_length=20,
                    ),
                ),
            ]
        ),
    ]
