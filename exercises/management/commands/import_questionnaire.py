"""Take a FHIR Questionnaire into a practice's library."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from exercises.fhir.commands import FhirCommand
from exercises.fhir.findings import Refused
from exercises.fhir.planning import Choices, Plan, plan_file
from exercises.fhir.taking import known_file, take
from exercises.vocabulary import Direction


class Command(FhirCommand):
    help = (
        "Import a FHIR R4 Questionnaire, or a Bundle of them, as exercises of a practice. "
        "Ends with 0 when it was taken, with 1 and the reasons when it was refused; a refusal saves nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE", help="a JSON file")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--licence", default="", help="the licence, as it is to be noted")
        parser.add_argument("--licence-reference", default="", help="where that licence is written down")
        parser.add_argument("--sum-of-weights", action="store_true", help="score it by adding up its weights")
        parser.add_argument(
            "--no-safety-questions",
            action="store_true",
            help="say that no question asks about self-harm, suicide or violence; without it, "
            "somebody marks them in the library before the form can be given",
        )

    def handle(self, *, file: str, practice: str, dry_run: bool, **options: Any) -> None:
        data = self.read(file)
        try:
            plans = plan_file(data)
        except Refused as refused:
            self.refuse(refused.findings)
        self._refuse_unlicensed(plans, options["licence_reference"])
        if dry_run and not self.has_database:
            for plan in plans:
                self._describe(plan)
            self.say("Nothing was saved: this was a dry run. No practice was asked, since there is no database yet.")
            return
        with self.inside(practice):
            for plan in plans:
                self._one(plan, dry_run, options)

    def _refuse_unlicensed(self, plans: list[Plan], reference: str) -> None:
        for plan in plans:
            measure = plan.offer.measure
            if measure is not None and measure.licence.needs_confirmation and not reference:
                self.refuse([f"{measure.name}: a licence is needed. Say where it is written down: --licence-reference"])

    def _one(self, plan: Plan, dry_run: bool, options: dict[str, Any]) -> None:
        known = known_file(plan)
        self._describe(plan)
        if known is not None:
            self.say(f"Already in the library as “{known.exercise.slug}”; nothing was changed.")
            return
        if dry_run:
            self.say("Nothing was saved: this was a dry run.")
            return
        exercise = take(plan, self._choices(plan, options))
        self.say(f"Taken as “{exercise.slug}”.")
        if not plan.is_cleared(self._choices(plan, options)):
            self.say("It cannot be given to anybody until its safety questions are marked in the library.")

    def _choices(self, plan: Plan, options: dict[str, Any]) -> Choices:
        return Choices(
            add_up=options["sum_of_weights"],
            direction=Direction.LOWER_BETTER,
            licence=options["licence"] or plan.one.questionnaire.copyright,
            licence_reference=options["licence_reference"],
            licence_confirmed=bool(options["licence_reference"]),
            no_safety_questions=options["no_safety_questions"],
        )

    def _describe(self, plan: Plan) -> None:
        form = plan.one.questionnaire
        items = sum(1 for _item in form.walk())
        self.say(f"{plan.title}: {items} items, {plan.asked} questions asked")
        if form.url:
            self.say(f"  address: {form.url}{'|' + form.version if form.version else ''}")
        self.say(f"  scoring: {self._scoring(plan)}")
        if plan.mapped.translations:
            self.say(f"  languages: {', '.join([form.language or 'en', *plan.mapped.translations])}")
        if plan.notices:
            self.say(f"  to know ({len(plan.notices)}):")
        for notice in plan.notices:
            self.say(f"    {notice}")

    def _scoring(self, plan: Plan) -> str:
        offer = plan.offer
        if offer.measure is not None:
            return f"recognised as {offer.measure.name}, scored natively"
        if offer.sum_of:
            return f"sum of weights can be offered ({offer.low}–{offer.high}, {len(offer.sum_of)} questions)"
        return "none"
