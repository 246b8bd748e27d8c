"""What other systems of a practice are told about reports and alerts (see practice/webhooks.py)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from exercises.flags import Severity
from practice import webhooks
from reports.models import Alert, Report

READY, RAISED = "report.ready", "alert.raised"

webhooks.register(READY, _("A report is ready"), door="api_report", named=("couple_id", "report_id"))
# Its address is that of all alerts: an alert's own would say whose it is.
webhooks.register(RAISED, _("An answer asks for a look"), door="api_alerts")


def ready(report: Report) -> None:
    """Tell that a report can be fetched, once for each time it was made."""
    about = {"couple_id": report.couple_id, "report_id": report.pk}
    webhooks.tell(READY, occasion=f"{report.pk} {report.finished_at}", about=about, couple_id=report.couple_id)


def raised(alerts: Iterable[Alert]) -> None:
    """Tell of alerts that somebody has to look at: that there is one, and not whose."""
    for alert in alerts:
        if alert.severity != Severity.NOTE:
            webhooks.tell(RAISED, occasion=str(alert.pk), about={"alert_id": alert.pk}, couple_id=alert.couple_id)
