"""Goals in people's own words, as far as a report may tell of them: where each began, where each is, what served."""

from __future__ import annotations

from reports.material import Aim, Material
from reports.paper import Course, Goal

MOST = 8


def goals(material: Material) -> tuple[Goal, ...]:
    """One goal after the other, the oldest first; nobody's number without their own name."""
    return tuple(_goal(material, one) for one in material.aims[:MOST])


def _goal(material: Material, aim: Aim) -> Goal:
    courses = []
    for partner in material.partners:
        values = [value for position, value in aim.ratings if position == partner.position]
        if values:
            courses.append(Course(partner.position, values[0], values[-1], len(values)))
    return Goal(aim.words, tuple(courses), aim.served_by, aim.private)
