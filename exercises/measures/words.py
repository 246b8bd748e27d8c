"""Words for bands, parts and rhythms. Definitions name them by key, so that they can be translated."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

BAND_WORDS: Mapping[str, Promise] = {
    "minimal": pgettext_lazy("band of a score", "minimal"),
    "mild": pgettext_lazy("band of a score", "mild"),
    "moderate": pgettext_lazy("band of a score", "moderate"),
    "moderately_severe": pgettext_lazy("band of a score", "moderately severe"),
    "severe": pgettext_lazy("band of a score", "severe"),
    "low": pgettext_lazy("band of a score", "low"),
    "high": pgettext_lazy("band of a score", "high"),
    "very_high": pgettext_lazy("band of a score", "very high"),
    "well": pgettext_lazy("band of a score", "likely to be well"),
}
PART_WORDS: Mapping[str, Promise] = {
    "anxiety": _("Anxiety"),
    "avoidance": _("Avoidance"),
    "depression": _("Low mood"),
    "consensus": _("Consensus"),
    "satisfaction": _("Satisfaction"),
    "cohesion": _("Cohesion"),
    "task": _("Task"),
    "bond": _("Bond"),
    "goal": _("Goal"),
    "mean": _("Mean of the items"),
}
BAND_SET_WORDS: Mapping[str, Promise] = {
    "severity": _("Bands"),
    "level": _("Bands"),
    "abs": _("Bands of the Australian Bureau of Statistics"),
    "gp": _("Bands used in general practice"),
}
RHYTHM_WORDS: Mapping[str, Promise] = {
    "every_session": _("every session"),
    "weekly": _("weekly"),
    "two_weekly": _("every two weeks"),
    "four_weekly": _("every four weeks"),
    "monthly": _("monthly"),
    "four_to_six_weekly": _("every four to six weeks"),
    "eight_to_twelve_weekly": _("every eight to twelve weeks"),
    "three_to_six_sessions": _("every three to six sessions"),
    "intake": _("at the start"),
    "intake_end": _("at the start and at the end"),
    "alone_intake": _("at the start, alone"),
    "alone": _("alone"),
}
