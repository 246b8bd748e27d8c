"""What the practice tells the apps above it. All are sent inside the transaction that made the change."""

from django.dispatch import Signal

#: The practice handles secrets between partners differently from now on: ``practice``.
secrets_policy_changed = Signal()

#: Couples of the practice may agree to see scores as they come, or may not any more: ``practice``.
scores_by_agreement_changed = Signal()

#: A browser takes no more notifications: ``device_id``, and the ``message`` that found out. Sent as Attune itself.
device_gone = Signal()

#: A person's address or number gets nothing more: ``person_id``, ``channel``, ``reason`` (see Suppression.Reason).
address_silent = Signal()

#: The practice reminds at other steps from now on, where an assignment says nothing else: ``practice``.
reminder_steps_changed = Signal()

#: Somebody's work here has ended: ``member``, and ``to``, who takes over from them (None for the office). Sent as
#: Attune itself, in the act's own transaction.
member_left = Signal()

#: What somebody let programs read here ends, as whatever made it may not have been them: ``member``. Sent as Attune
#: itself, in the act's own transaction.
programs_ended = Signal()

#: Somebody works here in another role from now on: ``member``, and ``before``, the role they had. Sent inside the act's
#: own transaction.
role_changed = Signal()
