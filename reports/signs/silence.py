"""Silence: somebody who answered steadily, and then did not."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from reports.signs.facts import CoupleFacts, days
from reports.signs.sign import SILENCE, Sign


def silence(facts: CoupleFacts, now: datetime) -> list[Sign]:
    found = []
    for client_id in facts.partners:
        rounds = facts.rounds.get(client_id, [])
        answered = [at for at, one in enumerate(rounds) if one.answered]
        end = answered[-1] + 1 if answered else 0
        # However long it lasts: what counts is the run before it began.
        last, before = rounds[end:], rounds[:end][-SILENCE.run :]
        if len(last) < SILENCE.missed or len(before) < SILENCE.run:
            continue
        steady = sum(one.answered for one in before)
        if steady >= SILENCE.answered:
            since = days([last[0].due_at], facts.zone)
            said = {"n": steady, "of": len(before), "missed": len(last), "since": since}
            data = _("%(n)s of %(of)s answered, then none of %(missed)s since %(since)s") % said
            found.append(Sign("silence", client_id, last[-1].due_at, (data,)))
    return found
