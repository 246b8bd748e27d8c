from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PracticeConfig(AppConfig):
    name = "practice"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from practice import (  # noqa: F401  register themselves
            changed_addresses,
            checks,
            destroying,
            exporting,
            factor_seals,
            grants,
            inviting,
            records,
            rotating,
            signing_in,
            timestamps,
            two_people,
            webhooks,
            words_found_once,
        )

        words_found_once.remember()
        post_migrate.connect(grants.grant_global_tables)
        post_migrate.connect(rotating.after_migration, sender=self)
