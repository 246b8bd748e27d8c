"""Take a FHIR QuestionnaireResponse into a couple's record."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any

from clients.models import Client, Couple
from exercises.fhir.commands import FhirCommand
from exercises.fhir.findings import Refused
from exercises.fhir.responses import prepare, take_response
from exercises.library import find_exercise
from practice.models import Membership


class Command(FhirCommand):
    help = (
        "Import a FHIR R4 QuestionnaireResponse as the private answers of one partner. "
        "Ends with 0 when it was taken, with 1 and the reasons when it was refused; a refusal saves nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE", help="a JSON file")
        parser.add_argument("--client", required=True, metavar="ID", help="the person who answered")
        parser.add_argument("--couple", metavar="ID", default="", help="needed when the person is in several")
        parser.add_argument("--form", metavar="SLUG", default="", help="the form, when the file does not say it")
        parser.add_argument("--by", metavar="E-MAIL", default="", help="who brings it in; else an owner")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")

    def handle(self, *, file: str, practice: str, dry_run: bool, **options: Any) -> None:
        data = self.read(file)
        with self.inside(practice):
            client, couple = self._whom(options["client"], options["couple"])
            by = self._by(options["by"])
            named = find_exercise(options["form"]) if options["form"] else None
            if options["form"] and named is None:
                self.refuse([f"There is no exercise “{options['form']}”."])
            try:
                ready = prepare(data, couple, client, named=named)
                if not dry_run:
                    take_response(ready, couple=couple, client=client, by=by)
            except Refused as refused:
                self.refuse(refused.findings)
            self.say(f"{ready.edition.title}: {len(ready.checked.values)} answers, from {ready.at:%Y-%m-%d}")
            for notice in ready.notices:
                self.say(f"  {notice}")
            self.say("Nothing was saved: this was a dry run." if dry_run else "Taken.")

    def _whom(self, client_id: str, couple_id: str) -> tuple[Client, Couple]:
        client = Client.objects.filter(pk=_id(client_id)).first() if _id(client_id) else None
        if client is None:
            self.refuse(["There is no such person."])
        couples = Couple.objects.with_partners().filter(partners__client=client)
        if couple_id:
            couples = couples.filter(pk=_id(couple_id))
        found = list(couples.distinct()[:2])
        if len(found) != 1:
            self.refuse(["Say in which couple: --couple" if found else "There is no such couple."])
        return client, found[0]

    def _by(self, email: str) -> Membership:
        members = Membership.objects.filter(ended_at=None)
        if email:
            members = members.filter(user__email__iexact=email)
        found = members.filter(role__in=["owner", "supervisor", "therapist"]).order_by("role", "pk").first()
        if found is None:
            self.refuse(["There is nobody of that name in the practice who may read answers."])
        return found


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
