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
    """Tell that a report can be fetched, once for each time it was made; of none that is for one of them, or about one.

    Its id alone would say that there is such a report.
    """
    if _is_of_one(report):
        return
    about = {"couple_id": report.couple_id, "report_id": report.pk}
    webhooks.tell(READY, occasion=f"{report.pk} {report.finished_at}", about=about, couple_id=report.couple_id)


def _is_of_one(report: Report) -> bool:
    if report.partner_id is not None or report.audience == Report.Audience.PARTNER:
        return True
    return report.run is not None and len(report.run.audience) == 1


def raised(alerts: Iterable[Alert]) -> None:
    """Tell of alerts that somebody has to look at: that there is one, and not whose."""
    for alert in alerts:
        if alert.severity != Severity.NOTE:
            webhooks.tell(RAISED, occasion=str(alert.pk), about={"alert_id": alert.pk}, couple_id=alert.couple_id)
