"""What costs enough to be limited: paper."""

from __future__ import annotations

from practice import limits
from practice.api.middleware import dear

#: The preview of an order follows every change of its form.
PREVIEWS = limits.PageLimit(
    limits.by_user, (limits.Rate(120, limits.MINUTE), limits.Rate(2000, limits.HOUR)), reads=True
)
for name in (
    "report_new",
    "report_of_kind",
    "report_again",
    "caseload_new",
    "caseload_again",
    "letterhead_logo",
    "portal_copy",
    "record_copy",
    "take_out",
    "take_out_all",
):
    limits.limit(name, limits.COSTLY)
for name in (
    "report_preview",
    "report_of_kind_preview",
    "report_download",
    "portal_document",
    "caseload_files",
    "take_out_file",
    "take_out_all_file",
):
    limits.limit(name, PREVIEWS)
# The same for programs.
for name in ("api_reports", "api_report_again", "api_exports", "api_exports_all"):
    dear("POST", name, *limits.COSTLY.rates)
for name in ("api_report_file", "api_me_document", "api_export_file", "api_export_all_file"):
    dear("GET", name, *PREVIEWS.rates)
