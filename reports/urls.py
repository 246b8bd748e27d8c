"""Addresses of reports: the desk's, and the portal's, which say nothing about what they are for."""

from django.urls import path

from reports.views import (
    alerts,
    caseload,
    letterhead,
    measures,
    metrics,
    ordering,
    portal,
    progress,
    reports,
    sheet,
    signs,
    standing,
)

COUPLE = "desk/couples/<uuid:couple_id>/"

urlpatterns = [
    path("documents/", portal.documents, name="portal_documents"),
    path("documents/<uuid:report_id>/file/", portal.document, name="portal_document"),
    path("desk/reports/", reports.reports, name="reports"),
    path("desk/to-look-at/", alerts.open_alerts, name="open_alerts"),
    path("desk/reports/many/", caseload.caseload_new, name="caseload_new"),
    path("desk/reports/many/<uuid:order_id>/", caseload.caseload_order, name="caseload_order"),
    path("desk/reports/many/<uuid:order_id>/again/", caseload.caseload_again, name="caseload_again"),
    path("desk/reports/many/<uuid:order_id>/files/", caseload.caseload_files, name="caseload_files"),
    path("desk/practice/paper/", letterhead.letterhead, name="letterhead"),
    path("desk/practice/paper/logo/", letterhead.letterhead_logo, name="letterhead_logo"),
    path("desk/practice/paper/<slug:colour>.css", letterhead.letterhead_colour, name="letterhead_colour"),
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
    path(COUPLE + "reports/new/", ordering.report_new, name="report_new"),
    path(COUPLE + "reports/new/preview/", ordering.report_preview, name="report_preview"),
    path(COUPLE + "reports/new/words/", ordering.report_draft, name="report_draft"),
    path(COUPLE + "reports/before-sessions/", standing.standing_new, name="standing_new"),
    path(COUPLE + "reports/before-sessions/<uuid:order_id>/end/", standing.standing_end, name="standing_end"),
    path(COUPLE + "reports/<uuid:report_id>/", reports.report, name="report"),
    path(COUPLE + "reports/<uuid:report_id>/hand-over/", reports.report_hand_over, name="report_hand_over"),
    path(COUPLE + "reports/<uuid:report_id>/take-back/", reports.report_take_back, name="report_take_back"),
    path(COUPLE + "reports/<uuid:report_id>/again/", reports.report_again, name="report_again"),
    path(COUPLE + "reports/<uuid:report_id>/file/", reports.report_download, name="report_download"),
    path(COUPLE + "signs/", signs.signs, name="signs"),
    path(COUPLE + "to-look-at/<uuid:alert_id>/", alerts.alert, name="alert"),
]
