"""Two more kinds of files to take away: words, and nothing in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0022_tokens_in_the_trail"),
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
                        ],
                        max_length=20,
                    ),
                ),
            ]
        ),
    ]
