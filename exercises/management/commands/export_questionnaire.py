"""Write an exercise as a FHIR Questionnaire."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from exercises.fhir.commands import FhirCommand
from exercises.fhir.exporting import questionnaire_of
from exercises.fhir.reading import written
from exercises.library import find_exercise


class Command(FhirCommand):
    help = "Write an exercise of a practice, or of the catalogue, as a FHIR R4 Questionnaire on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("exercise", metavar="SLUG", help="the exercise's short name")

    def handle(self, *, exercise: str, practice: str, **options: Any) -> None:
        with self.inside(practice):
            found = find_exercise(exercise)
            if found is None or found.newest is None:
                self.refuse([f"There is no exercise “{exercise}”."])
            exported = questionnaire_of(found.newest)
            self.say(written(exported.resource))
            for finding in exported.dropped:
                self.stderr.write(str(finding))
