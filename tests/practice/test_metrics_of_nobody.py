"""Nobody is in the figures that Prometheus gets."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from practice import metrics
from tests.world import CANARY


@pytest.mark.django_db
def test_nobody_is_in_the_figures(settings, world, browser_of):
    """After pages full of canaries: no word of anybody, no practice, no id, no path."""
    settings.ATTUNE_METRICS_TOKEN = "t" * 40
    for who, path in (("mara", "/today/"), ("owner", f"/desk/couples/{world.home.couple.pk}/"), ("owner", "/desk/")):
        assert browser_of(who).get(path).status_code == 200
    browser_of("anonymous").get("/join/team/secretticket/?email=mara@example.org")
    metrics._looked_up.forget()
    said = (
        Browser().get("/metrics", headers={"Authorization": f"Bearer {settings.ATTUNE_METRICS_TOKEN}"}).content.decode()
    )
    lines = [one for one in said.splitlines() if not one.startswith("#")]
    said = "\n".join(lines)
    assert 'view="portal_today"' in said
    assert CANARY.findall(said) == []
    for word in (str(world.home.couple.pk), str(world.home.practice.pk), world.home.practice.name, "@", "/", "secret"):
        assert word not in said, word
