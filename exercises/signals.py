"""What this app tells the apps above it."""

from django.dispatch import Signal

#: A response was sent. Sent inside the transaction that wrote it, as Attune itself; ``response`` has its
#: ``answers`` saved. Receivers write what belongs to the same truth: scores and alerts.
response_submitted = Signal()

#: Staff entered or corrected the score of a paper form. Sent inside the transaction that wrote it, as Attune
#: itself; ``entry`` is the MeasureEntry.
score_entered = Signal()
