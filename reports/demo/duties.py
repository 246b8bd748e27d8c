"""What the owner of the demo answers for: who supervises, who is away, an emergency that is over, what is kept.

As in `history`, everything goes through the verbs that the site itself uses, at the moment it happened.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from clients import duty, emergencies, retaining, supervision
from clients.models import Client
from practice import tenancy
from practice.models import Membership
from practice.zones import start_of_day
from reports.demo.history import asker_of, standing_at
from reports.demo.people import AGNES, INES, RUTH, SAMIR

DAY = datetime.timedelta(days=1)
NOW = datetime.timedelta(0)
#: Those of whom somebody asked for something: one wants to be forgotten, the other's record is needed by a court.
FORGOTTEN, NEEDED = "hannah@example.org", "wei@example.org"
#: Whom the emergency was about.
CALLED_ABOUT = ("Priya", "Callum")


class Duties:
    """The practice's own business, done by its people."""

    def __init__(self, practice_id: uuid.UUID, now: datetime.datetime) -> None:
        self.practice_id = practice_id
        self.now = now
        with tenancy.acting(tenancy.as_system(practice_id)):
            rows = Membership.objects.select_related("user", "practice")
            self.staff = {one.user.email: one for one in rows}

    def write(self) -> None:
        self._supervision()
        self._absence()
        self._emergency()
        self._hold()
        self._request()

    @contextmanager
    def _as(self, email: str, ago: datetime.timedelta = NOW) -> Iterator[Membership]:
        """Let one of the staff do something so long ago."""
        member = self.staff[email]
        with standing_at(self.now - ago), tenancy.acting(asker_of(member.user, self.practice_id, membership=member)):
            yield member

    def _client(self, email: str) -> Client:
        with tenancy.acting(tenancy.as_system(self.practice_id)):
            return Client.objects.select_related("user").get(contacts__email=email)

    def _supervision(self) -> None:
        """The owner lets the supervisor read what Samir's couples write, until spring."""
        with self._as(RUTH.email, 40 * DAY) as owner:
            until = start_of_day(timezone.localdate(self.now, owner.practice.zone) + 150 * DAY, owner.practice.zone)
            supervision.grant(self.staff[AGNES.email], self.staff[SAMIR.email], by=owner, until=until)

    def _absence(self) -> None:
        """Samir goes away in ten days, and Ines covers."""
        today = timezone.localdate(self.now, self.staff[SAMIR.email].practice.zone)
        with self._as(SAMIR.email, 5 * DAY) as away:
            duty.plan_absence(
                away, begins_on=today + 10 * DAY, ends_on=today + 17 * DAY, covered_by=self.staff[INES.email], by=away
            )  # fmt: skip

    def _emergency(self) -> None:
        """Ines opened a couple of Samir's for four hours, closed it after forty minutes, and the owner looked at it."""
        afternoon = self.now.astimezone(self.staff[INES.email].practice.zone).replace(hour=14, minute=20)
        opened = self.now - afternoon + 16 * DAY
        with self._as(INES.email, opened) as ines:
            access = emergencies.open_up(
                emergencies.find(*CALLED_ABOUT), by=ines, hours=4,
                why="Callum rang at the front desk, very worried about Priya. Samir was in the air until evening.",
            )  # fmt: skip
        with self._as(INES.email, opened - datetime.timedelta(minutes=40)) as ines:
            emergencies.end(access, by=ines)
        with self._as(RUTH.email, opened - DAY) as owner:
            emergencies.review(
                access, by=owner,
                finding="Right to open it. Ines read how to reach Priya safely, rang her, and closed it. Samir took "
                "over the same evening.",
            )  # fmt: skip

    def _hold(self) -> None:
        with self._as(RUTH.email) as owner:
            retaining.hold(
                self._client(NEEDED), "The family court asked for the record on the ninth. Until the case is over.",
                by=owner,
            )  # fmt: skip

    def _request(self) -> None:
        """One of a couple that separated asks, from her own page, to be forgotten."""
        client = self._client(FORGOTTEN)
        assert client.user is not None  # noqa: S101 she joined
        asker = asker_of(client.user, self.practice_id, person=client)
        with tenancy.acting(asker):
            retaining.ask(client)
