"""Bringing exercises in: one page for every kind of file, a look at what it holds, and only then drafts."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exercises.fhir.findings import Refused as FhirRefused
from exercises.fhir.forms import UploadForm, packed, unpacked
from exercises.fhir.planning import plan_file
from exercises.recognising import FileKind, kind_of
from exercises.sharing.forms import ShareForm, TakeForm
from exercises.sharing.matching import Match, ProgramMatch, match_library
from exercises.sharing.offering import TooMuch, as_yaml, chosen_from, document, file_name, offers, program_offers
from exercises.sharing.reading import Unreadable, read_library
from exercises.sharing.taking import Taken
from exercises.sharing.taking import take as take_library
from exercises.views import desk_fhir
from exercises.vocabulary import QuestionType
from exercises.writing.saving import Refused as NotBegun
from exercises.xlsform.findings import Refused, Told
from exercises.xlsform.forms import SheetForm
from exercises.xlsform.planning import Plan, plan_workbook
from exercises.xlsform.taking import known_workbook, take_workbook
from practice.access import PracticeRequest, for_clinicians, read_or_send


@read_or_send
@for_clinicians
def bring(request: PracticeRequest) -> HttpResponse:
    """Choose a file; what is in it decides which page shows what it would become. Machines bring FHIR."""
    if request.method != "POST":
        return render(request, "exercises/desk/import.html", {"form": UploadForm()})
    if desk_fhir.is_machine(request):
        return desk_fhir.for_machine(request)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "exercises/desk/import.html", {"form": form}, status=422)
    return _looked_at(request, desk_fhir.read(form.cleaned_data["file"]))


def _looked_at(request: PracticeRequest, data: bytes) -> HttpResponse:
    match kind_of(data):
        case FileKind.XLSX | FileKind.CSV as kind:
            try:
                return _sheet(request, data, _plan(request, data, kind))
            except Refused as refused:
                return _refused(request, [Told(one) for one in refused.reasons])
        case FileKind.LIBRARY:
            try:
                return _library(request, data, read_library(data))
            except Unreadable as refused:
                return _refused(request, [Told(refused.message)])
        case FileKind.OLD_EXCEL:
            return _refused(request, [Told(_("This is a workbook of an old Excel. Please save it as .xlsx."))])
        case FileKind.UNKNOWN:
            text = _("This is none of the files that are read here: a FHIR Questionnaire as JSON, an XLSForm as .xlsx, "
                     "or a library of Attune as YAML.")  # fmt: skip
            return _refused(request, [Told(text)])
    try:
        return desk_fhir.reviewing(request, data, plan_file(data), 0, None)
    except FhirRefused as refused:
        return _refused(request, refused.findings)


def _refused(request: PracticeRequest, reasons: list[Any]) -> HttpResponse:
    context = {"form": UploadForm(), "refusals": reasons}
    return render(request, "exercises/desk/import.html", context, status=422)


# ── a workbook ──


@read_or_send
@for_clinicians
def sheet(request: PracticeRequest) -> HttpResponse:
    """Row by row what an XLSForm becomes, and what does not; then it becomes a draft."""
    data = unpacked(request.POST.get("packed", "")) if request.method == "POST" else None
    if not data or not kind_of(data).is_sheet:
        return redirect("import_form")
    try:
        plan = _plan(request, data, kind_of(data))
    except Refused as refused:
        return _refused(request, [Told(one) for one in refused.reasons])
    form = SheetForm(request.POST, plan=plan)
    if not form.is_valid():
        return _sheet(request, data, plan, form)
    try:
        exercise = take_workbook(plan, form.choices, request.membership)
    except NotBegun as refused:
        return _refused(request, [Told(refused.message)])
    messages.success(request, _("It is a draft now: look through it, then publish it."))
    return redirect("write", exercise.slug)


def _plan(request: PracticeRequest, data: bytes, kind: FileKind) -> Plan:
    return plan_workbook(data, request.practice.language[:2], kind)


def _sheet(request: PracticeRequest, data: bytes, plan: Plan, form: SheetForm | None = None) -> HttpResponse:
    context = {
        "plan": plan,
        "form": form or SheetForm(plan=plan),
        "packed": packed(data),
        "lines": plan.lines(),
        "gone": plan.gone,
        "changed": plan.changed,
        "known": known_workbook(plan),
    }
    return render(request, "exercises/desk/import_sheet.html", context, status=422 if form else 200)


# ── a library of another practice ──


@read_or_send
@for_clinicians
def library(request: PracticeRequest) -> HttpResponse:
    """What entries of a library would become here; those that are chosen become drafts."""
    data = unpacked(request.POST.get("packed", "")) if request.method == "POST" else None
    if not data or kind_of(data) is not FileKind.LIBRARY:
        return redirect("import_form")
    try:
        found = read_library(data)
    except Unreadable as refused:
        return _refused(request, [Told(refused.message)])
    matches, programs = match_library(found)
    form = TakeForm(request.POST, matches=[*matches, *programs])
    if not form.is_valid():
        return _library(request, data, found, form)
    taken = take_library(found, form.cleaned_data["chosen"], request.membership)
    return _told(request, taken)


def _library(
    request: PracticeRequest, data: bytes, found: dict[str, Any], form: TakeForm | None = None
) -> HttpResponse:
    matches, programs = match_library(found)
    types = dict(QuestionType.choices)
    every: list[Match | ProgramMatch] = [*matches, *programs]
    context = {
        "form": form or TakeForm(matches=every),
        "packed": packed(data),
        "by": found.get("by", ""),
        "matches": [(one, _asked(one, types)) for one in matches],
        "programs": programs,
        "takeable": sum(one.can_be_taken for one in every),
        "chosen": form["chosen"].value() if form else [one.name for one in every if one.can_be_taken],
    }
    return render(request, "exercises/desk/import_library.html", context, status=422 if form else 200)


def _asked(one: Match, types: dict[str, Any]) -> list[tuple[str, str]]:
    if one.entry.reasons:
        return []
    return [(question.label, str(types[question.type])) for question in one.entry.form if not question.hidden]


def _told(request: PracticeRequest, taken: Taken) -> HttpResponse:
    if taken.drafts:
        text = ngettext(
            "%(n)d draft waits to be looked through.", "%(n)d drafts wait to be looked through.", taken.drafts
        )
        messages.success(request, text % {"n": taken.drafts})
    if taken.programs:
        text = ngettext("%(n)d program was taken.", "%(n)d programs were taken.", len(taken.programs))
        messages.success(request, text % {"n": len(taken.programs)})
    for why in taken.refused:
        messages.error(request, str(why))
    if not (taken.drafts or taken.programs or taken.refused):
        messages.success(request, _("All of it is here already. Nothing was changed."))
    return redirect("programs" if taken.programs and not taken.drafts else "library")


# ── and out ──


@read_or_send
@for_clinicians
def share(request: PracticeRequest) -> HttpResponse:
    """Choose what of the practice's own library goes into a file for others; what stays says why."""
    exercises = offers()
    found = [*exercises, *program_offers(exercises)]
    start: dict[str, Any] = {"name": request.practice.name}
    one = request.GET.get("one", "")
    if one in {offer.id for offer in found if offer.goes}:
        start["chosen"] = [one]
    form = ShareForm(request.POST if request.method == "POST" else None, offers=found, initial=start)
    if form.is_valid():
        try:
            text = as_yaml(document(chosen_from(found, form.cleaned_data["chosen"]), form.signature))
        except TooMuch as refused:
            form.add_error("chosen", str(refused.message))
        else:
            answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
            answer["Content-Disposition"] = f'attachment; filename="{file_name()}"'
            return answer
    context = {
        "form": form,
        "going": [offer for offer in found if offer.goes],
        "staying": [offer for offer in found if not offer.goes],
        "chosen": form["chosen"].value() or [],
    }
    return render(request, "exercises/desk/share.html", context, status=422 if form.errors else 200)
