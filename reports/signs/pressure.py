"""The work itself: pressure, 'too much', and not being free to stop."""

from __future__ import annotations

from datetime import datetime
from statistics import median

from django.utils.translation import gettext as _

from exercises.measures.explaining import figure
from reports.signs.facts import CoupleFacts, days
from reports.signs.sign import HIGH, NOT_FREE, Sign


def too_much(facts: CoupleFacts, now: datetime) -> list[Sign]:
    found = []
    for client_id in facts.partners:
        data, seen = [], []
        last = [one for one in facts.of(client_id, "pressure") if now - one.at <= HIGH.within][-HIGH.of_last :]
        if len(last) == HIGH.of_last and median(one.value for one in last) >= HIGH.at_least:
            data.append(_("Pressure %(values)s of 10") % {"values": ", ".join(figure(one.value) for one in last)})
            seen.append(last[-1].at)
        said = [at for client, at in facts.too_much if client == client_id and now - at <= HIGH.within]
        if len(said) >= HIGH.said:
            data.append(_("“Too much” on %(days)s") % {"days": days(said, facts.zone)})
            seen.append(max(said))
        if data:
            found.append(Sign("too_much", client_id, max(seen), tuple(data)))
    return found


def not_free(facts: CoupleFacts, now: datetime) -> list[Sign]:
    found = []
    for client_id in facts.partners:
        said = [at for client, at in facts.not_free if client == client_id and now - at <= NOT_FREE.within]
        if len(said) >= NOT_FREE.times:
            data = _("Not free to say no, pause or stop: %(days)s") % {"days": days(said, facts.zone)}
            found.append(Sign("not_free", client_id, max(said), (data,)))
    return found
