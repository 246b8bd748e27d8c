"""Reports on paper: the kinds, ordering one, how far it is, and the file. Handing over stays on the page."""

from __future__ import annotations

import base64
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Couple
from exercises.access import couple_or_404
from practice import audit
from practice.access import for_clinicians
from practice.api.files import WhateverIsAccepted
from practice.api.problems import CONTENT_TYPE, Conflict, of_form
from practice.api.schema import example, problem
from practice.api.scopes import Scope
from practice.api.views import ApiView
from reports import keeping, making, subjects
from reports.forms import LONGEST_SUMMARY
from reports.kind_form import AboutForm
from reports.kinds import composers
from reports.models import Report
from reports.models.report import Audience, Kind, Paper
from reports.subjects import Subject
from reports.views.ordering import document_of
from reports.views.reports import report_or_404, rows_of_reports

#: What names the one thing that a kind is about, here and where the page's address says it.
ABOUT = {
    Kind.SHEET: {"session": "session"},
    Kind.RESPONSE: {"response": "answers"},
    Kind.MEASURE: {"partner": "of", "measure": "measure"},
    Kind.PROGRAM: {"program_run": "program"},
}
#: What only some kinds ask for.
SOMETIMES = ("begins_on", "ends_on", "summary")
#: What the form says of its page, said of what was sent.
NOT_ON_OFFER = {
    "audience": "One of the editions of this kind: clinical, shared, or the id of a partner.",
    "parts": "Keys of this kind's parts: reports/kinds/ lists them.",
}
UNFINISHED = "It is being made. Read the report until its state is done, then fetch its file."
FAILED = "It could not be made: its failure says why. Ask for it again with again/."
PART = {"key": "goals", "label": "Goals", "clinical": False}
KIND = {
    "kind": "progress",
    "label": "Progress report",
    "editions": ["clinical", "shared", "partner"],
    "about": [],
    "parts": [PART],
}
REPORT = {
    "id": "0199f516-8091-7ca3-9d4e-5f6a7b8c9d0e",
    "kind": "progress",
    "audience": "shared",
    "partner_id": None,
    "begins_on": "2026-02-16",
    "ends_on": "2026-05-10",
    "paper": "a4",
    "reference": "LH-2026-7KQ3M",
    "requested_at": "2026-05-10T08:00:00Z",
    "requested_by": "Dr Ines Karlsen",
    "state": "done",
    "percent": 100,
    "failure": "",
    "finished_at": "2026-05-10T08:00:09Z",
    "pages": 6,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "kept_until": "2027-05-10T08:00:09Z",
    "file": "/api/v1/couples/0199a8c0-5b1a-7d2f-8e3c-1a2b3c4d5e6f/reports/0199f516-8091-7ca3-9d4e-5f6a7b8c9d0e/file/",
    "handed_over_at": None,
}


@example(**PART)
class PartSerializer(serializers.Serializer):
    """A part that can be left out."""

    key = serializers.CharField()
    label = serializers.CharField()
    clinical = serializers.BooleanField(help_text="Whether it stands in the clinical edition alone.")


@example(**KIND)
class KindSerializer(serializers.Serializer):
    """One kind of report."""

    kind = serializers.ChoiceField(Kind.choices)
    label = serializers.SerializerMethodField()
    editions = serializers.ListField(child=serializers.ChoiceField(Audience.choices))
    about = serializers.SerializerMethodField(help_text="What an order of it has to name.")
    parts = PartSerializer(many=True)

    def get_label(self, composer: Any) -> str:
        return str(Kind(composer.kind).label)

    def get_about(self, composer: Any) -> list[str]:
        return list(ABOUT.get(composer.kind, ()))


@example(kinds=[KIND])
class KindsSerializer(serializers.Serializer):
    """Every kind of report."""

    kinds = KindSerializer(many=True)


@example(**REPORT)
class ReportSerializer(serializers.Serializer):
    """A report: what was asked for, and how far it is."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Kind.choices)
    audience = serializers.ChoiceField(Audience.choices, help_text="Which edition it is.")
    partner_id = serializers.UUIDField(allow_null=True, help_text="Whose edition, or whom it is about.")
    begins_on = serializers.DateField()
    ends_on = serializers.DateField()
    paper = serializers.ChoiceField(Paper.choices)
    reference = serializers.CharField(help_text="As it is printed on each page.")
    requested_at = serializers.DateTimeField()
    requested_by = serializers.CharField(source="requested_by.name")
    state = serializers.ChoiceField(Report.State.choices)
    percent = serializers.IntegerField()
    failure = serializers.CharField(help_text="Why it could not be made.")
    finished_at = serializers.DateTimeField(allow_null=True)
    pages = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(help_text="Of the file; empty until it is there.")
    kept_until = serializers.SerializerMethodField(help_text="When the file goes.")
    file = serializers.SerializerMethodField(help_text="Where the PDF is, while there is one.")
    handed_over_at = serializers.SerializerMethodField(help_text="Since when it lies in the portal, if it does.")

    def get_kept_until(self, report: Report) -> Any:
        until = keeping.kept_until(report)
        return serializers.DateTimeField().to_representation(until) if until else None

    def get_file(self, report: Report) -> str | None:
        return reverse("api_report_file", args=[report.couple_id, report.pk]) if keeping.is_kept(report) else None

    def get_handed_over_at(self, report: Report) -> Any:
        since = report.released_at if report.withdrawn_at is None else None
        return serializers.DateTimeField().to_representation(since) if since else None


@example(kind="progress", audience="shared", begins_on="2026-02-16", ends_on="2026-05-10")
class NewReportSerializer(serializers.Serializer):
    """What a report shall be. What is left out is as the page's form proposes it."""

    kind = serializers.ChoiceField(Kind.choices, default=Kind.PROGRESS)
    audience = serializers.CharField(
        max_length=40, help_text="clinical, shared, or the id of the one partner whose edition it is."
    )
    begins_on = serializers.DateField(required=False)
    ends_on = serializers.DateField(required=False, help_text="Both days count; today is the latest.")
    paper = serializers.ChoiceField(Paper.choices, required=False)
    parts = serializers.ListField(
        child=serializers.CharField(max_length=20),
        required=False,
        max_length=40,
        help_text="Keys of its parts.",
    )
    summary = serializers.CharField(
        required=False, allow_blank=True, max_length=LONGEST_SUMMARY, help_text="Your own words for the first page."
    )
    session = serializers.UUIDField(required=False, help_text="For a session sheet: which session.")
    response = serializers.UUIDField(required=False, help_text="For one set of answers: which.")
    partner = serializers.UUIDField(required=False, help_text="For the history of a measure: whose.")
    measure = serializers.CharField(required=False, max_length=20, help_text="For the history of a measure: its key.")
    program_run = serializers.UUIDField(required=False, help_text="For a whole program: which.")


class ReportFilter(django_filters.FilterSet):
    """Which reports."""

    kind = django_filters.MultipleChoiceFilter(choices=Kind.choices, distinct=False)
    audience = django_filters.MultipleChoiceFilter(choices=Audience.choices, distinct=False)
    state = django_filters.MultipleChoiceFilter(choices=Report.State.choices, distinct=False)
    since = django_filters.IsoDateTimeFilter("requested_at", "gte", help_text="Asked for at this moment or later.")

    class Meta:
        model = Report
        fields = ["kind", "audience", "state", "since"]


class Kinds(ApiView):
    """The kinds on offer."""

    tag = "reports"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.REPORTS_READ}
    serializer_class = KindsSerializer

    @extend_schema(operation_id="reports_kinds", summary="List the kinds of reports")
    def get(self, request: Request) -> Response:
        """Each kind with its editions, its parts, and what an order of it has to name."""
        return self.answer_with(self.shown({"kinds": list(composers().values())}))


class Reports(ApiView):
    """A couple's reports."""

    tag, is_list = "reports", True
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.REPORTS_READ, "POST": Scope.REPORTS_WRITE}
    queryset = Report.objects.none()
    serializer_class = ReportSerializer
    filterset_class = ReportFilter

    @extend_schema(operation_id="reports_list", summary="List a couple's reports")
    def get(self, request: Request, couple_id: UUID) -> Response:
        """Every report that was asked for, the newest first."""
        return self.page_of(rows_of_reports().filter(couple=couple_or_404(couple_id)))

    @extend_schema(
        operation_id="reports_create",
        summary="Order a report",
        request=NewReportSerializer,
        responses={202: ReportSerializer},
    )
    def post(self, request: Request, couple_id: UUID) -> Response:
        """It is made in the background: read the report again until its state is done, then fetch its file."""
        couple = couple_or_404(couple_id)
        said = self.sent(NewReportSerializer)
        form = self._form(couple, said)
        if not form.is_valid() or document_of(request, couple, form) is None:
            raise of_form(form)
        made = making.ask(couple, form.wish(), by=request.membership, practice=request.practice)
        shown = self.shown(report_or_404(rows_of_reports(), couple, made.pk))
        return self.answer_with(shown, status=202, location=reverse("api_report", args=[couple.pk, made.pk]))

    def _form(self, couple: Couple, said: dict[str, Any]) -> AboutForm:
        """Fill in the form of the page: what was said, and for the rest what it proposes."""
        subject = _subject(couple, said)
        about: dict[str, Any] = {"subject": subject, "couple": couple, "practice": self.request.practice}
        blank = AboutForm(**about)
        if stray := set(said) & set(SOMETIMES) - set(blank.fields):
            raise ValidationError({name: ["This kind does not ask for it."] for name in sorted(stray)})
        usual = {name: blank.get_initial_for_field(field, name) for name, field in blank.fields.items()}
        form = AboutForm({**usual, **{name: one for name, one in said.items() if name in blank.fields}}, **about)
        for name, words in NOT_ON_OFFER.items():
            form.fields[name].error_messages["invalid_choice"] = words
        return form


def _subject(couple: Couple, said: dict[str, Any]) -> Subject:
    """What is printed. What is not there, or not theirs, is a mistake in the field that names it."""
    kind, now = said["kind"], timezone.now()
    names = ABOUT.get(kind, {})
    others = {name for named in ABOUT.values() for name in named} - set(names)
    if stray := others & set(said):
        raise ValidationError({name: ["This kind is not about that."] for name in sorted(stray)})
    if kind == Kind.PROGRESS:
        return subjects.of_progress(couple, now)
    try:
        query = {there: str(said[name]) for name, there in names.items() if name in said}
        return subjects.subject_of(kind, couple, query, now)
    except Http404:
        raise ValidationError({name: ["There is nothing of this couple to print here."] for name in names}) from None


class OneReport(ApiView):
    """One report."""

    tag = "reports"
    door = staticmethod(for_clinicians)
    scopes = {"GET": Scope.REPORTS_READ}
    serializer_class = ReportSerializer

    @extend_schema(operation_id="reports_read", summary="Read how far a report is")
    def get(self, request: Request, couple_id: UUID, report_id: UUID) -> Response:
        """What was asked for, its state, and where its file is once there is one."""
        one = report_or_404(rows_of_reports(), couple_or_404(couple_id), report_id)
        audit.looked_at("opened", one)
        return self.answer_with(self.shown(one))


class AgainReport(ApiView):
    """A report that could not be made."""

    tag = "reports"
    door = staticmethod(for_clinicians)
    scopes = {"POST": Scope.REPORTS_WRITE}
    serializer_class = ReportSerializer

    @extend_schema(
        operation_id="reports_again",
        summary="Try a failed report again",
        request=None,
        responses={202: ReportSerializer},
    )
    def post(self, request: Request, couple_id: UUID, report_id: UUID) -> Response:
        """Any that did not fail stays as it is."""
        couple = couple_or_404(couple_id)
        one = report_or_404(rows_of_reports(), couple, report_id)
        making.ask_again(one, practice=request.practice)
        return self.answer_with(self.shown(report_or_404(rows_of_reports(), couple, report_id)), status=202)


class ReportFile(ApiView):
    """The file of a report."""

    tag = "reports"
    door = staticmethod(for_clinicians)
    scopes: ClassVar = {"GET": Scope.REPORTS_READ}
    serializer_class = ReportSerializer
    content_negotiation_class = WhateverIsAccepted

    @extend_schema(
        operation_id="reports_download",
        summary="Fetch the PDF",
        responses={
            (200, "application/pdf"): OpenApiTypes.BINARY,
            (409, CONTENT_TYPE): problem("It is not made yet, or could not be made."),
        },
        parameters=[
            OpenApiParameter(
                "ETag", OpenApiTypes.STR, OpenApiParameter.HEADER, response=[200], description="SHA-256 of the file."
            ),
            OpenApiParameter(
                "Repr-Digest",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                response=[200],
                description="RFC 9530.",
            ),
        ],
    )
    def get(self, request: Request, couple_id: UUID, report_id: UUID) -> HttpResponse:
        """The PDF, while it is kept. Each time is written down as a download."""
        couple = couple_or_404(couple_id)
        one = report_or_404(Report.objects.defer("summary"), couple, report_id)
        if one.state != Report.State.DONE:
            failed = one.state == Report.State.FAILED
            raise Conflict(FAILED, "failed") if failed else Conflict(UNFINISHED, "not_done")
        if not keeping.is_kept(one) or not one.pdf:
            raise Http404
        audit.looked_at("downloaded", one)
        response = HttpResponse(base64.b64decode(str(one.pdf)), content_type="application/pdf")
        response.headers["Content-Disposition"] = f'attachment; filename="report-{slugify(one.reference)}.pdf"'
        if one.sha256:
            digest = base64.b64encode(bytes.fromhex(one.sha256)).decode()
            response.headers["ETag"] = f'"{one.sha256}"'
            response.headers["Repr-Digest"] = f"sha-256=:{digest}:"
        return response
