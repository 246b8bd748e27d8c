from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "clients"

    def ready(self) -> None:
        from clients import (  # noqa: F401  register themselves
            caseloads,
            changed_addresses,
            consents,
            costs,
            devices,
            emergencies,
            erasing,
            handing_over,
            invited,
            inviting,
            proving,
            records,
            safe_contact,
            scope,
            silences,
            trail_words,
            trying,
            visits,
        )
