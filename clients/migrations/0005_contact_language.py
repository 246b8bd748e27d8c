from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clients", "0004_walls_of_pins")]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="language",
            field=models.CharField(blank=True, default="", max_length=10, verbose_name="language"),
            preserve_default=False,
        ),
    ]
