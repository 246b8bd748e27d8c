"""B135, B84: whoever is cut off in the middle of sending finds it done or not begun, and sends again.

Here a request ends by an exception that nobody catches; `make chaos` does the same to processes, with SIGKILL.
"""

from __future__ import annotations

import pytest

from tests.databases import superuser
from tests.deaths import ACTS, COUNTED, dying_before
from tests.rows import changed, rows_of_all_tables

pytestmark = pytest.mark.django_db(transaction=True)

#: Every table is compared after each so many deaths; what the act is about, after each.
LOOK = 6


class Died(BaseException):
    """Nothing of ours catches this."""


def die() -> None:
    raise Died


@pytest.mark.parametrize("name", ACTS)
def test_b84_b135_what_is_cut_off_is_done_or_not_begun_and_is_sent_again(name):
    act = ACTS[name]()
    before, rows = act.found(), rows_of_all_tables(superuser)
    assert before != act.done
    died = 0
    while True:
        with dying_before(died + 1, die) as count:
            try:
                answer = act.send()
            except Died:
                died += 1
                assert act.found() == before, f"half of it stands after {count() - 1} statements"
                if died % LOOK == 1:
                    assert changed(rows, rows_of_all_tables(superuser), apart_from=COUNTED) == {}, died
            else:
                break
    assert died > 0, "nothing was cut off"
    assert answer.status_code < 400
    assert act.found() == act.done
    assert act.send().status_code < 500
    assert act.found() == act.done, "a second time adds nothing"
