"""Secrets of second steps are bound to their users: once, here, and what was bound to nobody opens no more."""

from django.db import migrations

from practice import factor_seals, rotating


def seal_anew(apps, schema_editor):
    held = _held(apps)
    if held:
        rotating.make_installation_secret()  # where it is not there yet: after all migrations would be too late
        factor_seals.seal_anew(held)


def seal_as_before(apps, schema_editor):
    factor_seals.seal_anew(_held(apps), back=True)


def _held(apps):
    """Every row with a secret, held until the end: nobody uses a code up meanwhile."""
    rows = apps.get_model("mfa", "Authenticator").objects.select_for_update()
    return list(rows.exclude(type="webauthn").order_by("pk"))


class Migration(migrations.Migration):
    dependencies = [
        ("practice", "0016_keeping_and_erasing"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("account", "0001_initial"),
    ]

    operations = [migrations.RunPython(seal_anew, seal_as_before)]
