"""Measures: forms with published scoring, as definitions without any item's wording (see README.md).

measures.get("phq9")                     what is known of one
measures.score(measure, {1: 2, 2: 1})    answers to a score, with its band, its flags and what was missing
measures.read(measure, Decimal(12))      the same for a total that was added up elsewhere
measures.by_code(system, code)           which one a form from elsewhere is
measures.MeasureScoring                  a form of ours that refers to one
"""

from exercises.measures.codes import Recognition, by_code, is_safety_item, recognise
from exercises.measures.definition import LOINC, SYSTEM, Band, Code, Item, Licence, Measure, Status
from exercises.measures.native import MeasureScoring, MeasureScoringError, scoring_in
from exercises.measures.reading import DefinitionError, UnknownMeasure, all, find, get, is_for_one_alone, series
from exercises.measures.scoring import MeasureScore, ScoreError, read, score

__all__ = [
    "LOINC",
    "SYSTEM",
    "Band",
    "Code",
    "DefinitionError",
    "Item",
    "Licence",
    "Measure",
    "MeasureScore",
    "MeasureScoring",
    "MeasureScoringError",
    "Recognition",
    "ScoreError",
    "Status",
    "UnknownMeasure",
    "all",
    "by_code",
    "find",
    "get",
    "is_for_one_alone",
    "is_safety_item",
    "read",
    "recognise",
    "score",
    "scoring_in",
    "series",
]
