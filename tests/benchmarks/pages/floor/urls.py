"""The same addresses as ours, as far as they are measured."""

from django.urls import path

from tests.benchmarks.pages.floor import desk, portal, sending

urlpatterns = [
    path("desk/", desk.caseload),
    path("today/", portal.today),
    path("do/<uuid:occurrence_id>/<int:number>/", portal.question),
    path("do/<uuid:occurrence_id>/save/", sending.save),
    path("do/<uuid:occurrence_id>/send/", sending.send),
]
