"""What the tables of this app are called in the trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from practice import trail_words

trail_words.call(
    {
        "reports_report": _("a report"),
        "reports_alert": _("an answer that asks for a look"),
        "reports_alertstep": _("who was told of an answer that asks for a look"),
        "reports_setaside": _("a sign that was set aside"),
        "reports_baseline": _("where changes are counted from"),
        "reports_release": _("which scores a partner sees"),
        "reports_showing": _("which scores somebody shows"),
        "reports_caseloadorder": _("reports of a whole caseload"),
        "reports_standingorder": _("a report before each session"),
        "reports_letterhead": _("the practice's paper"),
    }
)
trail_words.call_pages(
    {
        "record_copy": _("a copy to hand over"),
        "take_out": _("taking a couple's record out"),
        "take_out_file": _("a couple's record, taken out"),
        "take_out_all_file": _("the records of all couples that an owner reads"),
    }
)
