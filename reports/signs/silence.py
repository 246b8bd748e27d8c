"""Silence: somebody who answered steadily, and then did not."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from reports.signs.facts import CoupleFacts, days
from reports.signs.sign import SILENCE, Sign


def silence(facts: CoupleFacts, now: datetime) -> list[Sign]:
    found = []
    for client_id in facts.partners:
        rounds = [one for one in facts.rounds if one.client_id == client_id and now - one.due_at <= SILENCE.within]
        last, before = rounds[-SILENCE.missed :], rounds[: -SILENCE.missed][-SILENCE.run :]
        if len(before) < SILENCE.run or any(one.answered for one in last):
            continue
        steady = sum(one.answered for one in before)
        if steady >= SILENCE.answered:
            said = {"n": steady, "of": len(before), "days": days(one.due_at for one in last)}
            data = _("%(n)s of %(of)s answered, then nothing on %(days)s") % said
            found.append(Sign("silence", client_id, last[-1].due_at, (data,)))
    return found
