"""What happens with tokens stands in the account of their owner: words, and nothing in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0019_api_access"),
    ]

    operations = [
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
                            ("opened_again", "What is private to you was opened again after that."),
                        ],
                        max_length=20,
                    ),
                ),
            ]
        ),
    ]
