"""Which measures a practice may use: those that are free, and those it says it holds a licence for."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from exercises.measures import Measure
from exercises.models import LicenceConfirmation
from practice.models import Membership


def confirmed() -> dict[str, LicenceConfirmation]:
    """Return the bound practice's standing confirmations, by the measure's key."""
    rows = LicenceConfirmation.objects.filter(withdrawn_at=None).select_related("confirmed_by")
    return {one.measure: one for one in rows}


def may_use(measure: Measure, confirmations: dict[str, LicenceConfirmation] | None = None) -> bool:
    """Tell whether the bound practice may import a measure's form and enter its scores."""
    if not measure.licence.needs_confirmation:
        return True
    return measure.key in (confirmed() if confirmations is None else confirmations)


def confirm(measure: Measure, *, by: Membership, reference: str) -> LicenceConfirmation:
    """Write down that the practice holds a licence, who says so and where it can be found. The first one stands."""
    try:
        with transaction.atomic():
            return LicenceConfirmation.objects.create(measure=measure.key, reference=reference, confirmed_by=by)
    except IntegrityError:
        return LicenceConfirmation.objects.get(measure=measure.key, withdrawn_at=None)


def withdraw(measure: Measure) -> None:
    """The practice holds it no longer: nothing new is imported or entered, what is there stays."""
    standing = LicenceConfirmation.objects.filter(measure=measure.key, withdrawn_at=None)
    standing.update(withdrawn_at=timezone.now())
