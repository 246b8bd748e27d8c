from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        from reports import alert_letters, receivers, waiting  # noqa: F401  listens for what is sent, fills the queue
