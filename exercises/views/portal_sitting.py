"""Step by step: one step a screen, in step with the other phone, with a break for anybody who wants one."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from clients.access import for_consenting_clients
from clients.models import Partner
from exercises import breaks, decks, pacing, sittings
from exercises import doing as doings
from exercises.doing import Doing
from exercises.models import Sitting
from exercises.sittings import Behind, Ended
from exercises.views.portal_do import over
from exercises.views.portal_send import send
from practice.templatetags.attune import names
from practice.times import local_time


def sat_down_to(request: Any, occurrence_id: uuid.UUID) -> Doing:
    """Return what is done step by step; without steps there is no such page."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    if not sittings.steps_of(doing):
        raise Http404
    return doing


@require_safe
@for_consenting_clients
def steps(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """The step that is on, or how to begin. Whether anybody has sent their answers changes nothing here."""
    doing = sat_down_to(request, occurrence_id)
    if not doing.can_answer:
        return over(request, doing) or redirect("portal_today")
    sitting = sittings.current(doing)
    if sitting is None:
        return render(request, "exercises/portal/steps_start.html", _start(doing))
    return render(request, "exercises/portal/steps.html", _page(doing, sitting))


def _start(doing: Doing) -> dict[str, Any]:
    there = sittings.people(doing)
    return {
        "doing": doing,
        "steps": sittings.steps_of(doing),
        "people": there,
        "several": len(there) > 1,
        "takes_turns": sittings.takes_turns(doing),
        "modes": Sitting.Mode.choices,
        "break_length": _minutes(breaks.agreed(doing.occurrence.couple_id)),
    }


def _minutes(agreed: breaks.Agreed) -> str:
    count = max(round(agreed.length.total_seconds() / 60), 1)
    return ngettext("%(count)s minute", "%(count)s minutes", count) % {"count": count}


def _page(doing: Doing, sitting: Sitting) -> dict[str, Any]:
    there = sittings.steps_of(doing)
    agreed = breaks.agreed(doing.occurrence.couple_id)
    return {
        "doing": doing,
        "sitting": sitting,
        "steps": there,
        "at": min(sitting.step, len(there) - 1) + 1,
        "closing": sitting.step >= len(there),
        "several": len(sittings.audience_of(doing)) > 1,
        "turns": turns(doing, sitting),
        "has_deck": bool(decks.cards_of(doing)),
        "lengths": [(seconds, length_words(seconds)) for seconds in pacing.lengths(there)],
        "chosen": there[min(sitting.step, len(there) - 1)].seconds,
        "timer_ends": sittings.timer_ends(sitting),
        "agreed": agreed,
        "break_length": _minutes(agreed),
        "state": json.dumps(state_of(sitting)),
        "words": json.dumps(script_words()),
    }


def length_words(seconds: int) -> str:
    """'30 seconds', '2 minutes'."""
    if seconds < 60:
        return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}
    count = round(seconds / 60)
    return ngettext("%(count)s minute", "%(count)s minutes", count) % {"count": count}


def turns(doing: Doing, sitting: Sitting) -> list[dict[str, Any]]:
    """Return a line for each person as the one who speaks: from one's own side where each has a phone."""
    if sitting.turn_of_id is None:
        return []
    there = sittings.people(doing)
    own_side = sitting.mode == Sitting.Mode.OWN_PHONES
    me = doing.person.pk if own_side else None
    return [
        {
            "key": str(one.client_id),
            "partner": one,
            "now": one.client_id == sitting.turn_of_id,
            "mine": one.client_id == me,
            "line": _turn_line(one, [other for other in there if other != one], me),
        }
        for one in there
    ]


def _turn_line(speaks: Partner, listen: list[Partner], me: uuid.UUID | None) -> str:
    told = {"speaker": speaks.client.name, "listeners": names([one.client.name for one in listen])}
    if speaks.client_id == me:
        return ngettext("You speak. %(listeners)s listens.", "You speak. %(listeners)s listen.", len(listen)) % told
    if me is not None:
        return _("%(speaker)s speaks. You listen.") % told
    return (
        ngettext("%(speaker)s speaks. %(listeners)s listens.", "%(speaker)s speaks. %(listeners)s listen.", len(listen))
        % told
    )


def state_of(sitting: Sitting) -> dict[str, Any]:
    """How it stands, for the other phone: small, and nothing of anybody in it."""
    now = timezone.now()
    return {
        "key": str(sitting.pk),
        "version": sitting.version,
        "step": sitting.step,
        "paused": sitting.paused_at is not None,
        "until": local_time(sitting.paused_until),
        "rest": sittings.left(sitting.paused_until, now),
        "timer": sittings.left(sittings.timer_ends(sitting), now),
        "turn": str(sitting.turn_of_id or ""),
    }


def script_words() -> dict[str, str]:
    """What sitting.js says: it has no words of its own."""
    return {
        "at": _("Step %1 of %2"),
        "alone": _("No connection at the moment. This phone goes on by itself."),
        "signed_out": _("This phone is no longer signed in, so it goes on by itself."),
        "elsewhere": _("Changed on the other phone."),
        "left": _("%1 left"),
        "about": _("about %1 min left"),
        "time_up": _("That was the time. Take as long as you need."),
        "until": _("Until about %1"),
        "rest_over": _("The time for the break is over. Go on when you all want to."),
        "rest_left": _("%1 min of the break left"),
    }


@require_safe
@for_consenting_clients
def state(request: Any, occurrence_id: uuid.UUID) -> JsonResponse:
    """How it stands now: asked every few seconds by a phone that shows it."""
    doing = sat_down_to(request, occurrence_id)
    sitting = sittings.current(doing)
    return JsonResponse(state_of(sitting) if sitting else {"ended": True})


@require_POST
@for_consenting_clients
def move(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """Change something: the step, the turn, the timer, a break. Scripts are told how it stands afterwards."""
    doing = sat_down_to(request, occurrence_id)
    if not doing.can_answer:
        return over(request, doing) or redirect("portal_today")
    status = 200
    by_script = request.headers.get("Accept") == "application/json"
    try:
        sitting = _acted(request, doing)
    except Behind as behind:
        sitting, status = behind.sitting, 409
    except Ended:
        return JsonResponse({"ended": True}, status=409) if by_script else redirect("do", occurrence_id)
    if sitting is None:
        return _on_from(request, doing)
    if by_script:
        return JsonResponse(state_of(sitting), status=status)
    return redirect("do_steps", occurrence_id)


def _acted(request: Any, doing: Doing) -> Sitting | None:
    """Do what was asked; None when they got up."""
    posted = request.POST
    version = number(posted.get("version"))
    if "to" in posted:
        return sittings.go(doing, step=number(posted["to"]), version=version)
    acts: dict[str, Callable[[], Sitting]] = {
        "begin": lambda: sittings.begin(doing, mode=posted.get("mode", ""), first=_id(posted.get("first", ""))),
        "pause": lambda: sittings.pause(doing),
        "resume": lambda: sittings.resume(doing, version=version),
        "turn": lambda: sittings.pass_turn(doing, version=version),
        "timer": lambda: sittings.start_timer(doing, seconds=number(posted.get("seconds")), version=version),
        "still": lambda: sittings.stop_timer(doing, version=version),
    }
    act = posted.get("act", "")
    if act == "end":
        sittings.end(doing)
        return None
    if act not in acts:
        raise Http404
    return acts[act]()


def number(text: str | None) -> int:
    """Return a small number that a form sent; nonsense is nought."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 0


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _on_from(request: Any, doing: Doing) -> HttpResponse:
    """After the last step: to the questions, or simply done where there are none."""
    if doing.sent is not None:
        return redirect("do_sent", doing.occurrence.pk)
    if not doing.form.questions:
        return send(request, doing.occurrence.pk)
    return redirect(on_to(doing))


def on_to(doing: Doing) -> str:
    """Return the address to go on answering at."""
    return reverse("do_question", args=[doing.occurrence.pk, doing.reached()])


@require_safe
@for_consenting_clients
def paper(request: Any, occurrence_id: uuid.UUID) -> HttpResponse:
    """The instructions to print, so that the phone can stay away."""
    doing = doings.of(request.person, request.practice, occurrence_id)
    if not doing.can_answer:
        return over(request, doing) or redirect("portal_today")
    context = {
        "doing": doing,
        "content": doing.edition.content,
        "cautions": doings.cautions(doing),
        "adapted": sittings.adapted_to(doing),
        "cards": decks.cards_of(doing) or decks.cards(doing.edition.content, decks.left_out(doing.assignment)),
    }
    return render(request, "exercises/portal/paper.html", context)
