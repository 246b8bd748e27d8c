from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        from reports import receivers, waiting  # noqa: F401  listens for what is sent, fills the queue
