"""Instances of models by what a row holds, made as ``Model.from_db`` makes them, without asking each field.

Django sets each column by itself and tells whoever listens. A row that was just read has nothing to be asked: its
values go where they lie in the end. A model that has something of its own on that way (listeners, a ``from_db``, an
``__init__``) goes it as ever, and so does a column that looks at what is set.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from django.db.models import Model
from django.db.models.base import ModelState
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init, pre_init

#: What reads a column where it lies, and does nothing that matters to a new instance when it is set.
_LIES_THERE = (DeferredAttribute, ForeignKeyDeferredAttribute)


class Maker:
    """Makes instances of one model from these of its columns."""

    def __init__(self, model: type[Model], names: Sequence[str]) -> None:
        self.model = model
        self.has_own_way = _has_own_way(model)
        #: Columns that are to be set, by their places.
        self.set = [
            (at, name)
            for at, name in enumerate(names)
            if type(inspect.getattr_static(model, name, None)) not in _LIES_THERE
        ]

    def from_db(self, db: str, names: Sequence[str], values: Sequence[Any]) -> Any:
        """Return the instance; ``names`` are those that this was made for."""
        if self.has_own_way:
            return self.model.from_db(db, names, values)
        one: Any = self.model.__new__(self.model)
        state = ModelState()
        state.adding, state.db = False, db
        one.__dict__.update(zip(names, values, strict=True), _state=state)
        for at, name in self.set:
            one.__dict__.pop(name)
            setattr(one, name, values[at])
        return one


def _has_own_way(model: type[Model]) -> bool:
    own: Any = model.from_db
    usual: Any = Model.from_db
    if own.__func__ is not usual.__func__ or model.__init__ is not Model.__init__:
        return True
    return pre_init.has_listeners(model) or post_init.has_listeners(model)
