"""What it adds up to: scores, alerts, and reports on paper."""

from reports.models.alert import Act, Alert, AlertStep, Judgement, Rung, SetAside
from reports.models.baseline import Baseline
from reports.models.letterhead import Letterhead
from reports.models.release import Release, Showing
from reports.models.report import CaseloadOrder, Report, StandingOrder
from reports.models.score import Score

__all__ = [
    "Act",
    "Alert",
    "AlertStep",
    "Baseline",
    "CaseloadOrder",
    "Judgement",
    "Letterhead",
    "Release",
    "Report",
    "Rung",
    "Score",
    "SetAside",
    "Showing",
    "StandingOrder",
]
