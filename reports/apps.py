from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        from reports import alert_letters, document_notices, receivers, records, waiting  # noqa: F401  register themselves
