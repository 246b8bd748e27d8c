"""What it adds up to: scores, alerts, and reports on paper."""

from reports.models.alert import Alert
from reports.models.baseline import Baseline
from reports.models.letterhead import Letterhead
from reports.models.report import CaseloadOrder, Report, StandingOrder
from reports.models.score import Score

__all__ = ["Alert", "Baseline", "CaseloadOrder", "Letterhead", "Report", "Score", "StandingOrder"]
