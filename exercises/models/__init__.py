"""What is given and answered."""

from exercises.models.assignment import Assignment, Occurrence
from exercises.models.library import Edition, Exercise, Program
from exercises.models.measure import LicenceConfirmation, MeasureEntry, QuestionnaireFile
from exercises.models.plan import Goal, GoalRating, Pause, ProgramRun
from exercises.models.practising import (
    Agreement,
    AgreementVersion,
    Assent,
    Attachment,
    Draw,
    Feedback,
    JournalEntry,
    Sitting,
    Win,
)
from exercises.models.reminding import ReminderStop
from exercises.models.response import Answer, Draft, Reading, Response
from exercises.models.review import AgendaItem, Comment, PsychotherapyNote, Review, Seen, StaffNote, Thread
from exercises.models.writing import Illustration, Manuscript, Shelf, ShelfEntry

__all__ = [
    "AgendaItem",
    "Agreement",
    "AgreementVersion",
    "Answer",
    "Assent",
    "Assignment",
    "Attachment",
    "Comment",
    "Draft",
    "Draw",
    "Edition",
    "Exercise",
    "Feedback",
    "Goal",
    "GoalRating",
    "Illustration",
    "JournalEntry",
    "LicenceConfirmation",
    "Manuscript",
    "MeasureEntry",
    "Occurrence",
    "Pause",
    "Program",
    "ProgramRun",
    "PsychotherapyNote",
    "QuestionnaireFile",
    "Reading",
    "ReminderStop",
    "Response",
    "Review",
    "Seen",
    "Shelf",
    "ShelfEntry",
    "Sitting",
    "StaffNote",
    "Thread",
    "Win",
]
