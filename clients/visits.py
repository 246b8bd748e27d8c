"""That a person signed in, and when: what tells 'never saw it' from 'saw it and did not answer'."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.dispatch import receiver

from clients.models import PortalVisit
from clients.scope import clients_of
from practice import clock, tenancy
from practice.models import User

#: Nobody needs to know it longer.
KEPT = datetime.timedelta(days=90)


@receiver(user_logged_in)
def note_the_visit(user: User, **kwargs: Any) -> None:
    """Write down one visit to each portal of this person; what is older than ``KEPT`` goes.

    Runs as the login role, or inside one practice when a phone was handed over there.
    """
    bound = tenancy.current()
    with transaction.atomic():
        if bound is None:
            tenancy.bind_user(user.pk)
        for client in clients_of(user):
            with tenancy.acting(tenancy.as_system(client.practice_id, user_id=user.pk)):  # type: ignore[arg-type]
                now = clock.now()
                PortalVisit.objects.filter(at__lt=now - KEPT).delete()
                PortalVisit.objects.create(client=client, at=now)
