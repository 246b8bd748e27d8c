from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "clients"

    def ready(self) -> None:
        from clients import (  # noqa: F401  register themselves
            calendar_links,
            changed_addresses,
            consents,
            costs,
            devices,
            emergencies,
            erasing,
            events,
            handing_over,
            invited,
            inviting,
            proving,
            records,
            safe_contact,
            scope,
            sight,
            silences,
            trail_words,
            trying,
            visits,
            wishes,
        )
