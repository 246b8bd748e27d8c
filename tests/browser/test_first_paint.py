"""A page stands still from the moment it can be read, whatever arrives later."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route

from tests.exercises.given import EVERY_TYPE, give

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WATCH = """
window.shift = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.shift += one.value; })
  .observe({type: "layout-shift", buffered: true});
"""


@pytest.mark.parametrize("path", ["/today/", "/do/{}/1/", "/lately/"])
def test_letters_that_come_late_move_nothing(page, sign_in, couple, therapist, mara, path):
    def late(route: Route) -> None:
        page.wait_for_timeout(700)
        route.continue_()

    occurrence = give(couple, therapist, "shared", EVERY_TYPE)[0]
    sign_in(mara)
    page.add_init_script(WATCH)
    page.route("**/*.woff2", late)
    with page.expect_event("requestfinished", lambda request: request.url.endswith(".woff2")):
        page.goto(path.format(occurrence.pk))
    page.wait_for_timeout(100)
    assert page.evaluate("document.fonts.size") > 0
    assert page.evaluate("window.shift") == 0
