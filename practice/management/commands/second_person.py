"""Be the second person of an act, for a practice in which nobody else can."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from practice import tenancy, two_people
from practice.models import TwoPersonAct


class Command(BaseCommand):
    help = (
        "List what waits for a second person in one practice, or confirm one act as the operator of the installation. "
        "Works only where nobody of the practice may confirm. Speak with whoever asked for it first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("practice", help="the practice's id")
        parser.add_argument("--confirm", metavar="ACT", help="the id of the act")
        parser.add_argument("--operator", default="", help="who you are: it stands in the record")

    def handle(self, *, practice: str, confirm: str | None, operator: str, **options: Any) -> None:
        try:
            practice_id = uuid.UUID(practice)
            act_id = uuid.UUID(confirm) if confirm else None
        except ValueError as error:
            raise CommandError("That is no id.") from error
        with tenancy.acting(tenancy.as_system(practice_id)):
            if act_id is None:
                for act in two_people.waiting():
                    self.stdout.write(f"{act.pk}  {act.act}  asked {act.asked_at:%Y-%m-%d %H:%M} UTC")
                return
            self._confirm(act_id, operator)

    def _confirm(self, act_id: uuid.UUID, operator: str) -> None:
        act = TwoPersonAct.objects.filter(pk=act_id).first()
        if act is None:
            raise CommandError("There is no such act in this practice.")
        try:
            two_people.confirm_as_operator(act, operator=operator)
        except two_people.NotTheirs:
            raise CommandError("Somebody of the practice can confirm this, or --operator is missing.") from None
        except two_people.NotWaiting:
            raise CommandError("That was decided already, or has run out.") from None
        self.stdout.write("Confirmed and done.")
