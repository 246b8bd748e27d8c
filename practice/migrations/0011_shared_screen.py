from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("practice", "0010_two_people")]

    operations = [
        migrations.AddField("membership", "shares_with", models.UUIDField(blank=True, editable=False, null=True)),
        migrations.AddField("membership", "shares_since", models.DateTimeField(blank=True, editable=False, null=True)),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("shares_since", None), ("shares_with", None))
                | models.Q(("shares_since__isnull", False), ("shares_with__isnull", False)),
                name="membership_shares_since",
            ),
        ),
    ]
