"""Addresses for programs."""

from django.urls import path

from practice.api import repeating
from practice.models import Archive
from reports.api import alerts, me, progress, reports, scores, taking_out
from reports.models import Alert, Report

COUPLE = "couples/<uuid:couple_id>/"
REPORT = COUPLE + "reports/<uuid:report_id>/"
ALERT = COUPLE + "alerts/<uuid:alert_id>/"

repeating.names(archive_id=Archive, report_id=Report, alert_id=Alert)

urlpatterns = [
    path("reports/kinds/", reports.Kinds.as_view(), name="api_report_kinds"),
    path(COUPLE + "reports/", reports.Reports.as_view(), name="api_reports"),
    path(REPORT, reports.OneReport.as_view(), name="api_report"),
    path(REPORT + "again/", reports.AgainReport.as_view(), name="api_report_again"),
    path(REPORT + "file/", reports.ReportFile.as_view(), name="api_report_file"),
    path(COUPLE + "partners/<uuid:client_id>/scores/", scores.Scores.as_view(), name="api_scores"),
    path(COUPLE + "progress/", progress.Progress.as_view(), name="api_progress"),
    path(COUPLE + "progress/metrics/", progress.Metrics.as_view(), name="api_metrics"),
    path(COUPLE + "exports/", taking_out.Exports.as_view(), name="api_exports"),
    path(COUPLE + "exports/<uuid:archive_id>/", taking_out.OneExport.as_view(), name="api_export"),
    path(COUPLE + "exports/<uuid:archive_id>/file/", taking_out.ExportFile.as_view(), name="api_export_file"),
    path("exports/", taking_out.AllExports.as_view(), name="api_exports_all"),
    path("exports/<uuid:archive_id>/", taking_out.OneOfAllExports.as_view(), name="api_export_all"),
    path("exports/<uuid:archive_id>/file/", taking_out.AllExportFile.as_view(), name="api_export_all_file"),
    path("alerts/", alerts.Alerts.as_view(), name="api_alerts"),
    path(ALERT, alerts.OneAlert.as_view(), name="api_alert"),
    path(ALERT + "take/", alerts.Take.as_view(), name="api_alert_take"),
    path(ALERT + "judge/", alerts.Judge.as_view(), name="api_alert_judge"),
    path(ALERT + "close/", alerts.Close.as_view(), name="api_alert_close"),
    path(ALERT + "seen/", alerts.Seen.as_view(), name="api_alert_seen"),
    path(ALERT + "reopen/", alerts.Reopen.as_view(), name="api_alert_reopen"),
    path("me/lately/", me.Lately.as_view(), name="api_me_lately"),
    path("me/documents/", me.Documents.as_view(), name="api_me_documents"),
    path("me/documents/<uuid:report_id>/file/", me.Document.as_view(), name="api_me_document"),
]
