"""Addresses of FHIR on the desk: forms in and out, and one partner's record."""

from django.urls import path

from exercises.views import desk_fhir, desk_fhir_record

RECORD = "couples/<uuid:couple_id>/record/<uuid:client_id>/"

urlpatterns = [
    path("library/import/", desk_fhir.bring, name="import_form"),
    path("library/import/review/", desk_fhir.review, name="import_review"),
    path("library/<slug:slug>/safety/", desk_fhir.safety, name="exercise_safety"),
    path("library/<slug:slug>/fhir/", desk_fhir.download, name="exercise_fhir"),
    path(RECORD, desk_fhir_record.record, name="record_of_partner"),
    path(RECORD + "answers/", desk_fhir_record.bring, name="import_answers"),
    path(RECORD + "fhir/", desk_fhir_record.download, name="record_fhir"),
]
