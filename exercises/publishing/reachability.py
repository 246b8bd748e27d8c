"""Branches that nobody can ever reach, whatever they answer.

Each condition is written out as the sets of clauses of which one has to hold, together with what the questions
it looks at need to be asked at all. A set is impossible when some question has no answer that meets all its
clauses. When there are too many sets to look through, a branch counts as open: what is said here is certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext_lazy as _

from exercises.clauses import Clause, Clauses
from exercises.conditions import constant, holds
from exercises.publishing.candidates import candidates
from exercises.publishing.finding import Draft, Finding, stop, warn
from exercises.question import Question
from exercises.questions import Form
from exercises.values import BLANK
from exercises.vocabulary import QuestionType

_MOST_BRANCHES = 128
_MOST_STEPS = 100_000

Branch = frozenset[Clause]


def check_reachable(draft: Draft) -> list[Finding]:
    """A finding for each dead branch: at its condition, or at the part of it that can never be true."""
    ways = _Ways(draft.form)
    found: list[Finding] = []
    dead: set[str] = set()
    for item in draft.form.every:
        if draft.form.spots[item.key].parent in dead:
            dead.add(item.key)
            continue
        if item.show_if is None:
            continue
        parts = list(_dead_parts(ways, item.show_if, "show_if"))
        if not ways.to(item.key):
            dead.add(item.key)
            message = _("Nobody can ever be asked this: its condition cannot come true.")
            place = parts[0] if len(parts) == 1 else "show_if"
            found.append(stop(draft.place(item, place), "dead_branch", message, item.key))
        else:
            message = _("This part of the condition can never be true.")
            found += [warn(draft.place(item, part), "dead_clause", message, item.key) for part in parts]
    return found


def _dead_parts(ways: _Ways, clauses: Clauses, place: str) -> Iterator[str]:
    word = "all" if clauses.every else "any"
    for index, part in enumerate(clauses.parts):
        spot = f"{place}.{word}.{index}"
        if isinstance(part, Clauses):
            yield from _dead_parts(ways, part, spot)
        elif not ways.of(Clauses(True, (part,))):
            yield spot


class _Ways:
    """Ways to reach each item of a form: sets of clauses. None possible: no way."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.known: dict[str, list[Branch]] = {}
        self.steps = 0
        self.possible: dict[tuple[str, Branch], bool] = {}
        for key in form.settling_order:
            item, parent = form[key], form.spots[key].parent
            ways = self.known[parent] if parent else [Branch()]
            self.known[key] = self._both(ways, self.of(item.show_if)) if item.show_if else ways

    def to(self, key: str) -> list[Branch]:
        return self.known[key]

    def of(self, clauses: Clauses) -> list[Branch]:
        """Ways to make a condition true."""
        ways: list[Branch] = [Branch()] if clauses.every else []
        for part in clauses.parts:
            here = self.of(part) if isinstance(part, Clauses) else self._of_clause(part)
            ways = self._both(ways, here) if clauses.every else self._fewer([*ways, *here])
        return ways

    def _of_clause(self, clause: Clause) -> list[Branch]:
        own = frozenset({clause})
        if not self._is_possible(own):
            return []
        return self._both([own], self.known.get(clause.base, [Branch()])) if clause.needs_an_answer else [own]

    def _both(self, one: list[Branch], other: list[Branch]) -> list[Branch]:
        self.steps += len(one) * len(other)
        if self.steps > _MOST_STEPS:
            return [Branch()]
        return self._fewer([joined for a in one for b in other if self._is_possible(joined := a | b)])

    @staticmethod
    def _fewer(ways: list[Branch]) -> list[Branch]:
        unique = list(dict.fromkeys(ways))
        return unique if len(unique) <= _MOST_BRANCHES else [Branch()]

    def _is_possible(self, branch: Branch) -> bool:
        by_question: dict[str, set[Clause]] = {}
        for clause in branch:
            by_question.setdefault(clause.question, set()).add(clause)
        return all(self._can_hold(key, clauses) for key, clauses in by_question.items())

    def _can_hold(self, key: str, clauses: Iterable[Clause]) -> bool:
        said = frozenset(clauses)
        if (key, said) not in self.possible:
            self.possible[key, said] = self._work_out(self.form[key], said)
        return self.possible[key, said]

    def _work_out(self, question: Question, clauses: Branch) -> bool:
        if question.type is QuestionType.GRID:
            return len({clause.answer for clause in clauses}) < 2
        # Several answers may each meet a clause of their own.
        several = bool(self.form.spots[question.key.partition(".")[0]].levels)
        sets = [frozenset({clause}) for clause in clauses] if several else [clauses]
        return all(self._one_answer(question, one) for one in sets)

    def _one_answer(self, question: Question, clauses: Branch) -> bool:
        answers = [BLANK, constant(question)] if question.hidden else candidates(question, clauses)
        return answers is None or any(
            all(holds(clause, question, [answer]) for clause in clauses) for answer in answers
        )
