"""What this app tells the apps above it. All are sent inside the transaction that made the change."""

from django.dispatch import Signal

#: A client changed how or when they may be reached: ``client``. Planned reminders follow.
contact_changed = Signal()

#: A couple's appointments changed: ``couple``. What opens at the next one follows.
appointments_changed = Signal()

#: A therapist took back the record that joint work is safe: ``couple``, ``by``. What needed it ends.
clearance_withdrawn = Signal()
