"""A question of the sheet and the item that it becomes: what conditions need to know about both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Spot:
    """Where a row of the survey goes. ``values``: an option's value by the name that the sheet gives it."""

    name: str
    key: str
    type: str
    node: dict[str, Any]
    row: int = 0
    values: dict[str, str] = field(default_factory=dict)
    numbered: bool = False
