"""What pages call by themselves, and what sends something to somebody and is limited for that."""

from __future__ import annotations

from practice import limits, still_here
from practice.api.middleware import dear

still_here.by_itself("portal_device_here")

SENDING = limits.PageLimit(limits.by_user, (limits.Rate(10, limits.QUARTER), limits.Rate(60, limits.DAY)))
for name in ("portal_number", "portal_proof", "portal_reach_try", "portal_address_again"):
    limits.limit(name, SENDING)
limits.limit("invitation_send", limits.OWN)
for name in ("bring_in", "bring_columns", "bring_look"):
    limits.limit(name, limits.COSTLY)
limits.limit("portal_code", limits.OWN)
limits.limit("client_met", limits.SURE)
# Whose phone it is, nobody knows yet: the code itself counts its own wrong tries (clients/pins.py).
limits.limit("pass", limits.STRANGERS)
limits.limit("stop", limits.ANYBODY)
# The same for programs: what writes to somebody, and what tells whether an address is known here.
dear("POST", "api_invitation", *limits.OWN.rates)
dear("POST", "api_couples", *limits.COSTLY.rates)
dear("PATCH", "api_partner", *limits.COSTLY.rates)
