from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        from reports import (  # noqa: F401  register themselves
            alert_letters,
            calendar_entries,
            costs,
            document_notices,
            erased,
            events,
            fit_to_print,
            last_scores,
            leaving,
            receivers,
            records,
            trail_words,
            waiting,
        )
        from reports.copies import making  # noqa: F401
        from reports.taking_out import making as taking_out  # noqa: F401
