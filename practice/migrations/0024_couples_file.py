"""A file of couples waits sealed, like files to take away: a word for it, and nothing in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0023_records_to_take_out"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="archive",
                    name="kind",
                    field=models.CharField(
                        choices=[
                            ("own_copy", "a person's own copy"),
                            ("record_copy", "a copy of one record for its person"),
                            ("practice_export", "everything that the practice keeps"),
                            ("couple_record", "the record of one couple"),
                            ("many_records", "the records of several couples"),
                            ("couples_file", "a table of couples that waits to be taken in"),
                        ],
                        max_length=20,
                    ),
                ),
            ]
        ),
    ]
