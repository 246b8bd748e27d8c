"""The same addresses as ours, as far as they are measured."""

from django.urls import path

from tests.benchmarks.pages.floor import couple, desk, library, portal, sending, sheet

urlpatterns = [
    path("desk/", desk.caseload),
    path("desk/library/", library.shelf),
    path("desk/couples/<uuid:couple_id>/", couple.couple),
    path("desk/couples/<uuid:couple_id>/sheet/", sheet.sheet),
    path("api/v1/couples/<uuid:couple_id>/responses/", couple.responses),
    path("api/v1/me/occurrences/<uuid:occurrence_id>/submit/", sending.submit),
    path("today/", portal.today),
    path("do/<uuid:occurrence_id>/<int:number>/", portal.question),
    path("do/<uuid:occurrence_id>/save/", sending.save),
    path("do/<uuid:occurrence_id>/send/", sending.send),
]
