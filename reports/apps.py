from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        from reports import alert_letters, document_notices, receivers, waiting  # noqa: F401  listens, fills the queue
