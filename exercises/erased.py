"""What goes along when somebody is erased, besides what the registry says."""

from __future__ import annotations

import uuid
from typing import Any

from django.dispatch import receiver

from clients.removing import Person
from clients.signals import somebody_goes
from exercises.models import AgreementVersion, Assent


@receiver(somebody_goes, dispatch_uid="exercises.erased")
def proposals(person: Person, **kwargs: Any) -> dict[str, list[uuid.UUID]]:
    """Words that this person proposed and nobody else ever said yes to: they were theirs alone."""
    agreed = Assent.objects.exclude(author_id=person.client_id).values("version_id")
    rows = AgreementVersion.objects.filter(proposed_by_id=person.client_id).exclude(pk__in=agreed)
    return {"exercises.AgreementVersion": list(rows.values_list("pk", flat=True))}
