"""What a message was about, for the person it was for: said inside the portal, in the page's own words.

Read as that person, so that what they may not see any more is simply not named.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Collection, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients import kinds
from clients.kinds import About, Kind
from clients.models import Client, Reach
from exercises import notices, reminders
from exercises.models import Occurrence, Thread
from exercises.steps import Step
from exercises.thread_reading import title_of, with_subject
from practice import clock, tenancy
from practice.models import Message

STEPS = {
    Step.OPENS.value: gettext_lazy("It had just opened."),
    Step.DUE.value: gettext_lazy("It was the time for it."),
    Step.FOLLOW_UP.value: gettext_lazy("Once more, the day after."),
}


def rounds(person: Client, messages: Sequence[Message]) -> dict[uuid.UUID, About]:
    """Say of reminders which exercise each was for. One that is open leads to it."""
    asker, now = tenancy.current(), clock.now()
    here = asker.couples if asker else ()
    rows = Occurrence.objects.filter(audience__contains=[person.pk], pk__in={one.about_id for one in messages})
    found = {one.pk: one for one in rows.select_related("assignment__edition").defer("skip_reason", "assignment__why")}
    return {
        one.pk: About(
            occurrence.assignment.edition.neutral_title,
            reverse("do", args=[occurrence.pk]) if occurrence.couple_id in here and _is_there(occurrence, now) else "",
        )
        for one in messages
        if (occurrence := found.get(one.about_id)) is not None
    }


def _is_there(occurrence: Occurrence, now: datetime.datetime) -> bool:
    """Whether its page opens: what was taken back, or moved to a later day, has none."""
    return occurrence.opens_at <= now and occurrence.state != Occurrence.State.WITHDRAWN


def talks(person: Client, messages: Sequence[Message]) -> dict[uuid.UUID, About]:
    """Say of letters which conversation each was about."""
    asker = tenancy.current()
    here = asker.couples if asker else ()
    rows = with_subject(Thread.objects.filter(audience__contains=[person.pk]))
    found = {one.pk: one for one in rows.filter(pk__in={one.about_id for one in messages})}
    return {
        one.pk: About(title_of(thread) or _("A message for you"), _page_of(thread, here))
        for one in messages
        if (thread := found.get(one.about_id)) is not None
    }


def _page_of(thread: Thread, couples: Collection[uuid.UUID]) -> str:
    return reverse("portal_thread", args=[thread.pk]) if thread.couple_id in couples else ""


kinds.register(Kind(reminders.KIND, rounds, Reach.Topic.REMINDERS, steps=STEPS))
kinds.register(Kind(notices.KIND, talks, Reach.Topic.NEWS))
