"""What this app tells the apps above it. All are sent inside the transaction that made the change."""

from django.dispatch import Signal

#: A client changed how or when they may be reached: ``client``. Planned reminders follow.
contact_changed = Signal()

#: A couple's appointments changed: ``couple``. What opens at the next one follows.
appointments_changed = Signal()

#: Who is in care together in a couple changed: ``couple_id``. Somebody came or left, or their status is another one.
#: What they see of each other follows.
together_changed = Signal()

#: A therapist took back the record that joint work is safe: ``couple``, ``by``. What needed it ends.
clearance_withdrawn = Signal()

#: People stopped being in care together: ``couple_id`` and ``who``, the clients who share nothing with the others of
#: it any more. Sent as Attune itself. What would still have come to them together ends.
parted = Signal()

#: A client took back what they had agreed to: ``client``, ``about``. What needs it stops.
consent_taken_back = Signal()

#: Somebody is about to be erased: ``person`` (clients.removing.Person). Receivers may return what else goes along, as
#: {table: ids}. Sent for a preview as well: nothing is changed by it.
somebody_goes = Signal()

#: What is kept of somebody was erased: ``person`` (clients.removing.Person). Sent as Attune itself, before the proof is
#: written. What was made of it (papers, sums) follows.
somebody_gone = Signal()
