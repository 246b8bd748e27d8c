"""What pages call by themselves, and what sends something to somebody and is limited for that."""

from __future__ import annotations

from practice import limits, still_here

still_here.by_itself("portal_device_here")

SENDING = limits.PageLimit(limits.by_user, (limits.Rate(10, limits.QUARTER), limits.Rate(60, limits.DAY)))
for name in ("portal_number", "portal_proof", "portal_reach_try", "portal_address_again"):
    limits.limit(name, SENDING)
limits.limit("invitation_send", limits.OWN)
limits.limit("portal_code", limits.OWN)
limits.limit("client_met", limits.SURE)
# Whose phone it is, nobody knows yet: the code itself counts its own wrong tries (clients/pins.py).
limits.limit("pass", limits.STRANGERS)
limits.limit("stop", limits.ANYBODY)
