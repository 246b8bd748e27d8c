"""Addresses of the desk: reports, progress, and what has to be looked at."""

from django.urls import path

from reports.views import alerts, measures, metrics, progress, reports, sheet, signs

COUPLE = "desk/couples/<uuid:couple_id>/"

urlpatterns = [
    path("desk/reports/", reports.reports, name="reports"),
    path("desk/to-look-at/", alerts.open_alerts, name="open_alerts"),
    path(COUPLE + "progress/", progress.progress_of_couple, name="progress_of_couple"),
    path(COUPLE + "numbers/", metrics.metrics_of_couple, name="metrics_of_couple"),
    path(COUPLE + "measures/of/<uuid:client_id>/", measures.measures_of_partner, name="measures_of_partner"),
    path(COUPLE + "measures/together/", measures.measures_together, name="measures_together"),
    path(
        COUPLE + "measures/of/<uuid:client_id>/<slug:key>/baseline/",
        measures.measure_baseline,
        name="measure_baseline",
    ),
    path(COUPLE + "sheet/", sheet.session_sheet, name="session_sheet"),
    path(COUPLE + "sessions/<uuid:appointment_id>/sheet/", sheet.session_sheet, name="session_sheet_of"),
    path(COUPLE + "reports/", reports.reports_of_couple, name="reports_of_couple"),
    path(COUPLE + "reports/<uuid:report_id>/", reports.report, name="report"),
    path(COUPLE + "reports/<uuid:report_id>/again/", reports.report_again, name="report_again"),
    path(COUPLE + "reports/<uuid:report_id>/file/", reports.report_download, name="report_download"),
    path(COUPLE + "signs/", signs.signs, name="signs"),
    path(COUPLE + "to-look-at/<uuid:alert_id>/", alerts.alert, name="alert"),
]
