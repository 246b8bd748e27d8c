"""The private part of the session sheet: one partner's, apart from everything else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clients.models import Client, Couple
from exercises import agenda, decks, goals, reviewing, threads
from exercises.goals import Standing
from exercises.models import AgendaItem
from reports.models import Alert
from reports.sheet_numbers import ScoreRow, new_scores
from reports.sheet_rounds import Obstacle, Row, obstacles, rows


@dataclass(frozen=True)
class PrivatePart:
    """What one partner has with the therapist alone."""

    client: Client
    position: int
    alerts: list[Alert]
    rows: list[Row]
    scores: list[ScoreRow]
    obstacles: list[Obstacle]
    agenda: list[AgendaItem]
    cards: list[str]
    goals: list[Standing]
    to_review: int
    to_answer: int

    @property
    def is_empty(self) -> bool:
        parts = (self.alerts, self.rows, self.scores, self.obstacles, self.agenda, self.cards, self.goals)
        return not (any(parts) or self.to_review or self.to_answer)


def private_part(couple: Couple, client: Client, since: datetime, until: datetime) -> PrivatePart:
    """Read one partner's part, and nothing of the others'. The couple comes ``with_partners``."""
    own_goals = goals.private_of(couple, client).filter(reached_at=None, dropped_at=None)
    return PrivatePart(
        client=client,
        position=next(one.position for one in couple.partners.all() if one.client_id == client.pk),
        alerts=list(Alert.objects.to_look_at().filter(couple=couple, client=client).defer("note")),
        rows=rows(couple, since, until, until, client=client),
        scores=new_scores(couple, since, client=client),
        obstacles=obstacles(couple, since, until, client=client),
        agenda=[one for one in agenda.WAITING.all(couple=couple.pk) if one.apart and one.client_id == client.pk],
        cards=decks.kept_for_talking(couple.pk, since, alone=client.pk),
        goals=goals.standings(couple, list(own_goals)),
        to_review=reviewing.to_review([couple.pk], client=client).count(),
        to_answer=threads.waiting_for_practice([couple.pk]).filter(audience=[client.pk]).count(),
    )
