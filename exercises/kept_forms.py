"""The forms of editions, each read once in a process: an edition is immutable, and its form does not change.

Nothing of a person is in a form. Whoever comes for one brings the questions that they were let read, and finds the
form of these questions and of no others.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from typing import Any

from exercises.questions import Form

#: The forms that were asked for last.
MOST = 200

Key = tuple[uuid.UUID | None, uuid.UUID, str]
_kept: OrderedDict[Key, tuple[Any, Form]] = OrderedDict()
_turn = threading.Lock()


def form_of(practice_id: uuid.UUID | None, edition_id: uuid.UUID, language: str, questions: Any) -> Form:
    """Return the form of an edition's questions, as they read in a language."""
    key = (practice_id, edition_id, language)
    with _turn:
        found = _kept.get(key)
        if found is not None and found[0] == questions:
            _kept.move_to_end(key)
            return found[1]
    form = Form.from_data(questions)
    with _turn:
        _kept[key] = questions, form
        _kept.move_to_end(key)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    return form
