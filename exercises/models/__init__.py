"""What is given and answered."""

from exercises.models.assignment import Assignment, Occurrence
from exercises.models.library import Edition, Exercise, Program
from exercises.models.response import Answer, Draft, Reading, Response

__all__ = [
    "Answer",
    "Assignment",
    "Draft",
    "Edition",
    "Exercise",
    "Occurrence",
    "Program",
    "Reading",
    "Response",
]
