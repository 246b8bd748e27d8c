"""What it adds up to: scores, alerts, and reports on paper."""

from reports.models.alert import Alert
from reports.models.report import Report
from reports.models.score import Score

__all__ = ["Alert", "Report", "Score"]
