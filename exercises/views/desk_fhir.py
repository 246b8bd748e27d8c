"""FHIR forms from elsewhere, and forms to go elsewhere: a file is looked at, reviewed and only then taken.

The page where a file is chosen is :mod:`exercises.views.desk_bring`."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from exercises import licences
from exercises.access import exercise_or_404
from exercises.fhir.exporting import questionnaire_of
from exercises.fhir.findings import Finding, Refused, outcome
from exercises.fhir.forms import ReviewForm, SafetyForm, UploadForm, packed, unpacked
from exercises.fhir.planning import Choices, Plan, plan_file
from exercises.fhir.reading import LARGEST_FILE, written
from exercises.fhir.recognising import every
from exercises.fhir.taking import known_file, mark, take
from exercises.vocabulary import QuestionType
from practice.access import PracticeRequest, for_clinicians, read_or_send

FHIR_JSON = "application/fhir+json"
#: Notices about what is in the file and has no effect here; the others say what was changed on the way.
NOT_USED = frozenset({"kept", "calculated", "not_enforced", "not_used_resource", "bad_regex", "initial_kind"})


@read_or_send
@for_clinicians
def review(request: PracticeRequest) -> HttpResponse:
    """What was taken, kept but not used, and what a person decides; then the form is taken."""
    data = unpacked(request.POST.get("packed", ""))
    if request.method != "POST" or not data:
        return redirect("import_form")
    try:
        plans = plan_file(data)
    except Refused as refused:
        return _refused(request, refused)
    number = _number(request.POST.get("number", ""), len(plans))
    plan = plans[number]
    form = _review_form(plan, request.POST)
    if not form.is_valid():
        return reviewing(request, data, plans, number, form)
    exercise = take(plan, form.choices, request.membership)
    messages.success(request, _("“%(title)s” is in your library.") % {"title": exercise.title})
    if number + 1 < len(plans):
        return reviewing(request, data, plans, number + 1, None)
    return redirect("exercise", exercise.slug)


def read(file: UploadedFile) -> bytes:
    # One byte more than is taken is enough to say that it is too much.
    return bytes(file.read(LARGEST_FILE + 1))


def _number(text: str, count: int) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return number if number < count else 0


def _needs_licence(plan: Plan) -> bool:
    return plan.offer.measure is not None and not licences.may_use(plan.offer.measure)


def _review_form(plan: Plan, data: Any = None) -> ReviewForm:
    return ReviewForm(data, plan=plan, needs_licence=_needs_licence(plan))


def reviewing(
    request: PracticeRequest, data: bytes, plans: list[Plan], number: int, form: ReviewForm | None
) -> HttpResponse:
    plan = plans[number]
    types = dict(QuestionType.choices)
    context = {
        "plan": plan,
        "form": form or _review_form(plan),
        "packed": packed(data),
        "number": number,
        "of": len(plans),
        "items": sum(1 for _item in plan.one.questionnaire.walk()),
        "changed": [notice for notice in plan.notices if notice.code not in NOT_USED],
        "not_used": [notice for notice in plan.notices if notice.code in NOT_USED],
        "asked": [(question, types[question.type]) for question in plan.form if not question.hidden],
        "known": known_file(plan),
        "measure": plan.offer.measure,
        "needs_licence": _needs_licence(plan),
    }
    return render(request, "exercises/desk/import_review.html", context, status=422 if form else 200)


def _refused(request: PracticeRequest, refused: Refused) -> HttpResponse:
    context = {"form": UploadForm(), "refusals": refused.findings}
    return render(request, "exercises/desk/import.html", context, status=422)


def is_machine(request: PracticeRequest) -> bool:
    return "json" in request.headers.get("Accept", "") or "json" in (request.content_type or "")


def for_machine(request: PracticeRequest) -> HttpResponse:
    """The same check with the same list, as an OperationOutcome."""
    file = request.FILES.get("file")
    data = read(file) if isinstance(file, UploadedFile) else request.body
    try:
        plans = plan_file(data)
        unlicensed = [plan.offer.measure.name for plan in plans if plan.offer.measure and _needs_licence(plan)]
        if unlicensed:
            raise Refused([Finding("licence_needed", values={"name": ", ".join(unlicensed)})])
    except Refused as refused:
        return _json(outcome(refused.findings), status=422)
    taken = [take(plan, Choices(licence=plan.one.questionnaire.copyright), request.membership) for plan in plans]
    notices = [notice for plan in plans for notice in plan.notices]
    answer = _json(outcome(notices, severity="information"), status=201)
    answer["Location"] = taken[0].get_absolute_url()
    return answer


def _json(resource: Any, status: int = 200, name: str = "") -> HttpResponse:
    answer = HttpResponse(written(resource), content_type=FHIR_JSON, status=status)
    if name:
        answer["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return answer


@read_or_send
@for_clinicians
def safety(request: PracticeRequest, slug: str) -> HttpResponse:
    """Mark the safety questions of a form that was taken without anybody to ask, or mark them anew."""
    exercise = exercise_or_404(slug)
    if exercise.newest is None or exercise.locked or "fhir" not in exercise.newest.content:
        return redirect("exercise", exercise.slug)
    asked = {question.key for question in exercise.newest.form if not question.hidden}
    questions = [item for item in every(exercise.newest.content["questions"]) if item["key"] in asked]
    marks = {item["key"]: item.get("flag_if", "") for item in questions if item.get("risk")}
    sent = request.POST if request.method == "POST" else None
    form = SafetyForm(sent, questions=questions, marks=marks)
    if sent is not None and form.is_valid():
        mark(exercise, form.marks, none=form.none)
        messages.success(request, _("Noted. The form can be given from now on."))
        return redirect("exercise", exercise.slug)
    context = {"exercise": exercise, "form": form}
    return render(request, "exercises/desk/import_safety.html", context, status=422 if form.errors else 200)


@require_safe
@for_clinicians
def download(request: PracticeRequest, slug: str) -> HttpResponse:
    """An exercise as a FHIR Questionnaire."""
    exercise = exercise_or_404(slug)
    if exercise.newest is None:
        raise Http404
    exported = questionnaire_of(exercise.newest)
    return _json(exported.resource, name=exercise.slug)
