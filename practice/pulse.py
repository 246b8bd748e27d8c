"""The pulse: a canary that proves by work that messages get out.

Once a minute the scheduler rings, the broker carries it, a worker plants a row; the next delivery takes the row and
hands a letter to the installation's mail server. Only when all of that happened the pulse is *reached*. A process
that runs, a queue that is short and a port that answers prove nothing: silence here does
(:mod:`practice.watchdog`, :mod:`practice.alarms`).

Without ``ATTUNE_CANARY_ADDRESS`` no letter leaves, and the pulse proves the way as far as the database.
"""

from __future__ import annotations

import datetime
import logging
from dataclasses import dataclass

from django.conf import settings

from practice import circuits, clock, dispatch, pace, providers, tenancy
from practice.channels.base import Letter, NotNow, Refused
from practice.clock import Now
from practice.models import Message, Pulse

log = logging.getLogger(__name__)

KEPT = datetime.timedelta(days=1)
#: A pulse that was not reached by then is not carried any more: it has told what it had to tell.
CARRIED = datetime.timedelta(minutes=10)


def plant() -> None:
    """Plant a pulse."""
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        Pulse.objects.create(planted_at=clock.now())


def reach() -> int:
    """Carry the pulses that wait the whole way; return how many were reached. Safe to run at once with itself.

    Those of yesterday are cleared away here, and not where new ones are planted: that is no sign of work done.
    """
    waiting = _waiting()
    if not waiting or not _carried(waiting[-1]):
        return 0
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        Pulse.objects.filter(planted_at__lt=clock.now() - KEPT).delete()
        return Pulse.objects.filter(pk__in=[one.pk for one in waiting], reached_at=None).update(reached_at=Now())


def _waiting() -> list[Pulse]:
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        rows = Pulse.objects.filter(reached_at=None, planted_at__gt=clock.now() - CARRIED)
        return list(rows.order_by("planted_at", "pk"))


def _carried(pulse: Pulse) -> bool:
    if not settings.ATTUNE_CANARY_ADDRESS:
        return True
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        # One letter a minute, however many workers come by, and none to a server that is left alone.
        granted, _next = pace.take("canary", 1, limit=1, window=pace.MINUTE)
        if not granted or Message.Channel.EMAIL.value in circuits.health().resting:
            return False
    return _handed_over(pulse)


def _handed_over(pulse: Pulse) -> bool:
    route = next(one for one in providers.installation() if one.channel == Message.Channel.EMAIL)
    carrier = route.build()
    try:
        carrier.open()
        message = Message(pk=pulse.pk, channel=Message.Channel.EMAIL, kind="pulse")
        letter = Letter("Still here", "This mailbox is written to once a minute.", to_address="")
        carrier.send(carrier.prepare(message, letter, settings.ATTUNE_CANARY_ADDRESS))
    except (NotNow, Refused, OSError) as error:
        log.warning("The pulse does not get through: %s", type(error).__name__)
        return False
    finally:
        carrier.close()
    return True


@dataclass(frozen=True)
class Heartbeat:
    """When pulses were last planted and reached, by the database's clock."""

    now: datetime.datetime
    planted_at: datetime.datetime | None
    reached_at: datetime.datetime | None

    @property
    def age(self) -> datetime.timedelta | None:
        """How long ago the whole way worked; None when it never did."""
        return self.now - self.reached_at if self.reached_at else None


def heartbeat() -> Heartbeat:
    """Return how the heart beats now."""
    with tenancy.acting(tenancy.Asker(role=dispatch.ROLE)):
        planted = Pulse.objects.order_by("-planted_at").values_list("planted_at", flat=True).first()
        reached = (
            Pulse.objects.exclude(reached_at=None).order_by("-reached_at").values_list("reached_at", flat=True).first()
        )
        return Heartbeat(clock.now(), planted, reached)
