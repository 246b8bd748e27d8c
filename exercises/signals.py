"""What this app tells the apps above it."""

from django.dispatch import Signal

#: A response was written and nothing of it has opened yet. Sent before :data:`response_submitted`, in the same
#: transaction and as Attune itself, with the same words. Receivers decide whether anything may open.
response_written = Signal()

#: A response was sent. Sent inside the transaction that wrote it, as Attune itself; ``answers`` are those of
#: ``response``, as they were saved. Receivers write what belongs to the same truth: scores and alerts.
response_submitted = Signal()

#: Sealed answers of a round were opened, or will open at another moment, or somebody more may read them then:
#: ``occurrences`` are the ids of the whole round's. Sent inside the transaction that changed it, as Attune itself.
reveal_changed = Signal()

#: Staff entered or corrected the score of a paper form. Sent inside the transaction that wrote it, as Attune
#: itself; ``entry`` is the MeasureEntry.
score_entered = Signal()
