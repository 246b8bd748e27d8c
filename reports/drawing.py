"""From a drawing's numbers to its markup: the templates under templates/reports/charts/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString


def svg(name: str, context: Mapping[str, Any]) -> SafeString:
    """Render one drawing. Every context has a ``title``, a sentence, and a ``desc``: how it is drawn."""
    return render_to_string(f"reports/charts/{name}.svg", dict(context))
