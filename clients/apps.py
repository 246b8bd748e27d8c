from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "clients"

    def ready(self) -> None:
        from clients import changed_addresses, consents, inviting, scope  # noqa: F401  register themselves
