"""Programs on the desk: read, written, begun with a couple, looked after."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clients.models import Couple
from exercises import library, program_page, programs
from exercises.access import couple_or_404
from exercises.assigning import Refused
from exercises.library import shelf
from exercises.models import Exercise, Program, ProgramRun
from exercises.program_forms import BeginForm, PauseForm, ProgramForm
from practice.access import PracticeRequest, for_clinicians, read_or_send
from practice.ids import uuid7

WEEK_NUMBERS = {str(number) for number in range(1, programs.MOST_WEEKS + 1)}


def program_or_404(slug: str) -> Program:
    """Return a program by its slug; the practice's own before one that ships."""
    one = Program.objects.filter(slug=slug).order_by(F("practice").asc(nulls_last=True)).first()
    if one is None:
        raise Http404
    return one


@require_safe
@for_clinicians
def all_programs(request: PracticeRequest) -> HttpResponse:
    """The programs that ship, and the practice's own."""
    rows = list(Program.objects.filter(retired_at=None).order_by("title"))
    return render(
        request,
        "exercises/desk/programs.html",
        {"own": [one for one in rows if one.practice_id], "programs": [one for one in rows if not one.practice_id]},
    )


@require_safe
@for_clinicians
def program(request: PracticeRequest, slug: str) -> HttpResponse:
    """The weeks of a program, each exercise a link, and the couples it may begin with."""
    one = program_or_404(slug)
    plan = programs.plan_of(one)
    known = library.by_slug(programs.named(plan))
    active = Couple.objects.with_partners().filter(status=Couple.Status.ACTIVE)
    return render(
        request,
        "exercises/desk/program.html",
        {
            "program": one,
            "weeks": [
                {"number": number, **week, "exercises": _known(known, week["slugs"])}
                for number, week in enumerate(plan["weeks"], start=1)
            ],
            "baseline": _known(known, plan["baseline"]),
            "outcome": _known(known, plan["outcome"]),
            "couples": sorted(active, key=lambda couple: str(couple).casefold()),
        },
    )


def _known(exercises: dict[str, Exercise], slugs: list[str]) -> list[Exercise]:
    return [exercises[slug] for slug in slugs if slug in exercises]


# ── beginning one ────────────────────────────────────────────────────────────


@read_or_send
@for_clinicians
def begin(request: PracticeRequest, couple_id: uuid.UUID, slug: str) -> HttpResponse:
    """Tailor a program for a couple, see what it asks for each week, begin it."""
    couple, one = couple_or_404(couple_id), program_or_404(slug)
    known = library.by_slug(programs.named(programs.plan_of(one)))
    form = BeginForm(request.POST if request.method == "POST" else None, couple=couple, program=one, known=known)
    counting = "count" in request.POST
    if request.method == "POST" and not counting and form.is_valid():
        try:
            run = programs.begin(form.start(), by=request.membership)
        except Refused as refusal:
            for message in refusal.errors.values():
                form.add_error(None, str(message))
        else:
            messages.success(request, _("Begun. What the first week holds is given on its day."))
            return redirect("program_run", couple.pk, run.pk)
    minutes = form.minutes()
    context = {
        "couple": couple,
        "program": one,
        "form": form,
        "weeks": form.weeks(),
        "minutes": minutes,
        "any_above": any(asked > request.practice.weekly_minutes for asked in minutes.values()),
        "limit": request.practice.weekly_minutes,
        "needing": sorted(known[slug].title for slug in known if known[slug].needs_clearance),
        "cleared": couple.clearances.filter(withdrawn_at=None).exists(),
    }
    refused = bool(form.errors) and not counting
    return render(request, "exercises/desk/program_begin.html", context, status=422 if refused else 200)


# ── looking after one ────────────────────────────────────────────────────────


@require_safe
@for_clinicians
def run(request: PracticeRequest, couple_id: uuid.UUID, run_id: uuid.UUID) -> HttpResponse:
    """How a program goes: each week with what was done, and what can be changed about the rest."""
    couple = couple_or_404(couple_id)
    one = run_or_404(couple, run_id)
    now = timezone.now()
    weeks = program_page.weeks(one, now)
    for week in weeks:
        week.rows = program_page.openly(week.rows)
    return render(
        request,
        "exercises/desk/program_run.html",
        {
            "couple": couple,
            "run": one,
            "weeks": weeks,
            "of": len(one.content["weeks"]),
            "next_day": programs.next_day(one),
            "is_still": bool(programs.standing_still([one], now)),
            "ahead": [week for week in weeks if one.week < week.number <= len(one.content["weeks"])],
        },
    )


@require_POST
@for_clinicians
def act(request: PracticeRequest, couple_id: uuid.UUID, run_id: uuid.UUID) -> HttpResponse:
    """One change to what is ahead; what was done stays."""
    couple = couple_or_404(couple_id)
    one = run_or_404(couple, run_id)
    match request.POST.get("do", ""):
        case "open":
            programs.open_now(one)
        case "pause":
            _pause(request, one)
        case "resume":
            programs.resume(one)
        case "repeat":
            programs.repeat_week(one)
            messages.success(request, _("This week comes once more."))
        case "stretch":
            programs.stretch(one)
            messages.success(request, _("This week lasts a week longer."))
        case "drop":
            programs.drop_weeks(one, [int(n) for n in request.POST.getlist("week") if n in WEEK_NUMBERS])
            messages.success(request, _("Left out. What was done stays."))
        case "end":
            programs.end(one, with_outcome=request.POST.get("outcome") == "yes")
            messages.success(request, _("Ended. What is open may still be finished."))
        case _:
            raise Http404
    return redirect("program_run", couple.pk, one.pk)


def _pause(request: Any, one: ProgramRun) -> None:
    form = PauseForm(request.POST, couple=one.couple)
    if not form.is_valid():
        messages.warning(request, str(form.errors["until"][0]))
        return
    programs.pause(one, by=request.membership, until=form.cleaned_data["until"])
    messages.success(request, _("It rests. Nothing of it falls due meanwhile."))


def run_or_404(couple: Couple, run_id: uuid.UUID) -> ProgramRun:
    """Return one of a couple's programs."""
    found = ProgramRun.objects.filter(couple=couple, pk=run_id).select_related("program").first()
    if found is None:
        raise Http404
    found.couple = couple  # with its partners, read once for all rows
    return found


# ── programs of one's own ────────────────────────────────────────────────────


@read_or_send
@for_clinicians
def new(request: PracticeRequest) -> HttpResponse:
    """Write a program of the practice's own, from nothing or from another one (``?from=``)."""
    asked = request.GET.get("from", "").replace("\x00", "")[:80]
    origin = program_or_404(asked) if asked else None
    start: dict[str, Any] = {"key": uuid7()}
    if origin is not None:
        start |= {"title": origin.title, "for_whom": origin.for_whom, "needs_clearance": origin.needs_clearance}
    return _write(request, None, origin, start)


@read_or_send
@for_clinicians
def edit(request: PracticeRequest, slug: str) -> HttpResponse:
    """Change one of the practice's own; those that ship are adapted instead."""
    one = program_or_404(slug)
    if one.practice_id is None:
        return redirect(f"{reverse('program_new')}?from={one.slug}")
    start = {"title": one.title, "for_whom": one.for_whom, "needs_clearance": one.needs_clearance}
    return _write(request, one, None, start)


def _write(request: Any, one: Program | None, origin: Program | None, start: dict[str, Any]) -> HttpResponse:
    source = one or origin
    titles = {exercise.title.casefold(): exercise.slug for exercise in shelf().order_by("title")}
    form = ProgramForm(
        request.POST if request.method == "POST" else None,
        titles=titles,
        content=source.content if source else None,
        initial=start,
    )
    if request.method == "POST" and "more" not in request.POST and form.is_valid():
        said = form.cleaned_data
        kept = programs.write(
            said["title"], said["for_whom"], said["needs_clearance"], form.written(),
            program=one, adapted_from=origin, key=said["key"],
        )  # fmt: skip
        messages.success(request, _("Kept. Couples who are in it go on with the weeks they began with."))
        return redirect("program", kept.slug)
    known = shelf().order_by("title").values_list("title", flat=True)
    context = {"form": form, "weeks": form.weeks(), "program": one, "origin": origin, "titles": list(known)}
    bad = request.method == "POST" and "more" not in request.POST
    return render(request, "exercises/desk/program_write.html", context, status=422 if bad else 200)


@require_POST
@for_clinicians
def retire(request: PracticeRequest, slug: str) -> HttpResponse:
    """Take one of the practice's own off the list."""
    one = program_or_404(slug)
    if one.practice_id is None:
        raise Http404
    programs.retire(one)
    messages.success(request, _("It is off the list. Couples who are in it go on."))
    return redirect("programs")
