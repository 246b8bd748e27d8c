"""What happened with a couple is rendered once for all that looks alike; what was said stays with who said it."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from exercises import event_markup, record
from exercises.record import Event, Said
from practice import times
from tests.exercises.test_desk import give, send
from tests.factories import acting_as

pytestmark = pytest.mark.django_db

ODD = 'Ada "A" & <b>Lu</b>'
DAY = datetime.timedelta(days=1)


@pytest.fixture
def sent(couple, therapist, mara) -> Event:
    """One response as an event, with words and numbers."""
    give(couple, therapist)
    response = send(mara, ODD)
    with acting_as(therapist):
        return record.events([response], couple, therapist)[0]


def test_filled_it_says_what_its_template_says(couple, sent, monkeypatch):
    long = Said("Last & least", "word " * 100, True, "shared")
    odd = [
        sent,
        replace(sent, is_new=False, said=[long, *sent.said, long, long]),
        replace(sent, opens_at=timezone.now() + DAY, lane="reveal", at=sent.at - DAY),
        Event(at=sent.at - DAY, client=None, position=1, title=ODD, lane="shared", reason="<i>ill</i>"),
        Event(at=sent.at - 2 * DAY, client=sent.client, position=3, title=ODD, lane="private"),
    ]
    filled = event_markup.listed(odd, couple, apart=False)
    monkeypatch.setattr(event_markup, "_event", _Rendered)
    assert event_markup.listed(odd, couple, apart=False) == filled
    assert ODD not in filled
    assert filled.count('class="day"') == 3
    assert filled.count("…") == 1
    assert filled.count('class="quote"') == 7, "two quotations at most, and a reason"


class _Rendered:
    """Stands where the kept markup would, and renders the template with an event's own values."""

    def __init__(self, look):
        self.look = look

    def filled(self, value_of):
        return render_to_string(event_markup.EVENT, event_markup.context(self.look, value_of))


def test_a_response_leads_to_its_own_page_and_on_a_private_view_to_its_private_one(couple, sent):
    assert f'href="/desk/couples/{couple.pk}/answers/{sent.response.pk}/"' in event_markup.listed(
        [sent], couple, apart=False
    )
    assert f'href="/desk/couples/{couple.pk}/answers/{sent.response.pk}/private/"' in event_markup.listed(
        [sent], couple, apart=True
    )


def test_events_that_look_alike_share_no_word(couple, sent):
    other = replace(sent, at=sent.at - DAY, said=[replace(one, words="Tea at six") for one in sent.said])
    first, second = (event_markup.listed([one], couple, apart=False) for one in (sent, other))
    assert "Tea at six" in second
    assert "Tea at six" not in first
    assert times.weekday_date(sent.at) not in second
