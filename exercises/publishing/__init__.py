"""The gate before publishing: what is wrong, or worth another look, in an exercise as written.

Pure: it takes content and gives findings, each with the place that it is about. `stop` keeps an exercise from
being published, `warn` is for the author to weigh.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from exercises.form_language import HAND_MADE, Limits
from exercises.publishing.finding import Draft, Finding, Severity
from exercises.publishing.form_checks import check_form, check_reading
from exercises.publishing.lanes import check_lanes
from exercises.publishing.locked import check_locked
from exercises.publishing.reachability import check_reachable
from exercises.publishing.reading_age import check_reading_age
from exercises.publishing.risk import check_risk
from exercises.publishing.scores import check_scores
from exercises.publishing.wording import check_translations


def findings(
    content: Mapping[str, Any],
    *,
    lanes: Collection[str] | None = None,
    locked: Mapping[str, Any] | None = None,
    limits: Limits = HAND_MADE,
) -> list[Finding]:
    """Everything that is wrong or worth a look, what stops first, otherwise in the order of the content.

    lanes: those that the practice offers; None when all are. locked: the content of a published measure whose
    wording this must keep. limits: IMPORTED for what came from a file.
    """
    found = check_reading(content, limits)
    draft = Draft.of(content, limits)
    if draft is not None:
        for check in (check_form, check_reachable, check_scores, check_risk, check_reading_age, check_translations):
            found += check(draft)
        found += check_lanes(draft, lanes)
        if locked is not None:
            found += check_locked(draft, locked)
    return sorted(found, key=lambda one: one.severity is not Severity.STOP)


def may_publish(found: Iterable[Finding]) -> bool:
    return all(one.severity is not Severity.STOP for one in found)


__all__ = ["Finding", "Severity", "findings", "may_publish"]
