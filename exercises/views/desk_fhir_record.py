"""One partner's record in FHIR: taken out as a Bundle, answers from elsewhere brought in. Each person alone."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from clients.models import Client, Couple
from exercises.access import couple_or_404, partner_or_404
from exercises.fhir.findings import Refused
from exercises.fhir.forms import packed, unpacked
from exercises.fhir.reading import LARGEST_FILE, written
from exercises.fhir.record import record_of
from exercises.fhir.responses import prepare, take_response
from exercises.models import Exercise, QuestionnaireFile
from practice import audit
from practice.access import PracticeRequest, for_clinicians, read_or_send


class AnswersForm(forms.Form):
    """A file with answers, and the form they belong to where the file does not say it."""

    file = forms.FileField(
        label=gettext_lazy("FHIR file"),
        help_text=gettext_lazy("A FHIR R4 QuestionnaireResponse as JSON; up to 2 MB."),
        widget=forms.FileInput(attrs={"accept": ".json,application/json,application/fhir+json"}),
        error_messages={"required": gettext_lazy("Please choose a file.")},
        allow_empty_file=True,
    )
    form = forms.ChoiceField(
        label=gettext_lazy("The form they belong to"),
        required=False,
        help_text=gettext_lazy("Needed only when the file does not name it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form"].choices = [("", _("As the file says")), *imported_forms()]  # type: ignore[attr-defined]


def imported_forms() -> list[tuple[str, str]]:
    """The forms that this practice brought in, by title."""
    files = QuestionnaireFile.objects.filter(exercise__retired_at=None).select_related("exercise")
    found = {file.exercise.slug: file.exercise.title for file in files}
    return sorted(found.items(), key=lambda one: one[1].casefold())


@read_or_send
@for_clinicians
def record(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID) -> HttpResponse:
    """Take a record out, or choose a file with answers and look at what it holds."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id)
    sent = request.method == "POST"
    form = AnswersForm(request.POST, request.FILES) if sent else AnswersForm()
    if not sent or not form.is_valid():
        return _page(request, couple, client, form, status=422 if form.errors else 200)
    data = bytes(form.cleaned_data["file"].read(LARGEST_FILE + 1))
    slug = form.cleaned_data["form"]
    try:
        ready = prepare(data, couple, client, named=_named(slug))
    except Refused as refused:
        return _page(request, couple, client, AnswersForm(), refusals=refused.findings, status=422)
    return _page(request, couple, client, form, ready=ready, packed=packed(data), named=slug)


@require_POST
@for_clinicians
def bring(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID) -> HttpResponse:
    """Keep the answers that were looked at: checked once more, then written as private history."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id)
    data = unpacked(request.POST.get("packed", ""))
    if not data:
        return redirect("record_of_partner", couple.pk, client.pk)
    try:
        ready = prepare(data, couple, client, named=_named(request.POST.get("named", "")))
        take_response(ready, couple=couple, client=client, by=request.membership)
    except Refused as refused:
        return _page(request, couple, client, AnswersForm(), refusals=refused.findings, status=422)
    messages.success(request, _("The answers are in the record, private, on the day they were given."))
    return redirect("couple_private", couple.pk, client.pk)


@require_POST
@for_clinicians
def download(request: PracticeRequest, couple_id: uuid.UUID, client_id: uuid.UUID) -> HttpResponse:
    """The record of one partner as a Bundle. That it was taken out stands in the audit trail."""
    couple = couple_or_404(couple_id)
    client = partner_or_404(couple, client_id)
    made = record_of(couple, client, with_name="with_name" in request.POST)
    audit.looked("downloaded", "clients_client", client.pk)
    answer = HttpResponse(written(made), content_type="application/fhir+json")
    answer["Content-Disposition"] = 'attachment; filename="record.json"'
    return answer


def _named(slug: str) -> Exercise | None:
    """The form of that name, if it is one that this practice brought in."""
    if slug not in dict(imported_forms()):
        return None
    return QuestionnaireFile.objects.filter(exercise__slug=slug).select_related("exercise")[0].exercise


def _page(
    request: PracticeRequest, couple: Couple, client: Client, form: AnswersForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    position = next(partner.position for partner in couple.partners.all() if partner.client_id == client.pk)
    context = {"couple": couple, "client": client, "position": position, "form": form, **more}
    return render(request, "exercises/desk/record.html", context, status=status)
