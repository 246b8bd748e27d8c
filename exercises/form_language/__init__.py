"""Reading the form language: from plain lists and dictionaries to items, or to a list of what is wrong.

    - {key: closeness, type: scale, label: How close I feel, min: 0, max: 10, low: Apart, high: Very close}
    - {key: kept, type: yes_no, label: I kept my promise, lane: private, flag_if: 'no'}
    - key: signs
      type: checklist
      label: What applies
      show_if: {all: [{question: kept, operator: '=', answer: false}]}
      options: [{value: pattern, label: Harmful patterns return}, {value: silenced, label: I hold back}]

Parts that a type does not know are refused, so that a slip of the pen cannot quietly drop a flag or a limit.
"""

from __future__ import annotations

from exercises.form_language.bounds import HAND_MADE, IMPORTED, KEY, OPTION_VALUE, STORED, Errors, FormError, Limits
from exercises.form_language.items import read_items

__all__ = [
    "HAND_MADE",
    "IMPORTED",
    "KEY",
    "OPTION_VALUE",
    "STORED",
    "Errors",
    "FormError",
    "Limits",
    "read_items",
]
