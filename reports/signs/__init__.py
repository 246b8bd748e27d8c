"""Softer signs that something may be wearing thin: falls, partners drifting apart, silence, too much, not free.

For therapists alone, and no forecast: each is a plain rule over what was answered, named with its data, and can be
set aside with a word until there is newer data. They never reach a client, a shared report or an alert's ladder.
"""

from reports.signs.facts import CoupleFacts
from reports.signs.reading import signs_of
from reports.signs.sign import RULES, Rule, Sign

__all__ = ["RULES", "CoupleFacts", "Rule", "Sign", "signs_of"]
